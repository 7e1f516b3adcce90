package activities

import (
	"context"

	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/store"
)

// A batch is closed by the first of these, and by Durations.BatchAge.
const (
	batchRecords = 2000
	batchBytes   = 8 << 20
)

// batch is whole pages on their way into one transaction.
type batch struct {
	store.Batch
	pages []*rest.Page
	read  int
	// held is what the pages hold of the process's memory.
	held int64
}

func (b *batch) full() bool { return b.read >= batchRecords || b.held >= batchBytes }

func (b *batch) empty() bool { return len(b.pages) == 0 }

// release gives the pages' buffers and memory back.
func (b *batch) release(m *Memory) {
	for _, page := range b.pages {
		page.Release()
	}
	m.give(b.held)
}

// take waits until n bytes of the budget are free. A page larger than the
// whole budget takes all of it.
func (m *Memory) take(ctx context.Context, n int64) (int64, error) {
	n = min(n, m.most)
	return n, m.sem.Acquire(ctx, n)
}

func (m *Memory) give(n int64) { m.sem.Release(n) }
