package api

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/koppel-io/koppel"
)

// timelinePage is how many events a page has when the caller does not say.
const timelinePage = 200

const eventList = "timeline:"

// eventCursor is the opaque cursor behind an event of a timeline.
func eventCursor(id int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(eventList + strconv.FormatInt(id, 10)))
}

// eventAfter reads a cursor that eventCursor made; "" is the beginning.
func eventAfter(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	digits, ok := strings.CutPrefix(string(text), eventList)
	if err == nil && ok {
		if id, err := strconv.ParseInt(digits, 10, 64); err == nil {
			return id, nil
		}
	}
	return 0, koppel.E(koppel.KindInvalidRequest, "list timeline", "the cursor is not one of this list; start again without a cursor")
}
