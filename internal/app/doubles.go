package app

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"plumbline/internal/jirasim"
)

// doublesTold is how many lines of a dump that stand for others' issues are
// told one by one.
const doublesTold = 10

// tellDoubles says which lines of a dump are left out, since another line holds
// a later state of the same issue. The logger may be nil.
func tellDoubles(log *slog.Logger, dump string, doubles []jirasim.Double) {
	if log == nil || len(doubles) == 0 {
		return
	}
	var lines []string
	for _, d := range doubles[:min(len(doubles), doublesTold)] {
		lines = append(lines, fmt.Sprintf("%d (%s, see line %d)", d.Line, d.Key, d.For))
	}
	if more := len(doubles) - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	log.Warn("issues stand in the dump more than once; the later state of each is taken",
		"dump", filepath.Base(dump), "left_out", len(doubles), "lines", strings.Join(lines, ", "))
}
