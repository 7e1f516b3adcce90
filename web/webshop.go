package web

import (
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// webshopsPage lists webshops.
type webshopsPage struct {
	Rows []client.Webshop
	Next string
}

func (s *site) webshops(v *visit) (*page, error) {
	list, err := v.api.Webshops(v.Context(), client.Page{Limit: listSize, Cursor: v.URL.Query().Get("cursor")})
	if err == nil && len(list.Data) == 1 && v.key.WebshopID != nil {
		return &page{to: "/webshops/" + list.Data[0].ID}, nil
	}
	return &page{name: "webshops", Title: "Webshops", Section: "webshops", Data: webshopsPage{Rows: list.Data, Next: further(v.URL, list.Next)}}, err
}

// webshopPage is one webshop.
type webshopPage struct {
	Webshop   client.Webshop
	Rows      []client.Coupling
	Titles    map[string]string
	Proposals []client.Proposal
	Parked    string
	// Held are writes that the cap or a stop holds.
	Held string
	More bool
}

// OfMany says that the rows are of several webshops.
func (webshopPage) OfMany() bool { return false }

func (s *site) webshop(v *visit) (*page, error) {
	ctx, id := v.Context(), v.PathValue("id")
	w, err := v.api.Webshop(ctx, id)
	if err != nil {
		return nil, err
	}
	list, err := v.api.Couplings(ctx, client.CouplingFilter{Page: client.Page{Limit: listSize}, Webshop: id})
	if err != nil {
		return nil, err
	}
	connectors, err := v.api.Connectors(ctx)
	if err != nil {
		return nil, err
	}
	proposals, err := v.api.Proposals(ctx, client.ProposalFilter{Webshop: id, State: koppel.ProposalOpen})
	if err != nil {
		return nil, err
	}
	parked, err := v.api.Parked(ctx, client.ParkedFilter{Page: client.Page{Limit: countMost}, Webshop: id})
	if err != nil {
		return nil, err
	}
	held, err := v.api.Writes(ctx, client.WriteFilter{Page: client.Page{Limit: countMost}, Webshop: id, Held: true})
	shown := webshopPage{
		Webshop: w, Rows: list.Data, Titles: titles(connectors.Data), Proposals: proposals.Data, Parked: counted(parked), Held: counted(held), More: list.Next != "",
	}
	return &page{name: "webshop", Title: w.Name, Section: "webshops", Data: shown}, err
}
