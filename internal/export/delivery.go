package export

import (
	"context"
	"errors"
	"time"
)

// Delivery sends a back-fill and keeps account of what was taken.
type Delivery struct {
	Remote *Remote

	Requests int // that were taken
	Taken    int // samples
	Refused  int // samples
	// Refusals are the ways in which the receiver refused, each with the
	// moments that it refused; at most maxRefusals of them.
	Refusals []Refusal
	// Stopped is the moment of the request that ended the delivery; zero
	// where none did. All before it was taken or refused.
	Stopped time.Time
}

// Refusal is what the receiver said to one or more requests.
type Refusal struct {
	What        string
	Samples     int
	First, Last time.Time // moments
}

const maxRefusals = 5

// Send sends the request. What the receiver refuses because of what is in it
// is noted, and the next request may fare better; any other error ends the
// delivery.
func (d *Delivery) Send(ctx context.Context, q Request) error {
	err := d.Remote.Send(ctx, q)
	var refused *RefusedError
	switch {
	case err == nil:
		d.Requests++
		d.Taken += q.Samples
		return nil
	case errors.As(err, &refused) && !refused.Final:
		d.refuse(refused.Error(), q)
		return nil
	}
	d.Stopped = q.At
	return err
}

func (d *Delivery) refuse(what string, q Request) {
	d.Refused += q.Samples
	for k := range d.Refusals {
		if r := &d.Refusals[k]; r.What == what || k == maxRefusals-1 {
			r.Samples += q.Samples
			r.Last = q.At
			return
		}
	}
	d.Refusals = append(d.Refusals, Refusal{what, q.Samples, q.At, q.At})
}
