package temporal

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	sdktemporal "go.temporal.io/sdk/temporal"

	"github.com/koppel-io/koppel"
)

// Config says how to reach a Temporal cluster. The zero value is a local one
// without TLS and without encryption of payloads.
type Config struct {
	// Address is host:port of the frontend; 127.0.0.1:7233 when empty.
	Address string
	// Namespace is "default" when empty.
	Namespace string
	// TLS is switched on by any of these, and by an API key.
	TLS TLS
	// APIKey signs in to a managed cluster.
	APIKey koppel.Secret
	// Codec encrypts payloads; nil leaves them readable.
	Codec *Codec
	// Log receives the SDK's messages; nil discards them.
	Log *slog.Logger
}

// TLS names the files and the server name of a TLS connection.
type TLS struct {
	// On asks for TLS with the system's roots and no client certificate.
	On bool
	// CAFile is a PEM file of roots; the system's when empty.
	CAFile string
	// CertFile and KeyFile are the client's certificate, for mutual TLS.
	CertFile, KeyFile string
	// ServerName overrides the name that is checked.
	ServerName string
}

// Dial connects to the cluster and checks that it answers. An error names the
// address and never the key.
func Dial(ctx context.Context, cfg Config) (client.Client, error) {
	opts, err := cfg.options()
	if err != nil {
		return nil, koppel.Wrap("temporal: dial "+cfg.address(), err)
	}
	c, err := client.DialContext(ctx, opts)
	if err != nil {
		return nil, &koppel.Error{
			Kind: koppel.KindNetwork, Op: "temporal: dial " + cfg.address(), Err: err,
			Detail: fmt.Sprintf("Temporal does not answer at %s (namespace %s); check KOPPEL_TEMPORAL_ADDRESS and that the cluster runs", cfg.address(), cfg.namespace()),
		}
	}
	return c, nil
}

func (cfg Config) options() (client.Options, error) {
	opts := client.Options{HostPort: cfg.address(), Namespace: cfg.namespace(), Logger: sdklog.NewStructuredLogger(cfg.log())}
	if cfg.Codec != nil {
		opts.DataConverter = converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), cfg.Codec)
		// A failure's message may quote what a remote said.
		opts.FailureConverter = sdktemporal.NewDefaultFailureConverter(sdktemporal.DefaultFailureConverterOptions{
			DataConverter: opts.DataConverter, EncodeCommonAttributes: true,
		})
	}
	if !cfg.APIKey.IsZero() {
		opts.Credentials = client.NewAPIKeyStaticCredentials(cfg.APIKey.Reveal())
	}
	tlsConfig, err := cfg.tls()
	if err != nil {
		return opts, err
	}
	opts.ConnectionOptions.TLS = tlsConfig
	return opts, nil
}

func (cfg Config) tls() (*tls.Config, error) {
	t := cfg.TLS
	if !t.On && t.CAFile == "" && t.CertFile == "" && t.ServerName == "" && cfg.APIKey.IsZero() {
		return nil, nil
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, koppel.E(koppel.KindInvalidRequest, "read CA file", err.Error())
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(pem) {
			return nil, koppel.E(koppel.KindInvalidRequest, "read CA file", t.CAFile+" holds no PEM certificate")
		}
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, koppel.E(koppel.KindInvalidRequest, "read client certificate", err.Error())
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}

func (cfg Config) address() string {
	if cfg.Address == "" {
		return "127.0.0.1:7233"
	}
	return cfg.Address
}

func (cfg Config) namespace() string {
	if cfg.Namespace == "" {
		return "default"
	}
	return cfg.Namespace
}

func (cfg Config) log() *slog.Logger {
	if cfg.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return cfg.Log
}
