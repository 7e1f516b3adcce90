package rest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

func TestProblemsNameTheirPlace(t *testing.T) {
	t.Parallel()
	const start = "connector: test\nversion: 1.0.0\nname: Test\nprovider_types: [sync]\nhttp: { base: \"https://x.example\" }\n"
	for _, tc := range []struct{ name, source, want string }{
		{"unknown key", start + "streems: {}\n", "c.yaml:6:1: streems: unknown key streems; did you mean streams?"},
		{"unknown key, nothing near", start + "zzz: 1\n", "c.yaml:6:1: zzz: unknown key zzz; known here: app, connector, credentials, docs, environments, http, name, provider_types, push, settings, streams, version, webhooks"},
		{"reserved", start + "actions: {}\n", "c.yaml:6:1: actions: actions is a word of the language that this version does not have yet"},
		{"nested", start + "streams:\n  rows:\n    get: /rows\n    key: id\n    page: { numbr: page, end: { empty: true } }\n",
			"c.yaml:10:11: streams.rows.page: exactly one of number, offset, next and token belongs here; leave page out for a single answer\nc.yaml:10:13: streams.rows.page.numbr: unknown key numbr; did you mean number?"},
		{"missing", "connector: test\n", "c.yaml:1:1: version is missing: Semantic version of this connector, such as 1.0.0\nc.yaml:1:1: name is missing: Name as people read it\nc.yaml:1:1: provider_types is missing: What it is for\nc.yaml:1:1: http is missing: How requests are made"},
		{"several at once", start + "streams:\n  rows:\n    get: /${nope}\n    key: id\n    records: a..b\n    deletes: sometimes\n",
			"c.yaml:8:10: streams.rows.get: unknown name nope (variables here: credentials, settings, app, environment, version, since, until, parent, partition, window, job)\nc.yaml:10:14: streams.rows.records: expected a dotted path of member names, such as id or d.results\nc.yaml:11:14: streams.rows.deletes: expected missing, none, { feed, when, id } or { flag }; known here: missing, none"},
		{"whole body before others", start + "streams: { r: { get: /, key: id, records: [\"@\", d] } }\n", "c.yaml:6:44: streams.r.records[0]: the whole body is always there: @ comes last, without a ?"},
		{"optional before others", start + "streams: { r: { get: /, key: id, records: [d.results?, d] } }\n", "c.yaml:6:44: streams.r.records[0]: the next alternative is tried anyway: ? belongs to the last one"},
		{"no place for records", start + "streams: { r: { get: /, key: id, records: [] } }\n", "expected at least one path"},
		{"wrong kind", start + "settings: [1]\n", "c.yaml:6:11: settings: expected a mapping, found a list"},
		{"twice", start + "name: Again\n", "c.yaml:6:1: not YAML: mapping key \"name\" already defined at [3:1]"},
		{"anchor", start + "docs: &a x\n", "c.yaml:6:7: docs: Anchor is not part of the language; use like for reuse"},
		{"no value", start + "docs:\n", "c.yaml:6:1: docs: has no value; leave the key out instead"},
		{"template", start + "streams: { r: { get: \"/${a\", key: id } }\n", "c.yaml:6:22: streams.r.get: ${ without its }"},
		{"bare wanted", start + "streams: { r: { get: /, key: id, each: p, when: \"${a}\" }, p: { get: /, key: id } }\n", "c.yaml:6:49: streams.r.when: an expression is written bare here, without ${ }"},
		{"two methods", start + "streams: { r: { get: /, post: /, key: id } }\n", "c.yaml:6:15: streams.r: exactly one of get and post belongs here"},
		{"short with total", start + "streams: { r: { get: /, key: id, total: { header: T }, page: { number: p, size: { s: 5 }, end: { short: true } } } }\n",
			"c.yaml:6:96: streams.r.page.end: a short page is no sign where the remote tells a total; use total"},
		{"no parent", start + "streams: { r: { get: /, key: id, each: q } }\n", "c.yaml:6:15: streams.r: each names no other stream: q"},
		{"circle", start + "streams: { a: { like: b, key: id }, b: { like: a, get: / } }\n", "like goes round in a circle"},
		{"unknown like", start + "streams: { rows: { get: /, key: id }, b: { like: row } }\n", "streams.b.like: no stream row; did you mean rows?"},
		{"auth", strings.Replace(start, "x.example\" }", "x.example\", auth: { none: true, header: { a: b } } }", 1), "c.yaml:5:42: http.auth: exactly one of none, header, query, basic, oauth1, client_credentials and oauth2 belongs here"},
		{"push object", start + "push: { buy_order: {} }\n", "c.yaml:6:9: push.buy_order: buy_order cannot be pushed; did you mean buy_orders?"},
		{"push without a look-up", start + "push: { buy_orders: { create: { post: /orders, id: body.id } } }\n",
			"c.yaml:6:9: push.buy_orders: find is missing: after an attempt with an unknown outcome the object is looked up before it is sent again"},
		{"step without done", start + "push: { buy_orders: { find: { get: /o, id: record.id }, create: { steps: { a: { post: /o, id: body.id }, b: { post: /f } } } } }\n",
			"done is missing: after an unknown outcome a POST is only sent again when what the remote has shows that it was not done"},
		{"no id", start + "push: { buy_orders: { find: { get: /o, id: record.id }, create: { post: /o } } }\n", "push.buy_orders.create: id is missing: The remote's id"},
		{"request and steps", start + "push: { buy_orders: { find: { get: /o, id: record.id }, create: { post: /o, steps: { a: { post: /o, id: body.id } } } } }\n",
			"push.buy_orders.create: an operation is either one request or steps"},
		{"update without one", start + "push: { buy_orders: { update: { put: /o } } }\n", "one is missing: what the remote has is read before it is changed"},
		{"get that writes", start + "push: { buy_orders: { find: { get: /o, id: record.id }, create: { get: /o, id: body.id } } }\n", "get does not belong here"},
		{"endless look-up", start + "push: { buy_orders: { find: { get: /o, id: record.id, page: { offset: o } } } }\n", "a look-up is paged by number or offset, with full"},
		{"default", start + "settings: { n: { type: int, default: 5, max: 3 } }\n", "c.yaml:6:38: settings.n.default: the default must lie between min and max"},
		{"shape", start + "streams: { r: { get: /, key: id, shape: { id: integer } } }\n", "c.yaml:6:47: streams.r.shape.id: unknown type integer; known here: any, bool, int, number, string"},
		{"zone", start + "streams: { r: { get: /, key: id, since: { zone: Mars } } }\n", "c.yaml:6:49: streams.r.since.zone: unknown time zone Mars; expected a name such as Europe/Amsterdam"},
		{"new without one", start + "streams: { p: { get: /p, key: id }, o: { get: /o, key: id, new: { reads: p, id: record.id } } }\n",
			"c.yaml:6:65: streams.o.new: new: stream p has no one: by what is a single record read?"},
		{"new in a chain", start + "streams: { p: { get: /p, key: id, one: { get: \"/p/${id}\" }, new: { reads: q, id: record.id } }, q: { get: /q, key: id, one: { get: \"/q/${id}\" } }, o: { get: /o, key: id, new: { reads: p, id: record.id } } }\n",
			"new: the records of p name others themselves; one step is supported"},
		{"new of itself", start + "streams: { p: { get: /p, key: id, one: { get: \"/p/${id}\" }, new: { reads: p, id: record.id } } }\n", "new: a record of p cannot name others of it"},
		{"version", strings.Replace(start, "1.0.0", "one", 1), `c.yaml:2:10: version: expected a semantic version such as 1.0.0, found "one"`},
		{"empty", "", "c.yaml:1:1: the file is empty"},
		{"not YAML", "a: [1\n", "not YAML"},
		{"too deep", start + "docs: " + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "\n", "nested deeper than 24 levels"},
		{"too large", strings.Repeat("#", maxManifestBytes+1), "a manifest is at most 512 KiB"},
	} {
		_, err := Parse("c.yaml", []byte(tc.source), tinyCompile)
		var problems Problems
		if !errors.As(err, &problems) || koppel.KindOf(err) != koppel.KindInvalidRequest {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		got := problems.Error()
		if !strings.HasPrefix(tc.want, "c.yaml") && strings.Contains(got, tc.want) {
			continue
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

func TestManifestTellsWhatItHolds(t *testing.T) {
	t.Parallel()
	m, err := Parse("c.yaml", []byte(head+`
credentials: { url: { type: url, title: Address }, key: { type: string, secret: true } }
settings:
  per_page: { type: int, default: 100, min: 1, max: 100 }
  mode: { type: enum, choices: [a, b], default: b }
http: { base: "${credentials.url}", timeout: 20s, max_body: 8MiB, budget: { concurrency: 2, buckets: [{ name: minute, limit: 60, per: 1m }] } }
streams:
  b: { get: /b, key: [order, line], shape: { id: int, price?: string, qty: int?, lines: [{ sku: string? }], meta: any } }
  a: { like: b, key: id, each: b, deletes: missing }
`), tinyCompile)
	if err != nil {
		t.Fatal(err)
	}
	want := &koppel.Shape{Type: koppel.ShapeObject, Members: map[string]*koppel.Shape{
		"id": {Type: koppel.ShapeInt}, "price": {Type: koppel.ShapeString, Nullable: true}, "qty": {Type: koppel.ShapeInt, Nullable: true},
		"lines": {Type: koppel.ShapeList, Elem: &koppel.Shape{Type: koppel.ShapeObject, Members: map[string]*koppel.Shape{"sku": {Type: koppel.ShapeString, Nullable: true}}}},
		"meta":  {Type: koppel.ShapeAny},
	}}
	if diff := cmp.Diff(want, m.Shape("b")); diff != "" {
		t.Error(diff)
	}
	if m.Streams[0].Name != "b" || m.Streams[1].Name != "a" || m.Stream("a").ParentStream() != "b" || m.Stream("a").Children != "changed" || m.Shape("a") == nil || m.Shape("c") != nil {
		t.Errorf("streams %+v", m.Streams)
	}
	settings := Fields{
		{Name: "per_page", Type: koppel.SettingInt, Title: "Per page", Default: int64(100), Min: 1, Max: 100},
		{Name: "mode", Type: koppel.SettingEnum, Title: "Mode", Default: "b", Choices: []string{"a", "b"}},
	}
	if diff := cmp.Diff(settings, m.Settings); diff != "" {
		t.Error(diff)
	}
	if m.HTTP.Timeout != 20*time.Second || m.HTTP.MaxBody != 8<<20 || m.HTTP.Budget.Buckets[0].Per != time.Minute || len(m.Digest) != 64 || !m.Credentials[1].Secret {
		t.Errorf("%+v", m.HTTP)
	}
}

func TestVersionsAreCompared(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		bounds, version string
		want            bool
	}{
		{">=10.3", "10.3.0", true}, {">=10.3", "10.10", true}, {">=10.3", "9.9.9", false}, {"<5.6", "5.6.0-rc.1", false}, {"<5.6", "5.5.9", true},
		{">=5.6 <10.3", "7", true}, {">=5.6 <10.3", "10.3", false}, {"<=3", "3.0", true}, {"=3.1", "3.1.0", true}, {">3", "3", false}, {"<5", "", false}, {">=0", "", false},
	} {
		var c Constraint
		d := &decoder{}
		c.decodeNode(d, &node{kind: textNode, text: tc.bounds}, nil)
		if len(d.problems) > 0 || c.allows(tc.version) != tc.want {
			t.Errorf("%s allows %q: want %v", tc.bounds, tc.version, tc.want)
		}
	}
}

func TestBoundsAreWrittenInLayoutAndZone(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 1, 31, 10, 0, 0, 500, time.UTC)
	for _, tc := range []struct{ since, lower, upper string }{
		{"{ query: { a: \"${since}\" }, until: { b: \"${until}\" }, layout: 2006-01-02T15:04:05 }", "2026-01-31T10:00:00", "2026-01-31T11:00:01"},
		{"{ query: { a: \"${since}\" }, until: { b: \"${until}\" }, layout: 2006-01-02T15:04:05, exclusive: true, overlap: 2m }", "2026-01-31T09:57:59", "2026-01-31T11:00:02"},
		{"{ query: { a: \"${since}\" }, until: { b: \"${until}\" }, layout: \"2006-01-02 15:04:05\", zone: Europe/Amsterdam }", "2026-01-31 11:00:00", "2026-01-31 12:00:01"},
		{"{ query: { a: \"${since}\" }, until: { b: \"${until}\" }, layout: unix_ms, exclusive: true }", "1769853599999", "1769857200002"},
		{"{ query: { a: \"${since}\" }, until: { b: \"${until}\" }, layout: unix }", "1769853600", "1769857201"},
		{"{ query: { a: \"${since}\" }, until: { b: \"${until}\" }, layout: 2006-01-02T15:04:05, look_back: \"${settings.days}\" }", "2026-01-01T12:00:00", "2026-01-31T11:00:01"},
	} {
		m := manifest(t, head+"settings: { days: { type: int, default: 60 } }\nhttp: { base: \"%s\" }\nstreams: { r: { get: /r, key: id, since: "+tc.since+" } }\n", "https://x.example")
		c := client(t, m)
		c.now = func() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }
		opts := ReadOptions{Since: since, Until: since.Add(time.Hour)}
		r, err := c.Read("r", opts)
		if err != nil {
			t.Fatal(err)
		}
		call, err := r.pager.request("")
		if err != nil {
			t.Fatal(err)
		}
		if q := call.url.Query(); q.Get("a") != tc.lower || q.Get("b") != tc.upper {
			t.Errorf("%s: %s to %s, want %s to %s", tc.since, q.Get("a"), q.Get("b"), tc.lower, tc.upper)
		}
	}
}

func TestABoundTakesThePlaceOfAParameterOfItsName(t *testing.T) {
	t.Parallel()
	m := manifest(t, head+"http: { base: \"%s\" }\nstreams: { r: { get: /r, key: id, query: { order: asc, a: always }, since: { query: { a: \"${since}\", b: \"1\" }, layout: unix } } }\n", "https://x.example")
	c := client(t, m)
	for since, want := range map[time.Time]string{
		{}:                       "order=asc&a=always",
		time.Unix(1769853600, 0): "order=asc&a=1769853600&b=1",
	} {
		r, err := c.Read("r", ReadOptions{Since: since})
		if err != nil {
			t.Fatal(err)
		}
		call, err := r.pager.request("")
		if err != nil {
			t.Fatal(err)
		}
		if got := call.url.RawQuery; got != want {
			t.Errorf("since %s: %s, want %s", since, got, want)
		}
	}
}

func TestBodiesAreRendered(t *testing.T) {
	t.Parallel()
	m := manifest(t, linkManifest, "https://x.example")
	c := client(t, m, func(config *ClientConfig) {
		config.Credentials = map[string]koppel.Secret{"key": koppel.NewSecret("abcd")}
		config.Settings = map[string]any{"x": "y"}
	})
	call, err := c.build("test", &m.Stream("post").Request, c.env)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(call.body), `{"at":{"x":"y"},"select":["id",{"a":true,"f":1.5,"n":1}]}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestClientRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	m := manifest(t, head+"credentials: { url: { type: url }, key: { type: string, secret: true } }\nhttp: { base: \"${credentials.url}%s\" }\n", "/api")
	for address, detail := range map[string]string{
		"shop.example": "is not one like https://", "ftp://shop.example": "is not one like", "": "field url is empty", "https://user:pw@shop.example": "is not one like",
	} {
		_, err := NewClient(ClientConfig{Manifest: m, Transport: transport(t), Credentials: map[string]koppel.Secret{"url": koppel.NewSecret(address), "key": koppel.NewSecret("cs_secret")}})
		if koppel.KindOf(err) != koppel.KindInvalidRequest || !strings.Contains(koppel.DetailOf(err), detail) || strings.Contains(fmt.Sprint(err), "cs_secret") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
