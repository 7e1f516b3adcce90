package api

import (
	"cmp"
	"context"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// connector is a connector as the API shows it, by its current version.
type connector struct {
	Name        string           `json:"name" doc:"Id, lower case"`
	Title       string           `json:"title" doc:"Name as people read it"`
	Version     version          `json:"version" doc:"The current version"`
	Docs        string           `json:"docs,omitempty" doc:"Address of the remote's API documentation"`
	Objects     []koppel.Object  `json:"objects" nullable:"false" doc:"What it reads, in the order of work"`
	Pushes      []koppel.Object  `json:"pushes" nullable:"false" doc:"What it writes"`
	Settings    []koppel.Setting `json:"settings" nullable:"false"`
	Credentials []koppel.Setting `json:"credentials" nullable:"false"`
	Versions    []version        `json:"versions,omitempty" doc:"Newest first; left out in lists"`
}

// version is one published version of a connector.
type version struct {
	Connector   string    `json:"connector"`
	Version     string    `json:"version"`
	Digest      string    `json:"digest"`
	Current     bool      `json:"current" doc:"New and unpinned couplings use it"`
	PublishedBy string    `json:"published_by"`
	PublishedAt time.Time `json:"published_at"`
}

func showVersion(v store.ConnectorVersion) version {
	return version{Connector: v.Connector, Version: v.Version, Digest: v.Digest, Current: v.Current, PublishedBy: v.PublishedBy, PublishedAt: v.PublishedAt}
}

func (s *server) showConnector(ctx context.Context, v store.ConnectorVersion) (connector, error) {
	compiled, err := s.Connectors.Version(ctx, v.ID)
	if err != nil {
		return connector{}, err
	}
	out := connector{
		Name: v.Connector, Title: compiled.Name, Version: showVersion(v), Docs: compiled.Docs,
		Objects: compiled.Objects(), Pushes: []koppel.Object{}, Settings: compiled.AllSettings(), Credentials: compiled.Credentials,
	}
	for _, object := range koppel.Objects() {
		if compiled.Push[object] != nil {
			out.Pushes = append(out.Pushes, object)
		}
	}
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

type newVersion struct {
	Body struct {
		Manifest string `json:"manifest" minLength:"1" maxLength:"1000000" doc:"connector.yaml"`
		Mapping  string `json:"mapping" minLength:"1" maxLength:"1000000" doc:"mapping.yaml"`
	}
}

func (s *server) publishConnector(ctx context.Context, who caller, in *newVersion) (version, error) {
	compiled, err := connectors.Compile(connectors.Source{Manifest: in.Body.Manifest, Mapping: in.Body.Mapping})
	if err != nil {
		return version{}, lintError(err)
	}
	bad := &fieldErrors{}
	for _, setting := range compiled.Manifest.Settings {
		if setting.Secret {
			bad.add("connector.yaml", "setting "+setting.Name+" is secret: settings are shown, so it belongs under credentials")
		}
	}
	if err := bad.err("check connector"); err != nil {
		return version{}, err
	}
	return store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (version, error) {
		v, err := tx.PublishConnector(ctx, store.NewConnectorVersion{
			Connector: compiled.Connector, Version: compiled.Version, Digest: compiled.Digest,
			Manifest: in.Body.Manifest, Mapping: in.Body.Mapping, PublishedBy: who.name(),
		})
		if err != nil {
			return version{}, err
		}
		if _, err := tx.EnsureIntegration(ctx, compiled.Connector, compiled.Name); err != nil {
			return version{}, err
		}
		shown := showVersion(v)
		return shown, audit(ctx, tx, who, "connector.publish", v.Connector, nil, shown)
	})
}

// place finds the mistakes in a compiler's error: file:line:column: and what is wrong.
var place = regexp.MustCompile(`([a-z]+\.yaml:\d+:\d+): `)

// lintError names every mistake of a connector's files at its place.
func lintError(err error) error {
	bad := &fieldErrors{}
	for _, line := range strings.Split(err.Error(), "\n") {
		if at := place.FindStringSubmatchIndex(line); at != nil {
			bad.add(line[at[2]:at[3]], line[at[1]:])
		} else if len(bad.list) > 0 && strings.TrimSpace(line) != "" {
			last := &bad.list[len(bad.list)-1]
			last.Message += "\n" + line
		}
	}
	if len(bad.list) == 0 {
		return koppel.Wrap("check connector", err)
	}
	return &koppel.Error{Kind: koppel.KindInvalidRequest, Op: "check connector", Detail: "the connector's files have mistakes: see errors", Err: bad}
}

type rollbackRequest struct {
	ByName
	Body *struct {
		Version string `json:"version,omitempty" maxLength:"64" doc:"The version before the current one when absent"`
	} `required:"false"`
}

func (s *server) rollbackConnector(ctx context.Context, who caller, in *rollbackRequest) (version, error) {
	wanted := ""
	if in.Body != nil {
		wanted = in.Body.Version
	}
	return store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (version, error) {
		before, err := tx.CurrentConnectorVersion(ctx, in.Name)
		if err != nil {
			return version{}, err
		}
		after, err := tx.RollbackConnector(ctx, in.Name, wanted)
		if err != nil {
			return version{}, err
		}
		shown := showVersion(after)
		return shown, audit(ctx, tx, who, "connector.rollback", after.Connector, showVersion(before), shown)
	})
}
