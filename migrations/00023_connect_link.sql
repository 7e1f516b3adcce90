-- Links by which a customer connects a remote account.

-- +goose Up
CREATE TABLE connect_link (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid           uuid        NOT NULL UNIQUE,
    webshop_id     bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    coupling_id    bigint      NOT NULL REFERENCES coupling ON DELETE CASCADE,
    return_to      text        NOT NULL DEFAULT '',
    activate       boolean     NOT NULL DEFAULT true,
    created_by     text        NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz NOT NULL,
    used_at        timestamptz,
    state_hash     bytea UNIQUE,
    browser_hash   bytea,
    verifier       bytea,
    login_until    timestamptz
);
CREATE INDEX connect_link_webshop ON connect_link (webshop_id, coupling_id);
COMMENT ON TABLE connect_link IS 'A link that a customer opens to enter credentials or to log in at the remote. Its token is signed by the master keyset and kept nowhere.';
COMMENT ON COLUMN connect_link.id IS 'Inner id; never leaves the installation.';
COMMENT ON COLUMN connect_link.uuid IS 'Outside id, a UUIDv7; the token names it.';
COMMENT ON COLUMN connect_link.webshop_id IS 'The webshop the row belongs to; row-level security goes by it.';
COMMENT ON COLUMN connect_link.coupling_id IS 'The coupling to connect.';
COMMENT ON COLUMN connect_link.return_to IS 'Address that the last page leads back to; empty for none.';
COMMENT ON COLUMN connect_link.activate IS 'A draft is activated once it is connected.';
COMMENT ON COLUMN connect_link.created_by IS 'Who made the link.';
COMMENT ON COLUMN connect_link.created_at IS 'When the row was made.';
COMMENT ON COLUMN connect_link.expires_at IS 'Until when it works.';
COMMENT ON COLUMN connect_link.used_at IS 'When the account was connected by it; it connects nothing else after that.';
COMMENT ON COLUMN connect_link.state_hash IS 'SHA-256 of the state of the login that is under way; null when none is, as a state works once.';
COMMENT ON COLUMN connect_link.browser_hash IS 'SHA-256 of the cookie of the browser that began the login.';
COMMENT ON COLUMN connect_link.verifier IS 'The login''s PKCE verifier, sealed by the master keyset.';
COMMENT ON COLUMN connect_link.login_until IS 'Until when the login may come back.';

ALTER TABLE connect_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE connect_link FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON connect_link TO koppel_app, koppel_engine USING (webshop_id = (SELECT koppel_webshop()));
CREATE POLICY installation ON connect_link TO koppel_app USING ((SELECT koppel_all_webshops()));
CREATE POLICY organisation ON connect_link TO koppel_app USING ((SELECT koppel_organisation()) IS NOT NULL
    AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())));
GRANT SELECT, INSERT, UPDATE, DELETE ON connect_link TO koppel_app, koppel_engine;
