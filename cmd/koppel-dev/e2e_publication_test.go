package main

import (
	"context"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

var publications = []scenario{
	{"replay maps again with a published version", replayMapsAgain},
	{"a version is picked up while running and a run keeps its own", aRunKeepsItsVersion},
}

// edition is the demo connector under another name, so that publishing touches no other test.
func edition(t *testing.T, name, version string, edit ...string) client.ConnectorSource {
	t.Helper()
	sources, err := connectors.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	manifest := strings.NewReplacer("connector: demo\n", "connector: "+name+"\n", "version: 1.0.0\n", "version: "+version+"\n").Replace(sources[demoConnector].Manifest)
	if !strings.Contains(manifest, "connector: "+name+"\n") || !strings.Contains(manifest, "version: "+version+"\n") {
		t.Fatal("the demo connector no longer says its name and version where this test replaces them")
	}
	mapped := sources[demoConnector].Mapping
	if len(edit) == 2 {
		if !strings.Contains(mapped, edit[0]) {
			t.Fatalf("the demo mapping has no %q to edit", edit[0])
		}
		mapped = strings.Replace(mapped, edit[0], edit[1], 1)
	}
	return client.ConnectorSource{Manifest: manifest, Mapping: mapped}
}

// A line of the demo mapping of products, and what a test makes of it.
const (
	articleLine  = "article_code: string(record.id)\n"
	replayedLine = "article_code: '\"again \" + string(record.id)'\n"
)

func publish(t *testing.T, l *land, source client.ConnectorSource) client.ConnectorVersion {
	t.Helper()
	published, err := l.api.Publish(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	return published
}

func replayMapsAgain(t *testing.T, l *land) {
	publish(t, l, edition(t, "demo-replay", "1.0.0"))
	s := newSiteOf(t, l, demoshop.Config{Products: 120, Orders: 5}, "demo-replay")
	s.activate(t)
	s.wantProducts(t)
	asked := s.shop.Ledger().Requests
	second := publish(t, l, edition(t, "demo-replay", "1.1.0", articleLine, replayedLine))
	run := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeReplay})
	if run.ConnectorVersion != second.Digest || run.Counts.Objects != 120 {
		t.Errorf("the replay ran %s and counts %+v, want %s and 120 objects", run.ConnectorVersion, run.Counts, second.Digest)
	}
	if now := s.shop.Ledger().Requests; now != asked {
		t.Errorf("a replay sent %d requests to the shop", now-asked)
	}
	for id, o := range s.objects(t, koppel.Products) {
		if !same(o, "article_code", "again "+id) {
			t.Fatalf("product %s was not mapped again: %s", id, o.Values)
		}
	}
}

// A full read is held at its first page while another version is published: it ends with the version it began with.
func aRunKeepsItsVersion(t *testing.T, l *land) {
	first := publish(t, l, edition(t, "demo-pinned", "1.0.0"))
	s := newSiteOf(t, l, demoshop.Config{Products: 50, Orders: 5}, "demo-pinned")
	s.activate(t)
	s.misbehave(t, demoshop.Fault{Kind: demoshop.Latency, Path: "/products", Times: 1, DelayMS: 1500, Share: 1})
	id := s.start(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	s.awaitRun(t, id, "the run to begin", func(r client.Run) bool { return r.State == koppel.RunRunning })
	second := publish(t, l, edition(t, "demo-pinned", "1.2.0"))
	if run := s.ended(t, id); run.State != koppel.RunSucceeded || run.ConnectorVersion != first.Digest {
		t.Errorf("the run that began before ended %s with version %s", describeRun(run), run.ConnectorVersion)
	}
	await(t, "a run with version 1.2.0", func(context.Context) (bool, string) {
		run := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
		return run.ConnectorVersion == second.Digest, run.ConnectorVersion
	})
}
