package main

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/google/uuid"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// How few characters of an id name it, and among how many it is looked for.
const (
	idTail   = 6
	idAmong  = 2000
	idAtOnce = 500
)

// id finds the id that a person means: the whole of it, or its end, which is
// the random part of a UUIDv7, among those that list gives.
func id(what, given string, list iter.Seq2[string, error]) (string, error) {
	given = strings.ToLower(given)
	if uuid.Validate(given) == nil {
		return given, nil
	}
	if len(given) < idTail || strings.Trim(given, "0123456789abcdef-") != "" {
		return "", usagef("%q is no id of a %s: give the whole id or its last %d characters or more", given, what, idTail)
	}
	var (
		found []string
		seen  int
	)
	for candidate, err := range list {
		if err != nil {
			return "", err
		}
		if strings.HasSuffix(candidate, given) {
			found = append(found, candidate)
		}
		if seen++; seen == idAmong {
			break
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", koppel.E(koppel.KindNotFound, "find "+what, fmt.Sprintf("no %s of the newest %d that the key may see ends in %q", what, seen, given))
	}
	return "", usagef("%q is the end of several ids: %s", given, strings.Join(found, ", "))
}

// ids gives the ids of a list, page after page.
func ids[T any](ctx context.Context, list func(context.Context, client.Page) (client.List[T], error), of func(T) string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for item, err := range client.All(ctx, client.Page{Limit: idAtOnce}, list) {
			if err != nil {
				yield("", err)
				return
			}
			if !yield(of(item), nil) {
				return
			}
		}
	}
}

func webshopID(ctx context.Context, c *client.Client, given string) (string, error) {
	if given == "" {
		return "", nil
	}
	return id("webshop", given, ids(ctx, c.Webshops, func(w client.Webshop) string { return w.ID }))
}

func couplingID(ctx context.Context, c *client.Client, given string) (string, error) {
	if given == "" {
		return "", nil
	}
	list := func(ctx context.Context, page client.Page) (client.List[client.Coupling], error) {
		return c.Couplings(ctx, client.CouplingFilter{Page: page})
	}
	return id("coupling", given, ids(ctx, list, func(c client.Coupling) string { return c.ID }))
}

func runID(ctx context.Context, c *client.Client, given string) (string, error) {
	list := func(ctx context.Context, page client.Page) (client.List[client.Run], error) {
		return c.Runs(ctx, client.RunFilter{Page: page})
	}
	return id("run", given, ids(ctx, list, func(r client.Run) string { return r.ID }))
}

func objectID(ctx context.Context, c *client.Client, object koppel.Object, given string) (string, error) {
	list := func(ctx context.Context, page client.Page) (client.List[client.Object], error) {
		return c.Objects(ctx, object, client.ObjectFilter{Page: page})
	}
	return id(string(object)+" object", given, ids(ctx, list, func(o client.Object) string { return o.ID }))
}

func parkedID(ctx context.Context, c *client.Client, given string, resolved bool) (string, error) {
	list := func(ctx context.Context, page client.Page) (client.List[client.Parked], error) {
		return c.Parked(ctx, client.ParkedFilter{Page: page, Resolved: resolved})
	}
	return id("parked record", given, ids(ctx, list, func(p client.Parked) string { return p.ID }))
}

func keyID(ctx context.Context, c *client.Client, given string) (string, error) {
	return id("key", given, ids(ctx, c.Keys, func(k client.Key) string { return k.ID }))
}
