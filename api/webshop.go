package api

import (
	"context"
	"time"

	"github.com/koppel-io/koppel/store"
)

// webshop is a webshop as the API shows it.
type webshop struct {
	ID           string    `json:"id" format:"uuid"`
	Name         string    `json:"name"`
	Kind         string    `json:"kind" enum:"webshop,location"`
	Organisation string    `json:"organisation,omitempty" format:"uuid" doc:"Its owner; absent for keys that are bound to the webshop"`
	ExternalRef  string    `json:"external_ref,omitempty" doc:"The host's own id"`
	TimeZone     string    `json:"time_zone" doc:"IANA name"`
	BuyOrderCap  int32     `json:"buy_order_cap" doc:"The most buy orders that begin to be pushed within an hour; the rest waits, visibly"`
	CreatedAt    time.Time `json:"created_at"`
}

func showWebshop(w store.Webshop) webshop {
	return webshop{
		ID: w.UUID, Name: w.Name, Kind: w.Kind, Organisation: text(w.OrganisationUUID), ExternalRef: text(w.ExternalRef),
		TimeZone: w.TimeZone, BuyOrderCap: w.BuyOrderCap, CreatedAt: w.CreatedAt,
	}
}

type newWebshop struct {
	Body struct {
		Name         string `json:"name" minLength:"1" maxLength:"255"`
		Organisation string `json:"organisation,omitempty" maxLength:"255" doc:"Name of the owner, made when new; the webshop's own name when absent"`
		Kind         string `json:"kind,omitempty" enum:"webshop,location"`
		ExternalRef  string `json:"external_ref,omitempty" maxLength:"255" doc:"The host's own id, unique within the organisation"`
		TimeZone     string `json:"time_zone,omitempty" maxLength:"64" doc:"IANA name; Europe/Amsterdam when absent"`
	}
}

func (s *server) createWebshop(ctx context.Context, who caller, in *newWebshop) (webshop, error) {
	b := &in.Body
	if b.Organisation == "" {
		b.Organisation = b.Name
	}
	return store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (webshop, error) {
		owner, ok, err := tx.OrganisationByName(ctx, b.Organisation)
		if err == nil && !ok {
			owner, err = tx.CreateOrganisation(ctx, b.Organisation)
		}
		if err != nil {
			return webshop{}, err
		}
		w, err := tx.CreateWebshop(ctx, store.NewWebshop{
			Organisation: owner.UUID, Name: b.Name, Kind: b.Kind, ExternalRef: b.ExternalRef, TimeZone: b.TimeZone,
		})
		if err != nil {
			return webshop{}, err
		}
		shown := showWebshop(w)
		return shown, audit(ctx, tx, who, "webshop.create", w.UUID, nil, shown)
	})
}

type webshopPatch struct {
	ByID
	Body struct {
		BuyOrderCap int `json:"buy_order_cap" minimum:"1" maximum:"1000000" doc:"The most buy orders that begin to be pushed within an hour"`
	}
}

func (s *server) updateWebshop(ctx context.Context, who caller, in *webshopPatch) (webshop, error) {
	scope, err := s.narrow(ctx, who, in.ID)
	if err != nil {
		return webshop{}, err
	}
	return store.With(ctx, s.Store, scope, func(tx *store.Tx) (webshop, error) {
		before, err := tx.Webshop(ctx, in.ID)
		if err != nil {
			return webshop{}, err
		}
		after, err := tx.SetBuyOrderCap(ctx, in.ID, in.Body.BuyOrderCap)
		if err != nil {
			return webshop{}, err
		}
		return showWebshop(after), audit(ctx, tx, who, "webshop.update", in.ID, showWebshop(before), showWebshop(after))
	})
}

type webshopList struct {
	Paging
	ExternalRef string `query:"external_ref" maxLength:"255"`
}

func (s *server) listWebshops(ctx context.Context, who caller, in *webshopList) (pageBody[webshop], error) {
	return store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (pageBody[webshop], error) {
		page, err := tx.Webshops(ctx, store.WebshopFilter{ExternalRef: in.ExternalRef, Limit: in.Limit, After: in.Cursor})
		return pageOf(page, showWebshop), err
	})
}

func (s *server) getWebshop(ctx context.Context, who caller, in *ByID) (webshop, error) {
	return store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (webshop, error) {
		w, err := tx.Webshop(ctx, in.ID)
		return showWebshop(w), err
	})
}

// narrow is the scope of one webshop out of what the caller sees; with "" all
// of it. A webshop that the caller does not see is not_found.
func (s *server) narrow(ctx context.Context, who caller, id string) (store.Scope, error) {
	if id == "" {
		return who.scope, nil
	}
	w, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.Webshop, error) { return tx.Webshop(ctx, id) })
	if err != nil {
		return store.Scope{}, err
	}
	return store.ForWebshop(w.ID), nil
}
