package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"plumbline/internal/app"
	"plumbline/internal/config"
	"plumbline/internal/measure"
	"plumbline/internal/syncer"
)

// backtestFlags are what a backtest is asked for.
type backtestFlags struct {
	dumps, kinds []string
	open         bool
	fit, prior   string
}

func (c *cli) backtest() *cobra.Command {
	var b backtestFlags
	cmd := &cobra.Command{
		Use: "backtest", Short: "How well the estimator does on finished containers",
		Long: "backtest replays the history of the containers of work that have ended: epics, fix versions, and\n" +
			"issues with sub-tasks. Every fortnight of each one's life it tells the real completion, by a model\n" +
			"that knows only what was known on the first of that month, and holds that against what came.\n\n" +
			"Without --dump it reads the store, and scores the goals that have ended as a class of their own.\n" +
			"With it, files of raw Jira issues as the REST API gives them,\n" +
			"one a line, plain or gzipped; several are pooled. -o ndjson prints one snapshot a line. Containers\n" +
			"that are still open have no truth yet; --open prints them too, with truth and finished null.\n\n" +
			"While fewer than 12 containers have closed, a prior stands in: the one that ships, or that of --prior.\n" +
			"Where it was fitted on a container that is tested, one that knows no data takes its place.",
		Example: "  plumbline backtest\n  plumbline backtest --dump issues.jsonl.gz\n  plumbline backtest --dump a.jsonl --dump b.jsonl -o ndjson\n" +
			"  plumbline backtest --dump a.jsonl --fit-prior a.json\n  plumbline backtest --dump b.jsonl --prior a.json",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runBacktest(cmd, &b) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&b.dumps, "dump", nil, "test on the raw issues of this `file` instead of the store; may be given again")
	f.BoolVar(&b.open, "open", false, "with -o ndjson, containers that are still open too")
	f.StringArrayVar(&b.kinds, "kind", nil, "containers of this `kind` alone: epic, version, parent; may be given again")
	f.StringVar(&b.fit, "fit-prior", "", "fit a prior on the dumps instead, and write it to this `file`")
	f.StringVar(&b.prior, "prior", "", "what to go by while little has closed: a `file` that --fit-prior wrote")
	c.addOutput(cmd)
	return cmd
}

func (c *cli) runBacktest(cmd *cobra.Command, flags *backtestFlags) error {
	if len(flags.dumps) == 0 {
		if flags.fit != "" || flags.prior != "" || len(flags.kinds) > 0 {
			return usageError{errors.New("--fit-prior, --prior and --kind need --dump")}
		}
		return c.backtestStore(cmd, flags.open)
	}
	b, err := flags.read(c.quiet())
	if err != nil {
		return err
	}
	if cmd.Flags().Changed("config") {
		if b.Config, err = config.Load(c.configPath); err != nil {
			return err
		}
	}
	m := newShareMeter(c)
	defer m.end()
	b.Reading, b.Replaying = m.reading, m.replaying
	if flags.fit != "" {
		fitted, err := b.FitPrior(cmd.Context())
		if err != nil {
			return err
		}
		return writeWhole(flags.fit, 0o600, func(w io.Writer) error {
			_, err := w.Write(append(fitted, '\n'))
			return err
		})
	}
	result, err := b.Run(cmd.Context())
	m.end()
	if err != nil {
		return err
	}
	return c.showBacktest(result)
}

// read makes of the flags what to replay, of which kinds and by which prior.
func (f *backtestFlags) read(log *slog.Logger) (b app.Backtest, err error) {
	b = app.Backtest{Dumps: f.dumps, Open: f.open, Logger: log}
	for _, k := range f.kinds {
		if kind := measure.Kind(k); kind != measure.KindEpic && kind != measure.KindVersion && kind != measure.KindParent {
			return b, usageError{fmt.Errorf("--kind %s: want epic, version or parent", strconv.Quote(k))}
		}
		b.Kinds = append(b.Kinds, measure.Kind(k))
	}
	if f.prior != "" {
		b.Prior, err = readPrior(f.prior)
	}
	return b, err
}

// maxPrior bounds the file of a prior.
const maxPrior = 4 << 20

func readPrior(path string) (*measure.Prior, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usageError{fmt.Errorf("opening the prior: %w", err)}
	}
	defer func() { _ = f.Close() }() // it was only read
	written, err := io.ReadAll(io.LimitReader(f, maxPrior+1))
	if err != nil {
		return nil, fmt.Errorf("reading the prior %s: %w", path, err)
	}
	if len(written) > maxPrior {
		return nil, usageError{fmt.Errorf("%s is larger than any prior", path)}
	}
	p, err := measure.ParsePrior(written)
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	return p, nil
}

func (c *cli) backtestStore(cmd *cobra.Command, open bool) error {
	args := url.Values{}
	if open {
		args.Set("open", "true")
	}
	if c.output == "ndjson" {
		args.Set("lines", "true")
	}
	var b measure.Backtest
	if err := c.askJSON(cmd.Context(), "backtest", args, &b); err != nil {
		return err
	}
	return c.showBacktest(&b)
}

// showBacktest prints the scores, or the snapshots behind them.
func (c *cli) showBacktest(b *measure.Backtest) error {
	l := errorScores(b)
	for k := range b.Lines {
		l.lines = append(l.lines, &b.Lines[k])
	}
	b.Lines = nil
	if c.output == "table" {
		fmt.Fprintf(c.out, "%d containers, %d of them ended and large enough to be scored; up to %s; the prior is of %s; in force at the end: %s\n",
			b.Containers, b.Ended, b.Until.Format(time.DateOnly), strings.Join(orNone(b.Prior), ", "), b.Champion)
		fmt.Fprintf(c.out, "%d goals, %d of them ended and large enough to be scored, apart from the containers; the last model learnt from %d of them\n\n",
			b.Goals, b.GoalsEnded, b.GoalsLearntFrom)
	}
	if err := c.list(l); err != nil || c.output != "table" && c.output != "md" || len(b.Scores) == 0 || b.Ended == 0 {
		return err
	}
	for _, part := range []listing{barScores(&b.Scores[0]), snapshotScores(b), placeScores(&b.Scores[0]), bandScores(&b.Scores[0]), finishMethods(&b.Scores[0]), finishScores(b)} {
		fmt.Fprintln(c.out)
		if err := c.list(part); err != nil {
			return err
		}
	}
	return nil
}

func orNone(list []string) []string {
	if len(list) == 0 {
		return []string{"nobody: it trusts Jira, and that work lasts as long again as it has lasted"}
	}
	return list
}

// errorScores is the table of errors, one row a group.
func errorScores(b *measure.Backtest) listing {
	l := listing{
		header: []string{"GROUP", "CONTAINERS", "SNAPSHOTS", "JIRA", "ESTIMATE", "MAE RATIO", "RMSE RATIO", "CRPS", "COVERED", "WIDTH", "OVERSTATED"},
		right:  []bool{false, true, true, true, true, true, true, true, true, true, true},
		whole:  b,
	}
	for k := range b.Scores {
		s := &b.Scores[k]
		if s.Containers == 0 {
			continue
		}
		auc := unknown
		if s.Overstated.AUC != nil {
			auc = fmt.Sprintf("AUC %.2f, skill %+.2f", *s.Overstated.AUC, s.Overstated.Skill)
		}
		l.rows = append(l.rows, []string{
			s.Group, strconv.Itoa(s.Containers), strconv.Itoa(s.Snapshots), errorsOf(s.Naive), errorsOf(s.Estimate),
			ranged(s.MAERatio), ranged(s.RMSERatio), fmt.Sprintf("%.2f", s.CRPS.Value), percent(&s.Coverage.Value), percent(&s.Width.Value), auc,
		})
	}
	return l
}

// errorsOf writes MAE/RMSE/bias in points.
func errorsOf(e measure.Errors) string {
	return fmt.Sprintf("%.1f/%.1f/%+.1f", 100*e.MAE, 100*e.RMSE, 100*e.Bias)
}

func ranged(r measure.Ranged) string {
	return fmt.Sprintf("%s [%s–%s]", ratio(r.Value), ratio(r.Low), ratio(r.High))
}

// ratio writes a ratio: one to nothing, as where Jira never erred, is ∞.
func ratio(x float64) string {
	if x >= math.MaxFloat32 {
		return "∞"
	}
	return fmt.Sprintf("%.2f", x)
}

// barScores holds the pooled scores against what was promised.
func barScores(s *measure.Scores) listing {
	l := listing{header: []string{"MEASURE", "IS", "MUST", "AIM", "REACHED"}, right: []bool{false, true, true, true}}
	add := func(name string, is string, must, aim string, musts, aims bool) {
		reached := "no"
		if musts {
			reached = "must"
		}
		if aims {
			reached = "aim"
		}
		l.rows = append(l.rows, []string{name, is, must, aim, reached})
	}
	most := func(name string, v, must, aim float64) {
		add(name, fmt.Sprintf("%.2f", v), fmt.Sprintf("≤ %.2f", must), fmt.Sprintf("≤ %.2f", aim), v <= must, v <= aim)
	}
	least := func(name string, v, must, aim float64) {
		add(name, fmt.Sprintf("%+.2f", v), fmt.Sprintf("≥ %.2f", must), fmt.Sprintf("≥ %.2f", aim), v >= must, v >= aim)
	}
	most("MAE over Jira's", s.MAERatio.Value, 0.95, 0.88)
	most("RMSE over Jira's", s.RMSERatio.Value, 0.85, 0.76)
	most("CRPS over Jira's MAE", s.CRPS.Value, 0.70, 0.60)
	most("CRPS over that of the delivered share", s.CRPSDelivered.Value, 0.97, 0.97)
	c := s.Coverage.Value
	add("80 % interval covers", percent(&c), "77–88 %", "78–84 %", c >= 0.77 && c <= 0.88, c >= 0.78 && c <= 0.84)
	most("mean width of the interval", s.Width.Value, 0.45, 0.32)
	if s.Overstated.AUC != nil {
		least("overstated by > 15 points: AUC", *s.Overstated.AUC, 0.77, 0.83)
		least("overstated by > 15 points: Brier skill", s.Overstated.Skill, 0.12, 0.22)
	}
	for _, h := range s.Finish { // the open ones count (MEASURES §4); the bars were measured without
		for _, of := range []struct {
			set string
			is  measure.Probability
		}{{"with open ones", h.All}, {"closed alone", h.Closed}} {
			least(fmt.Sprintf("finished within %d d, %s: Brier skill", h.Days, of.set), of.is.Skill, 0.10, 0.20)
			most(fmt.Sprintf("finished within %d d, %s: ECE", h.Days, of.set), of.is.ECE, 0.08, 0.05)
		}
	}
	return l
}

// snapshotScores holds the errors by container against those by snapshot.
func snapshotScores(b *measure.Backtest) listing {
	l := listing{
		header: []string{"EACH SNAPSHOT ALIKE", "JIRA", "MAE RATIO", "RMSE RATIO", "BIAS", "CRPS", "COVERED", "WIDTH"},
		right:  []bool{false, true, true, true, true, true, true, true},
	}
	for k := range b.Scores {
		s := &b.Scores[k]
		if s.Containers == 0 || strings.HasPrefix(s.Group, "project") {
			continue
		}
		n := &s.BySnapshot
		l.rows = append(l.rows, []string{
			s.Group, fmt.Sprintf("%.1f", 100*n.NaiveMAE), fmt.Sprintf("%.2f", n.MAERatio), fmt.Sprintf("%.2f", n.RMSERatio),
			fmt.Sprintf("%+.1f", 100*n.Bias), fmt.Sprintf("%.2f", n.CRPS), percent(&n.Coverage), percent(&n.Width),
		})
	}
	return l
}

// placeScores is the histogram of the truth's place in its distribution.
func placeScores(s *measure.Scores) listing {
	l := listing{header: []string{"TRUTH'S PLACE IN WHAT WAS TOLD"}, right: []bool{false}}
	row := []string{"share of the containers (10 % in each, where it is right)"}
	for k := range s.PIT {
		l.header = append(l.header, fmt.Sprintf("%d–%d %%", 10*k, 10*k+10))
		l.right = append(l.right, true)
		row = append(row, percent(&s.PIT[k]))
	}
	l.rows = [][]string{row}
	return l
}

// bandScores answers "is 70 % really 70 %?".
func bandScores(s *measure.Scores) listing {
	l := listing{
		header: []string{"JIRA SAYS", "SNAPSHOTS", "TRUTH", "ESTIMATE", "COVERED", "> 15 POINTS LOWER"},
		right:  []bool{true, true, true, true, true, true},
	}
	for _, b := range s.Bands {
		l.rows = append(l.rows, []string{
			fmt.Sprintf("%.0f–%.0f %%", 100*b.From, 100*b.To), strconv.Itoa(b.Snapshots),
			percent(&b.Truth), percent(&b.Median), percent(&b.Coverage), percent(&b.Over),
		})
	}
	return l
}

// finishMethods holds the ways to tell the finish against each other.
func finishMethods(s *measure.Scores) listing {
	l := listing{header: []string{"FINISH TOLD BY"}, right: []bool{false}}
	for k, h := range s.Finish {
		l.header = append(l.header, fmt.Sprintf("WITHIN %d d: SKILL, ECE", h.Days))
		l.right = append(l.right, true)
		for i := range h.ByMethod {
			if k == 0 {
				l.rows = append(l.rows, []string{h.ByMethod[i].Name})
			}
			l.rows[i] = append(l.rows[i], skill(&h.ByMethod[i].Probability))
		}
	}
	return l
}

func skill(p *measure.Probability) string { return fmt.Sprintf("%+.2f, %.2f", p.Skill, p.ECE) }

// finishScores is the table of forecasts.
func finishScores(b *measure.Backtest) listing {
	l := listing{
		header: []string{"GROUP", "WITHIN", "CASES", "BASE RATE", "SKILL, ECE", "BY SNAPSHOT", "SKILL, ECE", "WITH OPEN ONES", "BASE RATE", "SKILL, ECE"},
		right:  []bool{false, true, true, true, true, true, true, true, true, true},
	}
	for k := range b.Scores {
		s := &b.Scores[k]
		for _, h := range s.Finish {
			if h.Closed.Cases == 0 || strings.HasPrefix(s.Group, "project") {
				continue
			}
			l.rows = append(l.rows, []string{
				s.Group, fmt.Sprintf("%d d", h.Days),
				strconv.Itoa(h.Closed.Cases), percent(&h.Closed.Base), skill(&h.Closed),
				percent(&h.BySnapshot.Base), skill(&h.BySnapshot),
				strconv.Itoa(h.All.Cases), percent(&h.All.Base), skill(&h.All),
			})
		}
	}
	return l
}

// shareMeter shows how far the reading and the replaying have come.
type shareMeter struct {
	*meter
	bar *progressbar.ProgressBar
}

func newShareMeter(c *cli) *shareMeter { return &shareMeter{meter: newMeter(c.err, "issues")} }

func (m *shareMeter) reading(dump string, p syncer.Progress) { m.at(dump, p.Read, p.Total) }

func (m *shareMeter) replaying(share float64) {
	if !m.tty {
		if time.Since(m.said) >= sayEvery {
			m.said = time.Now()
			fmt.Fprintf(m.w, "replayed %.0f %% of the history\n", 100*share)
		}
		return
	}
	if m.bar == nil {
		m.meter.end()
		m.bar = progressbar.NewOptions(1000, progressbar.OptionSetWriter(m.w), progressbar.OptionSetDescription("replaying"),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))
	}
	_ = m.bar.Set(int(1000 * share)) // a bar that cannot be drawn is no reason to stop
}

func (m *shareMeter) end() {
	m.meter.end()
	if m.bar != nil {
		_ = m.bar.Finish()
	}
}
