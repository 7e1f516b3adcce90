package store_test

import (
	"slices"
	"testing"

	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
)

func TestRowTypesHaveTheColumnsThatRowsAreMadeOf(t *testing.T) {
	t.Parallel()
	owner := storetest.New(t).Owner(t)
	for name, want := range store.RowTypesForTest() {
		var got []string
		err := owner.QueryRow(t.Context(), `
			SELECT array_agg(attname::text || ' ' || atttypid::text ORDER BY attnum) FROM pg_attribute
			WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`, name).Scan(&got)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("type %s has\n%v, rows are made of\n%v", name, got, want)
		}
	}
}
