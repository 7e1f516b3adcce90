package notify

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/koppel-io/koppel"
)

const subjectMost = 180

// Text is what a notice says: the words of the inbox, first the headline. count counts also entries that are left out.
func Text(entries []koppel.NoticeEntry, count int) (subject, body string) {
	var text strings.Builder
	for i, e := range entries {
		if i > 0 {
			text.WriteString("\n")
		}
		if len(entries) > 1 {
			fmt.Fprintf(&text, "%s\n", headline(e))
		}
		detail(&text, e)
	}
	if count > len(entries) {
		fmt.Fprintf(&text, "\nAnd %d more. All of it: koppel inbox\n", count-len(entries))
	}
	if len(entries) == 1 {
		subject = headline(entries[0])
	} else {
		subject = summary(entries, max(count, len(entries)))
	}
	return cut(subject, subjectMost), text.String()
}

// headline is one entry in one line.
func headline(e koppel.NoticeEntry) string {
	head := ""
	switch e.News {
	case koppel.NewsSolved:
		head = "Solved: "
	case koppel.NewsAgain:
		head = "Again, " + string(e.Severity) + ": "
	case koppel.NewsRaised:
		head = strings.ToUpper(string(e.Severity[:1])) + string(e.Severity[1:]) + ": "
	}
	place := e.Webshop
	if e.Coupling != "" && e.Coupling != e.Webshop {
		place += " / " + e.Coupling
	}
	if place = strings.TrimPrefix(place, " / "); place != "" {
		place += ": "
	}
	line := head + place + e.Title
	if e.Count > 1 && e.News != koppel.NewsSolved {
		line += fmt.Sprintf(" (%d)", e.Count)
	}
	return oneLine(line)
}

// detail are the lines below a headline.
func detail(text *strings.Builder, e koppel.NoticeEntry) {
	if e.Detail != "" {
		if e.News == koppel.NewsSolved {
			fmt.Fprintf(text, "It was: %s\n", oneLine(e.Detail))
		} else {
			fmt.Fprintf(text, "%s\n", oneLine(e.Detail))
		}
	}
	if e.Returns > 0 {
		fmt.Fprintf(text, "It came back %s since it was last told.\n", times(e.Returns))
	}
	if e.Owner != "" {
		who := "we"
		if e.Owner != koppel.OwnerUs {
			who = "the " + string(e.Owner)
		}
		fmt.Fprintf(text, "Who must act: %s. Since %s.\n", who, e.Since.UTC().Format("2006-01-02 15:04Z"))
	}
	if e.Next != "" {
		fmt.Fprintf(text, "%s\n", oneLine(e.Next))
	}
}

// summary is the headline of several entries.
func summary(entries []koppel.NoticeEntry, count int) string {
	raised, solved := 0, 0
	for _, e := range entries {
		switch e.News {
		case koppel.NewsRaised, koppel.NewsAgain:
			raised++
		case koppel.NewsSolved:
			solved++
		}
	}
	return fmt.Sprintf("Koppel: %d things, among them %d that need a person and %d that are solved", count, raised, solved)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// oneLine keeps what comes from remotes on one line, so that it can make neither a header nor a line of ours.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// cut shortens a text to so many bytes, between characters.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	end := most
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
