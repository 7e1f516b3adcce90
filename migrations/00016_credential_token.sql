-- Tokens of credentials: what a login or a client's request gave, renewed by one worker at a time.

-- +goose Up
CREATE TABLE credential_token (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webshop_id    bigint  NOT NULL REFERENCES webshop ON DELETE CASCADE,
    credential_id bigint  NOT NULL REFERENCES credential ON DELETE CASCADE,
    name          text    NOT NULL,
    sealed        bytea,
    generation    bigint  NOT NULL DEFAULT 0,
    obtained_at   timestamptz,
    expires_at    timestamptz,
    renew_at      timestamptz,
    lease         uuid,
    lease_until   timestamptz,
    noted_at      timestamptz,
    noted_by      text    NOT NULL DEFAULT '',
    tries         bigint  NOT NULL DEFAULT 0,
    state         text    NOT NULL DEFAULT 'ok' CHECK (state IN ('ok', 'needs_reauth')),
    reason        text    NOT NULL DEFAULT '',
    captured      jsonb   NOT NULL DEFAULT '{}',
    UNIQUE (credential_id, name)
);
CREATE INDEX credential_token_webshop ON credential_token (webshop_id, credential_id);
CREATE INDEX credential_token_renew ON credential_token (renew_at) WHERE renew_at IS NOT NULL AND state = 'ok';
COMMENT ON TABLE credential_token IS 'The newest token of a credential. A renewal takes the lease and is noted before the request is made, and its token is stored before it is used: a note without a lease is a request of which nobody knows the outcome.';
COMMENT ON COLUMN credential_token.id IS 'Inner id; never leaves the installation.';
COMMENT ON COLUMN credential_token.webshop_id IS 'The webshop the row belongs to; row-level security goes by it.';
COMMENT ON COLUMN credential_token.credential_id IS 'The credential the token was got with.';
COMMENT ON COLUMN credential_token.name IS 'login for what a customer''s login gave; client/ and a digest of what it was asked with for a client''s own.';
COMMENT ON COLUMN credential_token.sealed IS 'Access and refresh token as a JSON object, sealed with the webshop''s data key and bound to this row; null while there is none.';
COMMENT ON COLUMN credential_token.generation IS 'Counts the tokens, from 1; whoever stores the next one compares it.';
COMMENT ON COLUMN credential_token.obtained_at IS 'When the remote gave the token.';
COMMENT ON COLUMN credential_token.expires_at IS 'When the access token ends; null when the remote does not say.';
COMMENT ON COLUMN credential_token.renew_at IS 'When the token is renewed although nobody needs it, so that its refresh token does not end unused.';
COMMENT ON COLUMN credential_token.lease IS 'The renewal that is under way; random.';
COMMENT ON COLUMN credential_token.lease_until IS 'Until when no other worker renews.';
COMMENT ON COLUMN credential_token.noted_at IS 'When a renewal was noted whose outcome is not known; null when the last one''s is.';
COMMENT ON COLUMN credential_token.noted_by IS 'The process that noted it.';
COMMENT ON COLUMN credential_token.tries IS 'Renewals of this generation whose outcome is not known.';
COMMENT ON COLUMN credential_token.state IS 'needs_reauth: the remote refused the refresh token for good; only a new login helps.';
COMMENT ON COLUMN credential_token.reason IS 'Why a new login is needed.';
COMMENT ON COLUMN credential_token.captured IS 'Values read, or chosen, after the login, by the names of the manifest. Nothing secret.';

ALTER TABLE app_credential DROP CONSTRAINT app_credential_environment_check;
ALTER TABLE app_credential ADD COLUMN fields text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN app_credential.environment IS 'Environment by its name in the connector''s manifest; production where it names none.';
COMMENT ON COLUMN app_credential.fields IS 'Names of the sealed fields.';

-- +goose StatementBegin
DO $$
BEGIN
    ALTER TABLE credential_token ENABLE ROW LEVEL SECURITY;
    ALTER TABLE credential_token FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON credential_token TO koppel_app, koppel_engine USING (webshop_id = (SELECT koppel_webshop()));
    CREATE POLICY installation ON credential_token TO koppel_app USING ((SELECT koppel_all_webshops()));
    CREATE POLICY queue ON credential_token FOR SELECT TO koppel_engine USING ((SELECT koppel_webshop()) IS NULL);
    CREATE POLICY organisation ON credential_token TO koppel_app USING ((SELECT koppel_organisation()) IS NOT NULL
        AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())));
    GRANT SELECT, INSERT, UPDATE, DELETE ON credential_token TO koppel_app, koppel_engine;
END
$$;
-- +goose StatementEnd
