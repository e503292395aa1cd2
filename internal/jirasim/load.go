package jirasim

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"plumbline/internal/flow"
)

// maxLine is the length of the longest line of a dump that is read.
const maxLine = 16 << 20

// LoadDump reads a world from raw Jira issues, one JSON object a line, as the
// REST API of Data Center or of Cloud gives them; gzipped or plain. Blank
// lines are passed over. Of lines with the same id or key the later state is
// taken; the World's Doubles names them. A line that is no issue is an error
// that names it.
func LoadDump(r io.Reader) (*World, error) {
	plain, err := unpack(r)
	if err != nil {
		return nil, err
	}
	l := loader{
		world: &World{
			byID: map[uint64]*issue{}, byKey: map[string]*issue{}, formerly: map[string]*issue{},
			catalog: newCatalog(), fields: newFieldSet(),
		},
		line:   map[uint64]int{},
		shared: map[string]string{},
		values: map[string]json.RawMessage{},
	}
	lines := bufio.NewScanner(plain)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	n := 0
	for lines.Scan() {
		n++
		line := bytes.TrimSpace(bytes.TrimPrefix(lines.Bytes(), []byte("\ufeff")))
		if len(line) == 0 {
			continue
		}
		if err := l.add(n, line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d: longer than %d MiB", n+1, maxLine>>20)
	} else if err != nil {
		return nil, fmt.Errorf("read dump after line %d: %w", n, err)
	}
	l.world.finish()
	return l.world, nil
}

// unpack returns the bytes behind a gzip header, or the bytes as they are.
func unpack(r io.Reader) (io.Reader, error) {
	head := bufio.NewReaderSize(r, 64<<10)
	magic, err := head.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read dump: %w", err)
	}
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return head, nil
	}
	z, err := gzip.NewReader(head)
	if err != nil {
		return nil, fmt.Errorf("unpack dump: %w", err)
	}
	return z, nil
}

// loader reads issues into a world.
type loader struct {
	world *World
	line  map[uint64]int // by id, for the error about doubles
	// shared and values hold one copy of each short text and raw value, as
	// most values of most fields come thousands of times.
	shared map[string]string
	values map[string]json.RawMessage
}

type dumpIssue struct {
	ID        text                       `json:"id"`
	Key       text                       `json:"key"`
	Fields    map[string]json.RawMessage `json:"fields"`
	Changelog *dumpChangelog             `json:"changelog"`
}

type dumpChangelog struct {
	Total     *int           `json:"total"`
	Histories *[]dumpHistory `json:"histories"`
}

type dumpHistory struct {
	ID      text            `json:"id"`
	Author  json.RawMessage `json:"author"`
	Created stamp           `json:"created"`
	Items   json.RawMessage `json:"items"`
}

var errNoIssue = errors.New("not a Jira issue")

func (l *loader) add(n int, line []byte) error {
	var d dumpIssue
	if line[0] != '{' {
		return fmt.Errorf("%w: not a JSON object", errNoIssue)
	}
	if err := json.Unmarshal(line, &d); err != nil {
		return fmt.Errorf("%w: %w", errNoIssue, err)
	}
	id, ok := parseID(string(d.ID))
	if !ok {
		return fmt.Errorf("%w: no numeric id", errNoIssue)
	}
	i := &issue{id: id, key: strings.ToUpper(string(d.Key))}
	if _, _, ok := splitKey(i.key); !ok {
		return fmt.Errorf("%w: no key of the form ABC-123", errNoIssue)
	}
	if err := l.takeFields(i, d.Fields); err != nil {
		return fmt.Errorf("%w: %w", errNoIssue, err)
	}
	if err := l.takeChangelog(i, d.Changelog); err != nil {
		return fmt.Errorf("issue %s: %w", i.key, err)
	}
	l.take(n, i)
	return nil
}

// takeFields takes the fields over, sorted by name, and reads those without
// which there is no issue.
func (l *loader) takeFields(i *issue, fields map[string]json.RawMessage) error {
	if fields == nil {
		return errors.New("no fields")
	}
	for name, target := range map[string]*int64{"created": &i.created, "updated": &i.updated, "resolutiondate": &i.resolved} {
		var at stamp
		if raw, ok := fields[name]; ok {
			if err := json.Unmarshal(raw, &at); err != nil {
				return fmt.Errorf("field %s: %w", name, err)
			}
		}
		*target = int64(at)
	}
	if i.created == 0 {
		return errors.New("no field created")
	}
	for _, name := range []string{"status", "issuetype", "project", "resolution", "priority"} {
		raw, ok := fields[name]
		if !ok || isNull(raw) {
			continue
		}
		var e entity
		if err := json.Unmarshal(raw, &e); err != nil {
			return fmt.Errorf("field %s: not an object with an id and a name", name)
		}
	}
	if raw := fields["status"]; raw == nil || isNull(raw) {
		return errors.New("no field status")
	}
	i.fields = make([]field, 0, len(fields))
	fields["status"] = categorised(fields["status"])
	for name, raw := range fields {
		i.fields = append(i.fields, field{l.share(name), l.shareValue(raw)})
	}
	slices.SortFunc(i.fields, func(a, b field) int { return cmp.Compare(a.name, b.name) })
	return nil
}

// categorised adds its category to a status that every server is installed with
// and that comes without one: Jira tells categories since 6.2 only.
func categorised(status json.RawMessage) json.RawMessage {
	if bytes.Contains(status, []byte(`"statusCategory"`)) {
		return status
	}
	var members map[string]any
	if json.Unmarshal(status, &members) != nil {
		return status
	}
	id, _ := members["id"].(string)
	if c := systemCategory(id); c != flow.Unknown {
		members["statusCategory"] = categoryJSON(c)
		return encode(members)
	}
	return status
}

func (l *loader) takeChangelog(i *issue, c *dumpChangelog) error {
	if c == nil || c.Histories == nil {
		i.silent = true
		return nil
	}
	if c.Total != nil && *c.Total > len(*c.Histories) {
		i.truncated = true
	}
	i.histories = make([]history, 0, len(*c.Histories))
	for n, d := range *c.Histories {
		id, ok := parseID(string(d.ID))
		if !ok {
			return fmt.Errorf("history %d of %d: no numeric id", n+1, len(*c.Histories))
		}
		h := history{id: id, at: int64(d.Created)}
		if h.at == 0 {
			return fmt.Errorf("history %d: no field created", id)
		}
		if len(d.Author) > 0 && !isNull(d.Author) {
			h.author = l.shareValue(d.Author)
		}
		h.raw = d.Items
		if len(d.Items) > 0 {
			if err := json.Unmarshal(d.Items, &h.items); err != nil {
				return fmt.Errorf("history %d: items: %w", id, err)
			}
		}
		for k := range h.items {
			l.shareItem(&h.items[k])
		}
		i.histories = append(i.histories, h)
	}
	slices.SortFunc(i.histories, func(a, b history) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.id, b.id))
	})
	for n := 1; n < len(i.histories); n++ {
		if i.histories[n].id == i.histories[n-1].id {
			return fmt.Errorf("history %d comes twice", i.histories[n].id)
		}
	}
	return nil
}

func (l *loader) shareItem(it *item) {
	for _, t := range []*text{&it.Field, &it.FieldType, &it.FieldID, &it.From, &it.FromString, &it.To, &it.ToString} {
		*t = text(l.share(string(*t)))
	}
}

func (l *loader) share(s string) string {
	if len(s) > 400 {
		return s
	}
	if known, ok := l.shared[s]; ok {
		return known
	}
	s = strings.Clone(s)
	l.shared[s] = s
	return s
}

func (l *loader) shareValue(raw json.RawMessage) json.RawMessage {
	if len(raw) > 400 {
		return raw
	}
	if known, ok := l.values[string(raw)]; ok {
		return known
	}
	l.values[string(raw)] = raw
	return raw
}

// parseID reads a numeric id. Ids are above 0.
func parseID(s string) (uint64, bool) {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	id, err := strconv.ParseUint(s, 10, 63)
	return id, err == nil && id > 0
}

// splitKey splits an issue's key into its project's key and its number.
func splitKey(key string) (project string, number uint64, ok bool) {
	at := strings.LastIndexByte(key, '-')
	if at < 1 || !(key[0] >= 'A' && key[0] <= 'Z') {
		return "", 0, false
	}
	for _, c := range key[:at] {
		if !(c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_') {
			return "", 0, false
		}
	}
	number, ok = parseID(key[at+1:])
	return key[:at], number, ok
}
