package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// bulkRequest names couplings: all of a connector, of a webshop, or those of a
// connector in a webshop.
type bulkRequest struct {
	Body struct {
		Connector string      `json:"connector,omitempty" maxLength:"63"`
		Webshop   string      `json:"webshop,omitempty" format:"uuid"`
		Reason    string      `json:"reason,omitempty" maxLength:"500" doc:"Why; needed to pause"`
		Mode      koppel.Mode `json:"mode,omitempty" enum:"full,since,window,replay" doc:"With resync; since when absent"`
		From      *time.Time  `json:"from,omitempty" doc:"With mode window"`
		To        *time.Time  `json:"to,omitempty" doc:"With mode window"`
		Version   string      `json:"version,omitempty" maxLength:"64" doc:"With upgrade: pin this version; without one the couplings follow the connector's current version again"`
		DryRun    bool        `json:"dry_run,omitempty" doc:"true: only say what would be done"`
		Limit     int         `json:"limit,omitempty" minimum:"1" maximum:"500" doc:"Couplings a page; 50 when absent"`
		Cursor    string      `json:"cursor,omitempty" maxLength:"200" doc:"next of the page before"`
	}
}

// bulkResult is what became of one coupling.
type bulkResult struct {
	Coupling  string               `json:"coupling" format:"uuid"`
	Name      string               `json:"name"`
	Webshop   string               `json:"webshop" format:"uuid"`
	Connector string               `json:"connector"`
	State     koppel.CouplingState `json:"state" doc:"Afterwards"`
	Outcome   string               `json:"outcome" enum:"done,would,skipped" doc:"would: a dry run"`
	Detail    string               `json:"detail,omitempty" doc:"Why it was skipped, or what was done"`
	Runs      []started            `json:"runs,omitempty"`
}

// bulkVerb does one thing to one coupling. detail says what it does; skip says
// why it does nothing.
type bulkVerb struct {
	// plan looks at a coupling and says what would be done, or why nothing.
	plan func(ctx context.Context, c store.Coupling) (detail, skip string, err error)
	do   func(ctx context.Context, scope store.Scope, c store.Coupling, r *bulkResult) error
	// sweeps: Temporal is made to agree at once.
	sweeps bool
}

// bulk does a verb to a page of couplings, each in a transaction of its own:
// one that fails is told and does not stop the others.
func (s *server) bulk(ctx context.Context, who caller, op string, in *bulkRequest, verb bulkVerb) (pageBody[bulkResult], error) {
	b := &in.Body
	if b.Connector == "" && b.Webshop == "" {
		return pageBody[bulkResult]{}, koppel.E(koppel.KindInvalidRequest, op, "name a connector, a webshop or both")
	}
	scope, err := s.narrow(ctx, who, b.Webshop)
	if err != nil {
		return pageBody[bulkResult]{}, err
	}
	if b.Connector != "" {
		if _, err := s.currentConnector(ctx, b.Connector); err != nil {
			return pageBody[bulkResult]{}, err
		}
	}
	page, err := store.With(ctx, s.Store, scope, func(tx *store.Tx) (store.Page[store.Coupling], error) {
		return tx.Couplings(ctx, store.CouplingFilter{Connector: b.Connector, Limit: b.Limit, After: b.Cursor})
	})
	if err != nil {
		return pageBody[bulkResult]{}, err
	}
	out := pageBody[bulkResult]{Data: []bulkResult{}, Next: page.Next}
	done := false
	for _, c := range page.Items {
		r := bulkResult{Coupling: c.UUID, Name: c.Name, Webshop: c.WebshopUUID, Connector: c.Connector, State: c.State}
		if err := s.bulkOne(ctx, c, &r, b.DryRun, verb); err != nil {
			return out, err
		}
		done = done || r.Outcome == "done"
		out.Data = append(out.Data, r)
	}
	if done && verb.sweeps {
		s.sweep(ctx)
	}
	return out, nil
}

func (s *server) bulkOne(ctx context.Context, c store.Coupling, r *bulkResult, dry bool, verb bulkVerb) error {
	detail, skip, err := verb.plan(ctx, c)
	switch {
	case err != nil:
		return err
	case skip != "":
		r.Outcome, r.Detail = "skipped", skip
		return nil
	case dry:
		r.Outcome, r.Detail = "would", detail
		return nil
	}
	r.Outcome, r.Detail = "done", detail
	err = verb.do(ctx, store.ForWebshop(c.WebshopID), c, r)
	switch koppel.KindOf(err) {
	case koppel.KindConflict, koppel.KindInvalidRequest, koppel.KindNotFound:
		// Somebody changed the coupling meanwhile.
		r.Outcome, r.Detail = "skipped", koppel.DetailOf(err)
		return nil
	}
	return err
}

// bulkPause pauses by policy: the pause of a person, of auth or of a quota
// stays its own, and bulkResume ends only this one.
func (s *server) bulkPause(ctx context.Context, who caller, in *bulkRequest) (pageBody[bulkResult], error) {
	const op = "pause couplings"
	if strings.TrimSpace(in.Body.Reason) == "" {
		return pageBody[bulkResult]{}, koppel.E(koppel.KindInvalidRequest, op, "say why: everybody who looks at one of the couplings reads it")
	}
	return s.bulk(ctx, who, op, in, bulkVerb{
		sweeps: true,
		plan: func(_ context.Context, c store.Coupling) (string, string, error) {
			switch c.State {
			case koppel.CouplingActive, koppel.CouplingPaused, koppel.CouplingNeedsReauth:
				return "pause: " + in.Body.Reason, "", nil
			}
			return "", "it is " + string(c.State), nil
		},
		do: func(ctx context.Context, scope store.Scope, c store.Coupling, r *bulkResult) error {
			after, _, err := s.move(ctx, who, scope, c.UUID, "coupling.pause", func(tx *store.Tx, c store.Coupling) (store.Coupling, error) {
				return tx.PauseCoupling(ctx, c.UUID, koppel.PausedByPolicy, in.Body.Reason)
			})
			r.State = after.State
			return err
		},
	})
}

func (s *server) bulkResume(ctx context.Context, who caller, in *bulkRequest) (pageBody[bulkResult], error) {
	return s.bulk(ctx, who, "resume couplings", in, bulkVerb{
		sweeps: true,
		plan: func(ctx context.Context, c store.Coupling) (string, string, error) {
			standing, err := store.With(ctx, s.Store, store.ForWebshop(c.WebshopID), func(tx *store.Tx) ([]store.Pause, error) { return tx.Pauses(ctx, c.ID) })
			if err != nil {
				return "", "", err
			}
			for _, p := range standing {
				if p.Owner == koppel.PausedByPolicy {
					return "resume, and read what was missed since " + stamp(p.Since), "", nil
				}
			}
			return "", "it is not paused by policy", nil
		},
		do: func(ctx context.Context, scope store.Scope, c store.Coupling, r *bulkResult) error {
			after, _, err := s.move(ctx, who, scope, c.UUID, "coupling.resume", func(tx *store.Tx, c store.Coupling) (store.Coupling, error) {
				return tx.ResumeCoupling(ctx, c.UUID, koppel.PausedByPolicy)
			})
			if err != nil {
				return err
			}
			if r.State = after.State; after.State == koppel.CouplingActivating {
				return koppel.Wrap("resume couplings", s.Engine.Activate(ctx, after))
			}
			if after.State != koppel.CouplingActive {
				r.Detail = "still " + string(after.State) + " (" + text(after.PauseReason) + ")"
			}
			return nil
		},
	})
}

func (s *server) bulkResync(ctx context.Context, who caller, in *bulkRequest) (pageBody[bulkResult], error) {
	const op = "resync couplings"
	b := &in.Body
	n := store.NewRun{Mode: b.Mode}
	if n.Mode == "" {
		n.Mode = koppel.ModeSince
	}
	if b.From != nil {
		n.Window.From = *b.From
	}
	if b.To != nil {
		n.Window.To = *b.To
	}
	if (n.Mode == koppel.ModeWindow) != (b.From != nil || b.To != nil) {
		return pageBody[bulkResult]{}, koppel.E(koppel.KindInvalidRequest, op, "from and to go with mode window, and a window needs one of them")
	}
	return s.bulk(ctx, who, op, in, bulkVerb{
		plan: func(ctx context.Context, c store.Coupling) (string, string, error) {
			if c.State != koppel.CouplingActive {
				return "", "it is " + string(c.State), nil
			}
			groups, err := s.groupsOf(ctx, c)
			if err != nil || len(groups) == 0 {
				return "", "every object is off in its settings", err
			}
			return string(n.Mode) + " runs of " + strings.Join(groups, ", "), "", nil
		},
		do: func(ctx context.Context, scope store.Scope, c store.Coupling, r *bulkResult) error {
			groups, err := s.groupsOf(ctx, c)
			if err != nil {
				return err
			}
			for _, group := range groups {
				n := n
				n.Coupling, n.StreamGroup = c.UUID, group
				run, err := s.open(ctx, who, scope, n)
				if koppel.KindOf(err) == koppel.KindConflict {
					r.Detail += "; " + koppel.DetailOf(err)
					continue
				}
				if err != nil {
					return err
				}
				r.Runs = append(r.Runs, run)
			}
			return nil
		},
	})
}

// groupsOf are the stream groups that a coupling reads.
func (s *server) groupsOf(ctx context.Context, c store.Coupling) ([]string, error) {
	connector, err := s.connectorOf(ctx, c)
	if err != nil {
		return nil, err
	}
	settings := map[string]any{}
	if err := json.Unmarshal(c.Settings, &settings); err != nil {
		return nil, koppel.Wrap("read settings of a coupling", err)
	}
	return connector.GroupsOn(settings), nil
}

func (s *server) bulkUpgrade(ctx context.Context, who caller, in *bulkRequest) (pageBody[bulkResult], error) {
	const op = "upgrade couplings"
	if in.Body.Connector == "" {
		return pageBody[bulkResult]{}, koppel.E(koppel.KindInvalidRequest, op, "name the connector")
	}
	to, err := s.upgradeTo(ctx, op, in.Body.Connector, in.Body.Version)
	if err != nil {
		return pageBody[bulkResult]{}, err
	}
	connector, err := s.Connectors.Version(ctx, to.ID)
	if err != nil {
		return pageBody[bulkResult]{}, err
	}
	pin := ""
	if in.Body.Version != "" {
		pin = to.Digest
	}
	return s.bulk(ctx, who, op, in, bulkVerb{
		plan: func(_ context.Context, c store.Coupling) (string, string, error) {
			if text(c.ConnectorDigest) == pin {
				return "", "it has that already", nil
			}
			settings, bad := map[string]any{}, &fieldErrors{}
			if err := json.Unmarshal(c.Settings, &settings); err != nil {
				return "", "", koppel.Wrap(op, err)
			}
			if checkSettings(bad, who, connector, settings); len(bad.list) > 0 {
				return "", fmt.Sprintf("version %s does not take its settings: %s %s", to.Version, bad.list[0].Location, bad.list[0].Message), nil
			}
			if pin == "" {
				return "follow the current version, " + to.Version, "", nil
			}
			return "pin version " + to.Version, "", nil
		},
		do: func(ctx context.Context, scope store.Scope, c store.Coupling, r *bulkResult) error {
			return s.Store.InTx(ctx, scope, func(tx *store.Tx) error {
				overrides, err := tx.OverridesInForce(ctx, c.ID)
				if err != nil {
					return err
				}
				if _, err := connector.TestOverrides(layersOf(overrides)); err != nil {
					return koppel.E(koppel.KindConflict, op, "its mapping override does not go with version "+to.Version+": "+koppel.DetailOf(err)+"; correct it first: koppel mapping save "+c.UUID+" -f FILE")
				}
				after, err := tx.PinConnectorVersion(ctx, c.UUID, pin)
				if err != nil {
					return err
				}
				return audit(ctx, tx, who, "coupling.upgrade", c.UUID, map[string]string{"pinned": text(c.ConnectorDigest)}, map[string]string{"pinned": text(after.ConnectorDigest), "version": to.Version})
			})
		},
	})
}

// upgradeTo is the named version of a connector; its current one for "".
func (s *server) upgradeTo(ctx context.Context, op, connector, name string) (store.ConnectorVersion, error) {
	return store.With(ctx, s.Store, store.Queues(), func(tx *store.Tx) (store.ConnectorVersion, error) {
		if name == "" {
			return tx.CurrentConnectorVersion(ctx, connector)
		}
		list, err := tx.ConnectorVersions(ctx, connector)
		if err != nil {
			return store.ConnectorVersion{}, err
		}
		for _, v := range list {
			if v.Version == name {
				return v, nil
			}
		}
		return store.ConnectorVersion{}, koppel.E(koppel.KindNotFound, op, "connector "+connector+" has no version "+name+": koppel connector show "+connector)
	})
}
