package measure_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// cutFromOneText returns the issues as the store reads them: what an issue says
// that the book of names has not is cut from one text.
func cutFromOneText(issues []*flow.Issue) (out flowtest.Issues, texts []string) {
	for _, whole := range issues {
		i := *whole
		i.Summary = "summary of " + i.Now.Key
		i.Links, i.Changes = slices.Clone(i.Links), slices.Clone(i.Changes)
		said := []*string{&i.Summary, &i.Now.Key, &i.Now.Parent.Key, &i.Now.Epic.Key}
		for k := range i.Links {
			said = append(said, &i.Links[k].Other.Key)
		}
		for k := range i.Changes {
			c := &i.Changes[k]
			switch c.Field {
			case flow.FieldParent, flow.FieldEpic, flow.FieldKey, flow.FieldLink, flow.FieldLabels, flow.FieldSprint:
				said = append(said, &c.From.ID, &c.From.Name, &c.To.ID, &c.To.Name)
			}
		}
		var all strings.Builder
		for _, s := range said {
			all.WriteString(*s)
		}
		text := all.String()
		texts = append(texts, text)
		for _, s := range said {
			*s, text = text[:len(*s)], text[len(*s):]
		}
		out = append(out, &i)
	}
	return out, texts
}

// holder finds what holds on to texts.
type holder struct {
	texts []string
	seen  map[visit]bool
	found map[string]string
}

type visit struct {
	at unsafe.Pointer
	of reflect.Type
}

func (h *holder) walk(path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		s := v.String()
		p := uintptr(unsafe.Pointer(unsafe.StringData(s)))
		for _, text := range h.texts {
			if from := uintptr(unsafe.Pointer(unsafe.StringData(text))); s != "" && p >= from && p < from+uintptr(len(text)) {
				h.found[path] = s
			}
		}
	case reflect.Pointer:
		if at := (visit{v.UnsafePointer(), v.Type()}); !v.IsNil() && !h.seen[at] {
			h.seen[at] = true
			h.walk(path, v.Elem())
		}
	case reflect.Interface:
		h.walk(path, v.Elem())
	case reflect.Struct:
		for k := range v.NumField() {
			h.walk(path+"."+v.Type().Field(k).Name, v.Field(k))
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() <= reflect.Complex128 {
			return
		}
		for k := range v.Len() {
			h.walk(path+"[]", v.Index(k))
		}
	case reflect.Map:
		for all := v.MapRange(); all.Next(); {
			h.walk(path+"[key]", all.Key())
			h.walk(path+"[]", all.Value())
		}
	}
}

// A company of a million issues has a gigabyte of texts, which nothing measured
// needs.
func TestNoHistoryHoldsOnToTheTextsOfIssues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aStoryOf(t, renewedDeeds())
		end := s.end(t)
		declared := renewedGoals(t)
		for k := range declared {
			declared[k].Count = goal.CountPoints
		}
		until := func(at time.Time) []*flow.Issue {
			issues := s.until(t, at)
			for k, i := range issues {
				if i.ID == 11 {
					issues[k] = renamed(i, flowtest.At(t, "2026-01-12"))
				}
			}
			return issues
		}
		first, texts := cutFromOneText(until(flowtest.At(t, "2026-01-15")))
		held := func(what string, history *measure.History) {
			h := holder{texts: texts, seen: map[visit]bool{}, found: map[string]string{}}
			h.walk("history", reflect.ValueOf(history))
			for path, s := range h.found {
				if strings.HasPrefix(path, "history.kept.index.reader.") {
					continue // which has the last issue in hand, and no other
				}
				t.Errorf("%s: %s is %q, cut from an issue's text", what, path, s)
			}
		}
		settings := renewedSettings()
		h, err := measure.Build(renewedInput(settings, declared, first, nil))
		if err != nil {
			t.Fatal(err)
		}
		held("built", h)
		now, more := cutFromOneText(until(end))
		texts = append(texts, more...)
		next, ok, err := h.Renew(renewedInput(settings, declared, now, nil), changedSince(first, now), now)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			held(fmt.Sprintf("renewed at %s", end), next)
		}
	})
}
