-- How it is proven that a record is gone, and what waits for a person.

-- +goose Up
ALTER TABLE scan ADD COLUMN ticket bigint NOT NULL DEFAULT nextval('ticket');
ALTER TABLE scan ADD COLUMN whole boolean NOT NULL DEFAULT false;
ALTER TABLE scan ADD COLUMN counted boolean NOT NULL DEFAULT false;
ALTER TABLE scan ADD COLUMN compared_at timestamptz;
ALTER TABLE scan ADD COLUMN missing bigint NOT NULL DEFAULT 0;
ALTER TABLE scan ADD COLUMN asked bigint NOT NULL DEFAULT 0;
ALTER TABLE scan ADD COLUMN unlisted bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN scan.ticket IS 'Taken when the scan was opened: what was read under a newer one is not missing from it.';
COMMENT ON COLUMN scan.whole IS 'The whole collection was asked for, not only what changed since or in a window.';
COMMENT ON COLUMN scan.counted IS 'The remote told a total that did not move, and no row can have moved past the reader.';
COMMENT ON COLUMN scan.compared_at IS 'When what it did not see was compared with what is stored; null before.';
COMMENT ON COLUMN scan.missing IS 'Stored records that it did not see.';
COMMENT ON COLUMN scan.asked IS 'Missing records that were asked for singly.';
COMMENT ON COLUMN scan.unlisted IS 'Missing records that turned out to be there when asked for singly.';

CREATE TABLE gone_suspect (
    webshop_id  bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    coupling_id bigint      NOT NULL REFERENCES coupling ON DELETE CASCADE,
    stream_id   bigint      NOT NULL REFERENCES stream ON DELETE CASCADE,
    remote_id   text        NOT NULL,
    reason      text        NOT NULL CHECK (reason IN ('missing', 'feed', 'flag', 'event', 'parent')),
    ticket      bigint      NOT NULL,
    scans       integer     NOT NULL DEFAULT 0,
    scan_id     bigint      NOT NULL DEFAULT 0,
    proven      boolean     NOT NULL DEFAULT false,
    kept_at     timestamptz,
    first_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (webshop_id, stream_id, remote_id)
);
CREATE INDEX gone_suspect_coupling ON gone_suspect (coupling_id);
COMMENT ON TABLE gone_suspect IS 'Records that may be gone: kept until they are proven and acted on, or read again.';
COMMENT ON COLUMN gone_suspect.webshop_id IS 'The webshop the row belongs to; row-level security goes by it.';
COMMENT ON COLUMN gone_suspect.coupling_id IS 'The coupling whose record it is.';
COMMENT ON COLUMN gone_suspect.stream_id IS 'The record''s stream.';
COMMENT ON COLUMN gone_suspect.remote_id IS 'The record''s id.';
COMMENT ON COLUMN gone_suspect.reason IS 'What raised the suspicion.';
COMMENT ON COLUMN gone_suspect.ticket IS 'Taken before the remote said so; a record read under a newer one is there.';
COMMENT ON COLUMN gone_suspect.scans IS 'Complete scans in a row that did not list it.';
COMMENT ON COLUMN gone_suspect.scan_id IS 'The last of them; 0 for other reasons.';
COMMENT ON COLUMN gone_suspect.proven IS 'Nothing more has to be shown.';
COMMENT ON COLUMN gone_suspect.kept_at IS 'When a person decided that it stays; null without such a decision.';
COMMENT ON COLUMN gone_suspect.first_at IS 'When it was first suspected.';

CREATE TABLE proposal (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid         uuid        NOT NULL UNIQUE,
    webshop_id   bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    coupling_id  bigint      NOT NULL REFERENCES coupling ON DELETE CASCADE,
    stream_group text        NOT NULL,
    run_id       bigint      NOT NULL,
    state        text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'applied', 'rejected', 'superseded', 'undoing', 'undone')),
    reason       text        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    decided_at   timestamptz,
    decided_by   text        NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX proposal_one_open ON proposal (coupling_id, stream_group) WHERE state = 'open';
CREATE INDEX proposal_webshop ON proposal (webshop_id, id DESC);
COMMENT ON TABLE proposal IS 'Deletes beyond the delete budget, which a person approves or rejects.';
COMMENT ON COLUMN proposal.id IS 'Inner id; never leaves the installation.';
COMMENT ON COLUMN proposal.uuid IS 'Outside id, a UUIDv7: the only id in API, events and webhooks.';
COMMENT ON COLUMN proposal.webshop_id IS 'The webshop the row belongs to; row-level security goes by it.';
COMMENT ON COLUMN proposal.coupling_id IS 'The coupling whose records are gone.';
COMMENT ON COLUMN proposal.stream_group IS 'The stream group whose run proposed it.';
COMMENT ON COLUMN proposal.run_id IS 'The run that proved it last.';
COMMENT ON COLUMN proposal.state IS 'open, approved (being applied), applied, rejected, superseded (nothing is left of it), undoing, undone.';
COMMENT ON COLUMN proposal.reason IS 'What of the delete budget it exceeds, for people.';
COMMENT ON COLUMN proposal.created_at IS 'When the row was made.';
COMMENT ON COLUMN proposal.updated_at IS 'When a run last changed what is proposed.';
COMMENT ON COLUMN proposal.decided_at IS 'When a person decided; null before.';
COMMENT ON COLUMN proposal.decided_by IS 'Who decided.';

CREATE TABLE proposal_item (
    webshop_id  bigint NOT NULL REFERENCES webshop ON DELETE CASCADE,
    proposal_id bigint NOT NULL REFERENCES proposal ON DELETE CASCADE,
    stream_id   bigint NOT NULL REFERENCES stream ON DELETE CASCADE,
    remote_id   text   NOT NULL,
    reason      text   NOT NULL,
    ticket      bigint NOT NULL,
    state       text   NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'applied', 'left', 'undone')),
    PRIMARY KEY (webshop_id, proposal_id, stream_id, remote_id)
);
CREATE INDEX proposal_item_record ON proposal_item (webshop_id, stream_id, remote_id) WHERE state = 'proposed';
COMMENT ON TABLE proposal_item IS 'One record of a proposal.';
COMMENT ON COLUMN proposal_item.webshop_id IS 'The webshop the row belongs to; row-level security goes by it.';
COMMENT ON COLUMN proposal_item.proposal_id IS 'Its proposal.';
COMMENT ON COLUMN proposal_item.stream_id IS 'The record''s stream.';
COMMENT ON COLUMN proposal_item.remote_id IS 'The record''s id.';
COMMENT ON COLUMN proposal_item.reason IS 'How it is known that it is gone.';
COMMENT ON COLUMN proposal_item.ticket IS 'Taken before the remote said so; a record read under a newer one stays.';
COMMENT ON COLUMN proposal_item.state IS 'proposed, applied, left (the record came back first), undone.';

ALTER TABLE run DROP CONSTRAINT run_mode_check;
ALTER TABLE run ADD CONSTRAINT run_mode_check CHECK (mode IN ('full', 'since', 'window', 'single', 'replay', 'push', 'proposal'));
ALTER TABLE run ADD COLUMN decided_at timestamptz;
ALTER TABLE run ADD COLUMN decided_by text NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN accepted boolean;
COMMENT ON COLUMN run.decided_at IS 'When a person decided on a suspect run; null before.';
COMMENT ON COLUMN run.decided_by IS 'Who decided.';
COMMENT ON COLUMN run.accepted IS 'What the person decided: true promoted what was held back. Null without a decision.';

-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['gone_suspect', 'proposal', 'proposal_item'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I TO koppel_app, koppel_engine USING (webshop_id = (SELECT koppel_webshop()))', name);
        EXECUTE format('CREATE POLICY installation ON %I TO koppel_app USING ((SELECT koppel_all_webshops()))', name);
        EXECUTE format('CREATE POLICY organisation ON %I TO koppel_app USING ((SELECT koppel_organisation()) IS NOT NULL '
            'AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())))', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO koppel_app, koppel_engine', name);
    END LOOP;
END
$$;
-- +goose StatementEnd
