package store

import "fmt"

// RowTypesForTest are the columns of every row type, each with its type's object id.
func RowTypesForTest() map[string][]string {
	types := []*rowType{recordRow, dirtyRow, parkedRowType, changeRow, sourceRow}
	for _, t := range tables {
		types = append(types, t.row)
		if t.lines != nil {
			types = append(types, t.lines.row)
		}
	}
	out := map[string][]string{}
	for _, typ := range types {
		for _, col := range typ.cols {
			out[typ.name] = append(out[typ.name], fmt.Sprint(col.name, " ", col.oid))
		}
	}
	return out
}
