package exact

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// administration is one division: its tables and what was pushed to it.
type administration struct {
	site   *Site
	code   int
	seed   uint64
	made   uint64 // keys given since the start
	number map[string]int64
	tables map[string]*table
	pushed []pushedOrder
	byItem map[*entity]map[string][]*row // rows of an item, by its key
	origin string                        // address that subscribers know the site by
	quiet  bool                          // while the start is generated, nobody is told
}

// pushedOrder is a purchase order made through the API.
type pushedOrder struct{ reference, id string }

func (s *Site) newAdministration(n int) *administration {
	a := &administration{
		site: s, code: s.cfg.FirstDivision + n, seed: s.cfg.Seed + uint64(n)*1_000_003, quiet: true,
		tables: map[string]*table{}, number: map[string]int64{},
		byItem: map[*entity]map[string][]*row{},
	}
	for _, e := range entities {
		a.tables[e.name] = newTable(e)
	}
	a.generate(n)
	a.quiet = false
	return a
}

func (a *administration) table(e *entity) *table { return a.tables[e.name] }

// find is the row of a key; of rows that share a key any of them.
func (a *administration) find(e *entity, key string) *row {
	t := a.table(e)
	if r := t.rows[key]; r != nil || len(e.key) == 1 {
		return r
	}
	for full, r := range t.rows {
		if strings.HasPrefix(full, key+"|") {
			return r
		}
	}
	return nil
}

// newKey is a GUID nobody has.
func (a *administration) newKey() string {
	a.made++
	return guidOf(a.seed, saltMade, a.made)
}

// next is the next number of a series, such as order numbers.
func (a *administration) next(series string, first int64) int64 {
	if a.number[series] == 0 {
		a.number[series] = first - 1
	}
	a.number[series]++
	return a.number[series]
}

// values are properties by name.
type values map[string]any

// insert adds a row. Properties not given are null, the key is made where it
// is missing, and the audit properties are filled.
func (a *administration) insert(e *entity, v values) *row {
	r := &row{values: make([]any, len(e.fields))}
	for name, value := range v {
		i, ok := e.index[name]
		if !ok {
			panic(fmt.Sprintf("exact: %s has no property %s", e.name, name))
		}
		r.values[i] = value
	}
	if key := e.key[0]; r.get(e, key) == nil {
		r.set(e, key, a.newKey())
	}
	now := a.site.wall()
	for name, value := range (values{"Created": now, "syscreated": now, "Creator": guidOf(a.seed, saltUser, 1), "CreatorFullName": "Service User", "Division": int64(a.code)}) {
		if i, ok := e.index[name]; ok && r.values[i] == nil {
			r.values[i] = value
		}
	}
	if e.parent != "" {
		if parent := a.find(byName[e.parent], r.text(e, e.by)); parent != nil {
			r.adopt(e, parent)
		}
	}
	if item := itemOf(e, r); item != "" {
		if a.byItem[e] == nil {
			a.byItem[e] = map[string][]*row{}
		}
		a.byItem[e][item] = append(a.byItem[e][item], r)
	}
	a.touch(e, r, "Create")
	return r
}

// itemOf is the item whose rows are looked up by it.
func itemOf(e *entity, r *row) string {
	switch e {
	case stockPositions:
		return r.text(e, "ItemId")
	case itemWarehouses, supplierItems, salesItemPrices, purchaseItemPrices, priceListDiscounts:
		return r.text(e, "Item")
	}
	return ""
}

// change sets properties of a row and notes the new version.
func (a *administration) change(e *entity, r *row, v values) {
	for name, value := range v {
		r.set(e, name, value)
	}
	a.touch(e, r, "Update")
}

// touch gives a row a new Timestamp and Modified, and those flat rows that
// show it as well.
func (a *administration) touch(e *entity, r *row, action string) {
	a.stamp(e, r)
	for _, flat := range []*endpoint{endpoints["sync/PurchaseOrder/PurchaseOrders"], endpoints["sync/SalesInvoice/SalesInvoices"]} {
		if flat.flat == e {
			for _, line := range r.children[flat.entity.name] {
				a.table(flat.entity).put(line, a.site.nextTimestamp())
			}
		}
	}
	a.tell(e, r, action)
}

func (a *administration) stamp(e *entity, r *row) {
	if !a.quiet || r.get(e, "Modified") == nil && r.get(e, "sysmodified") == nil {
		now := a.site.wall()
		r.set(e, "Modified", now)
		r.set(e, "sysmodified", now)
	}
	a.table(e).put(r, a.site.nextTimestamp())
}

func (s *Site) nextTimestamp() int64 {
	s.timestamp++
	return s.timestamp
}

// delete takes a row out with its children, and tells sync/Deleted of those
// whose kind it knows.
func (a *administration) delete(e *entity, r *row) {
	for _, rel := range e.children {
		def := byName[rel.entity]
		for _, child := range append([]*row(nil), r.children[rel.entity]...) {
			a.delete(def, child)
		}
	}
	a.table(e).remove(r)
	r.leave(e)
	if item := itemOf(e, r); item != "" {
		a.byItem[e][item] = slices.DeleteFunc(a.byItem[e][item], func(o *row) bool { return o == r })
	}
	if e.deleted != 0 {
		a.insert(deleted, values{
			"EntityType": int64(e.deleted), "EntityKey": r.text(e, e.key[0]),
			"DeletedDate": a.site.wall(), "DeletedBy": guidOf(a.seed, saltUser, 1),
		})
	}
	a.tell(e, r, "Delete")
}

// me answers current/Me.
func (s *Site) me(c *call) answer {
	if c.r.Method != http.MethodGet {
		return failure(http.StatusMethodNotAllowed, "The method is not allowed on this resource.")
	}
	if c.query.Get("$select") == "" {
		return *refuse("Please add a $select or a $top=1 statement to the query string.")
	}
	first := s.divisions[0]
	fields := []struct {
		name  string
		value any
	}{
		{"UserID", c.grant.userID}, {"CurrentDivision", int64(first.code)}, {"AccountingDivision", int64(first.code)}, {"UserName", c.grant.user},
		{"FullName", "Service User"}, {"Email", c.grant.user}, {"LanguageCode", "nl-NL"}, {"DivisionCustomerName", "Example Outdoor BV"},
	}
	b := []byte(`{"d":{"results":[{"__metadata":{"uri":`)
	b = appendString(b, c.origin()+"/api/v1/current/Me(guid'"+c.grant.userID+"')")
	b = append(b, `,"type":"Exact.Web.Api.Models.Me"}`...)
	wanted := "," + c.query.Get("$select") + ","
	for _, f := range fields {
		if strings.Contains(wanted, ","+f.name+",") {
			b = append(b, ',')
			b = appendString(b, f.name)
			b = append(b, ':')
			b = appendValue(b, f.value)
		}
	}
	return answer{status: http.StatusOK, ctype: jsonType, body: append(b, `}]}}`...)}
}
