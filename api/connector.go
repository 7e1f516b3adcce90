package api

import (
	"cmp"
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// connector is a connector as the API shows it, by its current version.
type connector struct {
	Name         string           `json:"name" doc:"Id, lower case"`
	Title        string           `json:"title" doc:"Name as people read it"`
	Version      version          `json:"version" doc:"The current version"`
	Docs         string           `json:"docs,omitempty" doc:"Address of the remote's API documentation"`
	Objects      []koppel.Object  `json:"objects" nullable:"false" doc:"What it reads, in the order of work"`
	Groups       []streamGroup    `json:"groups" nullable:"false" doc:"What is read together, in the order of work"`
	Pushes       []koppel.Object  `json:"pushes" nullable:"false" doc:"What it writes"`
	Settings     []koppel.Setting `json:"settings" nullable:"false"`
	Credentials  []koppel.Setting `json:"credentials" nullable:"false"`
	App          []koppel.Setting `json:"app,omitempty" doc:"Fields of our own partner app at the remote"`
	Environments []string         `json:"environments" nullable:"false" doc:"The remote's systems, the usual one first"`
	Login        bool             `json:"login" doc:"The customer logs in at the remote, by a connect link"`
	Versions     []version        `json:"versions,omitempty" doc:"Newest first; left out in lists"`
}

// streamGroup is what one run reads, since the objects share streams.
type streamGroup struct {
	Name    koppel.Object   `json:"name"`
	Objects []koppel.Object `json:"objects" nullable:"false"`
}

// version is one published version of a connector.
type version struct {
	Connector   string    `json:"connector"`
	Version     string    `json:"version"`
	Digest      string    `json:"digest"`
	Current     bool      `json:"current" doc:"New and unpinned couplings use it"`
	PublishedBy string    `json:"published_by"`
	PublishedAt time.Time `json:"published_at"`
	Held        []held    `json:"held,omitempty" doc:"Couplings that stay on the version they have, as their mapping override does not go with this one; said when it becomes current"`
}

// held is a coupling that does not follow its connector's current version.
type held struct {
	Coupling string `json:"coupling" format:"uuid"`
	Name     string `json:"name"`
	Reason   string `json:"reason" doc:"What is wrong with the override, at its place"`
	Next     string `json:"next"`
}

func showVersion(v store.ConnectorVersion) version {
	shown := version{Connector: v.Connector, Version: v.Version, Digest: v.Digest, Current: v.Current, PublishedBy: v.PublishedBy, PublishedAt: v.PublishedAt}
	for _, h := range v.Held {
		shown.Held = append(shown.Held, held{h.Coupling, h.Name, h.Reason, correctOverride(h.Coupling)})
	}
	return shown
}

// correctOverride is what lets a held coupling go on.
func correctOverride(coupling string) string {
	return "Correct the override, which lets it go on: koppel mapping show " + coupling + ", then koppel mapping save " + coupling + " -f FILE"
}

func (s *server) showConnector(ctx context.Context, v store.ConnectorVersion) (connector, error) {
	compiled, err := s.Connectors.Version(ctx, v.ID)
	if err != nil {
		return connector{}, err
	}
	out := connector{
		Name: v.Connector, Title: compiled.Name, Version: showVersion(v), Docs: compiled.Docs,
		Objects: compiled.Objects(), Pushes: []koppel.Object{}, Settings: compiled.AllSettings(), Credentials: compiled.Credentials,
		App: compiled.App, Environments: compiled.EnvironmentNames(), Login: compiled.HasLogin(),
	}
	for _, object := range koppel.Pushed() {
		if compiled.Push[object] != nil {
			out.Pushes = append(out.Pushes, object)
		}
	}
	out.Groups = each(compiled.Groups(), func(g connectors.Group) streamGroup { return streamGroup{Name: g.Name, Objects: g.Objects} })
	if out.Objects == nil {
		out.Objects = []koppel.Object{}
	}
	if out.Credentials == nil {
		out.Credentials = []koppel.Setting{}
	}
	return out, nil
}

func (s *server) listConnectors(ctx context.Context, _ caller, in *connectorList) (pageBody[connector], error) {
	after, err := connectorAfter(in.Cursor)
	if err != nil {
		return pageBody[connector]{}, err
	}
	list, err := store.With(ctx, s.Store, store.Queues(), func(tx *store.Tx) ([]store.ConnectorVersion, error) {
		return tx.CurrentConnectorVersions(ctx)
	})
	if err != nil {
		return pageBody[connector]{}, err
	}
	list = slices.DeleteFunc(list, func(v store.ConnectorVersion) bool { return v.Connector <= after })
	out := pageBody[connector]{}
	if size := cmp.Or(in.Limit, connectorPage); len(list) > size {
		list = list[:size]
		out.Next = connectorCursor(list[size-1].Connector)
	}
	out.Data = make([]connector, len(list))
	for i, v := range list {
		if out.Data[i], err = s.showConnector(ctx, v); err != nil {
			return pageBody[connector]{}, err
		}
	}
	return out, nil
}

type connectorList struct{ Paging }

// connectorPage is how many connectors a page has when the caller does not say.
const connectorPage = 50

const connectorCursors = "connectors:"

func connectorCursor(name string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(connectorCursors + name))
}

func connectorAfter(cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	name, ok := strings.CutPrefix(string(text), connectorCursors)
	if err != nil || !ok {
		return "", koppel.E(koppel.KindInvalidRequest, "list connectors", "the cursor is not one of this list; start again without a cursor")
	}
	return name, nil
}

// ByName is the input of routes that name a connector.
type ByName struct {
	Name string `path:"name" pattern:"^[a-z][a-z0-9_-]{1,62}$"`
}

func (s *server) getConnector(ctx context.Context, _ caller, in *ByName) (connector, error) {
	var current store.ConnectorVersion
	versions, err := store.With(ctx, s.Store, store.Queues(), func(tx *store.Tx) (list []store.ConnectorVersion, err error) {
		if current, err = tx.CurrentConnectorVersion(ctx, in.Name); err != nil {
			return nil, err
		}
		return tx.ConnectorVersions(ctx, in.Name)
	})
	if err != nil {
		return connector{}, err
	}
	out, err := s.showConnector(ctx, current)
	out.Versions = each(versions, showVersion)
	return out, err
}
