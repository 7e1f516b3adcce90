package api

import (
	"context"
	"net/url"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

type newConnectLink struct {
	ByID
	Body *struct {
		Hours    int    `json:"hours,omitempty" minimum:"1" maximum:"720" doc:"How long the link works; a week when absent"`
		ReturnTo string `json:"return_to,omitempty" maxLength:"2000" doc:"https address that the last page leads back to"`
		Activate *bool  `json:"activate,omitempty" doc:"A draft is activated once it is connected; true when absent"`
	} `required:"false"`
}

// connectLink is a link that a customer opens to connect the remote account.
type connectLink struct {
	URL       string    `json:"url" format:"uri" doc:"Send it to the customer and to nobody else: whoever opens it can connect an account"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (s *server) createConnectLink(ctx context.Context, who caller, in *newConnectLink) (connectLink, error) {
	const op = "make connect link"
	c, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return connectLink{}, err
	}
	n := store.NewConnectLink{Coupling: c.UUID, CreatedBy: who.name(), Activate: true}
	if b := in.Body; b != nil {
		n.Lifetime, n.ReturnTo = time.Duration(b.Hours)*time.Hour, b.ReturnTo
		if b.Activate != nil {
			n.Activate = *b.Activate
		}
		if b.ReturnTo != "" && !leadsBack(b.ReturnTo) {
			bad := &fieldErrors{}
			bad.add("body.return_to", "must be an https address")
			return connectLink{}, bad.err(op)
		}
	}
	connector, err := s.connectorOf(ctx, c)
	if err != nil {
		return connectLink{}, err
	}
	if len(connector.Credentials) == 0 && !connector.HasLogin() {
		return connectLink{}, koppel.E(koppel.KindConflict, op, "connector "+c.Connector+" needs no credentials; activate it: koppel coupling activate "+c.UUID)
	}
	var link store.ConnectLink
	err = s.Store.InTx(ctx, scope, func(tx *store.Tx) error {
		if link, err = tx.CreateConnectLink(ctx, n); err != nil {
			return err
		}
		return audit(ctx, tx, who, "coupling.connect_link", c.UUID, nil, map[string]any{"link": link.UUID, "expires_at": link.ExpiresAt})
	})
	if err != nil {
		return connectLink{}, err
	}
	token, err := s.Store.LinkToken(link)
	return connectLink{URL: s.PublicURL + "/connect/" + token, ExpiresAt: link.ExpiresAt}, err
}

// leadsBack reports whether a page may lead back to the address: https, or the
// machine's own http.
func leadsBack(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	host := u.Hostname()
	return u.Scheme == "https" || u.Scheme == "http" && (host == "localhost" || host == "127.0.0.1" || host == "::1")
}
