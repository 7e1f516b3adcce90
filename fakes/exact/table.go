package exact

import (
	"cmp"
	"slices"
	"strings"
)

// row is one row of a table: its values in the order of the entity's fields.
type row struct {
	values    []any
	timestamp int64
	parent    *row
	children  map[string][]*row // by entity
}

// table holds the rows of one entity of one administration.
type table struct {
	def    *entity
	rows   map[string]*row
	sorted []*row // by key, when not stale
	stale  bool
	log    []version // ascending; a row's older versions are skipped
}

// version is one state of a row that a sync endpoint may still show.
type version struct {
	timestamp int64
	row       *row
}

func newTable(def *entity) *table { return &table{def: def, rows: map[string]*row{}} }

// key tells the rows of a table apart.
func (t *table) key(r *row) string {
	if len(t.def.key) == 1 {
		return plain(r.get(t.def, t.def.key[0]))
	}
	parts := make([]string, len(t.def.key))
	for i, name := range t.def.key {
		parts[i] = r.text(t.def, name)
	}
	return strings.Join(parts, "|")
}

func (r *row) get(def *entity, name string) any {
	if i, ok := def.index[name]; ok {
		return r.values[i]
	}
	return nil
}

func (r *row) text(def *entity, name string) string {
	s, _ := r.get(def, name).(string)
	return s
}

func (r *row) number(def *entity, name string) float64 {
	switch n := r.get(def, name).(type) {
	case float64:
		return n
	case int64:
		return float64(n)
	}
	return 0
}

func (r *row) set(def *entity, name string, v any) {
	if i, ok := def.index[name]; ok {
		r.values[i] = v
	}
}

// put adds a row or notes a new version of it.
func (t *table) put(r *row, timestamp int64) {
	key := t.key(r)
	if t.rows[key] != r {
		t.rows[key] = r
		t.stale = true
	}
	r.timestamp = timestamp
	t.log = append(t.log, version{timestamp, r})
	if len(t.log) > 3*len(t.rows)+1000 {
		t.log = slices.DeleteFunc(t.log, func(v version) bool { return !t.current(v) })
	}
}

// remove takes a row out.
func (t *table) remove(r *row) {
	delete(t.rows, t.key(r))
	r.timestamp = 0
	t.stale = true
}

func (t *table) current(v version) bool { return v.row.timestamp == v.timestamp }

// byKey is every row in the order of the keys.
func (t *table) byKey() []*row {
	if t.stale {
		t.sorted = t.sorted[:0:0]
		for _, r := range t.rows {
			t.sorted = append(t.sorted, r)
		}
		slices.SortFunc(t.sorted, func(a, b *row) int { return strings.Compare(t.key(a), t.key(b)) })
		t.stale = false
	}
	return t.sorted
}

// since calls yield with the rows of a higher timestamp, ascending.
func (t *table) since(timestamp int64, yield func(*row) bool) {
	from, _ := slices.BinarySearchFunc(t.log, timestamp+1, func(v version, want int64) int { return cmp.Compare(v.timestamp, want) })
	for _, v := range t.log[from:] {
		if t.current(v) && !yield(v.row) {
			return
		}
	}
}

func (r *row) adopt(def *entity, parent *row) {
	r.parent = parent
	if parent.children == nil {
		parent.children = map[string][]*row{}
	}
	parent.children[def.name] = append(parent.children[def.name], r)
}

func (r *row) leave(def *entity) {
	if r.parent != nil {
		r.parent.children[def.name] = slices.DeleteFunc(r.parent.children[def.name], func(c *row) bool { return c == r })
	}
}
