package rest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// TransportConfig configures a Transport; the zero value is the strictest.
type TransportConfig struct {
	// Allow lists networks (10.0.0.0/8), addresses and host names that may be
	// reached although they are not public. The operator sets it.
	Allow []string
	// UserAgent is sent where the manifest names none; "Koppel/1" when empty.
	UserAgent string
	// Timeout is the limit of one request, body included, where the manifest
	// gives none; 60 s when zero.
	Timeout time.Duration
	// MaxBody is the largest body, decompressed, where the manifest gives none; 32 MiB when zero.
	MaxBody int64
	// Connections is the most connections to one host; 16 when zero.
	Connections int
	// Roots are the certificate authorities to trust; the system's when nil.
	Roots *x509.CertPool
	// Network, where given, answers requests in place of the network: recorded
	// exchanges, for a connector's golden cases.
	Network http.RoundTripper
}

// Transport is the one way out: every request of the product to somebody
// else's address goes through it. It pools connections, decompresses gzip,
// refuses addresses that are not public and redirects to another host, and
// carries the limits of sizes and times. It is safe for concurrent use.
type Transport struct {
	config TransportConfig
	guard  *addressGuard
	pool   *http.Transport
	tokens tokenCache
}

// NewTransport makes a Transport. It fails when Allow cannot be read.
func NewTransport(config TransportConfig) (*Transport, error) {
	guard, err := newAddressGuard(config.Allow)
	if err != nil {
		return nil, err
	}
	if config.UserAgent == "" {
		config.UserAgent = "Koppel/1"
	}
	if config.Timeout <= 0 {
		config.Timeout = koppel.DefaultDurations().Request
	}
	if config.MaxBody <= 0 {
		config.MaxBody = 32 << 20
	}
	if config.Connections <= 0 {
		config.Connections = 16
	}
	t := &Transport{config: config, guard: guard}
	t.pool = &http.Transport{
		DialContext:            t.dial,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    config.Connections,
		MaxConnsPerHost:        config.Connections,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		TLSClientConfig:        &tls.Config{RootCAs: config.Roots, MinVersion: tls.VersionTLS12},
	}
	return t, nil
}

// dial connects to public addresses and to those that the operator allows.
func (t *Transport) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if !t.guard.allowsHost(host) {
		dialer.Control = t.guard.control
	}
	return dialer.DialContext(ctx, network, address)
}

// RoundTrip implements http.RoundTripper over the guarded pool.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.config.Network != nil {
		return t.config.Network.RoundTrip(r)
	}
	return t.pool.RoundTrip(r)
}

// Client returns an http.Client over the transport with its redirect rules and
// its time limit, for callers that speak HTTP themselves. They must cap what
// they read of a body.
func (t *Transport) Client() *http.Client {
	return &http.Client{Transport: t, CheckRedirect: checkRedirect, Timeout: t.config.Timeout}
}

// Close drops idle connections.
func (t *Transport) Close() { t.pool.CloseIdleConnections() }

const maxRedirects = 3

// checkRedirect follows a few redirects of a GET within one host and never
// from https to http: credentials travel with the request.
func checkRedirect(r *http.Request, via []*http.Request) error {
	from := via[0].URL
	refuse := func(why string) error {
		return koppel.E(koppel.KindBlockedAddress, "follow redirect", fmt.Sprintf("%s answers with a redirect to %s: %s", from.Host, r.URL.Host, why))
	}
	switch {
	case via[0].Method != http.MethodGet && via[0].Method != http.MethodHead:
		return refuse("only reads are redirected")
	case r.URL.Hostname() != from.Hostname():
		return refuse("another host; enter that address in the credentials if it is the right one")
	case r.URL.Scheme != from.Scheme && r.URL.Scheme != "https":
		return refuse("from https to " + r.URL.Scheme)
	case r.URL.Scheme == from.Scheme && r.URL.Port() != from.Port():
		return refuse("another port")
	case len(via) > maxRedirects:
		return refuse("too many redirects")
	}
	return nil
}
