package main

import (
	"fmt"

	"github.com/klauspost/compress/s2"
)

// unpack gives a stored body back as it came, by the column codec.
func unpack(codec int16, stored []byte) ([]byte, error) {
	switch codec {
	case 0:
		return stored, nil
	case 1:
		return s2.Decode(nil, stored)
	}
	return nil, fmt.Errorf("codec %d of a stored body is unknown", codec)
}
