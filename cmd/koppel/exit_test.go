package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want int
	}{
		{&client.Problem{Status: 0, Kind: koppel.KindNetwork}, exitUnreachable},
		{&client.Problem{Status: 503, Type: "urn:koppel:kind:internal"}, exitUnreachable},
		{&client.Problem{Status: 502}, exitUnreachable},
		{&client.Problem{Status: 502, Type: "urn:koppel:kind:schema_drift"}, exitFailed},
		{&client.Problem{Status: 404}, exitNotFound},
		{&client.Problem{Status: 409}, exitConflict},
		{&client.Problem{Status: 401}, exitRefused},
		{&client.Problem{Status: 403}, exitRefused},
		{&client.Problem{Status: 422}, exitUsage},
		{&client.Problem{Status: 500}, exitFailed},
		{fmt.Errorf("around: %w", &client.Problem{Status: 404}), exitNotFound},
		{koppel.E(koppel.KindConflict, "", ""), exitConflict},
		{koppel.E(koppel.KindInternal, "", ""), exitFailed},
		{koppel.E(koppel.KindNetwork, "", ""), exitUnreachable},
		{usagef("x"), exitUsage},
		{&misconfigured{}, exitUsage},
		{&notGreen{"x"}, exitNotGreen},
		{&refused{}, exitRefused},
		{&interrupted{"x"}, exitInterrupted},
		{koppel.Wrap("x", context.Canceled), exitInterrupted},
		{errors.New("x"), exitFailed},
		{&failure{usagef("x")}, exitUsage},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%#v: exit code %d, want %d", c.err, got, c.want)
		}
	}
}

func TestMoment(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"2026-01-02": "2026-01-02T00:00:00Z", "2026-01-02T10:30:00+02:00": "2026-01-02T08:30:00Z", "36h": "2026-01-30T00:00:00Z", "7d": "2026-01-24T12:00:00Z",
	} {
		got, err := moment("--from", text, now)
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%s: %v, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"yesterday", "-3h", "0d", "2026-13-01", "d"} {
		if got, err := moment("--from", text, now); err == nil {
			t.Errorf("%s is taken for %v", text, got)
		}
	}
}

func TestCleanTakesOutWhatMovesTheCursor(t *testing.T) {
	t.Parallel()
	if got := clean("a\x1b[31mb\nc\u202ed\te"); got != "a[31mb cd e" {
		t.Errorf("%q", got)
	}
	if got := []rune(clean(strings.Repeat("x", 300))); len(got) != cellLimit || got[cellLimit-1] != '…' {
		t.Errorf("%d characters", len(got))
	}
}
