package store

import (
	"slices"
	"strings"

	"github.com/koppel-io/koppel"
)

// table is how an object lies in its table: made once from koppel.Object.Fields, so that a field that is added to the
// model needs a column and nothing here.
type table struct {
	object koppel.Object
	name   string
	fields []koppel.Field
	row    *rowType
	// slots[i] is where column i of row comes from.
	slots []slot
	// deletes: the object goes away by deleted_at, not by a field.
	deletes bool
	// lines is the table of the object's lines, whose field is lineField; nil for none.
	lines     *table
	lineField int
	// groups are the names of the field groups, groupAt[i] the place of field i's in it.
	groups  []string
	groupAt []int
	// refs are the fields that name other objects, lineRefs those of the lines.
	refs []int

	insert, update, read, remove string
}

// slot is one column of a row: a field's value, or one of the columns beside them.
type slot struct {
	part  part
	field int
}

type part int

const (
	partValue part = iota
	partRefID
	partRefKey
	partID
	partUUID
	partOwner
	partPosition
	partCoupling
	partDeleted
	partReason
)

var typeOIDs = map[koppel.FieldType]uint32{
	koppel.Text: oidText, koppel.Int: oidInt8, koppel.Bool: oidBool, koppel.Decimal: oidNumeric, koppel.Time: oidTimestamptz,
	koppel.Date: oidDate, koppel.Texts: oidTextArray, koppel.JSON: oidJSON,
}

// tables are the objects' tables, by object.
var tables = map[koppel.Object]*table{
	koppel.Suppliers:           newTable(koppel.Suppliers, "supplier", false),
	koppel.Products:            newTable(koppel.Products, "product", false),
	koppel.ProductCompositions: newTable(koppel.ProductCompositions, "product_composition", true),
	koppel.SupplierProducts:    newTable(koppel.SupplierProducts, "supplier_product", false),
	koppel.SellOrders:          newTable(koppel.SellOrders, "sell_order", true),
	koppel.Shipments:           newTable(koppel.Shipments, "shipment", true),
	koppel.BuyOrders:           newTable(koppel.BuyOrders, "buy_order", true),
	koppel.ItemDeliveries:      newTable(koppel.ItemDeliveries, "item_delivery", true),
}

func newTable(object koppel.Object, name string, deletes bool) *table {
	t := &table{object: object, name: name, fields: object.Fields(), deletes: deletes, lineField: -1}
	t.row = &rowType{name: name + "_row"}
	t.column("id", oidInt8, slot{part: partID})
	t.column("uuid", oidUUID, slot{part: partUUID})
	t.columns()
	if deletes {
		t.column("deleted", oidBool, slot{part: partDeleted})
	}
	t.column("state_reason", oidText, slot{part: partReason})
	if t.lineField >= 0 {
		t.lines = newLines(t, t.fields[t.lineField].Line, object == koppel.BuyOrders)
	}
	for _, group := range object.Groups() {
		t.groups = append(t.groups, group.Name)
	}
	for _, f := range t.fields {
		t.groupAt = append(t.groupAt, slices.Index(t.groups, object.GroupOf(f.Name)))
	}
	t.statements()
	return t
}

func newLines(owner *table, fields []koppel.Field, uuids bool) *table {
	t := &table{object: owner.object, name: owner.name + "_line", fields: fields, lineField: -1}
	t.row = &rowType{name: t.name + "_row"}
	t.column(owner.name+"_id", oidInt8, slot{part: partOwner})
	t.column("position", oidInt4, slot{part: partPosition})
	if uuids {
		t.column("uuid", oidUUID, slot{part: partUUID})
	}
	t.columns()
	names, _ := t.names(false)
	t.insert = "INSERT INTO " + t.name + " (webshop_id, " + strings.Join(names, ", ") + ") SELECT $2::bigint, " +
		strings.Join(names, ", ") + " FROM unnest($1::" + t.row.name + "[])"
	t.read = "SELECT r.* FROM unnest($2::bigint[]) AS k(id) CROSS JOIN LATERAL (SELECT " + strings.Join(names, ", ") + " FROM " + t.name +
		" WHERE webshop_id = $1 AND " + owner.name + "_id = k.id ORDER BY position) r"
	t.remove = "DELETE FROM " + t.name + " WHERE webshop_id = $2::bigint AND " + owner.name + "_id = ANY($1::bigint[])"
	return t
}

func (t *table) column(name string, oid uint32, s slot) {
	t.row.cols = append(t.row.cols, rowCol{name, oid})
	t.slots = append(t.slots, s)
}

// columns adds a column per field, two per reference, and whose keys the references are.
func (t *table) columns() {
	for i, field := range t.fields {
		if field.Derived {
			continue
		}
		switch field.Type {
		case koppel.Ref:
			t.refs = append(t.refs, i)
			t.column(field.Name+"_id", oidInt8, slot{partRefID, i})
			t.column(field.Name+"_key", oidText, slot{partRefKey, i})
		case koppel.Lines:
			t.lineField = i
		default:
			t.column(field.Name, typeOIDs[field.Type], slot{partValue, i})
		}
	}
	if len(t.refs) > 0 {
		t.column("key_coupling_id", oidInt8, slot{part: partCoupling})
	}
}

// names lists the table's columns as they are written; deleted, where the row says so, is left out.
func (t *table) names(update bool) (names, set []string) {
	for i, col := range t.row.cols {
		switch t.slots[i].part {
		case partDeleted:
			continue
		case partID, partUUID:
			if update {
				continue
			}
		}
		names = append(names, col.name)
		set = append(set, col.name+" = r."+col.name)
	}
	return names, set
}

func (t *table) statements() {
	names, _ := t.names(false)
	list := strings.Join(names, ", ")
	_, set := t.names(true)
	from := " FROM unnest($1::" + t.row.name + "[]) AS r"
	into, values := list, "r."+strings.Join(names, ", r.")
	if t.deletes {
		into += ", deleted_at"
		values += ", CASE WHEN r.deleted THEN now() END"
		set = append(set, "deleted_at = CASE WHEN r.deleted THEN coalesce(t.deleted_at, now()) END")
	}
	t.insert = "INSERT INTO " + t.name + " (webshop_id, run_id, " + into + ") SELECT $2::bigint, $3::bigint, " + values + from
	t.update = "UPDATE " + t.name + " t SET run_id = $3::bigint, changed_at = now(), " + strings.Join(set, ", ") +
		" FROM (SELECT $2::bigint AS shop, k.* FROM unnest($1::" + t.row.name + "[]) AS k OFFSET 0) r WHERE t.webshop_id = r.shop AND t.id = r.id"
	t.read = "SELECT r.* FROM unnest($2::bigint[]) AS k(id) CROSS JOIN LATERAL (SELECT " + t.asRead() + " FROM " + t.name +
		" WHERE webshop_id = $1 AND id = k.id FOR NO KEY UPDATE) r"
}

// asRead lists the row's columns in their order, as they are read.
func (t *table) asRead() string {
	columns := make([]string, len(t.row.cols))
	for i, col := range t.row.cols {
		if columns[i] = col.name; t.slots[i].part == partDeleted {
			columns[i] = "deleted_at IS NOT NULL AS deleted"
		}
	}
	return strings.Join(columns, ", ")
}

// changed is the field mask of the columns that differ between two rows. A reference that was made here, by id, is the
// same one when a coupling comes to name it by its key.
func (t *table) changed(before [][]byte, r *rows) (mask int64) {
	for i, s := range t.slots {
		switch s.part {
		case partRefKey:
			if id := i - 1; before[i] == nil && before[id] != nil && sameField(before[id], r.field(id)) {
				continue
			}
			fallthrough
		case partValue, partRefID:
			if !sameField(before[i], r.field(i)) {
				mask |= 1 << s.field
			}
		}
	}
	return mask
}

func sameField(a, b []byte) bool {
	return (a == nil) == (b == nil) && string(a) == string(b)
}

// at is the place of the first column of a part.
func (t *table) at(p part) int {
	return slices.IndexFunc(t.slots, func(s slot) bool { return s.part == p })
}
