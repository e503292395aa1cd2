package dashboard

import (
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/common/model"

	"plumbline/internal/measure"
)

// job is the name under which Prometheus scrapes Plumbline, and platform the
// owner of what goes wrong with Plumbline itself.
const (
	job      = "plumbline"
	platform = "platform"
)

// selfAlert is an alert on Plumbline itself.
func selfAlert(name, severity, expr string, after time.Duration, summary, description, page string) rule {
	return rule{
		Alert: name, Expr: expr, For: model.Duration(after),
		Labels:      yaml.MapSlice{{Key: "severity", Value: severity}, {Key: "owner", Value: platform}},
		Annotations: annotations(name, summary, description, page),
	}
}

// selfAlerts are the alerts on Plumbline itself. While one of them fires, the
// figures are those of the past, and say so.
func selfAlerts(d Durations) []ruleGroup {
	return []ruleGroup{{Name: "plumbline-itself", Rules: []rule{
		syncStaleAlert(d), syncPartialAlert(d), authAlert(d), reloadAlert(d), downAlert(d),
	}}}
}

// syncStaleAlert tells of a site that has not been read whole for long; also
// of one that never was, though Plumbline has known of it for as long.
func syncStaleAlert(d Durations) rule {
	return selfAlert("PlumblineSyncStale", "warning",
		fmt.Sprintf("time() - max by (site) (%[1]s) > %[2]s\n  or (max by (site) (%[3]s offset %[4]s) unless on (site) %[1]s)",
			measure.MetricSyncLastSuccess, seconds(d.Fresh), metricStoreIssues, duration(d.Fresh)), d.Fault,
		"Jira site {{ $labels.site }} "+
			"{{ with printf `max("+measure.MetricSyncLastSuccess+"{site=%q})` $labels.site | query }}was last read whole at "+asMinute+
			"{{ else }}has never been read whole{{ end }}: its goals' figures are only as good as that.",
		"No sync of the site {{ $labels.site }} has read its issues whole within "+duration(d.Fresh)+
			". While this lasts, stalls are not alerted, since the silence may be the sync's. The page of the last runs says why they end as they do.",
		"/sync")
}

// syncPartialAlert tells of a site and kind of sync of which, over the time in
// which there must have been a run, some ended partial and none complete. So it
// goes on from one run to the next, and ends with one that is complete. Of the
// kinds that run rarely the run before may have been complete within that time:
// theirs is told of at once while none was complete lately, until that one lies
// too far back to matter.
func syncPartialAlert(d Durations) rule {
	const nightly, weekly = 24 * time.Hour, 7 * 24 * time.Hour
	const overlap = time.Hour // of both ways to tell, as runs don't end at the same minute
	within := func(kinds string, window time.Duration) string {
		runs := func(result string) string {
			return fmt.Sprintf("sum by (site, kind) (increase(%s{%s,result=%q}[%s])) > 0", metricSyncRuns, kinds, result, duration(window))
		}
		return runs("partial") + "\n  unless on (site, kind) " + runs("complete")
	}
	return selfAlert("PlumblineSyncPartial", "warning",
		strings.Join([]string{
			within(`kind!~"census|full"`, d.Runs),
			within(`kind="census"`, d.Nightly), within(`kind="census"`, d.Nightly-nightly+overlap),
			within(`kind="full"`, d.Weekly), within(`kind="full"`, d.Weekly-weekly+overlap),
		}, "\n  or "), d.Fault,
		"The {{ $labels.kind }} sync of Jira site {{ $labels.site }} ends partial: something is missing from the figures.",
		"Within the last {{ if eq $labels.kind \"census\" }}"+spoken(d.Nightly)+"{{ else if eq $labels.kind \"full\" }}"+spoken(d.Weekly)+"{{ else }}"+spoken(d.Runs)+"{{ end }}"+
			" some {{ $labels.kind }} syncs of the site {{ $labels.site }} have ended partial, and none complete since: what they read is stored, and nothing is inferred from what they did not."+
			"{{ with printf `max("+metricSyncProblems+"{site=%q}) > 0` $labels.site | query }} Issues that could not be read: "+asNumber+".{{ end }}"+
			" The page of the last runs gives the reasons.",
		"/sync")
}

func authAlert(d Durations) rule {
	return selfAlert("PlumblineJiraAuthFailed", "critical",
		"min by (site) ("+metricAuthenticated+") == 0", d.Fault,
		"Jira site {{ $labels.site }} refuses Plumbline's account: nothing new is read from it.",
		"The latest requests to the site {{ $labels.site }} were answered as those of an unknown account"+
			"{{ with printf `min("+metricTokenExpiry+"{site=%q})` $labels.site | query }}; by the configuration its token ends at "+asMinute+"{{ end }}"+
			". Plumbline goes on to serve what it has.",
		"/sync")
}

func reloadAlert(d Durations) rule {
	return selfAlert("PlumblineConfigReloadFailed", "warning",
		"min by (instance) ("+metricReload+") == 0", d.Fault,
		"Plumbline could not read its last changed configuration or goals; the earlier ones are in force.",
		"A file of the configuration or the goals has a mistake. Every page says which, with line and column; so does `plumbline check`.",
		"/")
}

func downAlert(d Durations) rule {
	up := "up{job=\"" + job + "\"}"
	return selfAlert("PlumblineDown", "critical",
		up+" == 0\n  or absent("+up+")", d.Fault,
		"Plumbline{{ with $labels.instance }} at {{ . }}{{ end }} does not answer Prometheus: no goal is watched.",
		"The last scrapes of the job "+job+" failed, or there is no such job. No alert on a goal can be trusted to come while this lasts.",
		"/")
}
