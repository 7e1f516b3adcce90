package bol

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// subscription is one address that wants to hear of events.
type subscription struct {
	ID        string   `json:"id"`
	Resources []string `json:"resources"`
	URL       string   `json:"url"`
	Type      string   `json:"subscriptionType"`
	Enabled   bool     `json:"enabled"`
}

var resources = []string{"PROCESS_STATUS", "SHIPMENT", "PRICE_STAR_BOUNDARY", "COMPETING_OFFER", "OFFER_FOR_SALE", "OFFER_NOT_FOR_SALE", "ORDER"}

// signatureKey signs events.
type signatureKey struct {
	id  string
	key *rsa.PrivateKey
}

// signWith is the key that signs now; it is made at the first use.
func (a *Account) signWith() signatureKey {
	if len(a.keys) == 0 {
		a.rotateKey()
	}
	return a.keys[len(a.keys)-1]
}

// rotateKey makes a new key for all later events and drops the former one.
func (a *Account) rotateKey() {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic("bol: make a signature key: " + err.Error())
	}
	a.keys = []signatureKey{{strconv.Itoa(a.keysMade), key}}
	a.keysMade++
}

// listKeys is GET /subscriptions/signature-keys.
func (a *Account) listKeys(*call) answer {
	a.signWith()
	type listed struct {
		ID   string `json:"id"`
		Type string `json:"type"`
		Key  string `json:"publicKey"`
	}
	var rows []listed
	for _, k := range a.keys {
		der, err := x509.MarshalPKIXPublicKey(&k.key.PublicKey)
		if err != nil {
			panic("bol: render a signature key: " + err.Error())
		}
		rows = append(rows, listed{k.id, "RSA", base64.StdEncoding.EncodeToString(der)})
	}
	return says(http.StatusOK, map[string][]listed{"signatureKeys": rows})
}

// readSubscription reads and checks the body of a write.
func readSubscription(c *call) (subscription, *answer) {
	var in subscription
	if p := receive(c, &in); p != nil {
		return in, p
	}
	bad := func(name, reason string) (subscription, *answer) {
		an := refuse(name, reason)
		return in, &an
	}
	target, err := url.Parse(in.URL)
	switch {
	case len(in.Resources) == 0:
		return bad("resources", "must not be empty")
	case slices.ContainsFunc(in.Resources, func(r string) bool { return !slices.Contains(resources, r) }):
		return bad("resources", "names a resource that is not known")
	case in.Type != "WEBHOOK":
		return bad("subscriptionType", "the demo delivers by WEBHOOK only")
	case err != nil || target.Host == "":
		return bad("url", "must be an address")
	}
	return in, nil
}

// createSubscription is POST /subscriptions.
func (a *Account) createSubscription(c *call) answer {
	in, refused := readSubscription(c)
	if refused != nil {
		return *refused
	}
	return a.submit(c, "CREATE_SUBSCRIPTION", "Create a subscription.", func() (string, string) {
		in.ID = a.id()
		a.subscriptions = append(a.subscriptions, &in)
		return in.ID, ""
	})
}

func (a *Account) subscription(id string) *subscription {
	for _, s := range a.subscriptions {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// listSubscriptions is GET /subscriptions.
func (a *Account) listSubscriptions(c *call) answer { return page(c, "subscriptions", a.subscriptions) }

// getSubscription is GET /subscriptions/{id}.
func (a *Account) getSubscription(c *call) answer {
	s := a.subscription(c.id())
	if s == nil {
		return notFound("subscription", c.id())
	}
	return says(http.StatusOK, s)
}

// updateSubscription is PUT /subscriptions/{id}; it also switches one on again.
func (a *Account) updateSubscription(c *call) answer {
	s := a.subscription(c.id())
	if s == nil {
		return notFound("subscription", c.id())
	}
	in, refused := readSubscription(c)
	if refused != nil {
		return *refused
	}
	return a.submit(c, "UPDATE_SUBSCRIPTION", "Update subscription "+s.ID+".", func() (string, string) {
		in.ID = s.ID
		*s = in
		return s.ID, ""
	})
}

// deleteSubscription is DELETE /subscriptions/{id}.
func (a *Account) deleteSubscription(c *call) answer {
	s := a.subscription(c.id())
	if s == nil {
		return notFound("subscription", c.id())
	}
	return a.submit(c, "DELETE_SUBSCRIPTION", "Delete subscription "+s.ID+".", func() (string, string) {
		a.subscriptions = slices.DeleteFunc(a.subscriptions, func(o *subscription) bool { return o == s })
		return s.ID, ""
	})
}

// testSubscription is POST /subscriptions/test/{id}: one event of each of its resources.
func (a *Account) testSubscription(c *call) answer {
	s := a.subscription(c.id())
	if s == nil {
		return notFound("subscription", c.id())
	}
	return a.submit(c, "SEND_SUBSCRIPTION_TST_MSG", "Test subscription "+s.ID+".", func() (string, string) {
		for _, r := range s.Resources {
			a.events.add(eventFor{s, a.signWith(), notice(a, r, "TEST", "0", c.now)})
		}
		return s.ID, ""
	})
}
