package web

import (
	"regexp"
	"strings"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// step is the next step of a failure: a button or a link where the pages can do
// it, else the command.
type step struct {
	Text string
	// Command is what to type; "" when there is a button or a link.
	Command string
	// Label of the button or link, Path where it leads, Post for a button with
	// its Fields, Scope what the key needs for it.
	Label, Path, Scope string
	Post               bool
	Fields             map[string]string
}

const id = `([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})`

// doable are the commands that a page can do as well, by how they read.
var doable = []struct {
	command *regexp.Regexp
	make    func(id string) step
}{
	{regexp.MustCompile(`^koppel coupling connect ` + id + `$`), func(id string) step {
		return step{Label: "Make a link for the customer", Path: "/couplings/" + id + "/connect", Post: true, Scope: "couplings:write"}
	}},
	{regexp.MustCompile(`^koppel coupling check ` + id + `$`), func(id string) step {
		return step{Label: "Try the credentials", Path: "/couplings/" + id + "/check", Post: true, Scope: "couplings:write"}
	}},
	{regexp.MustCompile(`^koppel coupling resume ` + id + `$`), func(id string) step {
		return step{Label: "Resume", Path: "/couplings/" + id + "/resume", Post: true, Scope: "couplings:write"}
	}},
	{regexp.MustCompile(`^koppel parked retry --coupling ` + id + `$`), func(id string) step {
		return step{Label: "Try the parked records again", Path: "/parked/retry", Post: true, Fields: map[string]string{"coupling": id}, Scope: "sync:run"}
	}},
	{regexp.MustCompile(`^koppel coupling show ` + id + `$`), func(id string) step { return step{Label: "Open the coupling", Path: "/couplings/" + id} }},
	{regexp.MustCompile(`^koppel sync ` + id + ` --mode full$`), func(id string) step {
		return step{Label: "Open the coupling, read everything", Path: "/couplings/" + id}
	}},
	{regexp.MustCompile(`^koppel coupling activate ` + id + `$`), func(id string) step {
		return step{Label: "Go on with the activation", Path: "/couplings/" + id + "/activate", Post: true, Scope: "couplings:write"}
	}},
	{regexp.MustCompile(`^koppel run list --coupling ` + id + `$`), func(id string) step { return step{Label: "Open its runs", Path: "/runs?coupling=" + id} }},
	{regexp.MustCompile(`^koppel push list --state \w+ --coupling ` + id + `$`), func(id string) step { return step{Label: "Open its writes", Path: "/pushes?coupling=" + id} }},
	{regexp.MustCompile(`^koppel parked list --coupling ` + id + `(?: --kind \w+)?$`), func(id string) step {
		return step{Label: "Open its parked records", Path: "/parked?coupling=" + id}
	}},
	{regexp.MustCompile(`^koppel run (?:show|watch) ` + id + `$`), func(id string) step { return step{Label: "Open the run", Path: "/runs/" + id} }},
	{regexp.MustCompile(`^koppel proposal (?:show|approve) ` + id + `$`), func(id string) step { return step{Label: "Open the proposal", Path: "/proposals/" + id} }},
}

// stepOf reads a next step as koppel.Advise writes it: words, a colon, a command.
func stepOf(next string) *step {
	if next == "" {
		return nil
	}
	text, command, found := strings.Cut(next, ": koppel ")
	if !found {
		return &step{Text: next}
	}
	command = "koppel " + command
	for _, d := range doable {
		if m := d.command.FindStringSubmatch(command); m != nil {
			s := d.make(m[1])
			s.Text = text
			if s.Post {
				s.Command = command // for keys that may not press it
			}
			return &s
		}
	}
	return &step{Text: text, Command: command}
}

// advice is a failure for the page.
func adviceOf(a *koppel.Advice) *problem {
	if a == nil {
		return nil
	}
	return &problem{Title: a.Title, Detail: a.Detail, Kind: a.Kind, Who: ownerWords[a.Owner], Next: stepOf(a.Next)}
}

// refusedBy is what a check of credentials found wrong; nil when nothing.
func refusedBy(c client.Checked) *problem {
	if c.OK {
		return nil
	}
	if p := adviceOf(c.Problem); p != nil {
		return p
	}
	return &problem{Title: "The remote system does not take the credentials", Who: ownerWords[koppel.OwnerCustomer]}
}
