-- Who there is: organisations, webshops, providers, integrations, connectors, keys.

-- +goose Up
CREATE TABLE organisation (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid       uuid        NOT NULL UNIQUE,
    name       text        NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE organisation IS 'Owner of webshops: a company, an agency, a restaurant group.';

CREATE TABLE webshop (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid            uuid        NOT NULL UNIQUE,
    organisation_id bigint      NOT NULL REFERENCES organisation,
    kind            text        NOT NULL DEFAULT 'webshop' CHECK (kind IN ('webshop', 'location')),
    name            text        NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
    external_ref    text        CHECK (length(external_ref) <= 255),
    time_zone       text        NOT NULL DEFAULT 'Europe/Amsterdam',
    order_prefix    text        NOT NULL DEFAULT 'KOP' CHECK (order_prefix ~ '^[A-Z]{2,4}$'),
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX webshop_external_ref ON webshop (organisation_id, external_ref) WHERE external_ref IS NOT NULL;
COMMENT ON TABLE webshop IS 'The customer unit whose systems are coupled.';

CREATE TABLE webshop_counter (
    webshop_id bigint PRIMARY KEY REFERENCES webshop ON DELETE CASCADE,
    changes    bigint NOT NULL DEFAULT 0,
    buy_orders bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE webshop_counter IS 'Numbers without gaps per webshop, raised as the last statement of a transaction.';

CREATE TABLE connector (
    name               text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_-]{1,62}$'),
    current_version_id bigint
);
COMMENT ON TABLE connector IS 'How to talk to one remote system, and which version new couplings and unpinned ones use.';

CREATE TABLE connector_version (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connector    text        NOT NULL REFERENCES connector,
    version      text        NOT NULL,
    digest       text        NOT NULL UNIQUE,
    manifest     text        NOT NULL,
    mapping      text        NOT NULL,
    published_by text        NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (connector, version)
);
COMMENT ON TABLE connector_version IS 'An immutable version of a connector by digest; rows are never updated.';
ALTER TABLE connector ADD FOREIGN KEY (current_version_id) REFERENCES connector_version;

CREATE TABLE provider (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid      uuid NOT NULL UNIQUE,
    type      text NOT NULL CHECK (type IN ('consumer', 'order_provider', 'loyalty_service', 'recipient', 'accounting', 'payment_provider', 'sync')),
    code      text NOT NULL UNIQUE,
    name      text NOT NULL,
    connector text REFERENCES connector
);
COMMENT ON TABLE provider IS 'The technical side of a service.';

CREATE TABLE integration (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid        uuid NOT NULL UNIQUE,
    provider_id bigint NOT NULL REFERENCES provider,
    code        text NOT NULL UNIQUE,
    name        text NOT NULL
);
COMMENT ON TABLE integration IS 'The catalogue entry people see; belongs to one provider.';

CREATE TABLE api_key (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid            uuid        NOT NULL UNIQUE,
    name            text        NOT NULL,
    hash            bytea       NOT NULL UNIQUE,
    prefix          text        NOT NULL,
    last_four       text        NOT NULL,
    scopes          text[]      NOT NULL,
    organisation_id bigint REFERENCES organisation ON DELETE CASCADE,
    webshop_id      bigint REFERENCES webshop ON DELETE CASCADE,
    created_at      timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz,
    revoked_at      timestamptz,
    last_used_at    timestamptz
);
COMMENT ON TABLE api_key IS 'API keys by SHA-256 of the key; bound to a webshop, an organisation, or (neither) the installation.';

CREATE TABLE app_credential (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connector   text        NOT NULL REFERENCES connector,
    environment text        NOT NULL CHECK (environment IN ('production', 'sandbox')),
    sealed      bytea       NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (connector, environment)
);
COMMENT ON TABLE app_credential IS 'Our own partner app''s id and secret, sealed directly by the master keyset.';

CREATE TABLE data_key (
    webshop_id    bigint PRIMARY KEY REFERENCES webshop ON DELETE CASCADE,
    sealed        bytea       NOT NULL,
    master_key_id text        NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE data_key IS 'The webshop''s data key, sealed by the master key named here.';
