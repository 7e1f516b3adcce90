package rest

import "github.com/koppel-io/koppel"

// ReadRecord reads a body as one record of a stream: with its id, its parent's
// where the body names it, and its hash. The record's Err says what is wrong
// with it; an error means that the body is not JSON, or there is no such stream.
func (m *Manifest) ReadRecord(stream string, raw []byte) (Record, error) {
	op := "read record of " + stream
	s := m.Stream(stream)
	if s == nil {
		return Record{}, koppel.E(koppel.KindInvalidRequest, op, "connector "+m.Connector+" has no stream "+stream)
	}
	one := *s
	one.Records = Selector{}
	one.Records.whole()
	records, err := newSplitter(&one).split(append([]byte(nil), raw...), nil)
	if err != nil {
		return Record{}, koppel.E(koppel.KindSchemaDrift, op, err.Error())
	}
	if len(records) != 1 {
		return Record{}, koppel.E(koppel.KindSchemaDrift, op, "the body is not one record")
	}
	return records[0], nil
}
