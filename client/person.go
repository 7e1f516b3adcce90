package client

import (
	"context"
	"net/http"

	"github.com/koppel-io/koppel"
)

// AskedPerson is by what a person is looked for; at least one is given.
type AskedPerson struct {
	Email string `json:"email,omitempty"`
	// Phone is compared by its last nine digits.
	Phone string `json:"phone,omitempty"`
	// Name is first and last name.
	Name string `json:"name,omitempty"`
	// RemoteID is the remote's id of the customer.
	RemoteID string `json:"remote_id,omitempty"`
}

// Person is what was found of a person, or erased.
type Person struct {
	Erased bool                 `json:"erased"`
	Places []koppel.PersonPlace `json:"places"`
	// Stays is what erasing does not reach.
	Stays []string `json:"stays"`
}

// FindPerson counts where a person's data stands: POST /webshops/{id}/people/find.
func (c *Client) FindPerson(ctx context.Context, webshop string, p AskedPerson) (Person, error) {
	return send[Person](ctx, c, http.MethodPost, at("webshops", webshop, "people", "find"), p)
}

// ErasePerson erases a person's data: POST /webshops/{id}/people/erase.
func (c *Client) ErasePerson(ctx context.Context, webshop string, p AskedPerson) (Person, error) {
	return send[Person](ctx, c, http.MethodPost, at("webshops", webshop, "people", "erase"), p)
}
