package web

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/api"
)

// watchMost is how many live pages one process serves at once; a page beyond
// them stays as it is until it is loaded again.
const watchMost = 500

// news is the part of a page that changes while it is looked at.
type news struct {
	// name is the page, whose part "news" is shown with data.
	name string
	data any
	// say is read out when it changes; over: nothing more will change.
	say  string
	over bool
}

// live serves the part of a page as server-sent events (HTML Living Standard,
// section 9.2): show whenever it changed, say with a sentence, end when nothing
// more will change. It ends when the session does.
func (s *site) live(look func(*visit) (news, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &visit{Request: r, w: w}
		guard(w.Header())
		shown, err := s.enter(v)
		switch {
		case err != nil || shown != nil:
			http.Error(w, "sign in first", http.StatusUnauthorized)
			return
		case s.watching.Add(1) > watchMost:
			s.watching.Add(-1)
			http.Error(w, "too many live pages; load this one again to see news", http.StatusServiceUnavailable)
			return
		}
		defer s.watching.Add(-1)
		first, err := look(v)
		if err != nil {
			p := problemPage(err)
			http.Error(w, p.Problem.Title, p.status)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		// Proxies that gather answers would hold the events back.
		w.Header().Set("X-Accel-Buffering", "no")
		w.WriteHeader(http.StatusOK)
		watch := watch{site: s, visit: v, look: look, control: http.NewResponseController(w)}
		watch.run(first)
	}
}

// watch is one browser on one live page.
type watch struct {
	*site
	*visit
	look    func(*visit) (news, error)
	control *http.ResponseController
	shown   []byte
	said    string
	spoke   time.Time
}

// The longest silence, and how long a browser may take to read.
const (
	beat       = 15 * time.Second
	writeLimit = 30 * time.Second
)

func (w *watch) run(now news) {
	tick := time.NewTicker(w.Poll)
	defer tick.Stop()
	closing := api.Closing(w.Context())
	for {
		if err := w.show(now); err != nil || now.over {
			return
		}
		select {
		case <-w.Context().Done():
			return
		case <-closing:
			return
		case <-tick.C:
		}
		// A browser whose session is over asks again and is then refused.
		session, err := w.Store.FindSession(w.Context(), w.token)
		if err != nil || session.Key.ID != w.key.ID {
			return
		}
		if now, err = w.look(w.visit); err != nil {
			return
		}
	}
}

// show sends what is new.
func (w *watch) show(now news) error {
	body, err := render(now.name, "news", partData{frameLike: frame{visit: w.visit}, Data: now.data})
	if err != nil {
		return koppel.Wrap("render news", err)
	}
	switch {
	case !bytes.Equal(body, w.shown):
		w.shown = body
		err = w.send("show", string(body))
	case time.Since(w.spoke) > beat:
		err = w.send("", "")
	}
	if err == nil && now.say != w.said {
		w.said = now.say
		err = w.send("say", now.say)
	}
	if err == nil && now.over {
		err = w.send("end", "over")
	}
	return err
}

func (w *watch) send(event, data string) error {
	var text strings.Builder
	if event == "" {
		text.WriteString(": still here\n")
	} else {
		fmt.Fprintf(&text, "event: %s\n", event)
		for line := range strings.Lines(data) {
			text.WriteString("data: " + strings.TrimRight(line, "\r\n") + "\n")
		}
	}
	text.WriteString("\n")
	w.spoke = time.Now()
	if err := w.control.SetWriteDeadline(w.spoke.Add(writeLimit)); err != nil {
		return err
	}
	if _, err := w.w.Write([]byte(text.String())); err != nil {
		return err
	}
	return w.control.Flush()
}
