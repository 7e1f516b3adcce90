package web

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// happened is an event of a timeline as a sentence.
func happened(e client.Event) string {
	var data map[string]any
	if err := json.Unmarshal(e.Data, &data); err != nil {
		data = nil
	}
	text := func(name string) string {
		if data[name] == nil {
			return ""
		}
		return fmt.Sprint(data[name])
	}
	switch e.Event {
	case "queued":
		return "It was asked for."
	case "started":
		return "A worker began."
	case "waiting":
		until := ""
		if at, err := time.Parse(time.RFC3339, text("until")); err == nil {
			until = " until " + at.UTC().Format("15:04:05 UTC")
		}
		return "It waits" + until + ": " + text("reason") + "."
	case "resumed":
		return "It goes on."
	case "finished":
		said := "It ended: " + known(runWords, koppel.RunState(text("state"))).Name + "."
		if detail := text("detail"); detail != "" {
			said += " " + detail
		}
		return said
	case "cancelled", "accepted", "rejected":
		return known(eventWords, e.Event).Name + " by " + text("by") + "."
	case "slice", "mapped":
		return slice(e.Event, data, text)
	}
	said := known(eventWords, e.Event).Name
	if rest := pairs(data); rest != "" {
		said += ": " + rest
	}
	return said + "."
}

// eventWords name what happens in a run.
var eventWords = map[string]word{
	"cancelled": {Name: "Cancelled"}, "accepted": {Name: "Accepted"}, "rejected": {Name: "Rejected"},
	"attempt": {Name: "A write was tried"}, "rounded": {Name: "Quantities were rounded up to what the supplier sells"},
	"gone": {Name: "What is gone was looked at"},
}

// slice says what one stretch of work did.
func slice(event string, data map[string]any, text func(string) string) string {
	count := func(name string) int64 {
		n, _ := data[name].(float64)
		return int64(n)
	}
	var did []string
	if n := count("pages"); n > 0 {
		did = append(did, plural(n, "page"))
	}
	if n := count("records"); n > 0 {
		did = append(did, plural(n, "record"))
	}
	said := "Read "
	if event == "mapped" {
		said = "Mapped "
	}
	if len(did) == 0 {
		said += "nothing"
	}
	said += strings.Join(did, " with ")
	if stream := text("stream"); stream != "" {
		said += " of " + strings.ReplaceAll(stream, "_", " ")
	}
	var found []string
	for _, name := range []string{"changed", "unchanged", "parked"} {
		if n := count(name); n > 0 {
			found = append(found, number(n)+" "+name)
		}
	}
	if len(found) > 0 {
		said += " (" + strings.Join(found, ", ") + ")"
	}
	if ms := count("ms"); ms > 0 {
		said += " in " + length(time.Duration(ms)*time.Millisecond)
	}
	said += "."
	if kind := text("failure"); kind != "" {
		said += " Then it failed: " + koppel.Kind(kind).Title() + ". " + text("detail")
	}
	if why := text("wait") + text("hold"); why != "" {
		said += " Then it had to wait: " + why + "."
	}
	return said
}
