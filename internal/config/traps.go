package config

import (
	"maps"
	"regexp"

	"github.com/goccy/go-yaml/ast"

	"plumbline/internal/measure"
)

var trapName = regexp.MustCompile(`^[a-z][a-z_]{0,39}$`)

// howToSetTraps is the mend of what is set of a detector.
const howToSetTraps = "write on, off, or thresholds as {name: number}"

// mostOfATrap bounds every threshold: a hundred years in days.
const mostOfATrap = 36_500

// traps reads what is set of each trap detector: on, off, or thresholds, which
// switch on one that is off by default. A detector
// that this version doesn't have may be set all the same, so that one file can
// serve several versions; that is warned of.
func (d *decoder) traps(n node) map[string]Trap {
	if d.describing {
		n.wants.traps()
		return nil
	}
	known := knownTraps()
	traps := make(map[string]Trap)
	d.entries(n, func(name string, at, value node) {
		detector, ours := known[name]
		if !trapName.MatchString(name) {
			d.fault(at, "the key is no name of a detector", "write it like process_accretion")
		}
		switch v := value.Node.(type) {
		case nil, *ast.NullNode:
			d.fault(at, "has no value", howToSetTraps)
		case *ast.MappingNode, *ast.MappingValueNode:
			if ours {
				traps[name] = Trap{Thresholds: d.thresholdsOf(&detector, value)}
			} else {
				d.warn(at, "is taken but not used by this version", "leave it, or remove it until it is")
				traps[name] = Trap{Thresholds: d.thresholds(value)}
			}
		case *ast.StringNode:
			if v.Value == "on" || v.Value == "off" {
				traps[name] = Trap{Off: v.Value == "off"}
				break
			}
			d.fault(value, quoted(v.Value)+" is not taken here", howToSetTraps)
		default:
			d.fault(value, "wants on, off or a mapping, has "+kind(v), howToSetTraps)
		}
	})
	return traps
}

func knownTraps() map[string]measure.Trap {
	known := make(map[string]measure.Trap)
	for _, t := range measure.Traps() {
		known[t.Name] = t
	}
	return known
}

// thresholdsOf reads the thresholds of a detector that this version has.
func (d *decoder) thresholdsOf(t *measure.Trap, n node) map[string]float64 {
	set := make(map[string]float64)
	known := keys{}
	for _, x := range t.Thresholds {
		known[x.Name] = func(n node) {
			before, v := len(d.errs), x.Default
			if d.number(&v, between(x.Min, mostOfATrap))(n); len(d.errs) == before {
				set[x.Name] = v
			}
		}
	}
	d.mapping(n, known)
	return set
}

// thresholds reads those of a detector that this version doesn't have.
func (d *decoder) thresholds(n node) map[string]float64 {
	set := make(map[string]float64)
	d.entries(n, func(name string, at, value node) {
		if value.Node == nil || !trapName.MatchString(name) {
			d.fault(at, "is no threshold", "write {name: number}")
			return
		}
		var v float64
		d.number(&v, anyNumber())(value)
		set[name] = v
	})
	return set
}

// traps makes the schema one of the detectors' settings.
func (s *schema) traps() {
	onOrOff := []string{"on", "off"}
	numbers := &schema{}
	numbers.open(trapName.String(), &schema{Type: "number"})
	s.open(trapName.String(), &schema{AnyOf: []*schema{{Enum: onOrOff}, numbers}})
	s.Properties = make(map[string]*schema)
	for _, t := range measure.Traps() {
		no, most := false, float64(mostOfATrap)
		set := &schema{Type: "object", Additional: &no, Properties: make(map[string]*schema)}
		for _, x := range t.Thresholds {
			set.Properties[x.Name] = &schema{Type: "number", Minimum: &x.Min, Maximum: &most, Default: x.Default, Description: x.What}
		}
		s.Properties[t.Name] = &schema{AnyOf: []*schema{{Enum: onOrOff}, set}}
	}
}

// withTraps adds what is said of each detector.
func withTraps(words map[string]about) map[string]about {
	words = maps.Clone(words)
	for _, t := range measure.Traps() {
		text := t.Title + ": off, or thresholds of one's own."
		if t.Off {
			text = t.Title + ": on, or thresholds of one's own; off by default, since nobody has validated it."
		}
		words["traps."+t.Name] = about{text: text}
	}
	return words
}
