package store

import (
	"fmt"

	"github.com/klauspost/compress/s2"
	"github.com/koppel-io/koppel"
)

// Codecs of stored bodies, the column codec of record and parked.
const (
	codecPlain = 0
	codecS2    = 1
)

// compressFrom is the size below which a body is kept as it came: there the block's overhead eats the gain.
const compressFrom = 128

// maxRaw bounds what a stored body may unpack to, so that a damaged length cannot eat the memory.
const maxRaw = 64 << 20

// compress appends the stored form of raw to dst and says which codec it is in.
func compress(dst, raw []byte) (stored []byte, codec int16) {
	if len(raw) < compressFrom {
		return append(dst, raw...), codecPlain
	}
	need := s2.MaxEncodedLen(len(raw))
	if need < 0 {
		return append(dst, raw...), codecPlain
	}
	start := len(dst)
	if cap(dst)-start < need {
		grown := make([]byte, start, max(2*cap(dst), start+need))
		copy(grown, dst)
		dst = grown
	}
	out := s2.Encode(dst[start:start+need], raw)
	if len(out) >= len(raw) {
		return append(dst[:start], raw...), codecPlain
	}
	return dst[:start+len(out)], codecS2
}

// expand gives a stored body back as it came. The result may share stored's memory.
func expand(stored []byte, codec int16) ([]byte, error) {
	const op = "unpack stored record"
	switch codec {
	case codecPlain:
		return stored, nil
	case codecS2:
		n, err := s2.DecodedLen(stored)
		if err != nil || n > maxRaw {
			return nil, koppel.E(koppel.KindInternal, op, fmt.Sprintf("a stored body claims %d bytes: %v", n, err))
		}
		raw, err := s2.Decode(make([]byte, 0, n), stored)
		return raw, koppel.Wrap(op, err)
	}
	return nil, koppel.E(koppel.KindInternal, op, fmt.Sprintf("unknown codec %d; this program is older than the data", codec))
}
