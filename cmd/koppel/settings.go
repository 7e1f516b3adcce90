package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/cmd/process"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/notify"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/temporal"
)

// settings is the whole configuration of the processes, from the environment.
type settings struct {
	Database, EngineDatabase, OwnerDatabase koppel.Secret
	Connections                             int
	Keys                                    *store.Keys
	Temporal                                temporal.Config
	CodecToken                              koppel.Secret
	CodecOrigin                             string
	Listen, PublicURL                       string
	Allow                                   []string
	Concurrency                             temporal.Concurrency
	Memory                                  int64
	Mail                                    notify.Mail
	Log                                     *slog.Logger
}

// needs says which settings a command cannot do without.
type needs struct{ database, engine, owner, keyset bool }

// environment is the documentation of every variable, in the order of the help.
var environment = []struct{ name, doc string }{
	{"KOPPEL_DATABASE_URL", "PostgreSQL as koppel_app, for server, migrate and doctor: postgres://koppel_app:…@host:5432/koppel"},
	{"KOPPEL_ENGINE_DATABASE_URL", "PostgreSQL as koppel_engine, for worker and doctor"},
	{"KOPPEL_OWNER_DATABASE_URL", "PostgreSQL as the owner of the database, for migrate"},
	{"KOPPEL_DATABASE_CONNECTIONS", "most connections of a process to PostgreSQL (10)"},
	{"KOPPEL_KEYSET", "master keys that seal credentials, id=base64 each, the first seals: koppel doctor --new-master-key"},
	{"KOPPEL_TEMPORAL_ADDRESS", "host:port of Temporal (127.0.0.1:7233)"},
	{"KOPPEL_TEMPORAL_NAMESPACE", "namespace in Temporal (default)"},
	{"KOPPEL_TEMPORAL_TLS", "true: TLS with the system's roots"},
	{"KOPPEL_TEMPORAL_TLS_CA", "file of roots for TLS"},
	{"KOPPEL_TEMPORAL_TLS_CERT", "file of the client's certificate"},
	{"KOPPEL_TEMPORAL_TLS_KEY", "file of the client's key"},
	{"KOPPEL_TEMPORAL_TLS_SERVER_NAME", "name that the cluster's certificate must have"},
	{"KOPPEL_TEMPORAL_API_KEY", "API key of a managed cluster"},
	{"KOPPEL_TEMPORAL_CODEC_KEYS", "keys that encrypt what Temporal stores, id=base64 each, the first encrypts"},
	{"KOPPEL_TEMPORAL_CODEC_TOKEN", "token with which the Temporal UI may decrypt at the server's /codec/"},
	{"KOPPEL_TEMPORAL_UI_ORIGIN", "origin of that UI, such as https://temporal.example.com"},
	{"KOPPEL_LISTEN", "host:port where the server listens (127.0.0.1:8080)"},
	{"KOPPEL_PUBLIC_URL", "address of the server as people reach it, for connect links, and with https:// for cookies that travel by TLS only; as remotes reach it, for webhooks: server (http:// and where it listens) and worker (none: no webhooks)"},
	{"KOPPEL_ALLOW_ADDRESSES", "networks, addresses and hosts that are not public and may be reached all the same, by commas"},
	{"KOPPEL_CONCURRENCY_INTERACTIVE", "activities at once of a worker for what people wait for (20)"},
	{"KOPPEL_CONCURRENCY_INCREMENTAL", "… for incremental reads (8)"},
	{"KOPPEL_CONCURRENCY_BACKFILL", "… for full reads (4)"},
	{"KOPPEL_CONCURRENCY_PUSH", "… for writes to remote systems (8)"},
	{"KOPPEL_MEMORY_MIB", "most MiB of pages that a worker holds at once (64)"},
	{"KOPPEL_SMTP_HOST", "mail server by which notices leave, for server and worker; no e-mail is sent without it"},
	{"KOPPEL_SMTP_PORT", "its port (587; 465 with implicit TLS)"},
	{"KOPPEL_SMTP_TLS", "starttls (nothing is sent without it), implicit, or none for a server in the same network (starttls)"},
	{"KOPPEL_SMTP_USER", "user at the mail server; nobody logs in without one"},
	{"KOPPEL_SMTP_PASSWORD", "that user's password"},
	{"KOPPEL_SMTP_FROM", "address that notices come from, such as koppel@example.com"},
	{"KOPPEL_LOG_LEVEL", "debug, info, warn or error (info)"},
	{"KOPPEL_LOG_FORMAT", "json or text (json; text on a terminal)"},
}

// environmentHelp lists the variables for a help text.
func environmentHelp() string {
	var text strings.Builder
	text.WriteString("Environment (a secret NAME may stand in a file instead: NAME_FILE):\n")
	for _, v := range environment {
		fmt.Fprintf(&text, "  %-32s %s\n", v.name, v.doc)
	}
	return text.String()
}

// settings reads the environment; the error names every problem at once.
func (p *program) settings(need needs) (settings, error) {
	r := &reader{env: p.env}
	s := settings{
		Database:       r.secret("KOPPEL_DATABASE_URL", need.database),
		EngineDatabase: r.secret("KOPPEL_ENGINE_DATABASE_URL", need.engine),
		OwnerDatabase:  r.secret("KOPPEL_OWNER_DATABASE_URL", need.owner),
		Connections:    r.count("KOPPEL_DATABASE_CONNECTIONS", 1000),
		Keys:           r.keyset("KOPPEL_KEYSET", need.keyset),
		Temporal: temporal.Config{
			Address:   r.address("KOPPEL_TEMPORAL_ADDRESS"),
			Namespace: r.env["KOPPEL_TEMPORAL_NAMESPACE"],
			TLS: temporal.TLS{
				On: r.flag("KOPPEL_TEMPORAL_TLS"), CAFile: r.env["KOPPEL_TEMPORAL_TLS_CA"], CertFile: r.env["KOPPEL_TEMPORAL_TLS_CERT"],
				KeyFile: r.env["KOPPEL_TEMPORAL_TLS_KEY"], ServerName: r.env["KOPPEL_TEMPORAL_TLS_SERVER_NAME"],
			},
			APIKey: r.secret("KOPPEL_TEMPORAL_API_KEY", false),
			Codec:  r.codec("KOPPEL_TEMPORAL_CODEC_KEYS"),
		},
		CodecToken:  r.secret("KOPPEL_TEMPORAL_CODEC_TOKEN", false),
		CodecOrigin: r.env["KOPPEL_TEMPORAL_UI_ORIGIN"],
		Listen:      r.address("KOPPEL_LISTEN"),
		PublicURL:   r.url("KOPPEL_PUBLIC_URL"),
		Allow:       r.allow("KOPPEL_ALLOW_ADDRESSES"),
		Concurrency: temporal.Concurrency{
			Interactive: r.count("KOPPEL_CONCURRENCY_INTERACTIVE", 10_000), Incremental: r.count("KOPPEL_CONCURRENCY_INCREMENTAL", 10_000),
			Backfill: r.count("KOPPEL_CONCURRENCY_BACKFILL", 10_000), Push: r.count("KOPPEL_CONCURRENCY_PUSH", 10_000),
		},
		Memory: int64(r.count("KOPPEL_MEMORY_MIB", 1<<20)) << 20,
	}
	s.Mail = r.mail()
	s.Log = r.log(p)
	if tls := s.Temporal.TLS; (tls.CertFile == "") != (tls.KeyFile == "") {
		r.problem("KOPPEL_TEMPORAL_TLS_CERT and KOPPEL_TEMPORAL_TLS_KEY go together: give both or neither")
	}
	if s.CodecToken.IsZero() != (s.CodecOrigin == "") {
		r.problem("KOPPEL_TEMPORAL_CODEC_TOKEN and KOPPEL_TEMPORAL_UI_ORIGIN go together: give both or neither")
	}
	return s, r.err()
}

// process is what server and worker have in common.
func (s settings) process(database koppel.Secret) process.Config {
	return process.Config{
		Database: database, Connections: s.Connections, Keys: s.Keys, Temporal: s.Temporal,
		Allow: s.Allow, Mail: s.Mail, Version: version, Log: s.Log,
	}
}

// reader reads variables and gathers what is wrong with them.
type reader struct {
	env      map[string]string
	problems []error
}

func (r *reader) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf(format, args...))
}

func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return &misconfigured{r.problems}
}

// misconfigured is everything that is wrong with the environment.
type misconfigured struct{ problems []error }

func (m *misconfigured) Error() string {
	return "the environment is not right:\n" + errors.Join(m.problems...).Error()
}

// secret reads NAME, or the file that NAME_FILE names.
func (r *reader) secret(name string, needed bool) koppel.Secret {
	text, file := r.env[name], r.env[name+"_FILE"]
	switch {
	case text != "" && file != "":
		r.problem("%s and %s_FILE are both set: take one away", name, name)
	case file != "":
		read, err := os.ReadFile(file)
		if err != nil {
			r.problem("%s_FILE: %v", name, err)
		}
		text = strings.TrimSpace(string(read))
	}
	if text == "" && file == "" && needed {
		r.problem("%s is not set: %s", name, docOf(name))
	}
	return koppel.NewSecret(text)
}

func docOf(name string) string {
	for _, v := range environment {
		if v.name == name {
			return v.doc
		}
	}
	return ""
}

func (r *reader) keyset(name string, needed bool) *store.Keys {
	text := r.secret(name, needed)
	if text.IsZero() {
		return nil
	}
	keys, err := store.ParseKeys(text.Reveal())
	if err != nil {
		r.problem("%s: %s", name, koppel.DetailOf(err))
	}
	return keys
}

// codec reads id=base64 keys by commas or lines; the first encrypts.
func (r *reader) codec(name string) *temporal.Codec {
	text := r.secret(name, false)
	if text.IsZero() {
		return nil
	}
	primary, keys := "", map[string][]byte{}
	for i, entry := range strings.FieldsFunc(text.Reveal(), func(c rune) bool { return c == ',' || c == '\n' }) {
		id, encoded, ok := strings.Cut(strings.TrimSpace(entry), "=")
		key, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || id == "" || err != nil || len(key) != 32 {
			r.problem("%s: entry %d does not read id=key, with a key of 32 bytes in base64", name, i+1)
			return nil
		}
		if primary == "" {
			primary = id
		}
		keys[id] = key
	}
	codec, err := temporal.NewCodec(primary, keys)
	if err != nil {
		r.problem("%s: %s", name, koppel.DetailOf(err))
	}
	return codec
}

func (r *reader) address(name string) string {
	text := r.env[name]
	if text == "" {
		return ""
	}
	if _, port, err := net.SplitHostPort(text); err != nil || port == "" {
		r.problem("%s: %q does not read host:port", name, text)
	}
	return text
}

// url reads an address that browsers open.
func (r *reader) url(name string) string {
	text := strings.TrimRight(r.env[name], "/")
	if text == "" {
		return ""
	}
	if u, err := url.Parse(text); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.User != nil {
		r.problem("%s: %q is no address such as https://koppel.example.com", name, text)
	}
	return text
}

func (r *reader) flag(name string) bool {
	text := r.env[name]
	if text == "" {
		return false
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		r.problem("%s: %q is neither true nor false", name, text)
	}
	return on
}

func (r *reader) count(name string, most int) int {
	text := r.env[name]
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		r.problem("%s: %q is no number from 1 to %d", name, text, most)
		return 0
	}
	return n
}

func (r *reader) allow(name string) []string {
	text := r.env[name]
	if text == "" {
		return nil
	}
	list := strings.Split(text, ",")
	if _, err := rest.NewTransport(rest.TransportConfig{Allow: list}); err != nil {
		r.problem("%s: %s", name, koppel.DetailOf(err))
	}
	return list
}

func (r *reader) log(p *program) *slog.Logger {
	var level slog.Level
	if text := r.env["KOPPEL_LOG_LEVEL"]; text != "" && level.UnmarshalText([]byte(text)) != nil {
		r.problem("KOPPEL_LOG_LEVEL: %q is none of debug, info, warn, error", text)
	}
	options := &slog.HandlerOptions{Level: level}
	format := r.env["KOPPEL_LOG_FORMAT"]
	if format == "" && terminal(p.err) != nil {
		format = "text"
	}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(p.err, options))
	case "", "json":
	default:
		r.problem("KOPPEL_LOG_FORMAT: %q is neither json nor text", format)
	}
	return slog.New(slog.NewJSONHandler(p.err, options))
}
