package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// Load reads and validates the service's configuration. Its error is Errors
// where the file can be read and is not right; then there is no configuration.
// Relative paths in the file are taken from the file's own folder.
func Load(path string) (*Config, error) {
	src, err := read(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, src)
}

// read reads the service's configuration.
func read(path string) ([]byte, error) {
	src, err := readBounded(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Errors{{File: path, What: "there is no such file", Mend: "write one like config/plumbline.yaml of the distribution, or try `plumbline demo`, which needs none"}}
	}
	if err != nil {
		return nil, Errors{{File: path, What: "cannot be read: " + reason(err), Mend: "see to it that the service may read it"}}
	}
	return src, nil
}

// Parse is Load for a file that has been read: path is where it lies.
func Parse(path string, src []byte) (*Config, error) {
	d := &decoder{file: path, unused: unusedIn(notYetUsed())}
	c := Default()
	c.Path = path
	if root := d.parse(src); root != nil {
		d.config(node{Node: root}, c)
		c.Places = make(Places)
		d.locate(c.Places, "", root)
	}
	if err := d.errs.orNil(); err != nil {
		return nil, err
	}
	sortWarnings(d.warns)
	c.Warnings = d.warns
	return c, nil
}

// readBounded reads a regular file, and one byte more than may be of it, so
// that the parser can tell that it is too large.
func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	return io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
}

var errNotRegular = errors.New("it is no regular file")

// reason returns why a file could not be read, without repeating its name.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

func (d *decoder) config(n node, c *Config) {
	seen := d.mapping(n, keys{
		"external_url": d.address(&c.ExternalURL, notEmpty),
		"sites":        d.list(64, func(_ int, item node) { c.Sites = append(c.Sites, d.site(item, c.Sites)) }),
		"schedule":     func(n node) { d.schedule(n, &c.Schedule) },
		"store": func(n node) {
			seen := d.mapping(n, keys{"path": d.path(&c.Store.Path, notEmpty)})
			d.require(n, seen, map[string]string{"path": "path: /var/lib/plumbline/plumbline.db"})
		},
		"goals":      d.path(&c.Goals, notEmpty),
		"listen":     d.word(&c.Listen, check{form: `^[^/@ ]*:[0-9]+$`, test: listenAddress}),
		"web_config": d.path(&c.WebConfig, maybeEmpty),
		"prometheus": func(n node) { d.mapping(n, keys{"url": d.address(&c.Prometheus.URL, maybeEmpty)}) },
		"calendar":   func(n node) { d.calendar(n, &c.Calendar) },
		"semantics":  func(n node) { d.semantics(n, &c.Semantics) },
		"traps":      func(n node) { c.Traps = d.traps(n) },
		"lint":       func(n node) { d.lint(n, &c.Lint) },
		"privacy": func(n node) {
			d.mapping(n, keys{
				"pseudonym_key_file": d.path(&c.Privacy.PseudonymKeyFile, maybeEmpty),
				"min_group":          d.whole(&c.Privacy.MinGroup, LeastGroup, 1000),
				"store_summaries":    d.flag(&c.Privacy.StoreSummaries),
			})
		},
	})
	d.require(n, seen, map[string]string{
		"sites": "sites: with a name, a url, auth and a scope",
		"store": "store: {path: /var/lib/plumbline/plumbline.db}",
	})
	if d.describing {
		n.wants.Properties["sites"].MinItems = 1
	}
	if at, ok := seen["sites"]; ok && len(c.Sites) == 0 && len(d.errs) == 0 {
		d.fault(at, "names no site", "add a site with a name, a url, auth and a scope")
	}
	if _, ok := seen["external_url"]; !ok {
		c.ExternalURL = urlOf(c.Listen)
	}
	if _, ok := seen["goals"]; !ok {
		c.Goals = d.beside(c.Goals)
	}
	c.Calendar.Zone = c.Schedule.Zone
}

// path reads the path of a file, taken from the configuration's own folder.
func (d *decoder) path(dst *string, may emptiness) reader {
	return func(n node) {
		s := *dst
		before := len(d.errs)
		d.text(&s, may, oneLine(may))(n)
		if len(d.errs) == before && !d.describing {
			*dst = d.beside(s)
		}
	}
}

func (d *decoder) beside(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(d.file), path)
}

// address reads an http or https address. No message repeats it: it may have
// a password in it.
func (d *decoder) address(dst *string, may emptiness) reader {
	return func(n node) {
		if d.text(dst, may, oneLine(may), anAddress())(n); *dst != "" {
			*dst = strings.TrimRight(*dst, "/")
		}
	}
}

// anAddress looks for an address that a browser can be led to.
func anAddress() check {
	return check{form: `^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@:\s][^/?#@\s]*(/([^?#]*[^?#\s])?)?$`, test: badAddress}
}

func badAddress(s string) *fault {
	const form = "write it like https://jira.acme.com/jira"
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return &fault{"is no address", form}
	case u.User != nil:
		return &fault{"has a user name in it", "remove all between // and @; credentials go into auth"}
	case u.Scheme != "http" && u.Scheme != "https":
		return &fault{"does not begin with https:// or http://", form}
	case u.Hostname() == "":
		return &fault{"names no host", form}
	case strings.ContainsAny(s, "?#"):
		return &fault{"has a query or a fragment", "end it before the ? or #"}
	}
	if p := u.Port(); p != "" && !isPort(p) {
		return &fault{"has a port that does not exist", "choose from 1 to 65535"}
	}
	return nil
}

func isPort(s string) bool {
	p, err := strconv.ParseUint(s, 10, 16)
	return err == nil && p > 0
}

func listenAddress(s string) *fault {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return &fault{quoted(s) + " is no address to listen on", "write host:port, such as " + DefaultListen + ", or :9847 for every interface"}
	}
	if port != "0" && !isPort(port) {
		return &fault{quoted(port) + " is no port", "choose from 1 to 65535, or 0 for any that is free"}
	}
	if strings.ContainsAny(host, "/@ ") {
		return &fault{quoted(host) + " is no host", "write host:port, such as " + DefaultListen}
	}
	return nil
}

func (d *decoder) schedule(n node, s *Schedule) {
	d.mapping(n, keys{
		"incremental": d.cron(&s.Incremental),
		"agile":       d.cron(&s.Agile),
		"census":      d.cron(&s.Census),
		"full":        d.cron(&s.Full),
		"timezone": func(n node) {
			name := s.Zone.String()
			before := len(d.errs)
			if d.word(&name)(n); len(d.errs) > before || d.describing {
				return
			}
			zone, err := time.LoadLocation(name)
			if err != nil || name == "Local" {
				d.fault(n, quoted(name)+" is no time zone", "write the name of the IANA data base, such as Europe/Zurich or UTC")
				return
			}
			s.Zone = zone
		},
	})
}

func (d *decoder) cron(dst *Cron) reader {
	return func(n node) {
		s := string(*dst)
		before := len(d.errs)
		if d.word(&s)(n); len(d.errs) > before {
			return
		}
		if d.describing {
			n.wants.Pattern = `^(off|@(yearly|annually|monthly|weekly|daily|midnight|hourly)|@every [0-9.a-zµμ]+|[^@\s]\S*( +\S+){4})$`
			return
		}
		c, err := ParseCron(s)
		switch {
		case err == nil:
			*dst = c
		case strings.Contains(s, "TZ="):
			d.fault(n, err.Error(), "set schedule.timezone, which holds for all schedules")
		default:
			d.fault(n, err.Error(), `write five fields such as "17 3 * * *", or "@every 5m", or off`)
		}
	}
}

func (d *decoder) calendar(n node, c *flow.Calendar) {
	d.mapping(n, keys{
		"workdays": func(n node) {
			var days []string
			before := len(d.errs)
			names := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
			if d.describing {
				n.wants.MinItems = 1
				for i, name := range names {
					if c.Workdays[i] {
						days = append(days, name)
					}
				}
			}
			if d.words(&days, 7, oneOf(names...))(n); len(d.errs) > before || d.describing {
				return
			}
			if len(days) == 0 {
				d.fault(n, "names no day", "name at least one of "+strings.Join(names, ", "))
				return
			}
			c.Workdays = [7]bool{}
			for i, name := range names {
				for _, set := range days {
					c.Workdays[i] = c.Workdays[i] || set == name
				}
			}
		},
		"holidays": d.list(1000, func(_ int, item node) {
			var day flow.Date
			if d.date(&day)(item); !day.IsZero() {
				c.Holidays = append(c.Holidays, day)
			}
		}),
		"freezes": d.list(200, func(_ int, item node) {
			var span flow.DateSpan
			seen := d.mapping(item, keys{"from": d.date(&span.From), "to": d.date(&span.To)})
			d.require(item, seen, map[string]string{"from": "from: with the first day", "to": "to: with the last day"})
			if span.From.IsZero() || span.To.IsZero() {
				return
			}
			if span.To.Before(span.From) {
				d.fault(seen["to"], fmt.Sprintf("%s is before %s", span.To, span.From), "swap from and to")
				return
			}
			c.Freezes = append(c.Freezes, span)
		}),
	})
}
