package koppel

import (
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a value that prints as [redacted] everywhere: fmt (every verb),
// slog, JSON, errors. Reveal is the only way to its text. The zero Secret is
// the empty one. Two Secrets of the same text are not ==.
type Secret struct {
	// text is a pointer because fmt cannot call the methods of a Secret that
	// stands in an unexported field: it prints the pointer then, never the text.
	text *string
}

// NewSecret wraps text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal returns the text, at the place where it is used and nowhere else.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether there is no text.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// String implements fmt.Stringer.
func (Secret) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return redacted }

// Format implements fmt.Formatter, so that no verb or flag reaches the text.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler, which also covers JSON and YAML.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}
