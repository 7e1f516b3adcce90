package api

import (
	"context"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// personRequest says by what a person is found. It is a body, as addresses of requests are logged.
type personRequest struct {
	ByID
	Body struct {
		Email    string `json:"email,omitempty" maxLength:"254"`
		Phone    string `json:"phone,omitempty" maxLength:"32" doc:"Compared by its last nine digits"`
		Name     string `json:"name,omitempty" maxLength:"255" doc:"First and last name"`
		RemoteID string `json:"remote_id,omitempty" maxLength:"255" doc:"The remote's id of the customer"`
	}
}

// personBody is what was found of a person, or erased.
type personBody struct {
	Erased bool                 `json:"erased" doc:"False: it was only counted"`
	Places []koppel.PersonPlace `json:"places"`
	Stays  []string             `json:"stays" doc:"What erasing does not reach"`
}

// stays is what no erasure here reaches.
var stays = []string{
	"The remote systems keep the person until they are asked themselves; what they show of the person again is stored without personal values.",
	"Backups of the database keep the person until they are overwritten; after restoring one, erase again.",
	"Values that somebody wrote into a mapping override or its test cases stay there: koppel mapping show.",
	"The logs of the processes, and copies that API clients or recipients took, are not reached.",
	"Webhooks and failed requests that come in later are kept as they came for as long as the retention says: koppel retention show.",
	"The audit log says who asked and a digest of what was asked for, not the value.",
}

func (s *server) findPerson(ctx context.Context, who caller, in *personRequest) (personBody, error) {
	webshop, err := s.webshopOf(ctx, who, in.ID)
	if err != nil {
		return personBody{}, err
	}
	found, err := s.Store.FindPerson(ctx, webshop, koppel.AskedPerson(in.Body))
	if err != nil {
		return personBody{}, err
	}
	return personBody{Places: found.Places, Stays: stays}, s.notePerson(ctx, who, webshop, in.ID, "person.find", found)
}

func (s *server) erasePerson(ctx context.Context, who caller, in *personRequest) (personBody, error) {
	webshop, err := s.webshopOf(ctx, who, in.ID)
	if err != nil {
		return personBody{}, err
	}
	done, err := s.Store.ErasePerson(ctx, webshop, koppel.AskedPerson(in.Body), who.name())
	if err != nil {
		return personBody{}, err
	}
	return personBody{Erased: true, Places: done.Places, Stays: stays}, s.notePerson(ctx, who, webshop, in.ID, "person.erase", done)
}

// notePerson notes who looked for a person or erased one: by digests, not by values.
func (s *server) notePerson(ctx context.Context, who caller, webshop int64, subject, action string, p store.PersonErased) error {
	return s.Store.InTx(ctx, store.ForWebshop(webshop), func(tx *store.Tx) error {
		return audit(ctx, tx, who, action, subject, nil, map[string]any{"asked": p.Digests, "places": p.Places})
	})
}

// webshopOf is the inner id of a webshop that the caller sees.
func (s *server) webshopOf(ctx context.Context, who caller, id string) (int64, error) {
	w, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.Webshop, error) { return tx.Webshop(ctx, id) })
	return w.ID, err
}
