package devserver

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
)

// Config says what to run. The zero value is a server in memory on a free port, without a UI.
type Config struct {
	DBPath    string // SQLite file, made when absent, in a directory that exists; "": in memory
	Host      string // loopback address to listen on; "": 127.0.0.1
	Port      int    // frontend (gRPC) port; 0: a free one
	UI        bool   // serve the web UI
	UIPort    int    // UI port, which also switches the UI on; 0: a free one when UI is set
	Namespace string // the namespace that is made; "": default
	// Namespaces are made beside Namespace, with the same search attributes; tests give each platform its own.
	Namespaces []string
	Retention  time.Duration // how long closed workflows are kept, at least an hour; 0: 24 hours. Fixed when the namespace is made

	// SearchAttributes of the namespace by name; nil: SearchAttributes(). One that is new to an existing file is
	// added, none is taken away. A namespace has room for three KeywordLists and ten Keywords.
	SearchAttributes map[string]enumspb.IndexedValueType

	// CodecEndpoint is the URL where the UI's page decodes payloads; "": none.
	CodecEndpoint string

	Log *slog.Logger // gets the server's errors and nothing else; nil: silent
}

// SearchAttributes are the names under which our workflows are found.
func SearchAttributes() map[string]enumspb.IndexedValueType {
	return map[string]enumspb.IndexedValueType{
		"Webshop":   enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"Coupling":  enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"Connector": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"Objects":   enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
		"Trigger":   enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	}
}

// complete fills in defaults and reports every problem at once.
func (cfg Config) complete() (Config, error) {
	if cfg.Host == "" {
		cfg.Host = "127.0.0.1"
	}
	if cfg.Namespace == "" {
		cfg.Namespace = "default"
	}
	if cfg.Retention == 0 {
		cfg.Retention = 24 * time.Hour
	}
	if cfg.SearchAttributes == nil {
		cfg.SearchAttributes = SearchAttributes()
	}
	cfg.SearchAttributes = maps.Clone(cfg.SearchAttributes)
	cfg.UI = cfg.UI || cfg.UIPort != 0
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	var problems []error
	if ip := net.ParseIP(cfg.Host); ip == nil || !ip.IsLoopback() {
		problems = append(problems, fmt.Errorf("host %q is not a loopback address: use 127.0.0.1; the server asks nobody who they are", cfg.Host))
	}
	if cfg.Retention < time.Hour {
		problems = append(problems, fmt.Errorf("retention %v is under an hour, the least Temporal keeps", cfg.Retention))
	}
	if cfg.Port != 0 && cfg.Port == cfg.UIPort {
		problems = append(problems, fmt.Errorf("the frontend and the UI were both given port %d", cfg.Port))
	}
	for what, port := range map[string]int{"frontend": cfg.Port, "UI": cfg.UIPort} {
		if err := free(cfg.Host, port); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", what, err))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return cfg, fmt.Errorf("devserver: %w", err)
	}
	return cfg, nil
}
