package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// host is the only address anything listens on.
const host = "127.0.0.1"

// nextPorts is how many ports after a taken one are tried.
const nextPorts = 20

// ports are the ports a person expects; a flag changes one, 0 takes a free one.
type ports struct {
	api, temporal, ui, shop int
}

var friendlyPorts = ports{api: 8080, temporal: 7233, ui: 8233, shop: 8090}

// listen opens a listener on port, or on the next free one after it, which say tells. Port 0 takes any.
func listen(what, flag string, port int, say func(string)) (net.Listener, error) {
	for p := port; ; p++ {
		ln, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(p)))
		switch {
		case err == nil && p != port:
			say(fmt.Sprintf("port %d of the %s is taken: using %d (choose one with --%s)", port, what, p, flag))
			return ln, nil
		case err == nil:
			return ln, nil
		case port == 0 || p-port >= nextPorts || p >= 65535 || !errors.Is(err, syscall.EADDRINUSE):
			return nil, fmt.Errorf("listen for the %s: %w: choose another port with --%s", what, err, flag)
		}
	}
}

// choose gives the number of a port that is free now, for servers that open their own listener; 0 stays 0, which
// lets them choose.
func choose(what, flag string, port int, say func(string)) (int, error) {
	if port == 0 {
		return 0, nil
	}
	ln, err := listen(what, flag, port, say)
	if err != nil {
		return 0, err
	}
	return portOf(ln), ln.Close()
}

func portOf(ln net.Listener) int {
	addr, ok := ln.Addr().(*net.TCPAddr)
	if !ok {
		return 0
	}
	return addr.Port
}
