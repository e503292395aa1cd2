package jira

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// paging is a list that is read by offset, all of it.
type paging struct {
	endpoint endpoint
	path     string // relative to the site's address, with its own query if it has one
	size     int    // elements to ask for; a site may give fewer
}

// wireList is a page of a list.
type wireList struct {
	Values [][]byte
	Total  *int
	IsLast *bool
}

func (p *wireList) decode(body []byte) error {
	*p = wireList{}
	return members(body, func(key string, value []byte) error {
		switch key {
		case "values":
			return list(value, &p.Values)
		case "total":
			return json.Unmarshal(value, &p.Total)
		case "isLast":
			return json.Unmarshal(value, &p.IsLast)
		}
		return nil
	})
}

// errElement is an element of a list that is not as documented.
var errElement = errors.New("an element is not what Jira's documentation promises")

// paged reads a list to its end, however many elements the site gives a page,
// and returns how many it announced, or gave. Fewer than were announced are an
// ErrIncomplete, and so are pages that repeat.
func (c *Client) paged(ctx context.Context, l paging, each func(raw []byte) error) (total int, err error) {
	mark := "?"
	if strings.Contains(l.path, "?") {
		mark = "&"
	}
	read := 0
	var before []byte // the first element of the page before
	for {
		var p wireList
		path := fmt.Sprintf("%s%sstartAt=%d&maxResults=%d", l.path, mark, read, l.size)
		if _, err := c.call(ctx, request{endpoint: l.endpoint, method: http.MethodGet, path: path}, p.decode); err != nil {
			return total, err
		}
		if p.Total != nil {
			total = *p.Total
		}
		if len(p.Values) > 0 && bytes.Equal(p.Values[0], before) {
			return total, c.incomplete(l.endpoint, "the same page comes again and again")
		}
		for _, v := range p.Values {
			if err := each(v); err != nil {
				return total, fmt.Errorf("site %s: %s: %w: %w", c.o.Site, l.endpoint, errElement, err)
			}
		}
		read += len(p.Values)
		switch ends := len(p.Values) == 0 || p.IsLast != nil && *p.IsLast || p.IsLast == nil && p.Total != nil && read >= total; {
		case ends && p.Total != nil && read < total:
			return total, c.incomplete(l.endpoint, "the list ends after %d of %d elements", read, total)
		case ends:
			return max(total, read), nil
		}
		before = p.Values[0]
	}
}
