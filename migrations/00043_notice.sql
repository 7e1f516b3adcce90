-- Notices: who is told what by Slack and e-mail, what was told, and what became of it.

-- +goose Up
CREATE TABLE notice_rule (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid            uuid        NOT NULL UNIQUE,
    organisation_id bigint      REFERENCES organisation ON DELETE CASCADE,
    webshop_id      bigint      REFERENCES webshop ON DELETE CASCADE,
    channel         text        NOT NULL CHECK (channel IN ('slack', 'email')),
    target          text        NOT NULL,
    sealed          bytea,
    wants           text[]      NOT NULL,
    floor           text        NOT NULL DEFAULT 'info' CHECK (floor IN ('info', 'warning', 'critical')),
    quiet_minutes   integer     NOT NULL DEFAULT 60 CHECK (quiet_minutes BETWEEN 1 AND 10080),
    parked_above    bigint      NOT NULL DEFAULT 0 CHECK (parked_above >= 0),
    created_at      timestamptz NOT NULL DEFAULT now(),
    created_by      text        NOT NULL DEFAULT '',
    CHECK (organisation_id IS NULL OR webshop_id IS NULL)
);
CREATE INDEX notice_rule_organisation ON notice_rule (organisation_id);
CREATE INDEX notice_rule_webshop ON notice_rule (webshop_id);
COMMENT ON TABLE notice_rule IS 'Who is told what: of one webshop, of an organisation''s webshops, or of all.';
COMMENT ON COLUMN notice_rule.id IS 'Inner id; never leaves the installation.';
COMMENT ON COLUMN notice_rule.uuid IS 'Outside id, a UUIDv7: the only id in API, events and webhooks.';
COMMENT ON COLUMN notice_rule.organisation_id IS 'Whose webshops; null for one webshop, or for all.';
COMMENT ON COLUMN notice_rule.webshop_id IS 'Which webshop; null for an organisation''s, or for all. Row-level security goes by it.';
COMMENT ON COLUMN notice_rule.channel IS 'By what people are told.';
COMMENT ON COLUMN notice_rule.target IS 'Where to: the e-mail address; of Slack only the host, as the whole address is a secret.';
COMMENT ON COLUMN notice_rule.sealed IS 'The whole address of Slack, sealed by the master key; null for e-mail.';
COMMENT ON COLUMN notice_rule.wants IS 'What is told: causes of the inbox, activation_progress, activation_steps.';
COMMENT ON COLUMN notice_rule.floor IS 'What matters less is not told.';
COMMENT ON COLUMN notice_rule.quiet_minutes IS 'For how long one cause of one coupling is not told again.';
COMMENT ON COLUMN notice_rule.parked_above IS 'Parked records and reviews are told when there are more of one coupling, or when they wait for a week.';
COMMENT ON COLUMN notice_rule.created_at IS 'When the row was made.';
COMMENT ON COLUMN notice_rule.created_by IS 'Who made it.';

CREATE TABLE notice_told (
    rule_id    bigint      NOT NULL REFERENCES notice_rule ON DELETE CASCADE,
    key        text        NOT NULL,
    webshop_id bigint      REFERENCES webshop ON DELETE CASCADE,
    cause      text        NOT NULL,
    entry      jsonb       NOT NULL,
    count      bigint      NOT NULL DEFAULT 0,
    newest     timestamptz NOT NULL DEFAULT now(),
    told_at    timestamptz NOT NULL DEFAULT now(),
    present    boolean     NOT NULL DEFAULT true,
    returns    integer     NOT NULL DEFAULT 0,
    over_at    timestamptz,
    PRIMARY KEY (rule_id, key)
);
CREATE INDEX notice_told_webshop ON notice_told (webshop_id);
CREATE INDEX notice_told_over ON notice_told (over_at) WHERE over_at IS NOT NULL;
COMMENT ON TABLE notice_told IS 'What was told by a rule and how it stands, so that nothing is told twice and what is over is told.';
COMMENT ON COLUMN notice_told.rule_id IS 'By which rule.';
COMMENT ON COLUMN notice_told.key IS 'Cause and coupling, webshop or installation; or a step of an activation.';
COMMENT ON COLUMN notice_told.webshop_id IS 'Of which webshop; null for what concerns all. Row-level security goes by it.';
COMMENT ON COLUMN notice_told.cause IS 'Cause of the inbox; empty for the progress of activations.';
COMMENT ON COLUMN notice_told.entry IS 'koppel.NoticeEntry: what was last told.';
COMMENT ON COLUMN notice_told.count IS 'How much of it was told.';
COMMENT ON COLUMN notice_told.newest IS 'The newest of what was told.';
COMMENT ON COLUMN notice_told.told_at IS 'When it was last told that it needs a person; the quiet time begins then.';
COMMENT ON COLUMN notice_told.present IS 'It was there when the inbox was last looked at.';
COMMENT ON COLUMN notice_told.returns IS 'How often it came back since it was last told.';
COMMENT ON COLUMN notice_told.over_at IS 'When it was told that it is over; null while it is told to need a person.';

CREATE TABLE notice (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid        uuid        NOT NULL UNIQUE,
    rule_id     bigint      NOT NULL REFERENCES notice_rule ON DELETE CASCADE,
    webshop_id  bigint      REFERENCES webshop ON DELETE CASCADE,
    state       text        NOT NULL DEFAULT 'gathering' CHECK (state IN ('gathering', 'sending', 'sent', 'failed')),
    entries     jsonb       NOT NULL,
    entry_count integer     NOT NULL DEFAULT 1,
    attempts    integer     NOT NULL DEFAULT 0,
    error       text        NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz
);
CREATE INDEX notice_rule_id ON notice (rule_id, id DESC);
CREATE UNIQUE INDEX notice_gathering ON notice (rule_id) WHERE state = 'gathering';
CREATE INDEX notice_created ON notice (created_at);
CREATE INDEX notice_webshop ON notice (webshop_id);
COMMENT ON TABLE notice IS 'Messages to people: one job each sends them. Kept for 31 days.';
COMMENT ON COLUMN notice.id IS 'Inner id; never leaves the installation.';
COMMENT ON COLUMN notice.uuid IS 'Outside id, a UUIDv7; an e-mail''s Message-ID is made of it.';
COMMENT ON COLUMN notice.rule_id IS 'By which rule.';
COMMENT ON COLUMN notice.webshop_id IS 'The rule''s webshop; null for rules of an organisation or of all. Row-level security goes by it.';
COMMENT ON COLUMN notice.state IS 'gathering (more may join), sending (and tried again), sent, failed (given up).';
COMMENT ON COLUMN notice.entries IS 'koppel.NoticeEntry: what it tells, at most 20.';
COMMENT ON COLUMN notice.entry_count IS 'How many things it tells, also those beyond the 20.';
COMMENT ON COLUMN notice.attempts IS 'How often it was tried.';
COMMENT ON COLUMN notice.error IS 'Why the last attempt failed.';
COMMENT ON COLUMN notice.created_at IS 'When the row was made.';
COMMENT ON COLUMN notice.ended_at IS 'When it was sent or given up.';

-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['notice_rule', 'notice_told', 'notice'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I TO koppel_app, koppel_engine USING (webshop_id = (SELECT koppel_webshop()))', name);
        EXECUTE format('CREATE POLICY installation ON %I TO koppel_app USING ((SELECT koppel_all_webshops()))', name);
        EXECUTE format('CREATE POLICY queue ON %I TO koppel_engine USING ((SELECT koppel_webshop()) IS NULL)', name);
        -- What is told of one webshop by a rule of its organisation, or of all, is told in the webshop's own transaction.
        EXECUTE format('CREATE POLICY wider ON %I TO koppel_engine USING (webshop_id IS NULL)', name);
        EXECUTE format('CREATE POLICY organisation ON %I TO koppel_app USING ((SELECT koppel_organisation()) IS NOT NULL '
            'AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())))', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO koppel_app, koppel_engine', name);
    END LOOP;
END
$$;
-- +goose StatementEnd
