// Package slack stands in for Slack's incoming webhooks
// (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks): a POST
// of JSON with a text answers 200 and "ok"; anything else answers a word. It
// keeps what it took and refuses on request.
package slack

import (
	"encoding/json"
	"io"
	"net/http"
	"sync"
)

// Slack is the stand-in. Its zero value has no webhook.
type Slack struct {
	path string

	mu     sync.Mutex
	taken  []string
	asked  int
	answer *Answer
}

// Answer is what Slack answers in place of taking a message.
type Answer struct {
	Status int
	Word   string
	// RetryAfter is the header of that name; "" for none.
	RetryAfter string
}

// New makes a Slack with one incoming webhook at path.
func New(path string) *Slack { return &Slack{path: path} }

// Refuse makes it answer so from now on; nil lets it take messages again.
func (s *Slack) Refuse(a *Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = a
}

// Taken are the texts of the messages it took, and how often it was asked.
func (s *Slack) Taken() (texts []string, asked int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.taken...), s.asked
}

// bodyMost bounds what is read of a request.
const bodyMost = 1 << 20

// ServeHTTP implements http.Handler.
func (s *Slack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyMost))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	var message struct {
		Text string `json:"text"`
	}
	switch {
	case s.answer != nil:
		if s.answer.RetryAfter != "" {
			w.Header().Set("Retry-After", s.answer.RetryAfter)
		}
		say(w, s.answer.Status, s.answer.Word)
	case r.URL.Path != s.path:
		say(w, http.StatusNotFound, "no_service")
	case r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json":
		say(w, http.StatusBadRequest, "invalid_payload")
	case err != nil || json.Unmarshal(body, &message) != nil:
		say(w, http.StatusBadRequest, "invalid_payload")
	case message.Text == "":
		say(w, http.StatusBadRequest, "no_text")
	default:
		s.taken = append(s.taken, message.Text)
		say(w, http.StatusOK, "ok")
	}
}

func say(w http.ResponseWriter, status int, word string) {
	w.WriteHeader(status)
	// The client may be gone; there is nobody to tell.
	_, _ = io.WriteString(w, word)
}
