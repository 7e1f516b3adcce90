package web_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// news reads events of a live page, one a call: its name and data.
func (b *browser) news(path string) func() (string, string) {
	b.t.Helper()
	res, err := b.Get(b.base + path)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = res.Body.Close() })
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" || res.Header.Get("Cache-Control") != "no-store" {
		b.t.Fatalf("%s: %s, %v", path, res.Status, res.Header)
	}
	lines := bufio.NewScanner(res.Body)
	return func() (name, data string) {
		for lines.Scan() {
			text := lines.Text()
			switch {
			case text == "" && name != "":
				return name, data
			case strings.HasPrefix(text, "event: "):
				name = text[7:]
			case strings.HasPrefix(text, "data: "):
				data += text[6:]
			}
		}
		return "", ""
	}
}

func TestARunIsShownWhileItRuns(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, s.key(t, "reader", s.mine, "couplings:read"))
	r := s.run(t, s.coupling, koppel.Suppliers)
	next := b.news("/runs/" + r.UUID + "/live")
	until := func(event, part string) {
		t.Helper()
		for {
			name, data := next()
			if name == "" {
				t.Fatalf("the news ended before %s with %q", event, part)
			}
			if name == event && strings.Contains(data, part) {
				return
			}
		}
	}
	until("show", "0 records so far")
	until("say", "The run: Running")
	s.read(t, r, 1, 100, 1000, "")
	until("show", `value="100" max="1000"`)
	s.read(t, r, 101, 900, 1000, "")
	until("show", "1,000 of 1,000 records")
	s.finish(t, r, store.Finish{State: koppel.RunSucceeded, Evidence: []koppel.Evidence{{Stream: "suppliers", EndRule: "short_page", Complete: true, Total: 1000, Read: 1000}}})
	until("show", "short_page")
	until("say", "The run: Succeeded")
	until("end", "")
	if name, _ := next(); name != "" {
		t.Errorf("after the end came %s", name)
	}
}

func TestLiveNewsEndWithTheSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, s.key(t, "reader", s.mine, "couplings:read"))
	next := b.news("/couplings/" + s.coupling.UUID + "/live")
	if name, data := next(); name != "show" || !strings.Contains(data, "Never yet") {
		t.Fatalf("first came %s %s", name, data)
	}
	if _, err := s.env.Owner(t).Exec(t.Context(), `DELETE FROM web_session`); err != nil {
		t.Fatal(err)
	}
	for name := "x"; name != ""; {
		name, _ = next()
	}
}
