package rest

import (
	"time"

	"github.com/koppel-io/koppel"
)

// Record is one record of a page. Raw and anything cut from it is valid until
// the page is released.
type Record struct {
	// ID is the record's key as text; empty when Err says why.
	ID string
	// Raw are the record's bytes as the remote sent them.
	Raw []byte
	// Hash is the SHA-256, cut to 16 bytes, over Raw without the volatile members.
	Hash [16]byte
	// ChangedAt is the remote's time of the last change; zero where there is none.
	ChangedAt time.Time
	// ParentID is the key of the record's parent, for child streams, or what
	// its group has in common.
	ParentID string
	// cursor is the value of the stream's keyset.
	cursor string
	// Err says why the record cannot be processed; it is parked with its bytes.
	Err error
}

// What is wrong with a single record: the remote answers in another shape than declared.
var (
	errNotObject  = spoiled("the record is not a JSON object")
	errDuplicates = spoiled("a member name occurs twice in the record")
	errNotUTF8    = spoiled("the record is not valid UTF-8")
	errNoKey      = spoiled("the record has no key")
	errLongKey    = spoiled("the record's key is longer than 255 characters")
	errNoParent   = spoiled("the record does not name its parent or group")
)

func spoiled(detail string) error { return koppel.E(koppel.KindSchemaDrift, "read record", detail) }
