package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// composed is config/compose.yaml as Docker Compose reads it, with a profile.
func composed(t *testing.T, profile string) *types.Project {
	t.Helper()
	dir, err := filepath.Abs("../../config")
	if err != nil {
		t.Fatal(err)
	}
	p, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  dir,
		ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(dir, "compose.yaml")}},
		Environment: types.Mapping{},
	}, loader.WithProfiles([]string{profile}))
	if err != nil {
		t.Fatalf("docker compose would refuse config/compose.yaml: %v", err)
	}
	return p
}

func TestComposeHasEveryPartInEachProfile(t *testing.T) {
	for profile, want := range map[string][]string{
		"demo": {"grafana-demo", "plumbline-demo", "prometheus"},
		"real": {"alertmanager", "grafana", "plumbline", "prometheus"},
	} {
		if got := slices.Sorted(slices.Values(composed(t, profile).ServiceNames())); !slices.Equal(got, want) {
			t.Errorf("the profile %s has %v, want %v", profile, got, want)
		}
	}
}

func TestComposeStartsWhatIsPinnedCheckedAndKept(t *testing.T) {
	pinned := regexp.MustCompile(`^(plumbline:devel|[a-z]+/[a-z]+:v?\d+\.\d+\.\d+)$`)
	for _, profile := range []string{"demo", "real"} {
		p := composed(t, profile)
		for name, s := range p.Services {
			if !pinned.MatchString(s.Image) {
				t.Errorf("%s runs %s, whose version is not pinned", name, s.Image)
			}
			if s.HealthCheck == nil || len(s.HealthCheck.Test) < 2 || s.Restart == "" {
				t.Errorf("%s has no health check, or is not started again", name)
			}
			for _, port := range s.Ports {
				if port.HostIP != "127.0.0.1" {
					t.Errorf("%s answers on %q:%s, for others than this machine", name, port.HostIP, port.Published)
				}
			}
			keeps := false
			for _, v := range s.Volumes {
				if v.Type == types.VolumeTypeBind {
					if _, err := os.Stat(v.Source); err != nil || !v.ReadOnly {
						t.Errorf("%s mounts %s: %v, read-only %t", name, v.Source, err, v.ReadOnly)
					}
				} else if _, ok := p.Volumes[v.Source]; ok {
					keeps = true
				}
			}
			if !keeps && name != "plumbline-demo" {
				t.Errorf("%s keeps nothing over a restart", name)
			}
		}
	}
}

func TestComposeHoldsNoSecret(t *testing.T) {
	p := composed(t, "real")
	for name, s := range p.Services {
		for key, value := range s.Environment {
			if regexp.MustCompile(`PASSWORD|TOKEN|SECRET|KEY`).MatchString(key) && !strings.HasSuffix(key, "__FILE") && *value != "true" {
				t.Errorf("%s has %s inline", name, key)
			}
		}
		for _, used := range s.Secrets {
			if p.Secrets[used.Source].File == "" {
				t.Errorf("%s uses the secret %s, which is no file", name, used.Source)
			}
		}
	}
}

// What the parts are told of each other must agree: addresses, retention, and
// where Alertmanager looks for its secrets.
func TestComposedPartsFindEachOther(t *testing.T) {
	p := composed(t, "real")
	prometheus := p.Services["prometheus"]
	if !slices.Contains(prometheus.Command, "--storage.tsdb.retention.time=2y") {
		t.Errorf("Prometheus keeps the default of 15 days: %v", prometheus.Command)
	}
	scrape := read(t, "../../config/prometheus/prometheus.compose.yml")
	for _, target := range []string{"[plumbline:9847]", "[alertmanager:9093]"} {
		if !strings.Contains(scrape, target) {
			t.Errorf("Prometheus is not told of %s", target)
		}
	}
	if got := p.Services["grafana"].Environment["PROMETHEUS_URL"]; got == nil || *got != "http://prometheus:9090" {
		t.Errorf("Grafana is told that Prometheus is at %v", got)
	}
	for name, file := range map[string]string{"alertmanager": "alertmanager/alertmanager.yml", "plumbline": "plumbline.yaml"} {
		for _, named := range regexp.MustCompile(`(?m)^[^#\n]*/run/secrets/(\w+)`).FindAllStringSubmatch(read(t, "../../config/"+file), -1) {
			if !slices.ContainsFunc(p.Services[name].Secrets, func(s types.ServiceSecretConfig) bool { return s.Source == named[1] }) {
				t.Errorf("%s reads the secret %s, and has none such", name, named[1])
			}
		}
	}
}

func TestComposedPartsWaitForWhatIsThereAndTakeNoPortTwice(t *testing.T) {
	for _, profile := range []string{"demo", "real"} {
		p := composed(t, profile)
		ports := map[string]string{}
		for name, s := range p.Services {
			for other, d := range s.DependsOn {
				is, ok := p.Services[other]
				if !ok || d.Condition == types.ServiceConditionHealthy && is.HealthCheck == nil {
					t.Errorf("%s waits until %s is %s, which it never is in the profile %s", name, other, d.Condition, profile)
				}
			}
			for _, port := range s.Ports {
				if first, ok := ports[port.Published]; ok {
					t.Errorf("%s and %s both answer on port %s", first, name, port.Published)
				}
				ports[port.Published] = name
				if asks := strings.Join(s.HealthCheck.Test, " "); strings.Contains(asks, "http://") && !strings.Contains(asks, fmt.Sprintf("127.0.0.1:%d", port.Target)) {
					t.Errorf("%s answers on port %d, and its health check asks: %s", name, port.Target, asks)
				}
			}
		}
	}
}

// A container without a shell can run nothing but what is in its image.
func TestComposeAsksForHealthWithWhatTheImageHolds(t *testing.T) {
	holds := map[string][]string{
		"plumbline": {"/plumbline"}, "prom/prometheus": {"promtool", "wget"},
		"prom/alertmanager": {"amtool", "wget"}, "grafana/grafana": {"wget", "curl"},
	}
	dockerfile := read(t, "../../Dockerfile")
	for _, file := range []string{"COPY --from=build /plumbline /plumbline", `ENTRYPOINT ["/plumbline"]`, "EXPOSE 9847"} {
		if !strings.Contains(dockerfile, file) {
			t.Errorf("the image lacks: %s", file)
		}
	}
	for _, profile := range []string{"demo", "real"} {
		for name, s := range composed(t, profile).Services {
			image, _, _ := strings.Cut(s.Image, ":")
			if asks := s.HealthCheck.Test; asks[0] != "CMD" || !slices.Contains(holds[image], asks[1]) {
				t.Errorf("%s asks for its health by %v; %s holds %v", name, asks, image, holds[image])
			}
		}
	}
}

// What Plumbline is started and asked with in its container must be there: the
// configuration that both name, where it is mounted or made.
func TestComposedPlumblineIsAskedAboutTheConfigurationThatItRuns(t *testing.T) {
	demo := composed(t, "demo").Services["plumbline-demo"]
	if dir := demo.Command[slices.Index(demo.Command, "--dir")+1]; !slices.Contains(demo.HealthCheck.Test, dir+"/plumbline.yaml") {
		t.Errorf("the demo keeps its configuration in %s, and is asked by %v", dir, demo.HealthCheck.Test)
	}
	real := composed(t, "real").Services["plumbline"]
	mounted := slices.ContainsFunc(real.Volumes, func(v types.ServiceVolumeConfig) bool { return slices.Contains(real.HealthCheck.Test, v.Target) })
	if started := real.Command == nil && strings.Contains(read(t, "../../Dockerfile"), `CMD ["serve", "--config", "/etc/plumbline/plumbline.yaml"]`); !mounted || !started {
		t.Errorf("it is asked by %v, but started with another configuration, or none is mounted there", real.HealthCheck.Test)
	}
}

// Grafana reads its provisioning, and that names the boards, where compose
// mounts them.
func TestGrafanaFindsItsProvisioningAndBoards(t *testing.T) {
	for profile, name := range map[string]string{"demo": "grafana-demo", "real": "grafana"} {
		s := composed(t, profile).Services[name]
		from := map[string]string{}
		for _, v := range s.Volumes {
			from[v.Target] = v.Source
		}
		for _, file := range []string{"dashboards/plumbline.yaml", "datasources/plumbline.yaml"} {
			if _, err := os.Stat(filepath.Join(from["/etc/grafana/provisioning"], file)); err != nil {
				t.Errorf("%s is provisioned with nothing: %v", name, err)
			}
		}
		boards := from["/var/lib/grafana/dashboards"]
		if !strings.Contains(read(t, "../../config/grafana/provisioning/dashboards/plumbline.yaml"), "path: /var/lib/grafana/dashboards\n") {
			t.Error("Grafana looks for boards elsewhere than compose mounts them")
		}
		home := s.Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
		if home == nil {
			t.Fatalf("%s has no home", name)
		}
		if _, err := os.Stat(filepath.Join(boards, filepath.Base(*home))); err != nil {
			t.Errorf("%s begins with a board that is not there: %v", name, err)
		}
	}
}
