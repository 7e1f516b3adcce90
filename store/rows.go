package store

import (
	"encoding/binary"
	"time"

	"github.com/google/uuid"
)

// The built-in types that rows are made of, by PostgreSQL's object ids (pg_type.dat).
const (
	oidBool        = 16
	oidBytea       = 17
	oidInt8        = 20
	oidInt2        = 21
	oidInt4        = 23
	oidText        = 25
	oidJSON        = 114
	oidTextArray   = 1009
	oidInt8Array   = 1016
	oidDate        = 1082
	oidTimestamptz = 1184
	oidNumeric     = 1700
	oidJSONB       = 3802
	oidUUID        = 2950
)

// rowType is a composite type of migrations/00010_rows.sql: what one statement takes as an array of rows.
type rowType struct {
	name string
	cols []rowCol
}

type rowCol struct {
	name string
	oid  uint32
}

// rows builds the binary form of an array of one rowType (PostgreSQL's array_recv and record_recv). Fields are put
// in the order of the type's columns, between begin and end.
type rows struct {
	typ *rowType
	buf []byte
	n   int
	row int
	at  []int
}

// arrayHeader is dimensions, null flag, element type, length, lower bound.
const arrayHeader = 20

func newRows(typ *rowType, size int) *rows {
	return &rows{typ: typ, buf: make([]byte, arrayHeader, arrayHeader+size)}
}

func (r *rows) begin() {
	r.row, r.at = len(r.buf), r.at[:0]
	r.buf = append(r.buf, 0, 0, 0, 0)
	r.buf = binary.BigEndian.AppendUint32(r.buf, uint32(len(r.typ.cols)))
}

func (r *rows) end() {
	if len(r.at) != len(r.typ.cols) {
		panic("store: a row of " + r.typ.name + " has the wrong number of fields")
	}
	binary.BigEndian.PutUint32(r.buf[r.row:], uint32(len(r.buf)-r.row-4))
	r.n++
}

// drop takes the row that was ended last away again.
func (r *rows) drop() {
	r.buf = r.buf[:r.row]
	r.n--
}

// field is field i of the row that was ended last; nil for null.
func (r *rows) field(i int) []byte {
	at := r.at[i]
	n := int32(binary.BigEndian.Uint32(r.buf[at:]))
	if n < 0 {
		return nil
	}
	return r.buf[at+4 : at+4+int(n) : at+4+int(n)]
}

// finish is the array, for a statement's parameter of the type's array.
func (r *rows) finish(element uint32) []byte {
	binary.BigEndian.PutUint32(r.buf[0:], 1)
	binary.BigEndian.PutUint32(r.buf[8:], element)
	binary.BigEndian.PutUint32(r.buf[12:], uint32(r.n))
	binary.BigEndian.PutUint32(r.buf[16:], 1)
	return r.buf
}

func (r *rows) head(size int) {
	r.buf = binary.BigEndian.AppendUint32(r.buf, r.typ.cols[len(r.at)].oid)
	r.at = append(r.at, len(r.buf))
	r.buf = binary.BigEndian.AppendUint32(r.buf, uint32(int32(size)))
}

func (r *rows) null() { r.head(-1) }

func (r *rows) text(s string) {
	r.head(len(s))
	r.buf = append(r.buf, s...)
}

// stored is a field as it was read from the row; nil is null.
func (r *rows) stored(b []byte) {
	if b == nil {
		r.null()
		return
	}
	r.bytes(b)
}

// optional is a text whose empty form is null.
func (r *rows) optional(s string) {
	if s == "" {
		r.null()
		return
	}
	r.text(s)
}

func (r *rows) bytes(b []byte) {
	r.head(len(b))
	r.buf = append(r.buf, b...)
}

func (r *rows) int8(v int64) {
	r.head(8)
	r.buf = binary.BigEndian.AppendUint64(r.buf, uint64(v))
}

// ref is an inner id whose zero is null.
func (r *rows) ref(v int64) {
	if v == 0 {
		r.null()
		return
	}
	r.int8(v)
}

func (r *rows) int4(v int32) {
	r.head(4)
	r.buf = binary.BigEndian.AppendUint32(r.buf, uint32(v))
}

func (r *rows) int2(v int16) {
	r.head(2)
	r.buf = binary.BigEndian.AppendUint16(r.buf, uint16(v))
}

func (r *rows) bool(v bool) {
	r.head(1)
	if v {
		r.buf = append(r.buf, 1)
	} else {
		r.buf = append(r.buf, 0)
	}
}

func (r *rows) uuid(v uuid.UUID) {
	r.head(16)
	r.buf = append(r.buf, v[:]...)
}

// epoch is PostgreSQL's, 2000-01-01, in Unix seconds.
const epoch = 946684800

func (r *rows) time(v time.Time) {
	r.head(8)
	r.buf = binary.BigEndian.AppendUint64(r.buf, uint64((v.Unix()-epoch)*1_000_000+int64(v.Nanosecond()/1000)))
}

func (r *rows) date(v time.Time) {
	r.head(4)
	day := v.Unix() - epoch
	if day%86400 < 0 {
		day -= 86400
	}
	r.buf = binary.BigEndian.AppendUint32(r.buf, uint32(int32(day/86400)))
}

func (r *rows) texts(list []string) {
	r.head(0)
	start := len(r.buf)
	r.buf = appendTexts(r.buf, list)
	binary.BigEndian.PutUint32(r.buf[start-4:], uint32(len(r.buf)-start))
}

// appendTexts is the binary form of text[].
func appendTexts(b []byte, list []string) []byte {
	b = appendArrayHead(b, oidText, len(list))
	for _, s := range list {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	return b
}

// appendInts is the binary form of bigint[].
func appendInts(b []byte, list []int64) []byte {
	b = appendArrayHead(b, oidInt8, len(list))
	for _, v := range list {
		b = binary.BigEndian.AppendUint32(b, 8)
		b = binary.BigEndian.AppendUint64(b, uint64(v))
	}
	return b
}

func appendArrayHead(b []byte, element uint32, n int) []byte {
	if n == 0 {
		b = binary.BigEndian.AppendUint32(b, 0)
		b = binary.BigEndian.AppendUint32(b, 0)
		return binary.BigEndian.AppendUint32(b, element)
	}
	b = binary.BigEndian.AppendUint32(b, 1)
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint32(b, element)
	b = binary.BigEndian.AppendUint32(b, uint32(n))
	return binary.BigEndian.AppendUint32(b, 1)
}
