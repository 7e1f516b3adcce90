package connect

import (
	"context"
	"maps"
	"net/http"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// settle reads what is captured, asks for what has to be chosen, and once
// nothing is missing proves that the account works and connects it.
func (p *pages) settle(ctx context.Context, s *site, v *visit) (*page, error) {
	remote, err := p.open(ctx, s)
	if err != nil {
		return p.refused(s, v, err)
	}
	found, err := remote.Capture(ctx, s.account.Captured)
	remote.Close()
	if err != nil {
		return p.refused(s, v, err)
	}
	captured := maps.Clone(s.account.Captured)
	if captured == nil {
		captured = map[string]any{}
	}
	for _, value := range found {
		if len(value.Choices) > 0 {
			return s.choices(v, value, ""), nil
		}
		captured[value.Name] = value.Value
	}
	if len(found) > 0 {
		if err := p.keep(ctx, s, captured); err != nil {
			return nil, err
		}
	}
	// The captured values are at hand only for a client made after them.
	if remote, err = p.open(ctx, s); err != nil {
		return p.refused(s, v, err)
	}
	defer remote.Close()
	if err := remote.Check(ctx); err != nil {
		return p.refused(s, v, err)
	}
	version, err := remote.Detect(ctx)
	if err != nil {
		return p.refused(s, v, err)
	}
	if err := p.accept(ctx, s, version); err != nil {
		return nil, err
	}
	return &page{to: s.path()}, nil
}

func (p *pages) keep(ctx context.Context, s *site, captured map[string]any) error {
	err := p.Store.InTx(ctx, s.scope(), func(tx *store.Tx) error { return tx.SetCaptured(ctx, s.account.Credential, captured) })
	if err != nil {
		return err
	}
	return p.reload(ctx, s)
}

// accept connects the account: couplings that waited for it go on and catch up,
// and a draft is activated where the link says so.
func (p *pages) accept(ctx context.Context, s *site, version string) error {
	var activate []store.Coupling
	err := p.Store.InTx(ctx, s.scope(), func(tx *store.Tx) error {
		activate = nil
		if version != "" {
			if err := tx.SetRemoteVersion(ctx, s.coupling.ID, version); err != nil {
				return err
			}
		}
		resumed, err := tx.CredentialAccepted(ctx, s.account.Credential, s.account.Version)
		if err != nil {
			return err
		}
		for _, c := range resumed {
			if c.State == koppel.CouplingActivating {
				activate = append(activate, c)
			}
		}
		if s.link.Activate && s.coupling.State == koppel.CouplingDraft {
			c, err := tx.ActivateCoupling(ctx, s.coupling.UUID, nil)
			if err != nil {
				return err
			}
			activate = append(activate, c)
		}
		if err := tx.UseConnectLink(ctx, s.link); err != nil {
			return err
		}
		return s.audit(ctx, tx, "coupling.connect", map[string]any{"resumed": len(resumed)})
	})
	if err != nil {
		return err
	}
	// Where Temporal is away, the next sweep does both.
	for _, c := range activate {
		if err := p.Engine.Activate(ctx, c); err != nil {
			p.Log.WarnContext(ctx, "left to the next sweep", "coupling", c.UUID, "error", err)
		}
	}
	if err := p.Engine.Sweep(ctx); err != nil {
		p.Log.WarnContext(ctx, "left to the next sweep", "coupling", s.coupling.UUID, "error", err)
	}
	return nil
}

// choose keeps what the customer chose, if the remote really offers it.
func (p *pages) choose(r *http.Request, v *visit) (*page, error) {
	ctx := r.Context()
	s, err := p.find(r, v)
	if err != nil {
		return nil, err
	}
	if err := posted(r, v); err != nil {
		return nil, err
	}
	if s.link.UsedAt != nil {
		return p.connected(s), nil
	}
	remote, err := p.open(ctx, s)
	if err != nil {
		return p.refused(s, v, err)
	}
	found, err := remote.Capture(ctx, s.account.Captured)
	remote.Close()
	if err != nil {
		return p.refused(s, v, err)
	}
	captured := map[string]any{}
	for _, value := range found {
		if len(value.Choices) == 0 {
			captured[value.Name] = value.Value
			continue
		}
		chosen := r.PostForm.Get("choice." + value.Name)
		for _, choice := range value.Choices {
			if choice.Value == chosen {
				captured[value.Name] = chosen
			}
		}
		if captured[value.Name] == nil {
			return s.choices(v, value, "Please choose one of the list."), nil
		}
		break // what comes after it may depend on it
	}
	if err := p.keep(ctx, s, captured); err != nil {
		return nil, err
	}
	return p.settle(ctx, s, v)
}
