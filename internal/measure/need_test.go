package measure

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestTheNeedAtAPaceWorkedByHand(t *testing.T) {
	for _, c := range []struct {
		name string
		s    Situation
		want float64 // −1: there is no pace
	}{
		{"11 open at 4 in 12 weeks", Situation{All: 22, Delivered: 7, Dropped: 4, Weekly: []int{0, 1, 0, 0, 2, 0, 0, -1, 2, 0, -1, 1}}, 33},
		{"3 open at 5 in 5 weeks", Situation{All: 3, Weekly: []int{1, 1, 1, 1, 1}}, 3},
		{"as much re-opened as delivered", Situation{All: 3, Weekly: []int{2, -2, 0, 0, 0}}, math.Inf(1)},
		{"more re-opened than delivered", Situation{All: 3, Weekly: []int{-1, 0, 0, 0, 0}}, math.Inf(1)},
		{"four weeks", Situation{All: 3, Weekly: []int{1, 1, 1, 1}}, -1},
		{"nothing is open", Situation{All: 3, Delivered: 3, Weekly: []int{1, 1, 1, 0, 0}}, -1},
	} {
		got, ok := c.s.need()
		if !ok {
			got = -1
		}
		if got != c.want {
			t.Errorf("%s: needs %v weeks, want %v", c.name, got, c.want)
		}
	}
}

func TestMoreOpenWorkNeverNeedsLessTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := someSituation(t)
		more := s
		more.All++
		if s.Open() == 0 {
			return
		}
		before, ok := s.need()
		if after, still := more.need(); ok != still || after < before {
			t.Fatalf("one more open leaf needs %v weeks after %v", after, before)
		}
	})
}

// lesson is a case of so many open leaves at one delivery a week for ten weeks,
// looked at so many days before 2 January 2026.
func lesson(open, daysAgo, left int) Case {
	at := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -daysAgo)
	return Case{
		Situation: Situation{At: at, All: 10 + open, Delivered: 10, Weekly: []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}}, Finish: at.AddDate(0, 0, left),
	}
}

func TestNeedsAreOfWhatIsKnownToHaveBeenOpenAndAtWork(t *testing.T) {
	now := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	sleeping := lesson(8, 100, 50)
	sleeping.Weekly = make([]int, 10)
	ended := Closing{At: now.AddDate(0, 0, -40)}
	epic, version := &Container{Kind: KindEpic, known: now}, &Container{Kind: KindVersion, known: now}
	gone := &Container{Kind: KindParent, known: now.AddDate(0, 0, -10)}
	got := needs([]veteran{
		{Container: epic, end: ended, lessons: []Case{lesson(8, 100, 50), lesson(4, 60, 10), lesson(4, 45, -1), sleeping}},
		{Container: version, end: ended, lessons: []Case{lesson(8, 100, 50)}},
	}, []veteran{{Container: gone, lessons: []Case{lesson(20, 30, 0)}}}, now)
	want := []pastNeed{{8, 50, 100, 1}, {4, 10, 60, 1}, {20, float32(math.Inf(1)), 20, 3}}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(pastNeed{})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestWhatBecameOfLikeNeedsWeighsEveryContainerTheSame(t *testing.T) {
	open := float32(math.Inf(1))
	m := &Model{needs: []pastNeed{
		{10, 20, 90, 1}, {10, 50, 90, 1}, {12, 29, 90, 1}, // two of three came
		{5, 10, 90, 2}, {20, open, 90, 2}, // half of them
		{4.9, 10, 90, 3}, {20.1, 10, 90, 3}, // not alike
		{10, open, 29, 4}, // nobody knows yet
		{15, open, 30, 5}, // none
	}}
	if n, share := m.ofLikeNeed(10, 30); n != 3 || !near(share, (2.0/3+0.5)/3) {
		t.Errorf("of %d containers %v were finished, want 3 and %v", n, share, (2.0/3+0.5)/3)
	}
	if n, share := m.ofLikeNeed(1000, 30); n != 0 || share != 0 {
		t.Errorf("of %d containers %v were finished, where there is none", n, share)
	}
}

func TestTheNeedIsToldWithWhatBecameOfItsLike(t *testing.T) {
	const pace, like = "needs, at the pace of the last 10 weeks", "epics and issues with sub-tasks here that needed from half to twice as long"
	some := func(n int) *Model {
		m := &Model{}
		for k := range n {
			left := 10
			if k%4 == 0 {
				left = 60
			}
			m.needs = append(m.needs, pastNeed{8, float32(left), 90, int32(k + 1)})
		}
		return m
	}
	slow := lesson(8, 0, 0).Situation
	stuck, young, one := slow, slow, lesson(1, 0, 0).Situation
	stuck.Weekly, young.Weekly = make([]int, 10), []int{1}
	for _, c := range []struct {
		name     string
		m        *Model
		s        Situation
		toTarget float64
		want     []ExplainedInput
	}{
		{"enough of them, and a target", some(8), slow, 41.9, []ExplainedInput{
			{pace, "8 weeks for 8 open issues"}, {"of 8 " + like, "75 % were finished within 6 weeks, which is up to the target"}}},
		{"enough of them, and the target is past", some(8), slow, -3, []ExplainedInput{
			{pace, "8 weeks for 8 open issues"}, {"of 8 " + like, "75 % were finished within 30 days"}}},
		{"too few of them", some(7), slow, 7, []ExplainedInput{
			{pace, "8 weeks for 8 open issues"}, {like, "7: too few to tell which share was finished within 7 days, which is up to the target"}}},
		{"a week's work", &Model{}, one, 0, []ExplainedInput{
			{pace, "7 days for 1 open issue"}, {like, "0: too few to tell which share was finished within 30 days"}}},
		{"nothing was delivered", some(8), stuck, 42, []ExplainedInput{{pace, "no end is in sight: they delivered nothing, net"}}},
		{"there is no pace yet", some(8), young, 42, nil},
	} {
		if d := cmp.Diff(c.want, c.m.needed(&c.s, c.toTarget)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}
