package measure

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
)

// numbered are issues of which nothing is known but their ids, from 1 on.
func numbered(n int) flowtest.Issues {
	all := make(flowtest.Issues, n)
	for k := range all {
		all[k] = &flow.Issue{ID: flow.IssueID(k + 1)}
	}
	return all
}

func TestEveryReaderSeesEveryTimelineInOrder(t *testing.T) {
	for _, n := range []int{0, 1, readAtOnce - 1, readAtOnce, 5*readAtOnce + 7} {
		in := Input{Issues: numbered(n).Each}
		var want []flow.IssueID
		for k := range n {
			want = append(want, flow.IssueID(k+1))
		}
		var seen [3][]flow.IssueID
		reader := func(k int) func(*flow.Timeline) {
			return func(t *flow.Timeline) { seen[k] = append(seen[k], t.Issue.ID) }
		}
		if err := in.eachTimeline(reader(0), reader(1), reader(2)); err != nil {
			t.Fatal(err)
		}
		for k := range seen {
			if !slices.Equal(seen[k], want) {
				t.Errorf("of %d issues reader %d saw %d, or in another order", n, k, len(seen[k]))
			}
		}
	}
}

func TestAStreamThatFailsEndsTheReading(t *testing.T) {
	failed := errors.New("the disk is gone")
	in := Input{Issues: func(each func(*flow.Issue) error) error {
		return errors.Join(each(&flow.Issue{ID: 1}), failed)
	}}
	read := 0
	if err := in.eachTimeline(func(*flow.Timeline) { read++ }); !errors.Is(err, failed) || read != 1 {
		t.Errorf("%d read, error %v", read, err)
	}
}

//go:noinline
func breaksDown() { panic("at the first") }

func TestAReadersPanicIsTheCallers(t *testing.T) {
	in := Input{Issues: numbered(20 * readAtOnce).Each} // more than wait for a reader
	for name, do := range map[string]func(){
		"a timeline": func() {
			_ = in.eachTimeline(func(*flow.Timeline) {}, func(*flow.Timeline) { breaksDown() })
		},
		"a goal":         func() { eachOf(9, func(int) { breaksDown() }) },
		"a goal's goals": func() { eachOf(3, func(int) { eachOf(3, func(int) { breaksDown() }) }) },
		"what is learnt": func() {
			in := Input{Learn: func(*Survey) (*Past, error) { breaksDown(); return nil, nil }}
			_, _ = in.learning(emptySurvey())()
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				p, ok := recover().(*Panicked)
				if !ok || p.Value != "at the first" {
					t.Fatalf("the caller's panic is %v", p)
				}
				if !strings.Contains(string(p.Stack), "breaksDown") {
					t.Errorf("the stack is not that of what panicked:\n%s", p.Stack)
				}
			}()
			do()
		})
	}
}

func TestWhatIsRecoveredFromIsToldWithoutItsValue(t *testing.T) {
	told := func(do func()) (what, stack string) {
		defer func() { what, stack = Recovered(recover()) }()
		do()
		return "nothing", ""
	}
	for _, c := range []struct {
		name, want string
		do         func()
	}{
		{"a text, here", "a panic with a string", breaksDown},
		{"a text, in another goroutine", "a panic with a string", func() { eachOf(1, func(int) { breaksDown() }) }},
		{"Go's own, in another goroutine", "runtime error: index out of range [0] with length 0", func() {
			eachOf(1, func(k int) { _ = []int{}[k] })
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			what, stack := told(c.do)
			if what != c.want || !strings.Contains(stack, "readers_test.go") || strings.Contains(stack, "at the first") {
				t.Errorf("told %q, want %q, with the stack\n%s", what, c.want, stack)
			}
		})
	}
}

func TestEveryNumberComesOnce(t *testing.T) {
	for _, n := range []int{0, 1, 1000} {
		came := make([]int, n)
		eachOf(n, func(k int) { came[k]++ })
		if slices.ContainsFunc(came, func(times int) bool { return times != 1 }) {
			t.Errorf("of %d numbers not every one came once: %v", n, came)
		}
	}
}
