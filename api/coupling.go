package api

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// coupling is a coupling as the API shows it. Secrets are not in it.
type coupling struct {
	ID               string               `json:"id" format:"uuid"`
	Webshop          string               `json:"webshop" format:"uuid"`
	WebshopName      string               `json:"webshop_name"`
	Connector        string               `json:"connector" doc:"Name of the connector, which is also the integration's code"`
	ConnectorVersion string               `json:"connector_version" doc:"The pinned version, else the connector's current one"`
	Hold             string               `json:"hold,omitempty" doc:"Why it does not follow the connector's current version: its mapping override does not go with it"`
	Name             string               `json:"name"`
	State            koppel.CouplingState `json:"state" enum:"draft,activating,active,paused,needs_reauth,disabled,removed"`
	Pause            *pause               `json:"pause,omitempty" doc:"The foremost of its pauses"`
	Pauses           []pause              `json:"pauses,omitempty" doc:"All that stand, the foremost first"`
	Shadow           *shadow              `json:"shadow,omitempty" doc:"It reads and writes nothing to its remote, because another platform still does"`
	Settings         json.RawMessage      `json:"settings" doc:"Settings that differ from their defaults"`
	Steps            []koppel.Step        `json:"steps" nullable:"false" doc:"Steps of the last activation"`
	Closing          *closing             `json:"closing,omitempty" doc:"The last disabling or removal"`
	Priority         int64                `json:"priority" doc:"The lower number wins where sources differ; 0 before activation"`
	RemoteVersion    string               `json:"remote_version" doc:"Version the remote was found to be"`
	Health           health               `json:"health"`
	Schedules        []schedule           `json:"schedules" nullable:"false"`
	LastRuns         []lastRun            `json:"last_runs" nullable:"false" doc:"The newest run of each stream group"`
	CreatedAt        time.Time            `json:"created_at"`
	ActivatedAt      *time.Time           `json:"activated_at"`
}

// closing is a disabling or a removal.
type closing struct {
	Removal bool                `json:"removal" doc:"The coupling is being removed, or was; else it is switched off"`
	Objects *koppel.LeftObjects `json:"objects,omitempty" enum:"keep,disable" doc:"With a removal: what becomes of objects that nothing else carries"`
	Going   bool                `json:"going" doc:"Steps are left to do"`
	Steps   []koppel.Step       `json:"steps" nullable:"false"`
	At      *time.Time          `json:"removed_at,omitempty"`
}

type pause struct {
	Owner  koppel.PauseOwner `json:"owner" enum:"person,auth,policy,quota" doc:"Who paused it; only they end it"`
	Reason string            `json:"reason"`
	Since  *time.Time        `json:"since,omitempty"`
}

type schedule struct {
	Group    string      `json:"group"`
	Mode     koppel.Mode `json:"mode" enum:"full,since"`
	Cron     string      `json:"cron"`
	TimeZone string      `json:"time_zone"`
}

type lastRun struct {
	Group      string          `json:"group"`
	Run        string          `json:"run" format:"uuid"`
	Mode       koppel.Mode     `json:"mode"`
	State      koppel.RunState `json:"state"`
	FinishedAt *time.Time      `json:"finished_at"`
}

// showCoupling adds to a coupling what lies beside it.
func showCoupling(ctx context.Context, tx *store.Tx, c store.Coupling, versions *versionNames) (coupling, error) {
	out := coupling{
		ID: c.UUID, Webshop: c.WebshopUUID, WebshopName: c.WebshopName, Connector: c.Connector, Name: c.Name, State: c.State, Settings: c.Settings, Steps: c.Steps,
		Priority: c.Priority, RemoteVersion: c.RemoteVersion, CreatedAt: c.CreatedAt, ActivatedAt: c.ActivatedAt,
	}
	if len(c.Closing) > 0 {
		out.Closing = &closing{Removal: c.RemoveObjects != nil, Objects: c.RemoveObjects, Going: c.ClosingSince != nil, Steps: c.Closing, At: c.RemovedAt}
	}
	if out.Steps == nil {
		out.Steps = []koppel.Step{}
	}
	out.Hold, out.Shadow = text(c.Hold), shadowOf(c)
	if c.PauseOwner != nil {
		out.Pause = &pause{Owner: *c.PauseOwner, Reason: text(c.PauseReason)}
		standing, err := tx.Pauses(ctx, c.ID)
		if err != nil {
			return coupling{}, err
		}
		out.Pauses = each(standing, func(p store.Pause) pause { return pause{Owner: p.Owner, Reason: p.Reason, Since: &p.Since} })
	}
	var err error
	if out.ConnectorVersion, err = versions.of(ctx, tx, c); err != nil {
		return coupling{}, err
	}
	schedules, err := tx.Schedules(ctx, c.UUID)
	if err != nil {
		return coupling{}, err
	}
	out.Schedules = each(schedules, func(s store.Schedule) schedule {
		return schedule{Group: s.StreamGroup, Mode: s.Mode, Cron: s.Cron, TimeZone: s.TimeZone}
	})
	runs, err := tx.LastRuns(ctx, c.ID)
	if err != nil {
		return coupling{}, err
	}
	out.LastRuns = lastRuns(runs)
	out.Health = healthOf(c, runs)
	return out, nil
}

// lastRuns is the newest run of each group.
func lastRuns(runs []store.LastRun) []lastRun {
	out := []lastRun{}
	for _, r := range runs {
		if r.Newest {
			out = append(out, lastRun{Group: r.StreamGroup, Run: r.UUID, Mode: r.Mode, State: r.State, FinishedAt: r.FinishedAt})
		}
	}
	return out
}

type newCoupling struct {
	Body struct {
		Webshop     string         `json:"webshop" format:"uuid"`
		Connector   string         `json:"connector" minLength:"1" maxLength:"63" doc:"Code of the integration, which is the connector's name"`
		Name        string         `json:"name,omitempty" maxLength:"255" doc:"A webshop may have several of one integration; the connector's name when absent"`
		Settings    map[string]any `json:"settings,omitempty"`
		Credentials map[string]any `json:"credentials,omitempty" doc:"Saved, and tried by the next check or activation"`
	}
}

func (s *server) createCoupling(ctx context.Context, who caller, in *newCoupling) (coupling, error) {
	const op = "create coupling"
	b := &in.Body
	scope, err := s.narrow(ctx, who, b.Webshop)
	if err != nil {
		return coupling{}, err
	}
	connector, err := s.currentConnector(ctx, b.Connector)
	if err != nil {
		return coupling{}, err
	}
	bad := &fieldErrors{}
	checkSettings(bad, who, connector, b.Settings)
	if len(b.Credentials) > 0 {
		checkCredentials(bad, "body.credentials", connector, b.Credentials)
	}
	if err := bad.err(op); err != nil {
		return coupling{}, err
	}
	settings, err := json.Marshal(b.Settings)
	if err != nil || b.Settings == nil {
		settings = []byte("{}")
	}
	name := cmp.Or(b.Name, connector.Name)
	return store.With(ctx, s.Store, scope, func(tx *store.Tx) (coupling, error) {
		n := store.NewCoupling{Integration: b.Connector, Name: name, Settings: settings}
		if len(b.Credentials) > 0 {
			credential, err := tx.CreateCredential(ctx, store.NewCredential{Connector: connector.Connector, Name: name, Secrets: secretsOf(b.Credentials)})
			if err != nil {
				return coupling{}, err
			}
			n.Credential = credential.UUID
		}
		c, err := tx.CreateCoupling(ctx, n)
		if err != nil {
			return coupling{}, err
		}
		shown, err := showCoupling(ctx, tx, c, &versionNames{})
		if err != nil {
			return coupling{}, err
		}
		return shown, audit(ctx, tx, who, "coupling.create", c.UUID, nil, map[string]any{
			"connector": c.Connector, "name": c.Name, "settings": c.Settings, "credential_fields": fieldNames(b.Credentials),
		})
	})
}

func (s *server) getCoupling(ctx context.Context, who caller, in *ByID) (coupling, error) {
	return store.Read(ctx, s.Store, who.scope, func(tx *store.Tx) (coupling, error) {
		c, err := tx.Coupling(ctx, in.ID)
		if err != nil {
			return coupling{}, err
		}
		return showCoupling(ctx, tx, c, &versionNames{})
	})
}

// findCoupling loads a coupling that the caller sees and that is not removed, and the scope of its webshop.
func (s *server) findCoupling(ctx context.Context, who caller, id string) (store.Coupling, store.Scope, error) {
	c, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.Coupling, error) { return tx.Coupling(ctx, id) })
	if err == nil && c.State == koppel.CouplingRemoved {
		err = koppel.E(koppel.KindConflict, "use coupling", c.Leaves())
	}
	return c, store.ForWebshop(c.WebshopID), err
}
