package store

import (
	"context"
	"errors"

	"github.com/koppel-io/koppel"
)

// maxRefused bounds how many records of one batch are looked for one by one; more is a fault of the batch.
const maxRefused = 20

var errProbe = errors.New("a probe is rolled back")

// refusedData reports whether PostgreSQL refused a value: a data exception or an integrity constraint other than the
// unique ones (SQLSTATE classes 22 and 23).
func refusedData(err error) bool {
	code := codeOf(err)
	return len(code) == 5 && (code[:2] == "22" || code[:2] == "23") && code != codeUnique
}

// findRefused halves the batch in transactions that are rolled back until it has the record that the database
// refuses, which is then parked with the database's words.
func (w *writing) findRefused(ctx context.Context, cause error) error {
	if len(w.refused) >= maxRefused {
		return cause
	}
	left := make([]*Record, 0, len(w.records))
	for _, r := range w.records {
		if w.refused[r] == "" {
			left = append(left, r)
		}
	}
	for len(left) > 1 {
		half := left[:len(left)/2]
		err := w.probeOf(half).try(ctx)
		switch {
		case errors.Is(err, errProbe):
			left = left[len(half):]
		case refusedData(err), codeOf(err) == codeUnique:
			left = half
		default:
			return err
		}
	}
	if len(left) == 0 {
		return cause
	}
	err := w.probeOf(left).try(ctx)
	switch {
	case refusedData(err), codeOf(err) == codeUnique:
		w.refused[left[0]] = "PostgreSQL refuses a value of this record: " + koppel.DetailOf(err)
		return nil
	case err == nil || errors.Is(err, errProbe):
		return cause
	}
	return err
}

func (w *writing) probeOf(records []*Record) *writing {
	return &writing{db: w.db, b: w.b, records: records, refused: w.refused, careful: true, alone: true, probe: true}
}
