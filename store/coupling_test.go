package store_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
)

var allStates = []koppel.CouplingState{
	koppel.CouplingDraft, koppel.CouplingActivating, koppel.CouplingActive, koppel.CouplingPaused,
	koppel.CouplingNeedsReauth, koppel.CouplingDisabled, koppel.CouplingRemoved,
}

// TestTheLifeOfACoupling asks every verb in every state: what is not listed is refused and changes nothing.
func TestTheLifeOfACoupling(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	owner := p.Owner(t)
	verbs := map[string]func(context.Context, *store.Tx) (store.Coupling, error){
		"activate": func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
			return tx.ActivateCoupling(ctx, p.coupling.UUID, nil)
		},
		"active": func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
			return tx.CouplingActive(ctx, p.coupling.UUID)
		},
		"pause": func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
			return tx.PauseCoupling(ctx, p.coupling.UUID, koppel.PausedByPerson, "stocktaking")
		},
		"resume": func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
			return tx.ResumeCoupling(ctx, p.coupling.UUID, koppel.PausedByPerson)
		},
		"needs reauth": func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
			return tx.NeedsReauth(ctx, p.coupling.UUID, "401")
		},
		"disable": func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
			return tx.DisableCoupling(ctx, p.coupling.UUID, koppel.ClosingSteps(false))
		},
		"remove": func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
			return tx.RemoveCoupling(ctx, p.coupling.UUID)
		},
	}
	type from = map[koppel.CouplingState]koppel.CouplingState
	want := map[string]from{
		"activate":     {"draft": "activating", "activating": "activating", "needs_reauth": "activating", "disabled": "activating"},
		"active":       {"activating": "active", "active": "active"},
		"pause":        {"active": "paused", "paused": "paused", "needs_reauth": "needs_reauth"},
		"resume":       {"paused": "active"},
		"needs reauth": {"activating": "needs_reauth", "active": "needs_reauth", "paused": "needs_reauth", "needs_reauth": "needs_reauth"},
		"disable": {"draft": "disabled", "activating": "disabled", "active": "disabled", "paused": "disabled",
			"needs_reauth": "disabled", "disabled": "disabled"},
		"remove": {"draft": "removed", "disabled": "removed", "removed": "removed"},
	}
	got := map[string]from{}
	for name, verb := range verbs {
		got[name] = from{}
		for _, state := range allStates {
			for _, sql := range []string{
				`UPDATE coupling SET state = $1, pause_owner = NULL, pause_reason = NULL WHERE id = $2`,
				`DELETE FROM coupling_pause WHERE coupling_id = $2 AND $1 <> ''`,
				`INSERT INTO coupling_pause (webshop_id, coupling_id, owner) SELECT webshop_id, id, CASE $1 WHEN 'paused' THEN 'person' ELSE 'auth' END
				 FROM coupling WHERE id = $2 AND $1 IN ('paused', 'needs_reauth')`,
			} {
				if _, err := owner.Exec(t.Context(), sql, string(state), p.coupling.ID); err != nil {
					t.Fatal(err)
				}
			}
			c, err := try(t, p.App, p.scope(), verb)
			if err == nil {
				got[name][state] = c.State
				continue
			}
			wantKind(t, err, koppel.KindConflict, string(state))
			var now string
			if err := owner.QueryRow(t.Context(), `SELECT state FROM coupling WHERE id = $1`, p.coupling.ID).Scan(&now); err != nil || now != string(state) {
				t.Errorf("%s was refused in %s, and left it %s", name, state, now)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEachOwnerEndsOnlyItsOwnPause(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	pause := func(owner koppel.PauseOwner) error {
		_, err := try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
			return tx.PauseCoupling(ctx, p.coupling.UUID, owner, "because "+string(owner))
		})
		return err
	}
	resume := func(owner koppel.PauseOwner) error {
		_, err := try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
			return tx.ResumeCoupling(ctx, p.coupling.UUID, owner)
		})
		return err
	}
	if err := pause(koppel.PausedByPolicy); err != nil {
		t.Fatal(err)
	}
	wantKind(t, resume(koppel.PausedByPerson), koppel.KindConflict, "policy")
	if err := pause(koppel.PausedByPerson); err != nil {
		t.Fatal(err)
	}
	look := func() store.Coupling {
		return in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
			return tx.Coupling(ctx, p.coupling.UUID)
		})
	}
	in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		return tx.NeedsReauth(ctx, p.coupling.UUID, "401 from the shop")
	})
	for _, step := range []struct {
		ends  koppel.PauseOwner
		state koppel.CouplingState
		left  koppel.PauseOwner
	}{{koppel.PausedByPolicy, koppel.CouplingNeedsReauth, koppel.PausedByAuth}, {koppel.PausedByAuth, koppel.CouplingPaused, koppel.PausedByPerson}} {
		if err := resume(step.ends); err != nil {
			t.Fatal(err)
		}
		if c := look(); c.State != step.state || *c.PauseOwner != step.left {
			t.Errorf("after the pause by %s the coupling is %s by %s", step.ends, c.State, *c.PauseOwner)
		}
	}
	_, err := try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		return tx.ActivateCoupling(ctx, p.coupling.UUID, nil)
	})
	wantKind(t, err, koppel.KindConflict, "because person")
	if err := resume(koppel.PausedByPerson); err != nil {
		t.Fatal(err)
	}
	c := look()
	if c.State != koppel.CouplingActive || c.PauseOwner != nil || c.PauseReason != nil {
		t.Errorf("after the pause the coupling is %+v", c)
	}
	// Before its first activation ended, new credentials lead back to activating.
	draft := in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		d, err := tx.CreateCoupling(ctx, store.NewCoupling{Integration: storetest.Connector, Name: "second"})
		if err != nil {
			return d, err
		}
		if _, err := tx.ActivateCoupling(ctx, d.UUID, []koppel.Step{{Name: "credentials", State: koppel.StepRunning}}); err != nil {
			return d, err
		}
		if _, err := tx.NeedsReauth(ctx, d.UUID, "401 from the shop"); err != nil {
			return d, err
		}
		return tx.ResumeCoupling(ctx, d.UUID, koppel.PausedByAuth)
	})
	if draft.State != koppel.CouplingActivating || len(draft.Steps) != 1 || draft.Steps[0].Name != "credentials" {
		t.Errorf("coupling is %s with steps %v", draft.State, draft.Steps)
	}
}

func TestActivationsAtOnceGetDifferentPriorities(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	const n = 6
	var ids []string
	for range n {
		ids = append(ids, in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
			return tx.CreateCoupling(ctx, store.NewCoupling{Integration: storetest.Connector, Name: "c"})
		}).UUID)
	}
	got := []int64{p.coupling.Priority}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, id := range ids {
		wg.Go(func() {
			c, err := try(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
				return tx.ActivateCoupling(ctx, id, nil)
			})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			got = append(got, c.Priority)
		})
	}
	wg.Wait()
	slices.Sort(got)
	if diff := cmp.Diff([]int64{1, 2, 3, 4, 5, 6, 7}, got); diff != "" {
		t.Error(diff)
	}
	if again := in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		if _, err := tx.DisableCoupling(ctx, p.coupling.UUID, koppel.ClosingSteps(false)); err != nil {
			return store.Coupling{}, err
		}
		return tx.ActivateCoupling(ctx, p.coupling.UUID, nil)
	}); again.Priority != 1 {
		t.Errorf("a second activation changed the priority from 1 to %d", again.Priority)
	}
}

func TestSettingsAreSetByVersion(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	set := func(version int64, settings string) (store.Coupling, error) {
		return try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
			return tx.SetSettings(ctx, p.coupling.UUID, version, json.RawMessage(settings))
		})
	}
	c, err := set(1, `{"per_page":50}`)
	if err != nil || c.SettingsVersion != 2 || string(c.Settings) != `{"per_page": 50}` {
		t.Fatalf("version %d settings %s err %v", c.SettingsVersion, c.Settings, err)
	}
	_, err = set(1, `{}`)
	wantKind(t, err, koppel.KindConflict, "version 2")
	for _, bad := range []string{`[]`, `null`, `{"a":`, `3`} {
		_, err = set(2, bad)
		wantKind(t, err, koppel.KindInvalidRequest)
	}
}

func TestCouplingsPinVersionsAndUseCredentialsOfTheirConnector(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	own, foreign := p.Publish(t, storetest.Connector, "2"), p.Publish(t, "another", "1")
	credential := func(connector string) string {
		return in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Credential, error) {
			return tx.CreateCredential(ctx, store.NewCredential{Connector: connector, Name: "n", Secrets: map[string]koppel.Secret{"k": koppel.NewSecret("v")}})
		}).UUID
	}
	mine, theirs := credential(storetest.Connector), credential("another")
	edit := func(fn func(ctx context.Context, tx *store.Tx) (store.Coupling, error)) (store.Coupling, error) {
		return try(t, p.App, p.scope(), fn)
	}
	c, err := edit(func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		if _, err := tx.SetCouplingCredential(ctx, p.coupling.UUID, mine); err != nil {
			return store.Coupling{}, err
		}
		return tx.PinConnectorVersion(ctx, p.coupling.UUID, own.Digest)
	})
	if err != nil || *c.ConnectorDigest != own.Digest || *c.CredentialUUID != mine {
		t.Fatalf("coupling %+v, err %v", c, err)
	}
	_, err = edit(func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		return tx.PinConnectorVersion(ctx, p.coupling.UUID, foreign.Digest)
	})
	wantKind(t, err, koppel.KindInvalidRequest, "another")
	_, err = edit(func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		return tx.SetCouplingCredential(ctx, p.coupling.UUID, theirs)
	})
	wantKind(t, err, koppel.KindInvalidRequest, "another")
	_, err = try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (int, error) { return 0, tx.DeleteCredential(ctx, mine) })
	wantKind(t, err, koppel.KindConflict, "coupling")
	in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		if _, err := tx.DisableCoupling(ctx, p.coupling.UUID, koppel.ClosingSteps(false)); err != nil {
			return store.Coupling{}, err
		}
		return tx.RemoveCoupling(ctx, p.coupling.UUID)
	})
	_, err = try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Credential, error) { return tx.Credential(ctx, mine) })
	wantKind(t, err, koppel.KindNotFound)
	_, err = edit(func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		return tx.RenameCoupling(ctx, p.coupling.UUID, "again")
	})
	wantKind(t, err, koppel.KindConflict, "removed")
}

func TestACredentialThatWorksAgainIsCaughtUpWithOnce(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	credential := in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Credential, error) {
		k, err := tx.CreateCredential(ctx, store.NewCredential{Connector: storetest.Connector, Name: "n", Secrets: map[string]koppel.Secret{"k": koppel.NewSecret("v")}})
		if err != nil {
			return k, err
		}
		if _, err := tx.SetCouplingCredential(ctx, p.coupling.UUID, k.UUID); err != nil {
			return k, err
		}
		if _, err := tx.PauseCoupling(ctx, p.coupling.UUID, koppel.PausedByPerson, "stocktaking"); err != nil {
			return k, err
		}
		_, err = tx.NeedsReauth(ctx, p.coupling.UUID, "401")
		return k, err
	})
	behind := func() []store.Pause {
		return in(t, p.Engine, store.Queues(), func(ctx context.Context, tx *store.Tx) ([]store.Pause, error) { return tx.Behind(ctx, 10) })
	}
	resumed := in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) ([]store.Coupling, error) {
		return tx.CredentialAccepted(ctx, credential.ID, credential.Version)
	})
	if len(resumed) != 1 || resumed[0].State != koppel.CouplingPaused || len(behind()) != 0 {
		t.Fatalf("resumed %+v; a person's pause stays, and nothing is read during it", resumed)
	}
	in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		return tx.ResumeCoupling(ctx, p.coupling.UUID, koppel.PausedByPerson)
	})
	gaps := behind()
	if len(gaps) != 1 || gaps[0].CouplingUUID != p.coupling.UUID || gaps[0].EndedAt == nil {
		t.Fatalf("behind: %+v", gaps)
	}
	catchUp := func() []store.Run {
		return in(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) ([]store.Run, error) {
			return tx.CatchUp(ctx, gaps[0], []string{"products", "suppliers"}, func(group, run string) string { return group + run })
		})
	}
	runs := catchUp()
	if len(runs) != 2 || runs[0].Mode != koppel.ModeSince || runs[0].Trigger != koppel.TriggerDependency || !strings.Contains(runs[0].AskedBy, "nothing was read from 20") {
		t.Errorf("opened %+v", runs)
	}
	if again := catchUp(); len(again) != 0 || len(behind()) != 0 {
		t.Errorf("caught up twice: %+v", again)
	}
}

func TestARemovalIsAskedOnceAndTakenStepByStep(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	edit := func(fn func(ctx context.Context, tx *store.Tx) (store.Coupling, error)) (store.Coupling, error) {
		return try(t, p.App, p.scope(), fn)
	}
	ask := func(objects koppel.LeftObjects) (store.Coupling, error) {
		return edit(func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
			return tx.AskRemoval(ctx, p.coupling.UUID, objects, koppel.ClosingSteps(true))
		})
	}
	_, err := ask("burn")
	wantKind(t, err, koppel.KindInvalidRequest, "burn")
	c, err := ask(koppel.DisableObjects)
	if err != nil || c.State != koppel.CouplingDisabled || c.ClosingSince == nil || len(c.Closing) != 5 {
		t.Fatalf("asked for its removal the coupling is %+v, %v", c, err)
	}
	if again, err := ask(koppel.KeepObjects); err != nil || *again.RemoveObjects != koppel.DisableObjects {
		t.Errorf("asked again it is %+v, %v", again, err)
	}
	for name, verb := range map[string]func(context.Context, *store.Tx) (store.Coupling, error){
		"activate": func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
			return tx.ActivateCoupling(ctx, c.UUID, nil)
		},
		"disable": func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
			return tx.DisableCoupling(ctx, c.UUID, koppel.ClosingSteps(false))
		},
		"rename": func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
			return tx.RenameCoupling(ctx, c.UUID, "x")
		},
	} {
		if _, err := edit(verb); koppel.KindOf(err) != koppel.KindConflict || !strings.Contains(koppel.DetailOf(err), "is being removed") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, step := range c.Closing {
		if list := in(t, p.Engine, store.Queues(), func(ctx context.Context, tx *store.Tx) ([]store.Coupling, error) { return tx.Closings(ctx, 10) }); len(list) != 1 {
			t.Errorf("before step %s %d couplings are being closed", step.Name, len(list))
		}
		step.State = koppel.StepDone
		if c, err = edit(func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
			return tx.NoteClosing(ctx, c.UUID, step)
		}); err != nil {
			t.Fatal(err)
		}
	}
	if c.ClosingSince != nil {
		t.Errorf("after its last step the coupling is closing since %v", c.ClosingSince)
	}
	_, err = edit(func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		return tx.NoteClosing(ctx, c.UUID, c.Closing[0])
	})
	wantKind(t, err, koppel.KindConflict)
}
