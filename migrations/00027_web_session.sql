-- Who is signed in to the pages.

-- +goose Up
CREATE TABLE web_session (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash       bytea       NOT NULL UNIQUE,
    key_id     bigint      NOT NULL REFERENCES api_key ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX web_session_key ON web_session (key_id);
CREATE INDEX web_session_expiry ON web_session (expires_at);
COMMENT ON TABLE web_session IS 'People signed in to the pages by an API key. It may do what the key may, for as long as the key may.';
COMMENT ON COLUMN web_session.id IS 'Inner id; never leaves the installation.';
COMMENT ON COLUMN web_session.hash IS 'SHA-256 of the token in the browser''s cookie, which is kept nowhere.';
COMMENT ON COLUMN web_session.key_id IS 'The key that was given to sign in.';
COMMENT ON COLUMN web_session.created_at IS 'When the row was made.';
COMMENT ON COLUMN web_session.expires_at IS 'Until when it works, used or not.';

ALTER TABLE web_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE web_session FORCE ROW LEVEL SECURITY;
CREATE POLICY installation ON web_session TO koppel_app USING ((SELECT koppel_all_webshops()));
GRANT SELECT, INSERT, DELETE ON web_session TO koppel_app;
