package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
)

// A remote sends again what was not answered, so that what it told first may come last. Whatever the order, what waits
// to be read is not undone and of two bodies the newer one counts; whether by one job or by several.
func TestCallsThatComeLate(t *testing.T) {
	t.Parallel()
	at := func(second int) time.Time { return time.Date(2026, 11, 22, 12, 0, second, 0, time.UTC) }
	old := store.Named{Body: []byte("old"), ChangedAt: at(1)}
	fresh := store.Named{Body: []byte("fresh"), ChangedAt: at(2)}
	dateless := store.Named{Body: []byte("dateless")}
	read, gone := store.Named{}, store.Named{Gone: true}
	for _, c := range []struct {
		name string
		told []store.Named
		want string
	}{
		{"in order", []store.Named{old, fresh}, "fresh false"},
		{"late", []store.Named{fresh, old}, "fresh false"},
		{"twice late", []store.Named{fresh, old, old}, "fresh false"},
		{"a body after what is to be read", []store.Named{read, old}, "<nil> false"},
		{"what is to be read after a body", []store.Named{fresh, read}, "<nil> false"},
		{"without dates the last", []store.Named{dateless, {Body: []byte("another")}}, "another false"},
		{"a date before none", []store.Named{old, dateless}, "old false"},
		{"deleted at last", []store.Named{fresh, gone}, "<nil> true"},
		{"back again", []store.Named{gone, fresh}, "fresh false"},
	} {
		for _, together := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, together %t", c.name, together), func(t *testing.T) {
				t.Parallel()
				db := storetest.New(t)
				coupling := db.Coupling(t, db.Webshop(t, "A"))
				if got := heard(t, db, coupling, c.told, together); got != c.want {
					t.Errorf("what waits is %s, want %s", got, c.want)
				}
			})
		}
	}
}

// heard stores a call for each of what is told of one record, works them off by one job or one each, and returns body
// and gone of what waits then.
func heard(t *testing.T, db *storetest.Env, c store.Coupling, told []store.Named, together bool) string {
	t.Helper()
	ctx := t.Context()
	var hook store.Hook
	err := db.App.InTx(ctx, store.ForWebshop(c.WebshopID), func(tx *store.Tx) error {
		if err := tx.WantHook(ctx, c, "changed"); err != nil {
			return err
		}
		hooks, err := tx.HooksOf(ctx, c.ID)
		hook = hooks[0]
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	owner := db.Owner(t)
	job := store.InboxJob{Webshop: c.WebshopID, Hook: hook.ID, Since: time.Now().Add(-time.Minute)}
	var handled []store.Handled
	handle := func() {
		if err := db.Engine.Handle(ctx, job, c.ID, handled); err != nil {
			t.Fatal(err)
		}
		job.Calls, handled = nil, nil
	}
	for i, named := range told {
		named.Group, named.Stream, named.ID, named.Gather = "products", "products", "7", time.Hour
		if _, err := db.App.Receive(ctx, store.Arrival{
			Webshop: c.WebshopID, Coupling: c.ID, Hook: hook.ID, EventID: fmt.Sprint(i), Topic: "changed", Body: []byte("{}"),
		}); err != nil {
			t.Fatal(err)
		}
		var id, ticket int64
		if err := owner.QueryRow(ctx, `SELECT id, ticket FROM inbox WHERE event_id = $1`, fmt.Sprint(i)).Scan(&id, &ticket); err != nil {
			t.Fatal(err)
		}
		job.Calls = append(job.Calls, id)
		handled = append(handled, store.Handled{Received: store.Received{ID: id, Ticket: ticket}, Outcome: store.OutcomeKept, Named: []store.Named{named}})
		if !together {
			handle()
		}
	}
	if together {
		handle()
	}
	var body *string
	var gone bool
	var events int
	if err := owner.QueryRow(ctx, `SELECT convert_from(body, 'UTF8'), gone, events FROM refetch_key`).Scan(&body, &gone, &events); err != nil {
		t.Fatal(err)
	}
	if events != len(told) {
		t.Errorf("%d calls are counted, want %d", events, len(told))
	}
	if body == nil {
		return fmt.Sprintf("<nil> %t", gone)
	}
	return fmt.Sprintf("%s %t", *body, gone)
}
