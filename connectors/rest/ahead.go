package rest

import (
	"context"

	"github.com/koppel-io/koppel"
)

// ahead requests pages before they are asked for, at most as many at once as
// the budget lets run. Positions that turn out not to be read are dropped.
type ahead struct {
	reader *Reader
	most   int
	flying map[string]*fetch
}

// fetch is one page on its way.
type fetch struct {
	done   chan struct{}
	cancel context.CancelFunc
	answer *answer
	ticket int64
	err    error
}

func newAhead(r *Reader) *ahead {
	most := max(r.opts.Prefetch, 0)
	if limit := r.client.manifest.HTTP.Budget.Concurrency; limit > 0 {
		most = min(most, limit)
	}
	return &ahead{reader: r, most: most, flying: map[string]*fetch{}}
}

// get waits for the page at a position, asking for it now if nobody did.
func (h *ahead) get(ctx context.Context, at string) (*fetch, error) {
	f := h.start(ctx, at)
	select {
	case <-f.done:
	case <-ctx.Done():
		return nil, &koppel.Error{Kind: koppel.KindTimeout, Op: h.reader.op, Detail: "the work was stopped from outside", Err: context.Cause(ctx)}
	}
	delete(h.flying, at)
	f.cancel()
	return f, f.err
}

// want asks for a page ahead, unless enough are on their way.
func (h *ahead) want(ctx context.Context, at string) {
	if len(h.flying) < h.most {
		h.start(ctx, at)
	}
}

func (h *ahead) start(ctx context.Context, at string) *fetch {
	if f, ok := h.flying[at]; ok {
		return f
	}
	ctx, cancel := context.WithCancel(ctx)
	f := &fetch{done: make(chan struct{}), cancel: cancel}
	h.flying[at] = f
	go func() {
		defer close(f.done)
		f.run(ctx, h.reader, at)
	}()
	return f
}

func (f *fetch) run(ctx context.Context, r *Reader, at string) {
	call, err := r.pager.request(at)
	if err != nil {
		f.err = &koppel.Error{Kind: koppel.KindOf(err), Op: r.op, Detail: r.client.redact.text(koppel.DetailOf(err))}
		return
	}
	if r.opts.Ticket != nil {
		if f.ticket, err = r.opts.Ticket(ctx); err != nil {
			f.err = koppel.Wrap(r.op+": take a ticket", err)
			return
		}
	}
	if f.answer, f.err = r.client.exchange(ctx, call); f.err != nil {
		f.answer.release()
	}
}

// close drops what is on its way.
func (h *ahead) close() {
	for at, f := range h.flying {
		delete(h.flying, at)
		f.cancel()
		go func() {
			<-f.done
			f.answer.release()
		}()
	}
}
