package rest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
)

// fingerprint tells names apart cheaply: equal names have equal prints, also
// when one of them is written with escapes.
func fingerprint(name []byte) uint64 {
	if bytes.IndexByte(name, '\\') >= 0 {
		name = unquote(name)
	}
	n := len(name)
	if n >= 8 {
		head := binary.LittleEndian.Uint64(name)
		tail := binary.LittleEndian.Uint64(name[n-8:])
		return head*0xff51afd7ed558ccd ^ tail*0xc4ceb9fe1a85ec53 ^ uint64(n)
	}
	var print uint64
	for i := range n {
		print = print<<8 | uint64(name[i])
	}
	return print<<3 ^ uint64(n)
}

func sameName(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	if bytes.IndexByte(a, '\\') < 0 && bytes.IndexByte(b, '\\') < 0 {
		return false
	}
	return bytes.Equal(unquote(a), unquote(b))
}

// unquote decodes the inside of a JSON string that the scanner accepted.
func unquote(inside []byte) []byte {
	if bytes.IndexByte(inside, '\\') < 0 {
		return inside
	}
	var text string
	if err := json.Unmarshal(append(append([]byte{'"'}, inside...), '"'), &text); err != nil {
		return inside
	}
	return []byte(text)
}

// nameIs compares a name as it stands in the body with a plain one.
func nameIs(raw []byte, name string) bool {
	if string(raw) == name {
		return true
	}
	return bytes.IndexByte(raw, '\\') >= 0 && string(unquote(raw)) == name
}
