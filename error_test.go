package koppel_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
)

func TestWrapKeepsWhatPeopleAndRetriesNeed(t *testing.T) {
	t.Parallel()
	inner := &koppel.Error{
		Kind: koppel.KindRateLimited, Op: "get /products", Detail: "the shop allows 2 requests a second",
		RetryAfter: 30 * time.Second, Exchange: 7, Err: io.ErrUnexpectedEOF,
	}
	err := koppel.Wrap("pull products of coupling 17", fmt.Errorf("page 3: %w", inner))

	var got *koppel.Error
	if !errors.As(err, &got) {
		t.Fatalf("Wrap returned %T, want *koppel.Error", err)
	}
	if got.Kind != inner.Kind || got.RetryAfter != inner.RetryAfter || got.Exchange != inner.Exchange {
		t.Errorf("Wrap kept kind %q, retry after %v, exchange %d", got.Kind, got.RetryAfter, got.Exchange)
	}
	if got.Op != "pull products of coupling 17" {
		t.Errorf("outermost operation = %q", got.Op)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the cause is no longer in the chain")
	}
	want := "pull products of coupling 17: page 3: get /products: rate_limited: the shop allows 2 requests a second: unexpected EOF"
	if err.Error() != want {
		t.Errorf("Error() = %q, want %q", err, want)
	}
}

func TestWrapNil(t *testing.T) {
	t.Parallel()
	if err := koppel.Wrap("op", nil); err != nil {
		t.Errorf("Wrap(op, nil) = %v, want nil", err)
	}
}

func TestKindOfAndDetailOf(t *testing.T) {
	t.Parallel()
	refused := koppel.E(koppel.KindPermission, "check", "the key lacks read_products")
	cases := []struct {
		name   string
		err    error
		kind   koppel.Kind
		detail string
	}{
		{"nil", nil, "", ""},
		{"foreign", io.EOF, koppel.KindInternal, "EOF"},
		{"foreign, wrapped", koppel.Wrap("read", io.EOF), koppel.KindInternal, "read: internal: EOF"},
		{"own", refused, koppel.KindPermission, "the key lacks read_products"},
		{"wrapped twice", koppel.Wrap("activate", koppel.Wrap("pull", refused)), koppel.KindPermission, "the key lacks read_products"},
		{"outermost kind, innermost detail",
			&koppel.Error{Kind: koppel.KindAuth, Detail: "needs new credentials", Err: refused},
			koppel.KindAuth, "the key lacks read_products"},
		{"no detail anywhere", koppel.E(koppel.KindTimeout, "get /orders", ""), koppel.KindTimeout, "get /orders: timeout"},
	}
	for _, c := range cases {
		if got := koppel.KindOf(c.err); got != c.kind {
			t.Errorf("%s: KindOf = %q, want %q", c.name, got, c.kind)
		}
		if got := koppel.DetailOf(c.err); got != c.detail {
			t.Errorf("%s: DetailOf = %q, want %q", c.name, got, c.detail)
		}
	}
}
