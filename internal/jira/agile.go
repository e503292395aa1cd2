package jira

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"plumbline/internal/flow"
)

// agilePage is the most that the agile interface gives at once.
const agilePage = 50

type wireBoard struct {
	ID   ident  `json:"id"`
	Type string `json:"type"` // scrum, kanban or simple
}

type wireSprint struct {
	ID       ident  `json:"id"`
	State    string `json:"state"`
	Name     string `json:"name"`
	Goal     string `json:"goal"`
	Start    stamp  `json:"startDate"`
	End      stamp  `json:"endDate"`
	Complete stamp  `json:"completeDate"`
	Board    ident  `json:"originBoardId"`
}

// Sprints lists the sprints of all boards that the account sees, each once. A
// site without boards has none.
func (c *Client) Sprints(ctx context.Context) ([]flow.Sprint, error) {
	boards, err := c.boards(ctx)
	if err != nil {
		return nil, err
	}
	var all []flow.Sprint
	seen := make(map[string]bool)
	for k := range boards {
		some, err := c.sprintsOf(ctx, &boards[k])
		if err != nil {
			return nil, err
		}
		for _, s := range some {
			if !seen[s.ID] {
				seen[s.ID] = true
				all = append(all, s)
			}
		}
	}
	return all, nil
}

func (c *Client) boards(ctx context.Context) ([]wireBoard, error) {
	var all []wireBoard
	_, err := c.paged(ctx, paging{endpointBoard, "rest/agile/1.0/board", agilePage}, func(raw []byte) error {
		var b wireBoard
		if err := json.Unmarshal(raw, &b); err != nil {
			return err
		}
		if _, ok := b.ID.number(); ok && b.Type != "kanban" { // which has no sprints
			all = append(all, b)
		}
		return nil
	})
	var api *APIError
	if errors.As(err, &api) && api.Status == http.StatusNotFound {
		return nil, nil // Jira without its agile part
	}
	return all, err
}

// sprintsOf lists the sprints of a board, none of one that has no sprints or
// has gone since it was listed.
func (c *Client) sprintsOf(ctx context.Context, b *wireBoard) ([]flow.Sprint, error) {
	var all []flow.Sprint
	_, err := c.paged(ctx, paging{endpointSprint, "rest/agile/1.0/board/" + string(b.ID) + "/sprint", agilePage}, func(raw []byte) error {
		var w wireSprint
		if err := json.Unmarshal(raw, &w); err != nil {
			return err
		}
		if _, ok := w.ID.number(); ok {
			all = append(all, w.sprint(string(b.ID)))
		}
		return nil
	})
	if noSprints(err, b) || denied(err) {
		return nil, nil
	}
	return all, err
}

// noSprints tells the answer of a board that has no sprints. Jira words it in
// the account's language, and calls sprints so in all.
func noSprints(err error, b *wireBoard) bool {
	var api *APIError
	if !errors.As(err, &api) || api.Status != http.StatusBadRequest {
		return false
	}
	said := strings.ToLower(strings.Join(api.Messages, " "))
	return strings.Contains(said, "support sprint") || b.Type != "scrum" && strings.Contains(said, "sprint")
}

// sprint is the sprint of the board that owns it, by default the one that
// listed it.
func (w *wireSprint) sprint(board string) flow.Sprint {
	if _, ok := w.Board.number(); ok {
		board = string(w.Board)
	}
	return flow.Sprint{
		ID: string(w.ID), BoardID: board, Name: w.Name, State: strings.ToLower(w.State), Goal: w.Goal,
		Start: w.Start.millis(), End: w.End.millis(), CompleteAt: w.Complete.millis(),
	}
}

// millis is the time in milliseconds since 1970; 0 where there is none.
func (s stamp) millis() int64 {
	t, err := parseTime(string(s))
	if err != nil {
		return 0
	}
	return t.UnixMilli()
}
