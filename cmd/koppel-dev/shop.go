package main

import (
	"context"
	"fmt"
	"net"

	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

// The demo shop's key pair. It is known to everybody: the shop is on loopback and holds nothing.
const shopKey, shopSecret = "ck_demo", "cs_demo"

// shopState is the state as this start makes it.
type shopState struct {
	state
	moved bool // the shop listens elsewhere than the coupling was told
}

// openShop starts the demo shop with what happened to it in earlier starts, where it was if that port is free.
func (p *platform) openShop(ctx context.Context, r *running, opts options, say func(string)) (shopState, error) {
	earlier, err := p.home.loadState()
	if err != nil {
		return shopState{}, err
	}
	shape, err := opts.shapeOf(p.home, earlier)
	if err != nil {
		return shopState{}, err
	}
	if earlier == nil {
		// Kept before anything is made from it: a start that is killed is gone on with in the same shape.
		earlier = &state{Shop: shape}
		if err := p.home.saveState(*earlier); err != nil {
			return shopState{}, err
		}
	}
	cfg := shape.config()
	cfg.Key, cfg.Secret, cfg.Journal = shopKey, shopSecret, p.home.path(journalFile)
	if p.shop, err = demoshop.New(cfg); err != nil {
		return shopState{}, err
	}
	ln, err := listenAgain(opts.ports.shop, earlier, say)
	if err != nil {
		return shopState{}, err
	}
	r.run(ctx, "demo shop", func(ctx context.Context) error { return p.shop.ServeListener(ctx, ln) })
	st := shopState{state: state{Shop: shape, ShopPort: portOf(ln)}}
	st.moved = earlier.ShopPort != st.ShopPort
	return st, nil
}

// listenAgain prefers the port of the last time when any will do, so that the coupling's address stays good.
func listenAgain(port int, earlier *state, say func(string)) (net.Listener, error) {
	if port == 0 && earlier.ShopPort != 0 {
		if ln, err := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(earlier.ShopPort))); err == nil {
			return ln, nil
		}
	}
	return listen("demo shop", "shop-port", port, say)
}

// credentials are what the coupling needs to reach the demo shop.
func (p *platform) credentials() client.Credentials {
	return client.Credentials{"store_url": p.urls.DemoShop, "consumer_key": shopKey, "consumer_secret": shopSecret}
}
