package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/connectors"
)

// flat is a remote that tells everything in flat tables, three rows a page: connectors/testdata/flat reads it.
type flat struct {
	mu     sync.Mutex
	clock  int
	tables map[string][]map[string]any
	asked  []string
}

const flatPage = 3

// put writes a row; as the last that changed it moves to the end of its table.
func (f *flat) put(table string, row map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clock++
	row["Timestamp"] = f.clock
	f.remove(table, row["ID"])
	f.tables[table] = append(f.tables[table], row)
}

func (f *flat) remove(table string, id any) {
	f.tables[table] = slices.DeleteFunc(f.tables[table], func(row map[string]any) bool { return row["ID"] == id })
}

// requests are what was asked for since the last call.
func (f *flat) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := f.asked
	f.asked = nil
	return asked
}

func (f *flat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, r.URL.RequestURI())
	var after, skip int
	if text := r.URL.Query().Get("after"); text != "" {
		if _, err := fmt.Sscan(text, &after); err != nil {
			http.Error(w, "after is no number", http.StatusBadRequest)
			return
		}
	}
	_, _ = fmt.Sscan(r.URL.Query().Get("skip"), &skip)
	if _, there := f.tables[strings.TrimPrefix(r.URL.Path, "/")]; !there && strings.HasPrefix(r.URL.Path, "/parts/") {
		http.NotFound(w, r)
		return
	}
	rows := []map[string]any{}
	for _, row := range f.tables[strings.TrimPrefix(r.URL.Path, "/")] {
		if row["Timestamp"].(int) > after {
			rows = append(rows, row)
		}
	}
	answer := map[string]any{"value": rows[min(skip, len(rows)):min(skip+flatPage, len(rows))]}
	if skip+flatPage < len(rows) {
		q := r.URL.Query()
		q.Set("skip", fmt.Sprint(skip+flatPage))
		answer["next"] = r.URL.Path + "?" + q.Encode()
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// newFlat couples a remote of flat tables to a webshop of its own, as a draft; change rewrites its connector.
func newFlat(t *testing.T, l *land, name string, change ...*strings.Replacer) (*site, *flat) {
	t.Helper()
	publishFlat(t, l, name, change...)
	webshop, err := l.api.CreateWebshop(t.Context(), client.NewWebshop{Name: t.Name(), Organisation: "Tests"})
	if err != nil {
		t.Fatal(err)
	}
	return coupleFlat(t, l, name, webshop)
}

func publishFlat(t *testing.T, l *land, name string, change ...*strings.Replacer) {
	t.Helper()
	source, err := connectors.ReadSource("../../connectors/testdata/flat")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		source.Manifest, source.Mapping = c.Replace(source.Manifest), c.Replace(source.Mapping)
	}
	publish(t, l, client.ConnectorSource{Manifest: strings.Replace(source.Manifest, "connector: flat\n", "connector: "+name+"\n", 1), Mapping: source.Mapping})
}

// coupleFlat couples another remote of flat tables to a webshop, as a draft.
func coupleFlat(t *testing.T, l *land, name string, webshop client.Webshop) (*site, *flat) {
	t.Helper()
	f := &flat{tables: map[string][]map[string]any{}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	s := &site{land: l, url: server.URL, webshop: webshop}
	var err error
	s.coupling, err = l.api.CreateCoupling(t.Context(), client.NewCoupling{
		Webshop: webshop.ID, Connector: name, Name: t.Name() + " " + server.URL, Credentials: client.Credentials{"url": server.URL},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, f
}
