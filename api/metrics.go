package api

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// figures are the metrics of the API and of what lies in the database.
type figures struct {
	store    *store.DB
	log      *slog.Logger
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	calls    *prometheus.CounterVec
}

// The gauges that are read from the database when somebody asks.
var (
	runsDesc    = prometheus.NewDesc("koppel_runs", "Runs that are open, or were queued in the last 24 hours, by state.", []string{"state"}, nil)
	openDesc    = prometheus.NewDesc("koppel_runs_open", "Runs that have not ended.", nil, nil)
	parkedDesc  = prometheus.NewDesc("koppel_parked_open", "Records that are parked.", nil, nil)
	outboxDesc  = prometheus.NewDesc("koppel_outbox", "Writes to remotes that are not sent, or were sent in the last 24 hours, by state.", []string{"state"}, nil)
	poolDesc    = prometheus.NewDesc("koppel_pool_connections", "Connections to PostgreSQL of this process, by what they are.", []string{"state"}, nil)
	figuresDesc = prometheus.NewDesc("koppel_figures_read", "1 when the figures of the database could be read, else 0.", nil, nil)
)

func newFigures(registry *prometheus.Registry, db *store.DB, log *slog.Logger) *figures {
	f := &figures{store: db, log: log}
	f.requests = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "koppel_requests_total", Help: "Requests by route and status."}, []string{"method", "route", "status"})
	f.took = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "koppel_request_seconds", Help: "How long requests took, by route.", Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"method", "route"})
	f.calls = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "koppel_webhook_calls_total", Help: "Calls of webhooks by connector and what became of them: stored, repeat or refused."}, []string{"connector", "outcome"})
	registry.MustRegister(f.requests, f.took, f.calls, f)
	return f
}

// request counts one request. A path that is no route is counted as "none",
// and a method that no route has as "other": callers must not make labels.
func (f *figures) request(method, route string, status int, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		method = "other"
	}
	f.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	f.took.WithLabelValues(method, route).Observe(took.Seconds())
}

// Describe implements prometheus.Collector.
func (f *figures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{runsDesc, openDesc, parkedDesc, outboxDesc, poolDesc, figuresDesc} {
		out <- d
	}
}

// figuresLimit is how long the database may take for the figures.
const figuresLimit = 5 * time.Second

// Collect implements prometheus.Collector.
func (f *figures) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	inUse, open, most := f.store.Pool()
	gauge(poolDesc, float64(inUse), "in_use")
	gauge(poolDesc, float64(open), "open")
	gauge(poolDesc, float64(most), "most")
	ctx, cancel := context.WithTimeout(context.Background(), figuresLimit)
	defer cancel()
	seen, err := store.With(ctx, f.store, store.AllWebshops(), func(tx *store.Tx) (store.Figures, error) {
		return tx.Figures(ctx, time.Now().Add(-24*time.Hour))
	})
	if err != nil {
		f.log.LogAttrs(ctx, slog.LevelWarn, "figures not read", slog.Any("error", err))
		gauge(figuresDesc, 0)
		return
	}
	gauge(figuresDesc, 1)
	total := int64(0)
	for state, n := range seen.Runs {
		gauge(runsDesc, float64(n), string(state))
		if !state.Ended() {
			total += n
		}
	}
	gauge(openDesc, float64(total))
	gauge(parkedDesc, float64(seen.Parked))
	for state, n := range seen.Outbox {
		gauge(outboxDesc, float64(n), state)
	}
}

// metrics answers requests from this machine, and others with an admin key of
// the installation.
func (s *server) metrics(w http.ResponseWriter, r *http.Request) {
	if !fromHere(r) {
		who, err := s.authenticate(r)
		if err == nil {
			err = authorise(who, row{scope: admin, installation: true})
		}
		if err != nil {
			if koppel.KindOf(err) == koppel.KindAuth {
				w.Header().Set("WWW-Authenticate", `Bearer realm="koppel"`)
			}
			writeProblem(w, s.problemOf(r.Context(), err))
			return
		}
	}
	promhttp.HandlerFor(s.Metrics, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

// fromHere reports whether the request was made on this machine. One that a
// proxy passed on was not, though the proxy may run here.
func fromHere(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && net.ParseIP(host).IsLoopback()
}
