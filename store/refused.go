package store

import (
	"context"
	"errors"
	"slices"

	"github.com/koppel-io/koppel"
)

var errProbe = errors.New("a probe is rolled back")

// refusal is why PostgreSQL does not take a record. One whose body can be stored all the same is stored, parked: it is
// looked at again when it or the mapping changes or a person asks, not by every scan. A unique value that another
// object has may come free without that, so such a record is not stored.
type refusal struct {
	reason string
	stored bool
}

// refusedData reports whether PostgreSQL refused a value: a data exception or an integrity constraint other than the
// unique ones (SQLSTATE classes 22 and 23).
func refusedData(err error) bool {
	code := codeOf(err)
	return len(code) == 5 && (code[:2] == "22" || code[:2] == "23") && code != codeUnique
}

// refuses reports whether err is about the values that were written.
func refuses(err error) bool { return refusedData(err) || codeOf(err) == codeUnique }

// findRefused halves the batch in transactions that are rolled back until it has every record that the database
// refuses. So many refused records cost time, and not the batch: about two probes for each halving of it. When each
// passes alone and all of them do not, those that are in the way of earlier ones are looked for. The error is cause
// when no record is to blame.
func (w *writing) findRefused(ctx context.Context, cause error) error {
	before := len(w.refused)
	for _, together := range []bool{false, true} {
		var left []*Record
		for _, r := range w.records {
			if _, known := w.refused[r]; !known {
				left = append(left, r)
			}
		}
		if len(left) == 0 {
			return cause
		}
		if _, err := w.sift(ctx, nil, left, together); err != nil {
			return err
		}
		if len(w.refused) > before {
			return nil
		}
	}
	return cause
}

// sift refuses the records of list that cannot be written: each by itself or, together, beside what is kept.
func (w *writing) sift(ctx context.Context, kept, list []*Record, together bool) ([]*Record, error) {
	err := w.probe(ctx, append(slices.Clip(kept), list...))
	switch {
	case errors.Is(err, errProbe):
		if together {
			kept = append(kept, list...)
		}
		return kept, nil
	case !refuses(err):
		return kept, err
	case len(list) == 1:
		return kept, w.refuse(ctx, list[0], err)
	}
	half := len(list) / 2
	if kept, err = w.sift(ctx, kept, list[:half], together); err != nil {
		return kept, err
	}
	return w.sift(ctx, kept, list[half:], together)
}

// refuse keeps the database's words, and finds out whether the body can be stored.
func (w *writing) refuse(ctx context.Context, r *Record, cause error) error {
	no := refusal{reason: "PostgreSQL refuses a value of this record: " + koppel.DetailOf(cause)}
	if refusedData(cause) {
		bare := *r
		bare.Mapped, bare.Parked = nil, nil
		switch err := w.probe(ctx, []*Record{&bare}); {
		case errors.Is(err, errProbe):
			no.stored = true
		case !refuses(err):
			return err
		}
	}
	w.refused[r] = no
	return nil
}

// probe writes records carefully and rolls that back: errProbe when they can be written.
func (w *writing) probe(ctx context.Context, records []*Record) error {
	for try := 1; ; try++ {
		p := &writing{db: w.db, b: w.b, records: records, refused: w.refused, careful: true, alone: true, probing: true}
		if err := p.try(ctx); refuses(err) || !metAnother(err) || try == tries {
			return err
		}
	}
}
