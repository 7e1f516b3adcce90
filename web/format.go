package web

import (
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// functions are what templates can say.
var functions = template.FuncMap{
	"num": count, "ago": ago, "took": took,
	"object":       func(name any) string { return objectWord(fmt.Sprint(name)) },
	"mode":         modeWord,
	"trigger":      func(t koppel.Trigger) string { return triggerWords[t] },
	"pauser":       func(o koppel.PauseOwner) string { return pauseWords[o] },
	"gone":         func(r koppel.GoneReason) string { return goneWords[r] },
	"couplingWord": func(s koppel.CouplingState) word { return known(couplingWords, s) },
	"healthWord":   func(s string) word { return known(healthWords, s) },
	"runWord":      func(s koppel.RunState) word { return known(runWords, s) },
	"proposalWord": func(s koppel.ProposalState) word { return known(proposalWords, s) },
	"stepWord":     func(s koppel.StepState) word { return known(stepWords, s) },
	"writeWord":    writeWord,
	"sendWord":     func(state string) word { return known(writeWords, state) },
	"nextConnect":  func(id string) *step { return stepOf("Let the customer connect it: koppel coupling connect " + id) },
	"nextResume":   func(id string) *step { return stepOf("When the reason is over: koppel coupling resume " + id) },
	"nextActivate": func(id string) *step { return stepOf("Switch it on: koppel coupling activate " + id) },
	"kindTitle":    func(k koppel.Kind) string { return k.Title() },
	"owner":        func(k koppel.Kind) string { return ownerWords[k.Owner()] },
	"advice":       adviceOf,
	"happened":     happened,
	"nextStep":     stepOf,
	"owners":       func() []koppel.Owner { return []koppel.Owner{koppel.OwnerCustomer, koppel.OwnerVendor, koppel.OwnerUs} },
	"ownerWord":    func(o koppel.Owner) string { return ownerWords[o] },
	"clock":        clockWords,
	"sentence":     sentence,
	"part":         func(root frameLike, data any) partData { return partData{frameLike: root, Data: data} },
	"short":        func(id string) string { return id[max(0, len(id)-6):] },
}

// frameLike is what parts of a page ask of their page.
type frameLike interface {
	Mark() string
	May(scope string) bool
}

// partData is what a part is shown with.
type partData struct {
	frameLike
	Data any
}

func known[S ~string](words map[S]word, s S) word {
	if w, ok := words[s]; ok {
		return w
	}
	return word{Name: objectWord(s), Tone: "quiet"}
}

// writeWord is where a write stands, and what holds it.
func writeWord(w client.Write) word {
	if w.Held != "" && w.State == "pending" {
		return known(writeWords, w.Held)
	}
	return known(writeWords, w.State)
}

// number is n with separators.
func number[N ~int | ~int64](n N) string {
	text := strconv.FormatInt(int64(n), 10)
	sign := ""
	if n < 0 {
		sign, text = "−", text[1:]
	}
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return sign + text
}

// count is number for templates, which hand on counters as they are.
func count(n any) string {
	switch n := n.(type) {
	case int:
		return number(n)
	case int64:
		return number(n)
	case *int64:
		if n != nil {
			return number(*n)
		}
	}
	return "–"
}

// ago is a moment as people say it, with the exact time behind it; a dash for none.
func ago(at any) template.HTML {
	var t time.Time
	switch at := at.(type) {
	case time.Time:
		t = at
	case *time.Time:
		if at != nil {
			t = *at
		}
	}
	if t.IsZero() {
		return "–"
	}
	t = t.UTC()
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s UTC">%s</time>`, t.Format(time.RFC3339), t.Format("Monday 2 January 2006, 15:04:05"), relative(time.Until(t))))
}

// relative says a distance in time; to the future when it is positive.
func relative(d time.Duration) string {
	past := d < 0
	if past {
		d = -d
	}
	if d < 45*time.Second {
		if past {
			return "just now"
		}
		return "in a moment"
	}
	text := span(d)
	if past {
		return text + " ago"
	}
	return "in " + text
}

// units are lengths of time, the longest first.
var units = []struct {
	of   time.Duration
	name string
}{{365 * 24 * time.Hour, "year"}, {30 * 24 * time.Hour, "month"}, {24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}}

// span is a length of time in the unit that fits.
func span(d time.Duration) string {
	last := len(units) - 1
	for i, u := range units[:last] {
		if d.Round(units[i+1].of) >= u.of {
			return plural(int64((d+u.of/2)/u.of), u.name)
		}
	}
	return plural(int64(d.Round(time.Second)/time.Second), units[last].name)
}

// took is how long a run ran; "" before it ended.
func took(r client.Run) string {
	if r.StartedAt == nil || r.FinishedAt == nil {
		return ""
	}
	return length(r.FinishedAt.Sub(*r.StartedAt))
}

// length is a duration to the second, finer below ten.
func length(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " seconds"
	case d < 2*time.Minute:
		return span(d.Truncate(time.Second))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes %d seconds", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%d hours %d minutes", d/time.Hour, d%time.Hour/time.Minute)
}

// plural is a number of things.
func plural(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + one + "s"
}

// sentence begins a text with a capital and ends it with a stop.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	text = string(unicode.ToUpper(first)) + text[size:]
	if strings.ContainsAny(text[len(text)-1:], ".!?") {
		return text
	}
	return text + "."
}

// pairs are the members of an event that nobody has a sentence for, in order.
func pairs(data map[string]any) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(data)) {
		out = append(out, fmt.Sprintf("%s %v", strings.ReplaceAll(name, "_", " "), data[name]))
	}
	return strings.Join(out, ", ")
}
