package api

import (
	"context"
	"regexp"
	"strings"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

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
			Manifest: in.Body.Manifest, Mapping: in.Body.Mapping, PublishedBy: who.name(), Fits: s.fits(compiled),
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
		after, err := tx.RollbackConnector(ctx, in.Name, wanted, s.fits(nil))
		if err != nil {
			return version{}, err
		}
		shown := showVersion(after)
		return shown, audit(ctx, tx, who, "connector.rollback", after.Connector, showVersion(before), shown)
	})
}
