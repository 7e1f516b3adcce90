package api

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// retention is how long a kind of data is kept.
type retention struct {
	Kind    koppel.RetentionKind `json:"kind" enum:"records,exchanges,timeline,changes,inbox,audit,outbox"`
	Keeps   string               `json:"keeps" doc:"What data it is"`
	Days    int                  `json:"days"`
	Default int                  `json:"default" doc:"Days where nobody said otherwise"`
	Least   int                  `json:"least" doc:"The fewest days that can be set"`
	Own     bool                 `json:"own" doc:"The organisation said so itself"`
	SweptAt *time.Time           `json:"swept_at" doc:"When it was last looked for data that is too old; null before the first time"`
	Dropped int64                `json:"dropped" doc:"Whole days that were deleted so far, of the whole installation"`
	Rows    int64                `json:"rows" doc:"Single rows that were deleted so far, of the whole installation"`
}

type retentionBody struct {
	Data []retention `json:"data"`
}

func showRetention(rows []store.RetentionRow) retentionBody {
	var b retentionBody
	for _, r := range rows {
		kind, _ := koppel.RetentionOf(r.Kind)
		b.Data = append(b.Data, retention{
			Kind: r.Kind, Keeps: kind.Doc, Days: r.Days, Default: kind.Default, Least: kind.Least, Own: r.Own,
			SweptAt: r.SweptAt, Dropped: r.Partitions, Rows: r.Rows,
		})
	}
	return b
}

type retentionRequest struct {
	Organisation string `query:"organisation" format:"uuid" doc:"Whose; all that say nothing of their own when absent"`
}

func (s *server) getRetention(ctx context.Context, who caller, in *retentionRequest) (retentionBody, error) {
	return store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (retentionBody, error) {
		rows, err := tx.Retention(ctx, in.Organisation)
		return showRetention(rows), err
	})
}

type retentionSetting struct {
	Body struct {
		Organisation string               `json:"organisation,omitempty" format:"uuid" doc:"Whose; all that say nothing of their own when absent"`
		Kind         koppel.RetentionKind `json:"kind" enum:"records,exchanges,timeline,changes,inbox,audit,outbox"`
		Days         int                  `json:"days" minimum:"0" maximum:"3650" doc:"0 takes back what was set"`
	}
}

func (s *server) setRetention(ctx context.Context, who caller, in *retentionSetting) (retentionBody, error) {
	b := in.Body
	return store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (retentionBody, error) {
		before, err := tx.Retention(ctx, b.Organisation)
		if err != nil {
			return retentionBody{}, err
		}
		if err := tx.SetRetention(ctx, b.Organisation, b.Kind, b.Days, who.name()); err != nil {
			return retentionBody{}, err
		}
		after, err := tx.Retention(ctx, b.Organisation)
		if err != nil {
			return retentionBody{}, err
		}
		days := func(rows []store.RetentionRow) map[string]any {
			for _, r := range rows {
				if r.Kind == b.Kind {
					return map[string]any{"kind": r.Kind, "days": r.Days}
				}
			}
			return nil
		}
		return showRetention(after), audit(ctx, tx, who, "retention.set", b.Organisation, days(before), days(after))
	})
}
