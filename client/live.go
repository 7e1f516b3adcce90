package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
)

// Live follows a run until it ends: GET /runs/{id}/live, server-sent events
// (WHATWG HTML, section 9.2). Each state that the server tells is yielded; the
// last one has an ended state. A lost connection is made anew, since every
// event holds the whole run; when that does not work for Config.Patience the
// problem is yielded and the sequence ends.
func (c *Client) Live(ctx context.Context, id string) iter.Seq2[Run, error] {
	return func(yield func(Run, error) bool) {
		l := &live{client: c, path: at("runs", id, "live"), yield: yield}
		for {
			heard, err := l.listen(ctx)
			switch {
			case l.over:
				return
			case ctx.Err() != nil:
				yield(Run{}, koppel.Wrap("GET "+l.path, ctx.Err()))
				return
			case !l.passes(err):
				yield(Run{}, err)
				return
			}
			if !l.again(ctx, heard, err) {
				return
			}
		}
	}
}

// live is one Live sequence over however many connections it takes.
type live struct {
	client *Client
	path   string
	yield  func(Run, error) bool
	// over: the run ended, or the caller has seen enough.
	over bool
	// lost is since when there is no connection; pause the last wait for one.
	lost  time.Time
	pause time.Duration
}

// errHungUp is a connection that ended before the run did.
var errHungUp = errors.New("the connection ended before the run did")

// passes reports whether a new connection can help.
func (l *live) passes(err error) bool {
	var p *Problem
	return !errors.As(err, &p) || p.Status == 0 || p.Status >= http.StatusInternalServerError || p.Status == http.StatusTooManyRequests
}

// again waits before the next connection; false when patience is at its end.
func (l *live) again(ctx context.Context, heard bool, err error) bool {
	now := time.Now()
	if heard || l.lost.IsZero() {
		l.lost, l.pause = now, 0
	}
	if now.Sub(l.lost) > l.client.config.Patience {
		var p *Problem
		if !errors.As(err, &p) {
			err = l.client.unreachable(request{method: http.MethodGet, path: l.path}, err)
		}
		l.yield(Run{}, err)
		return false
	}
	l.pause = min(2*l.pause+100*time.Millisecond, 5*time.Second)
	timer := time.NewTimer(l.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		l.yield(Run{}, koppel.Wrap("GET "+l.path, ctx.Err()))
		return false
	}
}

// listen reads one connection to its end and reports whether anything came.
func (l *live) listen(ctx context.Context) (heard bool, err error) {
	ctx, hangUp := context.WithCancelCause(ctx)
	defer hangUp(nil)
	silence := time.AfterFunc(l.client.config.Silence, func() { hangUp(errHungUp) })
	defer silence.Stop()
	res, err := l.client.send(ctx, request{method: http.MethodGet, path: l.path}, "text/event-stream")
	if err != nil {
		if errors.Is(context.Cause(ctx), errHungUp) {
			return false, errHungUp
		}
		return false, err
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, eventLimit)
	var event, data string
	for lines.Scan() {
		silence.Reset(l.client.config.Silence)
		heard = true
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "":
			if err := l.event(event, data); err != nil || l.over {
				return heard, err
			}
			event, data = "", ""
		case field == "event":
			event = value
		case field == "data" && data == "":
			data = value
		case field == "data":
			data += "\n" + value
		}
	}
	if err := lines.Err(); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return heard, err
	}
	return heard, errHungUp
}

// The longest line of an event, in bytes.
const eventLimit = 8 << 20

// event hands on what one event tells.
func (l *live) event(name, data string) error {
	if name == "end" && data == "" {
		l.over = true
		return nil
	}
	if name != "run" && name != "end" {
		return nil
	}
	var run Run
	if err := json.Unmarshal([]byte(data), &run); err != nil {
		return koppel.Wrap("read event of "+l.path, err)
	}
	if run.ID != "" && !l.yield(run, nil) {
		l.over = true
	}
	if name == "end" {
		l.over = true
	}
	return nil
}
