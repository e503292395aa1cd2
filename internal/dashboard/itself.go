package dashboard

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"plumbline/internal/measure"
)

// itself is the platform engineer's board: whether Plumbline reads what it
// should, what it costs, and how good its estimates have been.
func itself() *dashboard.DashboardBuilder { //nolint:staticcheck // see newBoard
	return newBoard("plumbline-itself", "Plumbline itself",
		"Whether every Jira site is read whole, what that costs Jira and this machine, whether the configuration is in force, and how far the estimates were off on goals that are finished.",
		[]cog.Builder[dashboard.Panel]{
			syncAgePanel(),
			truthPanel("Jira takes the account", "Whether Jira took the latest request for the configured account. Refused: the token has ended or lost its rights.", "✗ refused", "✓ accepted", "min by (site) ("+metricAuthenticated+")", "{{site}}"),
			truthPanel("Configuration in force", "Whether the last change of the configuration and the goals could be read. If not, every page says which line is wrong.", "✗ the last change is not", "✓ the last change is", "min("+metricReload+")", "All files"),
			tokenPanel(),
			runsPanel(), syncDurationPanel(),
			requestsPanel(), requestDurationPanel(),
			throttledPanel(), problemsPanel(),
			storePanel(), storeSizePanel(),
			snapshotPanel(), memoryPanel(),
			errorPanel(), coveragePanel(), skillPanel(),
			seriesPanel(), versionPanel(),
		}).
		Time("now-7d", "now").
		WithVariable(sourceVariable()).
		WithVariable(choices("site", "Site", "The Jira sites to show", metricStoreIssues).AllValue(".*")).
		WithVariable(urlVariable())
}

// ofSite is the metric's series of the chosen sites.
func ofSite(metric string, matchers ...string) string {
	return matched(metric, append([]string{`site=~"$site"`}, matchers...)...)
}

func syncAgePanel() cog.Builder[dashboard.Panel] {
	return figure("Last good sync", fmt.Sprintf("How long ago each site was last read whole. Red, from %.0f hours on: what is shown of its goals is of the past, and stalls are not alerted.", staleAfter.Hours()), "s", 6, 6).
		Decimals(0).
		NoValue("never").
		WithTarget(askNow("A", "time() - max by (site) ("+ofSite(measure.MetricSyncLastSuccess)+")").LegendFormat("{{site}}")).
		Thresholds(steps("green", from(staleAfter.Seconds(), "red")))
}

// truthPanel shows 0 and 1 as words.
func truthPanel(title, description, no, yes, expr, legend string) cog.Builder[dashboard.Panel] {
	words := dashboard.NewValueMap()
	words.Options["0"] = dashboard.ValueMappingResult{Text: &no, Color: cog.ToPtr("red"), Index: cog.ToPtr(int32(0))}
	words.Options["1"] = dashboard.ValueMappingResult{Text: &yes, Color: cog.ToPtr("green"), Index: cog.ToPtr(int32(1))}
	return figure(title, description, "none", 6, 6).
		Mappings([]dashboard.ValueMapping{{ValueMap: words}}).
		WithTarget(askNow("A", expr).LegendFormat(legend))
}

func tokenPanel() cog.Builder[dashboard.Panel] {
	week := 7 * 24 * 3600.0
	return figure("Token ends in", "How long the token of each site is still good, where the configuration says when it ends. Make the next one while the figure is yellow.", "s", 6, 6).
		Decimals(0).
		NoValue("no end is configured").
		WithTarget(askNow("A", "min by (site) ("+ofSite(metricTokenExpiry)+") - time()").LegendFormat("{{site}}")).
		Thresholds(steps("red", from(week, "yellow"), from(4*week, "green")))
}

// perStep is the increase of a counter from one point of the panel to the next.
func perStep(metric string) string { return "increase(" + metric + "[$__rate_interval])" }

func runsPanel() cog.Builder[dashboard.Panel] {
	return counted("Syncs by how they ended",
		"Complete, partial (what was read is stored, something is missing) and failed runs. Partial or failed ones in a row: see Plumbline's page of the last runs for the reasons.",
		"none", 9,
		line{"sum by (site, result) (" + perStep(ofSite(metricSyncRuns)) + ")", "{{site}}: {{result}}"}).
		OverrideByRegexp("/: partial$/", append(dashed(), fixed("yellow"))).
		OverrideByRegexp("/: failed$/", append(dashed(), fixed("red")))
}

func syncDurationPanel() cog.Builder[dashboard.Panel] {
	of := func(part string) string {
		return "sum by (site, kind) (" + perStep(ofSite(metricSyncDuration+part)) + ")"
	}
	return counted("How long syncs take",
		"The mean length of the runs of each kind. An incremental sync of an unchanged Jira takes as long as three requests.",
		"s", 9,
		line{of("_sum") + " / (" + of("_count") + " > 0)", "{{site}}: {{kind}}"})
}

// rateOf is what a counter grows by in a second.
func rateOf(metric string) string { return "rate(" + ofSite(metric) + "[$__rate_interval])" }

func requestsPanel() cog.Builder[dashboard.Panel] {
	return counted("Requests to Jira",
		"Requests a second by the code of the answer, repetitions included. It never exceeds the configured limit; 429 and 503 are Jira asking for less, and are obeyed.",
		"reqps", 9,
		line{"sum by (site, code) (" + rateOf(metricJiraRequests) + ")", "{{site}}: {{code}}"})
}

func requestDurationPanel() cog.Builder[dashboard.Panel] {
	return counted("How long Jira takes to answer",
		"The time within which 95 % of the requests to each endpoint were answered.",
		"s", 9,
		line{"histogram_quantile(0.95, sum by (le, endpoint) (" + rateOf(metricJiraDuration+"_bucket") + ")) >= 0", "{{endpoint}}"})
}

func throttledPanel() cog.Builder[dashboard.Panel] {
	return counted("Time spent waiting for Jira",
		"Share of the time in which a sync waited because Jira refused requests as too many or was overloaded. Above a few per cent, lower limits.requests_per_second: the sync gets faster by asking less.",
		"percentunit", 9,
		line{"sum by (site) (" + rateOf(metricJiraThrottled) + ")", "{{site}}"})
}

// perSiteOf is a figure that each site has one of.
func perSiteOf(metric string) line { return line{"max by (site) (" + ofSite(metric) + ")", "{{site}}"} }

// perPlumbline is a figure that each Plumbline has one of.
func perPlumbline(series string) line {
	return line{"max by (instance) (" + series + ")", "{{instance}}"}
}

func problemsPanel() cog.Builder[dashboard.Panel] {
	return counted("Issues that could not be read whole",
		"Issues that Jira last sent in a form that could not be taken whole. They are recorded, and read again with the next change; store info names them.",
		"none", 9, perSiteOf(metricSyncProblems))
}

func storePanel() cog.Builder[dashboard.Panel] {
	return counted("Issues in the store",
		"Issues held of each site. A fall is a change of the site's scope, or of the rights of its account.",
		"none", 9, perSiteOf(metricStoreIssues))
}

func storeSizePanel() cog.Builder[dashboard.Panel] {
	return counted("Size of the store",
		"The store's file. It grows with issues and their changes, by less than 1 KiB an issue; plumbline store compact gives back what is free.",
		"bytes", 9, perPlumbline(metricStoreSize))
}

func snapshotPanel() cog.Builder[dashboard.Panel] {
	return counted("Measuring",
		"How long the last measuring of the whole store took, and, dashed, how old the oldest figures are. Scrapes read the last figures and never wait for the next.",
		"s", 9,
		perPlumbline(metricSnapshotDuration),
		line{ageOf(measure.MetricSnapshot), "Age of the figures"}).
		OverrideByName("Age of the figures", dashed())
}

func memoryPanel() cog.Builder[dashboard.Panel] {
	return counted("Memory",
		"What the process holds resident; the store's file is mapped, and its part of it is given back when others need it.",
		"bytes", 9, perPlumbline(`process_resident_memory_bytes{job="`+job+`"}`))
}

func errorPanel() cog.Builder[dashboard.Panel] {
	return asOfNow(bars("How far estimates were off",
		"Mean distance from the truth of each way to tell the completion, against that of Jira's own number, which is 100 %; as of every two weeks in the life of containers that are finished. What is in use should have the shorter bar; where the regression has not, Plumbline falls back on what has.",
		"percentunit", 8, 9),
		perPlumblineBy("estimator", measure.MetricEstimatorError))
}

// perPlumblineBy is a figure that each Plumbline has one of for each value of
// the label, called after it where there is one Plumbline.
func perPlumblineBy(label, metric string) line {
	expr := "max by (" + label + ", instance) (" + metric + ")"
	at := expr + " and on () " + several()
	return line{`label_replace(` + at + `, "at", " ($1)", "instance", "(.+)") or on (` + label + `, instance) ` + expr, "{{" + label + "}}{{at}}"}
}

func coveragePanel() cog.Builder[dashboard.Panel] {
	return asOfNow(figure("How often the interval held the truth",
		"Of the 80 % intervals given for containers that are finished, and for goals that are, the share that held the truth. Near 80 %: the intervals are honest; far below: they are too narrow. Goals are shown once 8 are finished.", "percentunit", 8, 9).
		Decimals(0),
		perPlumblineBy("of", called("of", "containers", measure.MetricEstimatorCoverage)+" or "+called("of", "goals", measure.MetricGoalCoverage))).
		Thresholds(steps("red", from(0.7, "yellow"), from(0.75, "green")))
}

// called gives the series of a metric a label with a value.
func called(label, value, metric string) string {
	return fmt.Sprintf(`label_replace(%s, "%s", "%s", "", "")`, metric, label, value)
}

func skillPanel() cog.Builder[dashboard.Panel] {
	return asOfNow(figure("Skill of the forecast",
		"By how much the forecast of finishing within so many days beats always saying the base rate: above 0 it does, at 0 it is no better, below 0 it is worse.", "percentunit", 8, 9).
		Decimals(0),
		perPlumblineBy("horizon", measure.MetricForecastSkill)).
		Thresholds(steps("red", from(0, "yellow"), from(0.1, "green")))
}

func seriesPanel() cog.Builder[dashboard.Panel] {
	return counted("Series",
		"Series that a scrape of Plumbline brings. They grow with goals, never with issues. Beyond 60,000 a snapshot is refused, and the metrics stay those before: dashed, how many were.",
		"none", 6,
		perPlumbline(`scrape_samples_scraped{job="`+job+`"}`),
		line{"sum(" + metricRefused + ")", "Snapshots refused"}).
		OverrideByName("Snapshots refused", dashed())
}

func versionPanel() cog.Builder[dashboard.Panel] {
	return figure("Version", "The version of Plumbline that is running, and of Go that it was built with.", "none", 12, 6).
		NoValue("not running").
		TextMode("name").
		WithTarget(askNow("A", "count by (version, goversion) ("+metricBuild+")").LegendFormat("{{version}}, {{goversion}}"))
}
