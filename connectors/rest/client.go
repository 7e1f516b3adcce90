package rest

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
)

// ExchangeSink keeps captured failed exchanges. The store implements it.
type ExchangeSink interface {
	// SaveExchange stores e and returns its id.
	SaveExchange(ctx context.Context, e koppel.Exchange) (int64, error)
}

// ClientConfig configures a Client.
type ClientConfig struct {
	Manifest    *Manifest
	Credentials map[string]koppel.Secret
	// App is our own partner app at the remote, in the credential's environment.
	App map[string]koppel.Secret
	// Captured are the values that were read, or chosen, after the login.
	Captured map[string]any
	// Settings of the coupling; the manifest's defaults fill what is absent.
	Settings map[string]any
	// Version of the remote, as Detect found it; empty when unknown.
	Version   string
	Transport *Transport
	// Leaser shares the budget among workers; nil paces in this process only.
	Leaser Leaser
	// Exchanges keeps failed exchanges; nil keeps none.
	Exchanges ExchangeSink
	// Trace is shown every exchange that succeeded, redacted and cut as a
	// failed one is kept; nil shows none. For people who try a connector.
	Trace func(koppel.Exchange)
	// Tokens keeps the credential's tokens; nil keeps them in the Transport.
	Tokens TokenStore
	// CredentialKey names the credential in budgets.
	CredentialKey string
	// Durations; DefaultDurations where zero.
	Durations koppel.Durations
	// Log; discarded when nil.
	Log *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Client speaks to one remote account. It is safe for concurrent use.
type Client struct {
	manifest      *Manifest
	transport     *Transport
	env           map[string]any
	version       string
	credentialKey string
	base          *url.URL
	userAgent     string
	auth          authorizer
	budget        *budget
	// operations have budgets of their own beside it.
	operations map[OperationName]*budget
	tokens     TokenStore
	exchanges  ExchangeSink
	trace      func(koppel.Exchange)
	redact     *redactor
	durations  koppel.Durations
	timeout    time.Duration
	maxBody    int64
	log        *slog.Logger
	now        func() time.Time
}

// NewClient makes a Client. It fails with invalid_request when the credentials
// or settings do not make a usable address or authorization.
func NewClient(config ClientConfig) (*Client, error) {
	m := config.Manifest
	c := &Client{
		manifest: m, transport: config.Transport, version: config.Version, credentialKey: config.CredentialKey,
		exchanges: config.Exchanges, trace: config.Trace, tokens: config.Tokens, durations: config.Durations, log: config.Log,
		redact: newRedactor(), now: config.Now,
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.tokens == nil {
		c.tokens = config.Transport.tokens.of(c.credentialKey)
	}
	if c.durations == (koppel.Durations{}) {
		c.durations = koppel.DefaultDurations()
	}
	c.timeout = cmp.Or(m.HTTP.Timeout, config.Transport.config.Timeout)
	c.maxBody = cmp.Or(int64(m.HTTP.MaxBody), config.Transport.config.MaxBody)
	c.redact.addCredentials(m.Credentials, config.Credentials)
	c.redact.addCredentials(m.App, config.App)
	var err error
	if c.env, err = environment(m, config); err == nil {
		err = c.setUp(config)
	}
	if err != nil {
		return nil, &koppel.Error{Kind: koppel.KindInvalidRequest, Op: "open connector " + m.Connector, Detail: c.redact.text(koppel.DetailOf(err))}
	}
	return c, nil
}

// environment holds what every expression may use.
func environment(m *Manifest, config ClientConfig) (map[string]any, error) {
	credentials := maps.Clone(config.Captured)
	if credentials == nil {
		credentials = map[string]any{}
	}
	for _, f := range m.Credentials {
		credentials[f.Name] = f.Default
	}
	for name, value := range config.Credentials {
		credentials[name] = strings.TrimSpace(value.Reveal())
	}
	for _, f := range m.Credentials {
		if text, ok := credentials[f.Name].(string); ok && f.Type == koppel.SettingURL {
			credentials[f.Name] = strings.TrimRight(text, "/")
		}
	}
	settings := map[string]any{}
	for _, f := range m.Settings {
		settings[f.Name] = f.Default
	}
	maps.Copy(settings, config.Settings)
	app := map[string]any{}
	for _, f := range m.App {
		app[f.Name] = f.Default
	}
	for name, value := range config.App {
		app[name] = strings.TrimSpace(value.Reveal())
	}
	chosen, err := m.environmentOf(m.Environment(config.Credentials), credentials)
	return map[string]any{
		"credentials": credentials, "settings": settings, "app": app, "environment": chosen, "version": config.Version,
	}, err
}

func (c *Client) setUp(config ClientConfig) error {
	h := &c.manifest.HTTP
	for _, f := range c.manifest.Credentials {
		if value := c.env["credentials"].(map[string]any)[f.Name]; !f.Optional && (value == nil || value == "") {
			return koppel.E(koppel.KindInvalidRequest, "", "the credential field "+f.Name+" is empty")
		}
	}
	for _, f := range c.manifest.App {
		if value := c.env["app"].(map[string]any)[f.Name]; !f.Optional && (value == nil || value == "") {
			environment := c.manifest.Environment(config.Credentials)
			return koppel.E(koppel.KindInvalidRequest, "", fmt.Sprintf("our own app has no %s at %s (%s) yet: koppel app-credential set %s --environment %s",
				f.Name, c.manifest.Name, environment, c.manifest.Connector, environment))
		}
	}
	base, err := h.Base.render(c.env, nil)
	if err != nil {
		return err
	}
	c.base, err = url.Parse(base)
	if err != nil || c.base.Host == "" || c.base.Scheme != "http" && c.base.Scheme != "https" || c.base.User != nil {
		return koppel.E(koppel.KindInvalidRequest, "", "the address "+base+" is not one like https://shop.example")
	}
	c.userAgent = c.transport.config.UserAgent
	if h.UserAgent.Source() != "" {
		own, err := h.UserAgent.render(c.env, nil)
		if err != nil {
			return err
		}
		c.userAgent = cmp.Or(own, c.userAgent)
	}
	key := c.credentialKey
	if h.Budget.Key != nil {
		value, err := h.Budget.Key.eval(with(c.env, "credential", c.credentialKey))
		if err != nil {
			return err
		}
		key = textOf(value)
	}
	if err := c.setBudgets(c.manifest.Connector+"/"+key, config.Leaser); err != nil {
		return err
	}
	if c.budget.permits != nil {
		c.budget.permits = newPermits(c.budget, c.durations.Heartbeat, c.timeout)
	}
	c.auth, err = c.chooseAuth()
	return err
}

// Close gives back what the client holds of shared budgets. The client may be
// used again afterwards.
func (c *Client) Close() {
	if c.budget.permits != nil {
		c.budget.permits.close()
	}
}

// Stream returns the stream as it applies to the remote's version and the
// coupling's settings; the error is invalid_request when there is none of the name.
func (c *Client) Stream(name string) (*Stream, error) {
	s := c.manifest.Stream(name)
	if s == nil {
		return nil, koppel.E(koppel.KindInvalidRequest, "choose stream", "connector "+c.manifest.Connector+" has no stream "+name)
	}
	for _, v := range s.variants {
		if v.version != nil && !v.version.allows(c.version) {
			continue
		}
		if v.when != nil {
			holds, err := v.when.holds(c.env)
			if err != nil {
				return nil, &koppel.Error{Kind: koppel.KindInvalidRequest, Op: "choose stream " + name, Detail: c.redact.text(err.Error())}
			}
			if !holds {
				continue
			}
		}
		return v.stream, nil
	}
	return s, nil
}

// resolve makes a path into an address below base; a whole address stays.
func (c *Client) resolve(path string) (*url.URL, error) {
	if strings.HasPrefix(path, "https://") || strings.HasPrefix(path, "http://") {
		return url.Parse(path)
	}
	path, query, _ := strings.Cut(path, "?")
	whole := strings.TrimRight(c.base.String(), "/")
	if c.base.RawQuery != "" || c.base.Fragment != "" {
		return nil, koppel.E(koppel.KindInvalidRequest, "", "the address "+whole+" must have no ? and no #")
	}
	u, err := url.Parse(whole + "/" + strings.TrimLeft(path, "/"))
	if err != nil {
		return nil, err
	}
	u.RawQuery = query
	return u, nil
}
