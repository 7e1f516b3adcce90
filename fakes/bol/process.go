package bol

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// process is one asynchronous write.
type process struct {
	id, event, text string
	created, due    time.Time
	ended           time.Time
	polls           int // answers that still say PENDING
	do              func() (entity, failure string)
	fate            FaultKind // what a fault makes of it
	status          string    // "" while it is not carried out
	entity, failure string
}

// submit takes a write and answers 202 with its process status. do carries it
// out later and tells the id of what it made, or why it failed.
func (a *Account) submit(c *call, event, text string, do func() (entity, failure string)) answer {
	p := &process{
		id: a.id(), event: event, text: text, created: c.now, due: c.now.Add(a.cfg.ProcessTime),
		polls: a.cfg.ProcessPolls, do: do,
	}
	if r := c.hit.Rule; r != nil && fate(r.Kind) {
		p.fate = r.Kind
	}
	a.processes = append(a.processes, p)
	an := says(http.StatusAccepted, a.statusBody(p))
	if p.fate != ProcessStuck {
		a.pending = append(a.pending, p)
	}
	an.effect = event
	return an
}

// settle carries out what is due and forgets what is old; the lock is held.
func (a *Account) settle(now time.Time) {
	left := a.pending[:0]
	for _, p := range a.pending {
		if now.Before(p.due) {
			left = append(left, p)
			continue
		}
		switch p.fate {
		case ProcessFailure:
			p.status, p.failure = "FAILURE", "The demo was told to fail this."
		case ProcessTimeout:
			p.status = "TIMEOUT"
		default:
			if p.entity, p.failure = p.do(); p.failure != "" {
				p.status = "FAILURE"
			} else {
				p.status = "SUCCESS"
			}
		}
		p.ended = now
		a.event("PROCESS_STATUS", p.status, p.id, now)
	}
	a.pending = left
	a.processes = slices.DeleteFunc(a.processes, func(p *process) bool {
		return p.status != "" && now.Sub(p.ended) > a.cfg.StatusKept
	})
}

// statusBody renders a process status.
func (a *Account) statusBody(p *process) map[string]any {
	body := map[string]any{
		"processStatusId": p.id, "eventType": p.event, "description": p.text, "status": cmp.Or(p.status, "PENDING"),
		"createTimestamp": a.stamp(p.created),
		"links":           []any{map[string]string{"rel": "self", "href": "https://api.bol.com/shared/process-status/" + p.id, "method": "GET"}},
	}
	if p.entity != "" {
		body["entityId"] = p.entity
	}
	if p.failure != "" {
		body["errorMessage"] = p.failure
	}
	return body
}

// looked is a status as it is told now: it lags behind by some answers.
func (a *Account) looked(p *process) map[string]any {
	if p.status != "" && p.polls > 0 {
		p.polls--
		behind := *p
		behind.status, behind.entity, behind.failure = "", "", ""
		return a.statusBody(&behind)
	}
	return a.statusBody(p)
}

func (a *Account) process(id string) *process {
	for _, p := range a.processes {
		if p.id == id {
			return p
		}
	}
	return nil
}

// getStatus is GET /shared/process-status/{id}.
func (a *Account) getStatus(c *call) answer {
	p := a.process(c.id())
	if p == nil {
		return notFound("process status", c.id())
	}
	return says(http.StatusOK, a.looked(p))
}

// bulkStatuses is POST /shared/process-status, up to 1000 ids.
func (a *Account) bulkStatuses(c *call) answer {
	var in struct {
		Queries []struct {
			ID json.Number `json:"processStatusId"`
		} `json:"processStatusQueries"`
	}
	if p := receive(c, &in); p != nil {
		return *p
	}
	if len(in.Queries) == 0 || len(in.Queries) > 1000 {
		return refuse("processStatusQueries", "size must be between 1 and 1000")
	}
	var rows []any
	for _, q := range in.Queries {
		if p := a.process(q.ID.String()); p != nil {
			rows = append(rows, a.looked(p))
		}
	}
	if len(rows) == 0 {
		return answer{status: http.StatusOK, body: []byte("{ }")}
	}
	return says(http.StatusOK, map[string]any{"processStatuses": rows})
}

// findStatuses is GET /shared/process-status by entity and kind of event.
func (a *Account) findStatuses(c *call) answer {
	entity, event := c.query.Get("entity-id"), c.query.Get("event-type")
	if entity == "" || event == "" {
		return refuse("entity-id", "entity-id and event-type must both be given")
	}
	var rows []any
	for _, p := range a.processes {
		if p.entity == entity && p.event == event {
			rows = append(rows, a.looked(p))
		}
	}
	return page(c, "processStatuses", rows)
}
