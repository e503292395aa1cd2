package web

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// element is an element of a page.
type element struct {
	name  string
	attrs map[string]string
	text  string // all text within
	in    *element
}

func (e *element) within(name string) bool {
	for p := e.in; p != nil; p = p.in {
		if p.name == name {
			return true
		}
	}
	return false
}

// parsePage reads a page as strictly as XML reads: every element is closed.
func parsePage(page []byte) ([]*element, error) {
	d := xml.NewDecoder(bytes.NewReader(page))
	d.Entity = xml.HTMLEntity
	var all []*element
	var open *element
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			e := &element{name: tok.Name.Local, attrs: map[string]string{}, in: open}
			for _, a := range tok.Attr {
				e.attrs[a.Name.Local] = a.Value
			}
			all, open = append(all, e), e
		case xml.EndElement:
			open = open.in
		case xml.CharData:
			for p := open; p != nil; p = p.in {
				p.text += string(tok)
			}
		}
	}
}

// checkMarkup checks what makes a page usable without eyes and without a mouse.
func checkMarkup(t *testing.T, page []byte) {
	t.Helper()
	all, err := parsePage(page)
	if err != nil {
		t.Fatalf("the page is not well formed: %v", err)
	}
	count, ids := map[string]int{}, map[string]bool{}
	for _, e := range all {
		count[e.name]++
		if id, ok := e.attrs["id"]; ok {
			if ids[id] {
				t.Errorf("the id %q is there twice", id)
			}
			ids[id] = true
		}
	}
	for _, name := range []string{"h1", "main", "title", "header"} {
		if count[name] != 1 {
			t.Errorf("there are %d elements %s, want one", count[name], name)
		}
	}
	if count["script"]+count["style"] > 0 {
		t.Error("there is a script or a style within the page")
	}
	for _, e := range all {
		if fault := faultOf(e, all, ids); fault != "" {
			t.Errorf("<%s %v>%.60q: %s", e.name, e.attrs, strings.TrimSpace(e.text), fault)
		}
	}
}

func faultOf(e *element, all []*element, ids map[string]bool) string {
	for a := range e.attrs {
		if a == "style" || strings.HasPrefix(a, "on") {
			return "attribute " + a + " is refused by the policy"
		}
	}
	if ref := e.attrs["aria-labelledby"]; ref != "" && !ids[ref] {
		return "is labelled by nothing"
	}
	named := e.attrs["aria-label"] != "" || e.attrs["aria-labelledby"] != ""
	child := func(name string) bool {
		return slices.ContainsFunc(all, func(c *element) bool { return c.in == e && c.name == name })
	}
	switch e.name {
	case "html":
		if e.attrs["lang"] == "" {
			return "has no lang"
		}
	case "a":
		if strings.TrimSpace(e.text) == "" {
			return "says nothing"
		}
		if strings.HasPrefix(e.attrs["href"], "#") && !ids[e.attrs["href"][1:]] {
			return "leads nowhere"
		}
		if strings.HasPrefix(e.attrs["href"], "/") {
			return "breaks below a proxy's path"
		}
	case "table":
		if !child("caption") {
			return "has no caption"
		}
	case "th":
		if e.attrs["scope"] == "" {
			return "has no scope"
		}
	case "svg":
		if e.attrs["aria-hidden"] != "true" {
			return "is read aloud"
		}
	case "nav":
		if !named {
			return "has no name"
		}
	case "input":
		if e.attrs["type"] != "hidden" && !slices.ContainsFunc(all, func(l *element) bool { return l.name == "label" && l.attrs["for"] == e.attrs["id"] }) {
			return "has no label"
		}
	case "h2", "h3":
		if !e.within("main") {
			return "is outside main"
		}
	}
	return ""
}

// TestColoursCanBeRead computes the contrast of every pair of colours that the
// stylesheet uses, in each theme, by WCAG 2.2.
func TestColoursCanBeRead(t *testing.T) {
	css, err := files.ReadFile("static/style.css")
	if err != nil {
		t.Fatal(err)
	}
	light, rest, ok := strings.Cut(string(css), "prefers-color-scheme: dark")
	if !ok {
		t.Fatal("there is no dark theme")
	}
	dark, _, _ := strings.Cut(rest, "* { box-sizing")
	themes := map[string]map[string]float64{"light": luminances(t, light), "dark": luminances(t, dark)}
	pairs := [][2]string{{"link", "ground"}, {"link", "raised"}}
	for _, text := range []string{"text", "faint"} {
		pairs = append(pairs, [2]string{text, "ground"}, [2]string{text, "raised"})
	}
	for _, state := range []string{"good", "warn", "bad", "still", "plain"} {
		pairs = append(pairs, [2]string{state, state + "-ground"})
	}
	pairs = append(pairs, [2]string{"bad", "ground"}, [2]string{"bad", "raised"})
	for name, theme := range themes {
		for _, p := range pairs {
			a, b := theme[p[0]], theme[p[1]]
			if c := (max(a, b) + .05) / (min(a, b) + .05); c < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want 4.5", name, p[0], p[1], c)
			}
		}
		if a, b := theme["fill"], theme["track"]; (max(a, b)+.05)/(min(a, b)+.05) < 3 {
			t.Errorf("%s: a bar can't be told from its track", name)
		}
	}
}

// luminances reads the colours of a theme as relative luminances.
func luminances(t *testing.T, css string) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2});`).FindAllStringSubmatch(css, -1) {
		var sum float64
		for k, weight := range []float64{.2126, .7152, .0722} {
			n, err := strconv.ParseUint(m[2+k], 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			v := float64(n) / 255
			if v <= .04045 {
				v /= 12.92
			} else {
				v = math.Pow((v+.055)/1.055, 2.4)
			}
			sum += weight * v
		}
		out[m[1]] = sum
	}
	if len(out) < 15 {
		t.Fatalf("only %d colours were found", len(out))
	}
	return out
}
