package rest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
)

// fingerprint tells names apart cheaply: equal names have equal prints.
func fingerprint(name []byte) uint64 {
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
