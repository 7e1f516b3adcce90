package rest

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
)

// Parse reads a connector.yaml. file names it in problems; compile makes the
// expressions. The error is a *koppel.Error of kind invalid_request whose cause
// is [Problems]: everything that is wrong, at once, each at its place.
func Parse(file string, source []byte, compile CompileFunc) (*Manifest, error) {
	root, problems := readYAML(file, source)
	if root == nil || len(problems) > 0 {
		return nil, problems.asError(file)
	}
	d := &decoder{file: file, compile: compile}
	m := &Manifest{}
	d.decodeInto(root, m, []string{"credentials", "settings", "app", "environment", "version"})
	m.check(d, root)
	if len(d.problems) > 0 {
		return nil, d.problems.asError(file)
	}
	sum := sha256.Sum256(source)
	m.Digest = hex.EncodeToString(sum[:])
	return m, nil
}

var (
	connectorForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{1,62}$`)
	semverForm    = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$`)
	nameForm      = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`)
)

func (m *Manifest) check(d *decoder, root *node) {
	checkForm := func(key, value string, form *regexp.Regexp, want string) {
		if n := root.get(key); n != nil && !form.MatchString(value) {
			d.fail(n, "expected %s, found %q", want, value)
		}
	}
	checkForm("connector", m.Connector, connectorForm, "lower-case letters, digits, - and _")
	checkForm("version", m.Version, semverForm, "a semantic version such as 1.0.0")
	for section, fields := range map[string]Fields{"credentials": m.Credentials, "settings": m.Settings, "app": m.App} {
		for _, f := range fields {
			if !nameForm.MatchString(f.Name) {
				d.fail(root.get(section).get(f.Name), "a name is lower-case letters, digits and _")
			}
		}
	}
	for i := range m.HTTP.Auth {
		m.HTTP.Auth[i].check(d, root, i)
	}
	m.HTTP.check(d, root.get("http"))
	m.checkCaptures(d, root.get("http").get("capture"))
	m.checkEnvironments(d, root)
	m.checkWebhooks(d, root.get("webhooks"))
}

func (a *Auth) check(d *decoder, root *node, i int) {
	n := root.get("http").get("auth")
	if n != nil && n.kind == listNode && i < len(n.items) {
		n = n.items[i]
	}
	kinds := 0
	for _, given := range []bool{a.None, len(a.Header) > 0, len(a.Query) > 0, a.Basic != nil, a.OAuth1 != nil, a.ClientCredentials != nil, a.OAuth2 != nil} {
		if given {
			kinds++
		}
	}
	if n != nil && kinds != 1 {
		d.fail(n, "exactly one of none, header, query, basic, oauth1, client_credentials and oauth2 belongs here")
	}
	if way := a.ClientCredentials; way != nil {
		checkBuckets(d, n.get("client_credentials").get("budget"), way.Budget)
	}
	if way := a.OAuth2; way != nil {
		n = n.get("oauth2")
		checkBuckets(d, n.get("budget"), way.Budget)
		if way.KeepAlive > 0 && way.Refresh == nil {
			d.fail(n.get("keep_alive"), "keep_alive needs refresh: what keeps the connection alive is a renewal")
		}
		if r := way.Refresh; r != nil && r.TooEarly != nil && len(r.TooEarly.Status) == 0 && len(r.TooEarly.Headers) == 0 && r.TooEarly.When == nil {
			d.fail(n.get("refresh").get("too_early"), "give status, header or when, by which the answer is known")
		}
	}
}

func (h *HTTP) check(d *decoder, n *node) {
	if n == nil {
		return
	}
	if h.Check != nil {
		checkTarget(d, n.get("check"), h.Check, "get", "post")
	}
	if h.Detect != nil {
		checkTarget(d, n.get("detect").get("version"), &h.Detect.Version.Request, "get", "post")
	}
	checkBuckets(d, n.get("budget").get("buckets"), h.Budget.Buckets)
	h.checkOperations(d)
}

func joinWords(words []string) string {
	text := ""
	for i, word := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			text += " and "
		default:
			text += ", "
		}
		text += word
	}
	return text
}
