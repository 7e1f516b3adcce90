package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Tokens are the tokens of one credential, renewed by one worker at a time.
//
//	have ── lease taken, request noted ──▶ asking ── stored ──▶ have (next generation)
//	                 │                        ├── refused ──▶ needs_reauth
//	       the asker is killed, or            └── too early, not sent ──▶ have
//	       the answer is lost
//	                 ▼
//	             unknown ── asked once more, with the old token ──▶ have | needs_reauth
type Tokens struct {
	db                  *DB
	webshop, credential int64
	holder              string
	lease               time.Duration
}

// TokensConfig says whose tokens, and for whom. Webshop and Credential are required.
type TokensConfig struct {
	// Webshop and Credential are the inner ids.
	Webshop, Credential int64
	// Holder names the process, for people.
	Holder string
	// Lease is how long one renewal may take; the default duration when zero.
	Lease time.Duration
}

// Tokens gives access to the tokens of a credential.
func (db *DB) Tokens(c TokensConfig) *Tokens {
	if c.Lease <= 0 {
		c.Lease = koppel.DefaultDurations().TokenLease
	}
	return &Tokens{db: db, webshop: c.Webshop, credential: c.Credential, holder: c.Holder, lease: c.Lease}
}

// Token is the newest token of the name, the zero Token when there is none. The error is of kind auth when only a
// new login helps.
func (t *Tokens) Token(ctx context.Context, name string) (koppel.Token, error) {
	const op = "read token"
	return With(ctx, t.db, ForWebshop(t.webshop), func(tx *Tx) (koppel.Token, error) {
		row, err := tx.token(ctx, tokenSQL, t.credential, name)
		if err != nil || row == nil {
			return koppel.Token{}, wrap(op, err)
		}
		if err := row.needsReauth(op); err != nil {
			return koppel.Token{}, err
		}
		return tx.openToken(ctx, op, t.webshop, t.credential, name, row)
	})
}

// renewal is one request for a token, noted ahead.
type renewal struct {
	name  string
	lease string
	// old is what it is to replace.
	old koppel.Token
	// lostAt and lostBy are of an earlier request whose outcome nobody knows.
	lostAt *time.Time
	lostBy string
}

const (
	firstTokenPoll = 20 * time.Millisecond
	mostTokenPoll  = 250 * time.Millisecond
)

// Renew returns a token that is newer than old: one that somebody else got meanwhile, or the one that ask gets, which
// is stored before Renew returns. While another process asks, it waits, unless urgent is false and old lasts: then it
// returns old. ask runs to its end although ctx ends: with refresh tokens that work once its answer cannot be had again.
func (t *Tokens) Renew(ctx context.Context, name string, old koppel.Token, urgent bool, ask func(context.Context, koppel.Token) (koppel.Token, koppel.TokenOutcome, error)) (koppel.Token, error) {
	for wait := firstTokenPoll; ; wait = min(2*wait, mostTokenPoll) {
		r, token, err := t.begin(ctx, name, old)
		switch {
		case err != nil:
			return koppel.Token{}, err
		case r != nil:
			return t.finish(context.WithoutCancel(ctx), r, ask)
		case token.Generation > old.Generation:
			return token, nil
		case !urgent && old.Lasts(time.Now()):
			return old, nil
		}
		if !pause(ctx, wait) {
			return koppel.Token{}, &koppel.Error{Kind: koppel.KindTimeout, Op: "wait for a renewal of the token", Err: ctx.Err()}
		}
	}
}

const noteTokenSQL = `
UPDATE credential_token SET lease = @lease, lease_until = clock_timestamp() + @span, noted_at = coalesce(noted_at, clock_timestamp()),
       noted_by = CASE WHEN noted_at IS NULL THEN @holder ELSE noted_by END, tries = tries + 1
WHERE id = @id`

// begin takes the lease and notes the request. A nil renewal: there is a newer token already, or somebody else asks.
func (t *Tokens) begin(ctx context.Context, name string, old koppel.Token) (r *renewal, token koppel.Token, err error) {
	const op = "begin to renew the token"
	err = t.db.InTx(ctx, ForWebshop(t.webshop), func(tx *Tx) error {
		r, token = nil, koppel.Token{}
		if _, err := tx.exec(ctx, ensureTokenSQL, pgx.StrictNamedArgs{"credential": t.credential, "name": name}); err != nil {
			return wrap(op, err)
		}
		row, err := tx.token(ctx, tokenSQL+` FOR UPDATE`, t.credential, name)
		if err == nil && row == nil {
			err = notFound(op, "credential", fmt.Sprint(t.credential))
		}
		if err != nil {
			return wrap(op, err)
		}
		if err := row.needsReauth(op); err != nil {
			return err
		}
		if row.Held && row.Generation == old.Generation {
			return nil
		}
		if token, err = tx.openToken(ctx, op, t.webshop, t.credential, name, row); err != nil {
			return err
		}
		if row.Generation > old.Generation || row.Held {
			return nil
		}
		r = &renewal{name: name, lease: uuid.NewString(), old: token, lostAt: row.NotedAt, lostBy: row.NotedBy}
		_, err = tx.exec(ctx, noteTokenSQL, pgx.StrictNamedArgs{"id": row.ID, "lease": r.lease, "span": t.lease, "holder": t.holder})
		return wrap(op, err)
	})
	return r, token, err
}

// finish asks and keeps the outcome.
func (t *Tokens) finish(ctx context.Context, r *renewal, ask func(context.Context, koppel.Token) (koppel.Token, koppel.TokenOutcome, error)) (koppel.Token, error) {
	if r.lostAt != nil {
		t.db.log.WarnContext(ctx, "a renewal of a token got no answer; it is asked for once more", "credential", t.credential, "asked_at", *r.lostAt, "asked_by", r.lostBy)
	}
	// The request ends before the lease does, so that never two are under way.
	limited, cancel := context.WithTimeout(ctx, t.lease*4/5)
	token, outcome, err := ask(limited, r.old)
	cancel()
	switch outcome {
	case koppel.TokenGiven:
		return t.keep(ctx, r, token)
	case koppel.TokenRefused:
		return t.refused(ctx, r, err)
	case koppel.TokenKept:
		return r.old, t.release(ctx, r, r.lostAt != nil)
	case koppel.TokenUnsent:
		if released := t.release(ctx, r, r.lostAt != nil); released != nil {
			t.db.log.WarnContext(ctx, "give the lease of a token back", "error", released)
		}
		return koppel.Token{}, err
	}
	if released := t.release(ctx, r, true); released != nil {
		t.db.log.WarnContext(ctx, "give the lease of a token back", "error", released)
	}
	return koppel.Token{}, err
}

// keep stores the new token. It tries for as long as the lease, since nobody could get this token again.
func (t *Tokens) keep(ctx context.Context, r *renewal, token koppel.Token) (koppel.Token, error) {
	const op = "store the token"
	until := time.Now().Add(t.lease)
	for wait := firstTokenPoll; ; wait = min(2*wait, mostTokenPoll) {
		kept, err := With(ctx, t.db, ForWebshop(t.webshop), func(tx *Tx) (koppel.Token, error) {
			if _, err := tx.storeToken(ctx, op, t.webshop, t.credential, r.name, r.old.Generation, token); err != nil {
				return koppel.Token{}, err
			}
			row, err := tx.token(ctx, tokenSQL, t.credential, r.name)
			if err != nil || row == nil {
				return koppel.Token{}, wrap(op, err)
			}
			return tx.openToken(ctx, op, t.webshop, t.credential, r.name, row)
		})
		if err == nil || time.Now().After(until) || !pause(ctx, wait) {
			return kept, err
		}
	}
}

const (
	releaseTokenSQL = `
UPDATE credential_token SET lease = NULL, lease_until = NULL, noted_at = CASE WHEN @unknown THEN noted_at END,
       noted_by = CASE WHEN @unknown THEN noted_by ELSE '' END, tries = CASE WHEN @unknown THEN tries ELSE 0 END
WHERE credential_id = @credential AND name = @name AND lease = @lease`
	refuseTokenSQL = `
UPDATE credential_token SET lease = NULL, lease_until = NULL, noted_at = NULL, noted_by = '', tries = 0, state = 'needs_reauth', reason = @reason
WHERE credential_id = @credential AND name = @name AND generation = @generation AND lease = @lease`
)

// release gives the lease back. unknown: whether the remote carried the request out is not known.
func (t *Tokens) release(ctx context.Context, r *renewal, unknown bool) error {
	return t.db.InTx(ctx, ForWebshop(t.webshop), func(tx *Tx) error {
		_, err := tx.exec(ctx, releaseTokenSQL, pgx.StrictNamedArgs{"credential": t.credential, "name": r.name, "lease": r.lease, "unknown": unknown})
		return wrap("give the lease of the token back", err)
	})
}

// refused ends a login that the remote refuses to renew. A client's own token is asked for anew each time, so its
// refusal is kept nowhere.
func (t *Tokens) refused(ctx context.Context, r *renewal, cause error) (koppel.Token, error) {
	const op = "renew the token"
	if r.old.Refresh.IsZero() {
		if err := t.release(ctx, r, false); err != nil {
			t.db.log.WarnContext(ctx, "give the lease of a token back", "error", err)
		}
		return koppel.Token{}, cause
	}
	reason := koppel.DetailOf(cause)
	if r.lostAt != nil {
		reason = fmt.Sprintf("%s: it was sent at %s and got no answer, as %s was stopped or cut off; the remote system had carried it out, and the new token went with the answer. "+
			"Asked once more, it says: %s", LostRenewal, r.lostAt.UTC().Format(time.RFC3339), r.lostBy, reason)
	}
	ended, err := With(ctx, t.db, ForWebshop(t.webshop), func(tx *Tx) (int64, error) {
		return tx.exec(ctx, refuseTokenSQL, pgx.StrictNamedArgs{
			"credential": t.credential, "name": r.name, "generation": r.old.Generation, "lease": r.lease, "reason": reason,
		})
	})
	switch {
	case err != nil:
		return koppel.Token{}, err
	case ended == 0: // somebody else's token came first, or a new login
		return t.Token(ctx, r.name)
	}
	return koppel.Token{}, &koppel.Error{Kind: koppel.KindAuth, Op: op, Detail: reason, Exchange: exchangeOf(cause)}
}

// LostRenewal begins the reason of a login that ended because the answer to its renewal was lost.
const LostRenewal = "the answer to a renewal of the login was lost"

// exchangeOf is the captured exchange of an error; 0 when there is none.
func exchangeOf(err error) int64 {
	var known *koppel.Error
	if errors.As(err, &known) {
		return known.Exchange
	}
	return 0
}
