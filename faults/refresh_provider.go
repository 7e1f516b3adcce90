package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// provider is a remote system whose refresh tokens work once, and the board's
// word with its workers: which round it is, and who is to die at which step.
type provider struct {
	server *http.Server
	url    string
	// kill kills the worker of a name at once.
	kill func(name string)

	mu      sync.Mutex
	access  string
	refresh string
	issued  int
	// granted and reused count, in this round, tokens given and old refresh
	// tokens refused.
	granted, reused int
	round           int
	step            refreshStep
	died            string
	begun           chan struct{}
	done            chan roundReport
}

// refreshStep is where in a renewal the worker that does it is killed.
type refreshStep string

// The steps of a renewal. Between the provider's commit and the stored token
// nothing can save a token that works once.
const (
	stepNone     refreshStep = "none"
	stepNote     refreshStep = "before_note"
	stepNoted    refreshStep = "noted"
	stepCommit   refreshStep = "provider_commit"
	stepReceived refreshStep = "received"
	stepStored   refreshStep = "stored"
)

func refreshSteps() []refreshStep {
	return []refreshStep{stepNote, stepNoted, stepStored, stepNone, stepCommit, stepReceived}
}

// roundReport is what one worker process saw in a round.
type roundReport struct {
	Name     string   `json:"name"`
	Round    int      `json:"round"`
	OK       int      `json:"ok"`
	Failures []string `json:"failures"`
}

func newProvider() (*provider, error) {
	listener, err := net.Listen("tcp", host+":0")
	if err != nil {
		return nil, err
	}
	p := &provider{url: "http://" + listener.Addr().String(), begun: make(chan struct{}), done: make(chan roundReport, 1000)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /check", p.check)
	mux.HandleFunc("GET /next", p.next)
	mux.HandleFunc("POST /die", p.die)
	mux.HandleFunc("POST /done", p.report)
	p.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.server.Serve(listener) }()
	return p, nil
}

// issue makes the next pair of tokens; the one before is dead.
func (p *provider) issue() (access, refresh string) {
	p.issued++
	p.access, p.refresh = fmt.Sprintf("access-%06d", p.issued), fmt.Sprintf("refresh-%06d", p.issued)
	return p.access, p.refresh
}

// begin starts a round and returns its number. over: the access token ends, and
// whoever renews it dies at the step.
func (p *provider) begin(over bool, step refreshStep) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if over {
		p.access = "over"
	}
	p.granted, p.reused, p.step, p.died = 0, 0, step, ""
	p.round++
	close(p.begun)
	p.begun = make(chan struct{})
	return p.round
}

// counts are the tokens given and the old ones refused in this round, and who died.
func (p *provider) counts() (granted, reused int, died string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.granted, p.reused, p.died
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.PostForm.Get("refresh_token") != p.refresh {
		p.reused++
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant","error_description":"the refresh token was used"}`)
		return
	}
	access, refresh := p.issue()
	p.granted++
	if p.step == stepCommit && p.died == "" {
		p.died = r.UserAgent()
		p.kill(p.died)
		return
	}
	fmt.Fprintf(w, `{"access_token":%q,"refresh_token":%q,"expires_in":"3600"}`, access, refresh)
}

func (p *provider) check(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	good := r.Header.Get("Authorization") == "Bearer "+p.access
	p.mu.Unlock()
	if !good {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	fmt.Fprint(w, `{}`)
}

// next answers once a round after the given one has begun.
func (p *provider) next(w http.ResponseWriter, r *http.Request) {
	var after int
	_, _ = fmt.Sscan(r.URL.Query().Get("after"), &after)
	for {
		p.mu.Lock()
		round, begun := p.round, p.begun
		p.mu.Unlock()
		if round > after {
			fmt.Fprint(w, round)
			return
		}
		select {
		case <-begun:
		case <-r.Context().Done():
			return
		}
	}
}

// die kills the first worker of a round that comes to the round's step.
func (p *provider) die(_ http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if step := refreshStep(r.URL.Query().Get("step")); step == p.step && p.died == "" {
		p.died = r.URL.Query().Get("name")
		p.kill(p.died)
	}
}

func (p *provider) report(_ http.ResponseWriter, r *http.Request) {
	var report roundReport
	if json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<20)).Decode(&report) == nil && !strings.Contains(report.Name, " ") {
		p.done <- report
	}
}
