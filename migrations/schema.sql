-- The schema of today in one piece, read from the catalog of a migrated database. For reading only: migrations make it.
-- go test ./migrations -update writes it anew.

ROLE koppel_app LOGIN

ROLE koppel_engine LOGIN

CREATE OR REPLACE FUNCTION public.koppel_all_webshops()
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ SELECT coalesce(current_setting('koppel.webshop', true) = 'all', false) $function$
;
COMMENT IS 'True for a transaction of an installation-wide key.'

CREATE OR REPLACE FUNCTION public.koppel_drop_partitions(kind text, before date)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET lock_timeout TO '2s'
AS $function$
DECLARE
    parent  text := CASE kind WHEN 'exchanges' THEN 'exchange' WHEN 'timeline' THEN 'timeline' WHEN 'changes' THEN 'change' WHEN 'inbox' THEN 'inbox' WHEN 'audit' THEN 'audit' END;
    child   text;
    dropped integer := 0;
BEGIN
    IF parent IS NULL OR before > (now() AT TIME ZONE 'UTC')::date THEN
        RAISE EXCEPTION 'no partitions of % are dropped up to %', kind, before;
    END IF;
    FOR child IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = parent::regclass AND c.relname ~ ('^' || parent || '_[0-9]{8}$') AND to_date(right(c.relname, 8), 'YYYYMMDD') < before
        ORDER BY c.relname LIMIT 50
    LOOP
        EXECUTE format('DROP TABLE %I', child);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$function$
;
COMMENT IS 'Drops the daily partitions of a kind of data that end before a date, at most 50 a call, and says how many; called by the retention.';
GRANT koppel_engine

CREATE OR REPLACE FUNCTION public.koppel_organisation()
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ SELECT nullif(current_setting('koppel.organisation', true), '')::bigint $function$
;
COMMENT IS 'The organisation whose webshops this transaction may touch; null when none is set.'

CREATE OR REPLACE FUNCTION public.koppel_partitions(days_ahead integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
    parent text;
    day    date;
    child  text;
    made   integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('koppel partitions'));
    FOREACH parent IN ARRAY ARRAY['timeline', 'exchange', 'audit', 'inbox', 'change'] LOOP
        FOR day IN SELECT generate_series((now() AT TIME ZONE 'UTC')::date - 1, (now() AT TIME ZONE 'UTC')::date + days_ahead, '1 day')::date LOOP
            child := parent || '_' || to_char(day, 'YYYYMMDD');
            IF to_regclass(child) IS NULL THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                    child, parent, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
                made := made + 1;
            END IF;
        END LOOP;
    END LOOP;
    RETURN made;
END
$function$
;
COMMENT IS 'Makes the daily partitions from yesterday to days_ahead and says how many were new; called by migrate, by every starting server and worker and by the sweep.';
GRANT koppel_app, koppel_engine

CREATE OR REPLACE FUNCTION public.koppel_webshop()
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ SELECT nullif(nullif(current_setting('koppel.webshop', true), ''), 'all')::bigint $function$
;
COMMENT IS 'The webshop this transaction may touch; null when none is set or when it is all.'

CREATE OR REPLACE FUNCTION public.river_job_state_in_bitmask(bitmask bit, state river_job_state)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT CASE state
        WHEN 'available' THEN get_bit(bitmask, 7)
        WHEN 'cancelled' THEN get_bit(bitmask, 6)
        WHEN 'completed' THEN get_bit(bitmask, 5)
        WHEN 'discarded' THEN get_bit(bitmask, 4)
        WHEN 'pending'   THEN get_bit(bitmask, 3)
        WHEN 'retryable' THEN get_bit(bitmask, 2)
        WHEN 'running'   THEN get_bit(bitmask, 1)
        WHEN 'scheduled' THEN get_bit(bitmask, 0)
        ELSE 0
    END = 1;
$function$
;
COMMENT IS 'River: whether a state is among those in which a job is unique.'

SEQUENCE object_id INCREMENT 1000 CACHE 1;
COMMENT IS 'One number space for the inner ids of all objects: a value is the first of a thousand ids that belong to who took it.'

SEQUENCE ticket INCREMENT 1 CACHE 1;
COMMENT IS 'Order of remote requests: taken before a request, so that what was asked earlier never overwrites what was asked later.'

TYPE buy_order_line_row (
    buy_order_id bigint,
    position integer,
    uuid uuid,
    remote_id text,
    product_id bigint,
    product_key text,
    quantity bigint,
    subtotal_value numeric(19,4),
    expected_delivery_date date,
    key_coupling_id bigint
)

TYPE buy_order_row (
    id bigint,
    uuid uuid,
    supplier_id bigint,
    supplier_key text,
    placed_at timestamp with time zone,
    expected_delivery_date date,
    completed_at timestamp with time zone,
    total_value numeric(19,4),
    reference text,
    status_remote text,
    assembly boolean,
    created_at_remote timestamp with time zone,
    updated_at_remote timestamp with time zone,
    key_coupling_id bigint,
    deleted boolean,
    state_reason text
)

TYPE change_row (
    object_id bigint,
    fields bigint
)

TYPE dirty_row (
    remote_id text,
    marked bigint
)

TYPE item_delivery_row (
    id bigint,
    uuid uuid,
    buy_order_id bigint,
    buy_order_key text,
    line text,
    product_id bigint,
    product_key text,
    quantity bigint,
    occurred_at timestamp with time zone,
    reference text,
    created_at_remote timestamp with time zone,
    updated_at_remote timestamp with time zone,
    key_coupling_id bigint,
    deleted boolean,
    state_reason text
)

TYPE parked_row (
    uuid uuid,
    remote_id text,
    object text,
    field text,
    expression text,
    input text,
    kind text,
    reason text,
    codec smallint,
    raw bytea
)

TYPE product_composition_row (
    id bigint,
    uuid uuid,
    composed_product_id bigint,
    composed_product_key text,
    part_product_id bigint,
    part_product_key text,
    part_quantity bigint,
    created_at_remote timestamp with time zone,
    updated_at_remote timestamp with time zone,
    key_coupling_id bigint,
    deleted boolean,
    state_reason text
)

TYPE product_row (
    id bigint,
    uuid uuid,
    name text,
    sku_code text,
    article_code text,
    ean_code text,
    price numeric(18,6),
    unlimited_stock boolean,
    stock_level bigint,
    status text,
    not_being_bought boolean,
    assembled boolean,
    tax_rate numeric(18,4),
    categories text[],
    minimum_stock bigint,
    maximum_stock bigint,
    stock_measurement_unit text,
    weight numeric(18,6),
    volume numeric(18,6),
    created_at_remote timestamp with time zone,
    updated_at_remote timestamp with time zone,
    state_reason text
)

TYPE record_row (
    remote_id text,
    parent_id text,
    hash bytea,
    ticket bigint,
    codec smallint,
    raw bytea,
    keep boolean
)

TYPE sell_order_line_row (
    sell_order_id bigint,
    position integer,
    remote_id text,
    product_id bigint,
    product_key text,
    quantity bigint,
    subtotal_value numeric(19,4),
    unit_price_gross numeric(18,6),
    tax_rate numeric(18,4),
    discount numeric(19,4),
    options json,
    key_coupling_id bigint
)

TYPE sell_order_row (
    id bigint,
    uuid uuid,
    number text,
    placed_at timestamp with time zone,
    completed_at timestamp with time zone,
    total_value numeric(19,4),
    status_remote text,
    cancelled boolean,
    currency text,
    total_gross numeric(19,4),
    tax_lines json,
    discounts json,
    shipping_value numeric(19,4),
    payments json,
    refunds json,
    customer text,
    location text,
    channel text,
    created_at_remote timestamp with time zone,
    updated_at_remote timestamp with time zone,
    deleted boolean,
    state_reason text
)

TYPE shipment_line_row (
    shipment_id bigint,
    position integer,
    remote_id text,
    line text,
    product_id bigint,
    product_key text,
    quantity bigint,
    key_coupling_id bigint
)

TYPE shipment_row (
    id bigint,
    uuid uuid,
    sell_order_id bigint,
    sell_order_key text,
    carrier text,
    tracking_code text,
    tracking_url text,
    status text,
    shipped_at timestamp with time zone,
    delivered_at timestamp with time zone,
    created_at_remote timestamp with time zone,
    updated_at_remote timestamp with time zone,
    key_coupling_id bigint,
    deleted boolean,
    state_reason text
)

TYPE source_row (
    object text,
    remote_id text,
    object_id bigint,
    record_id text,
    mapped json,
    notes json,
    gone boolean,
    gone_reason text
)

TYPE supplier_product_row (
    id bigint,
    uuid uuid,
    supplier_id bigint,
    supplier_key text,
    product_id bigint,
    product_key text,
    name text,
    sku_code text,
    ean_code text,
    article_code text,
    price numeric(18,6),
    currency text,
    minimum_purchase_quantity bigint,
    lot_size bigint,
    delivery_time bigint,
    preferred boolean,
    status text,
    availability text,
    availability_date date,
    free_stock bigint,
    weight numeric(18,6),
    volume numeric(18,6),
    created_at_remote timestamp with time zone,
    updated_at_remote timestamp with time zone,
    key_coupling_id bigint,
    state_reason text
)

TYPE supplier_row (
    id bigint,
    uuid uuid,
    name text,
    emails text[],
    delivery_time bigint,
    replenishment_period bigint,
    fixed_costs numeric(19,4),
    minimum_order_value numeric(19,4),
    gln text,
    ignored boolean,
    created_at_remote timestamp with time zone,
    updated_at_remote timestamp with time zone,
    state_reason text
)

TABLE api_key ROW LEVEL SECURITY FORCED
    -- API keys by SHA-256 of the key; bound to a webshop, an organisation, or (neither) the installation.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    name text NOT NULL  -- Name for people.
    hash bytea NOT NULL  -- SHA-256 of the key; the key itself is nowhere kept.
    prefix text NOT NULL  -- First characters of the key, to recognise it by.
    last_four text NOT NULL  -- Last four characters of the key, to recognise it by.
    scopes text[] NOT NULL  -- What the key may do, such as objects:read.
    organisation_id bigint  -- The organisation it is bound to; null for none.
    webshop_id bigint  -- The webshop it is bound to; null for none.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was made.
    expires_at timestamp with time zone  -- When it ends by itself; null is never.
    revoked_at timestamp with time zone  -- When it was ended by a person.
    last_used_at timestamp with time zone  -- Last use, noted at most once a minute.
    CONSTRAINT api_key_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisation(id) ON DELETE CASCADE
    CONSTRAINT api_key_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT api_key_pkey PRIMARY KEY (id)
    CONSTRAINT api_key_hash_key UNIQUE (hash)
    CONSTRAINT api_key_uuid_key UNIQUE (uuid)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY lookup FOR SELECT TO koppel_app USING ((( SELECT koppel_webshop() AS koppel_webshop) IS NULL))
    POLICY organisation FOR SELECT TO koppel_app USING (((organisation_id = ( SELECT koppel_organisation() AS koppel_organisation)) OR ((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation)))))))
    POLICY tenant TO koppel_app USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT INSERT, SELECT, UPDATE TO koppel_app

TABLE app_credential
    -- Our own partner app's id and secret, sealed directly by the master keyset.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    connector text NOT NULL  -- Name of the connector.
    environment text NOT NULL  -- Environment by its name in the connector's manifest; production where it names none.
    sealed bytea NOT NULL  -- Id and secret, sealed by a master key that the value names.
    updated_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was last changed.
    fields text[] NOT NULL DEFAULT '{}'::text[]  -- Names of the sealed fields.
    CONSTRAINT app_credential_connector_fkey FOREIGN KEY (connector) REFERENCES connector(name)
    CONSTRAINT app_credential_pkey PRIMARY KEY (id)
    CONSTRAINT app_credential_connector_environment_key UNIQUE (connector, environment)
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE audit PARTITION BY RANGE (at) ROW LEVEL SECURITY FORCED
    -- Who changed what, before and after, in the transaction of the change.
    at timestamp with time zone NOT NULL DEFAULT clock_timestamp()  -- When it happened; the partition goes by it.
    id bigint NOT NULL IDENTITY  -- Order of entries.
    webshop_id bigint  -- The webshop it is about; null for the installation.
    actor text NOT NULL  -- Who did it.
    action text NOT NULL  -- What was done, such as buy_order.place.
    subject text NOT NULL  -- Outside id of what it was done to.
    before jsonb  -- State before, as far as it matters.
    after jsonb  -- State after.
    CONSTRAINT audit_pkey PRIMARY KEY (id, at)
    CREATE INDEX audit_webshop ON ONLY public.audit USING btree (webshop_id, id)
    POLICY organisation FOR SELECT TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY retain FOR DELETE TO koppel_engine USING (((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)) AND (at < (now() - '30 days'::interval))))
    POLICY retain_read FOR SELECT TO koppel_engine USING (((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)) AND (at < (now() - '30 days'::interval))))
    POLICY tenant FOR SELECT TO koppel_app USING (((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)) OR ( SELECT koppel_all_webshops() AS koppel_all_webshops)))
    POLICY write FOR INSERT TO koppel_app, koppel_engine WITH CHECK (true)
    GRANT INSERT, SELECT TO koppel_app
    GRANT DELETE, INSERT, SELECT TO koppel_engine

TABLE budget
    -- Shared request budgets: the next free time slot of each bucket, and until when a remote asked for quiet.
    key text NOT NULL  -- What shares the budget: a credential, an app, a host.
    bucket text NOT NULL  -- Name of the limit; the empty one holds the block.
    next_at timestamp with time zone NOT NULL DEFAULT now()  -- Time of the next free slot.
    blocked_until timestamp with time zone  -- Until when nobody asks the remote.
    reason text NOT NULL DEFAULT ''::text  -- Why, in words.
    CONSTRAINT budget_pkey PRIMARY KEY (key, bucket)
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE budget_hold
    -- Leases on a budget's concurrent requests; one that is past its time may be taken over.
    key text NOT NULL  -- What shares the budget.
    bucket text NOT NULL  -- Name of the limit.
    slot integer NOT NULL  -- Which of the places, from 1.
    holder uuid NOT NULL  -- Who has it.
    until timestamp with time zone NOT NULL  -- When it may be taken over.
    CONSTRAINT budget_hold_pkey PRIMARY KEY (key, bucket, slot)
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE buy_order ROW LEVEL SECURITY FORCED
    -- A purchase order; placed_at null is a draft, which is never pushed.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    id bigint NOT NULL  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    supplier_id bigint  -- From whom: inner id; null while the key waits.
    supplier_key text  -- How the coupling of key_coupling_id names the supplier.
    key_coupling_id bigint  -- The coupling whose keys the references are.
    placed_at timestamp with time zone  -- Null is a draft, which is never pushed.
    expected_delivery_date date  -- When the goods should arrive.
    completed_at timestamp with time zone  -- When nothing was left to receive.
    total_value numeric(19,4)  -- Ex VAT; the sum of the lines.
    reference text NOT NULL  -- Our number, unique per webshop; travels to the remote and back.
    status_remote text  -- State as the remote names it.
    assembly boolean NOT NULL DEFAULT false  -- True: production of a composed product.
    created_at_remote timestamp with time zone  -- When the remote made it.
    updated_at_remote timestamp with time zone  -- When the remote last changed it.
    changed_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was last changed here.
    run_id bigint  -- The run that changed it last; null for a change made here.
    deleted_at timestamp with time zone  -- When it was deleted; null is alive.
    state_reason text  -- Why it is deleted: remote no longer lets it count, gone from all its sources, a person said so. Null while it is there.
    coupling_id bigint  -- The one coupling that receives it; null while it is a draft that names none.
    CONSTRAINT buy_order_state_reason_check CHECK ((state_reason = ANY (ARRAY['remote'::text, 'gone'::text, 'person'::text])))
    CONSTRAINT buy_order_pkey PRIMARY KEY (webshop_id, id)
    CREATE UNIQUE INDEX buy_order_reference ON public.buy_order USING btree (webshop_id, reference)
    CREATE UNIQUE INDEX buy_order_uuid ON public.buy_order USING btree (webshop_id, uuid)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE buy_order_line ROW LEVEL SECURITY FORCED
    -- One line of a purchase order.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    buy_order_id bigint NOT NULL  -- The order it is a line of.
    position integer NOT NULL  -- Order of the lines, from 1.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    remote_id text  -- The remote's line id.
    product_id bigint  -- What is bought: inner id; null while the key waits.
    product_key text  -- How the coupling of key_coupling_id names the product.
    key_coupling_id bigint  -- The coupling whose keys the references are.
    quantity bigint NOT NULL  -- Stock units.
    subtotal_value numeric(19,4) NOT NULL  -- Of the whole line, ex VAT.
    expected_delivery_date date  -- When these goods should arrive.
    factor bigint  -- Stock units per purchase unit as they were when the line was pushed; deliveries are converted by it.
    CONSTRAINT buy_order_line_factor_check CHECK ((factor >= 1))
    CONSTRAINT buy_order_line_quantity_check CHECK ((quantity >= 1))
    CONSTRAINT buy_order_line_webshop_id_buy_order_id_fkey FOREIGN KEY (webshop_id, buy_order_id) REFERENCES buy_order(webshop_id, id) ON DELETE CASCADE
    CONSTRAINT buy_order_line_pkey PRIMARY KEY (webshop_id, buy_order_id, "position")
    CREATE INDEX buy_order_line_waits ON public.buy_order_line USING btree (webshop_id, key_coupling_id, product_key) WHERE (product_id IS NULL)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE change PARTITION BY RANGE (at) ROW LEVEL SECURITY FORCED
    -- The change feed: one thin row per object change, numbered per webshop without gaps in commit order.
    at timestamp with time zone NOT NULL DEFAULT now()  -- When it happened; the partition goes by it.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    number bigint NOT NULL  -- Per webshop, without gaps, in commit order.
    object text NOT NULL  -- Which object.
    object_id bigint NOT NULL  -- Its inner id.
    operation text NOT NULL  -- created, updated, deleted or restored.
    fields bigint NOT NULL  -- Bit n is set when field n of koppel.Object.Fields changed.
    run_id bigint  -- The run that did it; null for a change made here.
    CONSTRAINT change_pkey PRIMARY KEY (webshop_id, number, at)
    CREATE INDEX change_object ON ONLY public.change USING btree (object_id, number)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE comparison ROW LEVEL SECURITY FORCED
    -- What runs of mode compare found, by stream: the remote beside what is stored. Kept for 14 days.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    coupling_id bigint NOT NULL  -- The coupling.
    run_id bigint NOT NULL  -- The run that compared.
    stream_id bigint NOT NULL  -- The stream.
    report jsonb NOT NULL  -- koppel.Comparison: counts, and of the sample what is not the same, with values.
    at timestamp with time zone NOT NULL DEFAULT now()  -- When it was written.
    CONSTRAINT comparison_coupling_id_fkey FOREIGN KEY (coupling_id) REFERENCES coupling(id) ON DELETE CASCADE
    CONSTRAINT comparison_run_id_fkey FOREIGN KEY (run_id) REFERENCES run(id) ON DELETE CASCADE
    CONSTRAINT comparison_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES stream(id) ON DELETE CASCADE
    CONSTRAINT comparison_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT comparison_pkey PRIMARY KEY (run_id, stream_id)
    CREATE INDEX comparison_coupling ON public.comparison USING btree (coupling_id, at DESC)
    CREATE INDEX comparison_stream ON public.comparison USING btree (stream_id)
    CREATE INDEX comparison_webshop ON public.comparison USING btree (webshop_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE connect_link ROW LEVEL SECURITY FORCED
    -- A link that a customer opens to enter credentials or to log in at the remote. Its token is signed by the master keyset and kept nowhere.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7; the token names it.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    coupling_id bigint NOT NULL  -- The coupling to connect.
    return_to text NOT NULL DEFAULT ''::text  -- Address that the last page leads back to; empty for none.
    activate boolean NOT NULL DEFAULT true  -- A draft is activated once it is connected.
    created_by text NOT NULL  -- Who made the link.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was made.
    expires_at timestamp with time zone NOT NULL  -- Until when it works.
    used_at timestamp with time zone  -- When the account was connected by it; it connects nothing else after that.
    state_hash bytea  -- SHA-256 of the state of the login that is under way; null when none is, as a state works once.
    browser_hash bytea  -- SHA-256 of the cookie of the browser that began the login.
    verifier bytea  -- The login's PKCE verifier, sealed by the master keyset.
    login_until timestamp with time zone  -- Until when the login may come back.
    CONSTRAINT connect_link_coupling_id_fkey FOREIGN KEY (coupling_id) REFERENCES coupling(id) ON DELETE CASCADE
    CONSTRAINT connect_link_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT connect_link_pkey PRIMARY KEY (id)
    CONSTRAINT connect_link_state_hash_key UNIQUE (state_hash)
    CONSTRAINT connect_link_uuid_key UNIQUE (uuid)
    CREATE INDEX connect_link_webshop ON public.connect_link USING btree (webshop_id, coupling_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE connector
    -- How to talk to one remote system, and which version new couplings and unpinned ones use.
    name text NOT NULL  -- The name in manifests, settings and paths.
    current_version_id bigint  -- Version of couplings that pin none; null before the first is published.
    CONSTRAINT connector_name_check CHECK ((name ~ '^[a-z][a-z0-9_-]{1,62}$'::text))
    CONSTRAINT connector_current_version_id_fkey FOREIGN KEY (current_version_id) REFERENCES connector_version(id)
    CONSTRAINT connector_pkey PRIMARY KEY (name)
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE connector_version
    -- An immutable version of a connector by digest; rows are never updated.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    connector text NOT NULL  -- Name of the connector.
    version text NOT NULL  -- The manifest's version, unique within the connector.
    digest text NOT NULL  -- SHA-256 over manifest and mapping: what a run pins.
    manifest text NOT NULL  -- connector.yaml as it was published.
    mapping text NOT NULL  -- mapping.yaml as it was published.
    published_by text NOT NULL  -- Who published it; built in for versions that come with the program.
    published_at timestamp with time zone NOT NULL DEFAULT now()  -- When it was published.
    CONSTRAINT connector_version_connector_fkey FOREIGN KEY (connector) REFERENCES connector(name)
    CONSTRAINT connector_version_pkey PRIMARY KEY (id)
    CONSTRAINT connector_version_connector_version_key UNIQUE (connector, version)
    CONSTRAINT connector_version_digest_key UNIQUE (digest)
    GRANT INSERT, SELECT TO koppel_app
    GRANT INSERT, SELECT TO koppel_engine

TABLE coupling ROW LEVEL SECURITY FORCED
    -- One integration switched on for one webshop. connector_version_id null follows the connector's current version.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    integration_id bigint NOT NULL  -- What is switched on.
    connector text NOT NULL  -- Name of the connector.
    connector_version_id bigint  -- Pinned version; null follows the connector's current one.
    credential_id bigint  -- The remote account; null while there is none.
    name text NOT NULL  -- Name for people.
    state text NOT NULL DEFAULT 'draft'::text  -- Where it is in its life.
    pause_owner text  -- Who paused it, and alone can end the pause.
    pause_reason text  -- Why, in words.
    settings jsonb NOT NULL DEFAULT '{}'::jsonb  -- Settings by the names of the manifest.
    settings_version bigint NOT NULL DEFAULT 1  -- Raised by each change of the settings; runs pin it.
    priority bigint NOT NULL DEFAULT 0  -- Survivorship: the lower number wins; 0 until activation gives it the next number of the webshop.
    remote_version text NOT NULL DEFAULT ''::text  -- Version of the remote system, as detected.
    steps jsonb NOT NULL DEFAULT '[]'::jsonb  -- Steps of the last activation: list of {name, state, run_id, detail}.
    activated_at timestamp with time zone  -- When the first activation ended.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was made.
    updated_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was last changed.
    rules jsonb NOT NULL DEFAULT '{}'::jsonb  -- By object, how it is consolidated: {role, key, ignore}, as follows from the settings; written when a run starts and when the settings change.
    ranks jsonb NOT NULL DEFAULT '{}'::jsonb  -- By object and field group, its place in the order of strength that a person set, from 1; what is not named follows in the order of priority.
    pushes text[] NOT NULL DEFAULT '{}'::text[]  -- What is written to the remote when it changes here, as its settings say: stock, shipments, item_deliveries.
    quiet jsonb NOT NULL DEFAULT '[]'::jsonb  -- Hours in which no schedule starts a run: list of {from, to, days, time_zone}.
    jitter_seconds integer NOT NULL DEFAULT 300  -- Over how many seconds its schedules may be moved; by how many it is follows from its id.
    closing jsonb NOT NULL DEFAULT '[]'::jsonb  -- Steps of the last disabling or removal: list of {name, state, detail}.
    closing_since timestamp with time zone  -- Since when it is being disabled or removed; null when nothing of that is under way.
    remove_objects text  -- It is being removed, or was: what becomes of objects that no other coupling carries. Null otherwise.
    removed_at timestamp with time zone  -- When it was removed; null before.
    hold text  -- Why the coupling stays on connector_version_id though it follows the current version: its mapping override does not go with that one. Null when it is not held.
    CONSTRAINT coupling_jitter_seconds_check CHECK (((jitter_seconds >= 0) AND (jitter_seconds <= 3600)))
    CONSTRAINT coupling_pause_owner_check CHECK ((pause_owner = ANY (ARRAY['person'::text, 'auth'::text, 'policy'::text, 'quota'::text])))
    CONSTRAINT coupling_remove_objects_check CHECK ((remove_objects = ANY (ARRAY['keep'::text, 'disable'::text])))
    CONSTRAINT coupling_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'activating'::text, 'active'::text, 'paused'::text, 'needs_reauth'::text, 'disabled'::text, 'removed'::text])))
    CONSTRAINT coupling_connector_fkey FOREIGN KEY (connector) REFERENCES connector(name)
    CONSTRAINT coupling_connector_version_id_fkey FOREIGN KEY (connector_version_id) REFERENCES connector_version(id)
    CONSTRAINT coupling_credential_id_fkey FOREIGN KEY (credential_id) REFERENCES credential(id)
    CONSTRAINT coupling_integration_id_fkey FOREIGN KEY (integration_id) REFERENCES integration(id)
    CONSTRAINT coupling_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT coupling_pkey PRIMARY KEY (id)
    CONSTRAINT coupling_uuid_key UNIQUE (uuid)
    CREATE INDEX coupling_closing ON public.coupling USING btree (id) WHERE (closing_since IS NOT NULL)
    CREATE INDEX coupling_webshop ON public.coupling USING btree (webshop_id, id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY queue TO koppel_engine USING ((( SELECT koppel_webshop() AS koppel_webshop) IS NULL))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE coupling_pause ROW LEVEL SECURITY FORCED
    -- Why a coupling stands still, or stood. The coupling's own pause_owner and pause_reason repeat the foremost standing one.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    coupling_id bigint NOT NULL  -- The coupling that stands still.
    owner text NOT NULL  -- Who paused it, and alone can end the pause.
    reason text NOT NULL DEFAULT ''::text  -- Why, in words.
    since timestamp with time zone NOT NULL DEFAULT now()  -- When it began.
    ended_at timestamp with time zone  -- When it ended; null while it stands.
    caught_up_at timestamp with time zone  -- When the runs were opened that read what was missed; for pauses by auth and by policy.
    CONSTRAINT coupling_pause_owner_check1 CHECK ((owner = ANY (ARRAY['person'::text, 'auth'::text, 'policy'::text, 'quota'::text])))
    CONSTRAINT coupling_pause_coupling_id_fkey FOREIGN KEY (coupling_id) REFERENCES coupling(id) ON DELETE CASCADE
    CONSTRAINT coupling_pause_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT coupling_pause_pkey PRIMARY KEY (id)
    CREATE INDEX coupling_pause_behind ON public.coupling_pause USING btree (id) WHERE ((owner = ANY (ARRAY['auth'::text, 'policy'::text])) AND (ended_at IS NOT NULL) AND (caught_up_at IS NULL))
    CREATE UNIQUE INDEX coupling_pause_standing ON public.coupling_pause USING btree (coupling_id, owner) WHERE (ended_at IS NULL)
    CREATE INDEX coupling_pause_webshop ON public.coupling_pause USING btree (webshop_id, coupling_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY queue TO koppel_engine USING ((( SELECT koppel_webshop() AS koppel_webshop) IS NULL))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE credential ROW LEVEL SECURITY FORCED
    -- The secrets for one remote account, sealed with the webshop's data key; may serve several couplings.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    connector text NOT NULL  -- Name of the connector.
    name text NOT NULL  -- Name for people.
    sealed bytea NOT NULL  -- The secrets as a JSON object, sealed with the webshop's data key and bound to this row.
    version bigint NOT NULL DEFAULT 1  -- Raised by each change of the secrets; writers compare it.
    tested_at timestamp with time zone  -- When the remote last accepted this version; null when it never did.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was made.
    updated_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was last changed.
    CONSTRAINT credential_connector_fkey FOREIGN KEY (connector) REFERENCES connector(name)
    CONSTRAINT credential_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT credential_pkey PRIMARY KEY (id)
    CONSTRAINT credential_uuid_key UNIQUE (uuid)
    CREATE INDEX credential_webshop ON public.credential USING btree (webshop_id, id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE credential_token ROW LEVEL SECURITY FORCED
    -- The newest token of a credential. A renewal takes the lease and is noted before the request is made, and its token is stored before it is used: a note without a lease is a request of which nobody knows the outcome.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    credential_id bigint NOT NULL  -- The credential the token was got with.
    name text NOT NULL  -- login for what a customer's login gave; client/ and a digest of what it was asked with for a client's own.
    sealed bytea  -- Access and refresh token as a JSON object, sealed with the webshop's data key and bound to this row; null while there is none.
    generation bigint NOT NULL DEFAULT 0  -- Counts the tokens, from 1; whoever stores the next one compares it.
    obtained_at timestamp with time zone  -- When the remote gave the token.
    expires_at timestamp with time zone  -- When the access token ends; null when the remote does not say.
    renew_at timestamp with time zone  -- When the token is renewed although nobody needs it, so that its refresh token does not end unused.
    lease uuid  -- The renewal that is under way; random.
    lease_until timestamp with time zone  -- Until when no other worker renews.
    noted_at timestamp with time zone  -- When a renewal was noted whose outcome is not known; null when the last one's is.
    noted_by text NOT NULL DEFAULT ''::text  -- The process that noted it.
    tries bigint NOT NULL DEFAULT 0  -- Renewals of this generation whose outcome is not known.
    state text NOT NULL DEFAULT 'ok'::text  -- needs_reauth: the remote refused the refresh token for good; only a new login helps.
    reason text NOT NULL DEFAULT ''::text  -- Why a new login is needed.
    captured jsonb NOT NULL DEFAULT '{}'::jsonb  -- Values read, or chosen, after the login, by the names of the manifest. Nothing secret.
    CONSTRAINT credential_token_state_check CHECK ((state = ANY (ARRAY['ok'::text, 'needs_reauth'::text])))
    CONSTRAINT credential_token_credential_id_fkey FOREIGN KEY (credential_id) REFERENCES credential(id) ON DELETE CASCADE
    CONSTRAINT credential_token_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT credential_token_pkey PRIMARY KEY (id)
    CONSTRAINT credential_token_credential_id_name_key UNIQUE (credential_id, name)
    CREATE INDEX credential_token_renew ON public.credential_token USING btree (renew_at) WHERE ((renew_at IS NOT NULL) AND (state = 'ok'::text))
    CREATE INDEX credential_token_webshop ON public.credential_token USING btree (webshop_id, credential_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY queue FOR SELECT TO koppel_engine USING ((( SELECT koppel_webshop() AS koppel_webshop) IS NULL))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE data_key ROW LEVEL SECURITY FORCED
    -- The webshop's data key, sealed by the master key named here.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    sealed bytea NOT NULL  -- The key, sealed by the master key.
    master_key_id text NOT NULL  -- Which master key sealed it: what a rotation looks for.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was made.
    CONSTRAINT data_key_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT data_key_pkey PRIMARY KEY (webshop_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE dirty ROW LEVEL SECURITY FORCED
    -- Stored records whose objects must be mapped (again) because they need another record; drained by the map stage.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    stream_id bigint NOT NULL  -- The stream it belongs to.
    remote_id text NOT NULL  -- Which record of the stream.
    marked bigint NOT NULL  -- Ticket of the latest mark: a key marked again while it is mapped stays.
    CONSTRAINT dirty_pkey PRIMARY KEY (webshop_id, stream_id, remote_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE erased_person ROW LEVEL SECURITY FORCED
    -- Tombstones of people who were erased: records that name them again are stored without their personal values.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    digest bytea NOT NULL  -- HMAC-SHA256 of kind and normalised value by a key made of the webshop's data key; the value itself is nowhere kept.
    kind text NOT NULL  -- By what the person is recognised.
    erased_at timestamp with time zone NOT NULL DEFAULT now()  -- When it was asked for first.
    erased_by text NOT NULL  -- Who asked.
    CONSTRAINT erased_person_kind_check CHECK ((kind = ANY (ARRAY['email'::text, 'phone'::text, 'name'::text, 'remote_id'::text])))
    CONSTRAINT erased_person_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT erased_person_pkey PRIMARY KEY (webshop_id, digest)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE exchange PARTITION BY RANGE (at) ROW LEVEL SECURITY FORCED
    -- Failed requests with their answers, secrets redacted and bodies cut.
    at timestamp with time zone NOT NULL DEFAULT clock_timestamp()  -- When it happened; the partition goes by it.
    id bigint NOT NULL IDENTITY  -- Id that the timeline and errors name.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    run_id bigint  -- The run it happened in; null for a check of credentials.
    data jsonb NOT NULL  -- koppel.Exchange as JSON.
    CONSTRAINT exchange_pkey PRIMARY KEY (webshop_id, id, at)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE gone_suspect ROW LEVEL SECURITY FORCED
    -- Records that may be gone: kept until they are proven and acted on, or read again.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    coupling_id bigint NOT NULL  -- The coupling whose record it is.
    stream_id bigint NOT NULL  -- The record's stream.
    remote_id text NOT NULL  -- The record's id.
    reason text NOT NULL  -- What raised the suspicion.
    ticket bigint NOT NULL  -- Taken before the remote said so; a record read under a newer one is there.
    scans integer NOT NULL DEFAULT 0  -- Complete scans in a row that did not list it.
    scan_id bigint NOT NULL DEFAULT 0  -- The last of them; 0 for other reasons.
    proven boolean NOT NULL DEFAULT false  -- Nothing more has to be shown.
    kept_at timestamp with time zone  -- When a person decided that it stays; null without such a decision.
    first_at timestamp with time zone NOT NULL DEFAULT now()  -- When it was first suspected.
    CONSTRAINT gone_suspect_reason_check CHECK ((reason = ANY (ARRAY['missing'::text, 'feed'::text, 'flag'::text, 'event'::text, 'parent'::text])))
    CONSTRAINT gone_suspect_coupling_id_fkey FOREIGN KEY (coupling_id) REFERENCES coupling(id) ON DELETE CASCADE
    CONSTRAINT gone_suspect_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES stream(id) ON DELETE CASCADE
    CONSTRAINT gone_suspect_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT gone_suspect_pkey PRIMARY KEY (webshop_id, stream_id, remote_id)
    CREATE INDEX gone_suspect_coupling ON public.gone_suspect USING btree (coupling_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE hook ROW LEVEL SECURITY FORCED
    -- Subscriptions at remotes: by them a remote calls /hooks/{token} when something changes.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    coupling_id bigint NOT NULL  -- The coupling it belongs to.
    topic text NOT NULL  -- What it is about, as the manifest names it; * for all topics by one subscription.
    token_hash bytea NOT NULL  -- SHA-256 of the token in the address.
    sealed bytea NOT NULL  -- Token and secret, sealed by the webshop's data key.
    state text NOT NULL DEFAULT 'wanted'::text  -- wanted (to be made), active, failing (see detail), leaving (to be ended), left.
    remote_id text NOT NULL DEFAULT ''::text  -- The remote's id of the subscription; empty before it is made.
    detail text NOT NULL DEFAULT ''::text  -- Why it fails, for people.
    public_keys jsonb NOT NULL DEFAULT '{}'::jsonb  -- Public keys of the remote that signs with private ones, by key id.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was made.
    subscribed_at timestamp with time zone  -- When the remote took it; null before.
    checked_at timestamp with time zone  -- When the remote was last asked how it stands.
    due_at timestamp with time zone NOT NULL DEFAULT now()  -- When it is seen to next.
    left_at timestamp with time zone  -- When it was ended; calls that were under way are taken for a while.
    refused bigint NOT NULL DEFAULT 0  -- Calls that were refused: not signed, stale, unreadable.
    refused_at timestamp with time zone  -- The last of them.
    refused_for text NOT NULL DEFAULT ''::text  -- Why the last one was refused.
    swept bigint NOT NULL DEFAULT 0  -- Changes of its streams that no call told and only a scan found.
    swept_at timestamp with time zone  -- When a scan last found one.
    CONSTRAINT hook_state_check CHECK ((state = ANY (ARRAY['wanted'::text, 'active'::text, 'failing'::text, 'leaving'::text, 'left'::text])))
    CONSTRAINT hook_coupling_id_fkey FOREIGN KEY (coupling_id) REFERENCES coupling(id) ON DELETE CASCADE
    CONSTRAINT hook_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT hook_pkey PRIMARY KEY (id)
    CONSTRAINT hook_token_hash_key UNIQUE (token_hash)
    CONSTRAINT hook_uuid_key UNIQUE (uuid)
    CREATE INDEX hook_coupling ON public.hook USING btree (coupling_id)
    CREATE INDEX hook_due ON public.hook USING btree (due_at) WHERE (state <> 'left'::text)
    CREATE UNIQUE INDEX hook_one ON public.hook USING btree (coupling_id, topic) WHERE (state = ANY (ARRAY['wanted'::text, 'active'::text, 'failing'::text]))
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY queue TO koppel_engine USING ((( SELECT koppel_webshop() AS koppel_webshop) IS NULL))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE inbox PARTITION BY RANGE (at) ROW LEVEL SECURITY FORCED
    -- Webhooks as they came in, stored once before they are answered.
    at timestamp with time zone NOT NULL DEFAULT clock_timestamp()  -- When it happened; the partition goes by it.
    id bigint NOT NULL IDENTITY  -- Order of arrival.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    coupling_id bigint NOT NULL  -- The coupling it belongs to.
    event_id text NOT NULL DEFAULT ''::text  -- The sender's id of the event, as declared; empty when it gives none.
    body_hash bytea NOT NULL  -- SHA-256 of the raw body, to recognise a repeat by.
    headers jsonb NOT NULL DEFAULT '{}'::jsonb  -- Headers that the declaration keeps.
    body bytea NOT NULL  -- The body as it came.
    handled_at timestamp with time zone  -- When it was worked off; null while it waits.
    hook_id bigint NOT NULL DEFAULT 0  -- The subscription by which it came.
    topic text NOT NULL DEFAULT ''::text  -- What it is about, as the manifest reads it from the call.
    ticket bigint NOT NULL DEFAULT nextval('ticket'::regclass)  -- Taken when it came: what was read under a newer one is newer.
    outcome text NOT NULL DEFAULT ''::text  -- What came of it: kept (something is read because of it), ignored, or why it failed.
    CONSTRAINT inbox_pkey PRIMARY KEY (webshop_id, id, at)
    CREATE INDEX inbox_hook ON ONLY public.inbox USING btree (webshop_id, hook_id, at DESC)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE inbox_handling ROW LEVEL SECURITY FORCED
    -- What people said about items of the inbox: what needs a person now, which itself follows from other rows.
    item text NOT NULL  -- Id of the item, made from its cause and what it is about.
    webshop_id bigint  -- The webshop the row belongs to; row-level security goes by it. Null for items of the installation.
    acknowledged_by text  -- Who takes care of it.
    acknowledged_at timestamp with time zone  -- Since when; what comes later shows the item again.
    snoozed_by text  -- Who put it off.
    snoozed_until timestamp with time zone  -- Until when it is not shown.
    note text  -- What the next one should know.
    noted_by text  -- Who wrote the note.
    noted_at timestamp with time zone  -- When the note was written.
    CONSTRAINT inbox_handling_note_check CHECK ((length(note) <= 2000))
    CONSTRAINT inbox_handling_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT inbox_handling_pkey PRIMARY KEY (item)
    CREATE INDEX inbox_handling_webshop ON public.inbox_handling USING btree (webshop_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE inbox_key ROW LEVEL SECURITY FORCED
    -- What came in already: a call of the same event id and body is a repeat and stored no second time.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    hook_id bigint NOT NULL  -- The subscription by which it came.
    event_id text NOT NULL  -- The sender's id of the event; empty when it gives none.
    body_hash bytea NOT NULL  -- SHA-256 of the raw body.
    at timestamp with time zone NOT NULL DEFAULT now()  -- When it first came.
    repeats integer NOT NULL DEFAULT 0  -- How often it came again.
    CONSTRAINT inbox_key_hook_id_fkey FOREIGN KEY (hook_id) REFERENCES hook(id) ON DELETE CASCADE
    CONSTRAINT inbox_key_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT inbox_key_pkey PRIMARY KEY (hook_id, event_id, body_hash)
    CREATE INDEX inbox_key_at ON public.inbox_key USING btree (at)
    CREATE INDEX inbox_key_webshop ON public.inbox_key USING btree (webshop_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY queue TO koppel_engine USING ((( SELECT koppel_webshop() AS koppel_webshop) IS NULL))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE integration
    -- The catalogue entry people see; belongs to one provider.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    provider_id bigint NOT NULL  -- The technical side.
    code text NOT NULL  -- Stable name in settings and paths.
    name text NOT NULL  -- Name for people.
    CONSTRAINT integration_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES provider(id)
    CONSTRAINT integration_pkey PRIMARY KEY (id)
    CONSTRAINT integration_code_key UNIQUE (code)
    CONSTRAINT integration_uuid_key UNIQUE (uuid)
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE item_delivery ROW LEVEL SECURITY FORCED
    -- Goods that came in, or went back, on a line of a buy order. The line is found when it is read: by its remote id, else by the product.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    id bigint NOT NULL  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    buy_order_id bigint  -- On which order: inner id; null while the key waits.
    buy_order_key text  -- How the coupling of key_coupling_id names the order.
    line text  -- The remote's id of the order's line.
    product_id bigint  -- What came in: inner id; null while the key waits or when none is named.
    product_key text  -- How the coupling of key_coupling_id names the product.
    key_coupling_id bigint  -- The coupling whose keys the references are.
    quantity bigint NOT NULL  -- Stock units; negative went back to the supplier.
    occurred_at timestamp with time zone NOT NULL  -- When it came in; when it was first seen where the remote does not tell.
    reference text  -- Our reference, when it was pushed.
    created_at_remote timestamp with time zone  -- When the remote made it.
    updated_at_remote timestamp with time zone  -- When the remote last changed it.
    changed_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was last changed here.
    run_id bigint  -- The run that changed it last; null for a change made here.
    deleted_at timestamp with time zone  -- When it was deleted; null while it counts.
    state_reason text  -- Why it is deleted: remote no longer lets it count, gone from all its sources, a person said so. Null while it is there.
    CONSTRAINT item_delivery_quantity_check CHECK ((quantity <> 0))
    CONSTRAINT item_delivery_state_reason_check CHECK ((state_reason = ANY (ARRAY['remote'::text, 'gone'::text, 'person'::text])))
    CONSTRAINT item_delivery_pkey PRIMARY KEY (webshop_id, id)
    CREATE INDEX item_delivery_order ON public.item_delivery USING btree (webshop_id, buy_order_id, line) WHERE (buy_order_id IS NOT NULL)
    CREATE INDEX item_delivery_reference ON public.item_delivery USING btree (webshop_id, reference) WHERE (reference IS NOT NULL)
    CREATE UNIQUE INDEX item_delivery_uuid ON public.item_delivery USING btree (webshop_id, uuid)
    CREATE INDEX item_delivery_waits_order ON public.item_delivery USING btree (webshop_id, key_coupling_id, buy_order_key) WHERE (buy_order_id IS NULL)
    CREATE INDEX item_delivery_waits_product ON public.item_delivery USING btree (webshop_id, key_coupling_id, product_key) WHERE ((product_id IS NULL) AND (product_key IS NOT NULL))
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE link_decision ROW LEVEL SECURITY FORCED
    -- What a person decided about a record that could not be linked by itself; every later read goes by it.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    coupling_id bigint NOT NULL  -- The coupling whose record it is.
    object text NOT NULL  -- Which object the record would be.
    remote_id text NOT NULL  -- Id in the remote, the key of the source.
    action text NOT NULL  -- link, create or ignore.
    object_id bigint  -- With link, the object that it is.
    decided_by text NOT NULL  -- Who decided.
    decided_at timestamp with time zone NOT NULL DEFAULT now()  -- When.
    CONSTRAINT link_decision_action_check CHECK ((action = ANY (ARRAY['link'::text, 'create'::text, 'ignore'::text])))
    CONSTRAINT link_decision_coupling_id_fkey FOREIGN KEY (coupling_id) REFERENCES coupling(id) ON DELETE CASCADE
    CONSTRAINT link_decision_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT link_decision_pkey PRIMARY KEY (webshop_id, coupling_id, object, remote_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE mapping_override ROW LEVEL SECURITY FORCED
    -- Immutable versions of a webshop's or a coupling's own mapping over a connector's; the highest number is the one in force.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    connector text NOT NULL  -- Over whose mapping it is laid.
    coupling_id bigint  -- For which coupling it counts; null for all of the webshop's couplings of the connector.
    number bigint NOT NULL  -- Version, counted from 1 for each webshop and connector, and for each coupling.
    digest text NOT NULL  -- SHA-256 of the source, in hex.
    source text NOT NULL  -- The document as it was saved; empty where the override was taken away.
    note text NOT NULL DEFAULT ''::text  -- Why, in the words of who saved it.
    actor text NOT NULL  -- Who saved it.
    at timestamp with time zone NOT NULL DEFAULT now()  -- When it was saved.
    restores bigint  -- The version that it brings back, 0 for none at all; null for one that was written.
    CONSTRAINT mapping_override_number_check CHECK ((number > 0))
    CONSTRAINT mapping_override_connector_fkey FOREIGN KEY (connector) REFERENCES connector(name)
    CONSTRAINT mapping_override_coupling_id_fkey FOREIGN KEY (coupling_id) REFERENCES coupling(id) ON DELETE CASCADE
    CONSTRAINT mapping_override_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT mapping_override_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX mapping_override_number ON public.mapping_override USING btree (webshop_id, connector, coupling_id, number) NULLS NOT DISTINCT
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT INSERT, SELECT TO koppel_app
    GRANT SELECT TO koppel_engine

TABLE notice ROW LEVEL SECURITY FORCED
    -- Messages to people: one job each sends them. Kept for 31 days.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7; an e-mail's Message-ID is made of it.
    rule_id bigint NOT NULL  -- By which rule.
    webshop_id bigint  -- The rule's webshop; null for rules of an organisation or of all. Row-level security goes by it.
    state text NOT NULL DEFAULT 'gathering'::text  -- gathering (more may join), sending (and tried again), sent, failed (given up).
    entries jsonb NOT NULL  -- koppel.NoticeEntry: what it tells, at most 20.
    entry_count integer NOT NULL DEFAULT 1  -- How many things it tells, also those beyond the 20.
    attempts integer NOT NULL DEFAULT 0  -- How often it was tried.
    error text NOT NULL DEFAULT ''::text  -- Why the last attempt failed.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was made.
    ended_at timestamp with time zone  -- When it was sent or given up.
    CONSTRAINT notice_state_check CHECK ((state = ANY (ARRAY['gathering'::text, 'sending'::text, 'sent'::text, 'failed'::text])))
    CONSTRAINT notice_rule_id_fkey FOREIGN KEY (rule_id) REFERENCES notice_rule(id) ON DELETE CASCADE
    CONSTRAINT notice_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT notice_pkey PRIMARY KEY (id)
    CONSTRAINT notice_uuid_key UNIQUE (uuid)
    CREATE INDEX notice_created ON public.notice USING btree (created_at)
    CREATE UNIQUE INDEX notice_gathering ON public.notice USING btree (rule_id) WHERE (state = 'gathering'::text)
    CREATE INDEX notice_rule_id ON public.notice USING btree (rule_id, id DESC)
    CREATE INDEX notice_webshop ON public.notice USING btree (webshop_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY queue TO koppel_engine USING ((( SELECT koppel_webshop() AS koppel_webshop) IS NULL))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    POLICY wider TO koppel_engine USING ((webshop_id IS NULL))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE notice_rule ROW LEVEL SECURITY FORCED
    -- Who is told what: of one webshop, of an organisation's webshops, or of all.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    organisation_id bigint  -- Whose webshops; null for one webshop, or for all.
    webshop_id bigint  -- Which webshop; null for an organisation's, or for all. Row-level security goes by it.
    channel text NOT NULL  -- By what people are told.
    target text NOT NULL  -- Where to: the e-mail address; of Slack only the host, as the whole address is a secret.
    sealed bytea  -- The whole address of Slack, sealed by the master key; null for e-mail.
    wants text[] NOT NULL  -- What is told: causes of the inbox, activation_progress, activation_steps.
    floor text NOT NULL DEFAULT 'info'::text  -- What matters less is not told.
    quiet_minutes integer NOT NULL DEFAULT 60  -- For how long one cause of one coupling is not told again.
    parked_above bigint NOT NULL DEFAULT 0  -- Parked records and reviews are told when there are more of one coupling, or when they wait for a week.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was made.
    created_by text NOT NULL DEFAULT ''::text  -- Who made it.
    CONSTRAINT notice_rule_channel_check CHECK ((channel = ANY (ARRAY['slack'::text, 'email'::text])))
    CONSTRAINT notice_rule_check CHECK (((organisation_id IS NULL) OR (webshop_id IS NULL)))
    CONSTRAINT notice_rule_floor_check CHECK ((floor = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text])))
    CONSTRAINT notice_rule_parked_above_check CHECK ((parked_above >= 0))
    CONSTRAINT notice_rule_quiet_minutes_check CHECK (((quiet_minutes >= 1) AND (quiet_minutes <= 10080)))
    CONSTRAINT notice_rule_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisation(id) ON DELETE CASCADE
    CONSTRAINT notice_rule_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT notice_rule_pkey PRIMARY KEY (id)
    CONSTRAINT notice_rule_uuid_key UNIQUE (uuid)
    CREATE INDEX notice_rule_organisation ON public.notice_rule USING btree (organisation_id)
    CREATE INDEX notice_rule_webshop ON public.notice_rule USING btree (webshop_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY queue TO koppel_engine USING ((( SELECT koppel_webshop() AS koppel_webshop) IS NULL))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    POLICY wider TO koppel_engine USING ((webshop_id IS NULL))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE notice_told ROW LEVEL SECURITY FORCED
    -- What was told by a rule and how it stands, so that nothing is told twice and what is over is told.
    rule_id bigint NOT NULL  -- By which rule.
    key text NOT NULL  -- Cause and coupling, webshop or installation; or a step of an activation.
    webshop_id bigint  -- Of which webshop; null for what concerns all. Row-level security goes by it.
    cause text NOT NULL  -- Cause of the inbox; empty for the progress of activations.
    entry jsonb NOT NULL  -- koppel.NoticeEntry: what was last told.
    count bigint NOT NULL DEFAULT 0  -- How much of it was told.
    newest timestamp with time zone NOT NULL DEFAULT now()  -- The newest of what was told.
    told_at timestamp with time zone NOT NULL DEFAULT now()  -- When it was last told that it needs a person; the quiet time begins then.
    present boolean NOT NULL DEFAULT true  -- It was there when the inbox was last looked at.
    returns integer NOT NULL DEFAULT 0  -- How often it came back since it was last told.
    over_at timestamp with time zone  -- When it was told that it is over; null while it is told to need a person.
    CONSTRAINT notice_told_rule_id_fkey FOREIGN KEY (rule_id) REFERENCES notice_rule(id) ON DELETE CASCADE
    CONSTRAINT notice_told_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT notice_told_pkey PRIMARY KEY (rule_id, key)
    CREATE INDEX notice_told_over ON public.notice_told USING btree (over_at) WHERE (over_at IS NOT NULL)
    CREATE INDEX notice_told_webshop ON public.notice_told USING btree (webshop_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY queue TO koppel_engine USING ((( SELECT koppel_webshop() AS koppel_webshop) IS NULL))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    POLICY wider TO koppel_engine USING ((webshop_id IS NULL))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE operation ROW LEVEL SECURITY FORCED
    -- Objects that people linked, merged or split, with the bindings before, so that it can be undone.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    kind text NOT NULL  -- link, merge or split.
    object text NOT NULL  -- Which object.
    moves jsonb NOT NULL  -- What moved: {sources: [{coupling, remote_id, from, to}], ended, made, edit, lines}.
    objects jsonb NOT NULL  -- List of the inner ids of the objects it touched; what touched one of them later is undone first.
    actor text NOT NULL  -- Who did it.
    at timestamp with time zone NOT NULL DEFAULT now()  -- When it happened.
    undone_at timestamp with time zone  -- When it was undone; null while it holds.
    undone_by text  -- Who undid it.
    CONSTRAINT operation_kind_check CHECK ((kind = ANY (ARRAY['link'::text, 'merge'::text, 'split'::text])))
    CONSTRAINT operation_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT operation_pkey PRIMARY KEY (id)
    CONSTRAINT operation_uuid_key UNIQUE (uuid)
    CREATE INDEX operation_webshop ON public.operation USING btree (webshop_id, id DESC)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE organisation ROW LEVEL SECURITY FORCED
    -- Owner of webshops: a company, an agency, a restaurant group.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    name text NOT NULL  -- Name for people.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was made.
    CONSTRAINT organisation_name_check CHECK (((length(name) >= 1) AND (length(name) <= 255)))
    CONSTRAINT organisation_pkey PRIMARY KEY (id)
    CONSTRAINT organisation_uuid_key UNIQUE (uuid)
    POLICY engine FOR SELECT TO koppel_engine USING (true)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation FOR SELECT TO koppel_app USING ((id = ( SELECT koppel_organisation() AS koppel_organisation)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT SELECT TO koppel_engine

TABLE outbox ROW LEVEL SECURITY FORCED
    -- Writes to a remote: pending → sending → sent | unknown | parked; pending → dropped when it is no longer wanted. The uuid is the idempotency key, reference is our number.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    coupling_id bigint NOT NULL  -- The coupling it belongs to.
    object text NOT NULL  -- What is written: an object, or stock, which is of the product object_id.
    object_id bigint NOT NULL  -- Its inner id.
    operation text NOT NULL  -- create, update, cancel; set writes one value absolutely, raise adds to it. Of what is gathered it is decided when it is first tried.
    reference text NOT NULL  -- Our number, by which the remote is searched before sending again.
    state text NOT NULL DEFAULT 'pending'::text  -- Where it is in its life.
    epoch bigint NOT NULL DEFAULT 0  -- Raised by each attempt; a revived attempt with an older epoch may not record an outcome.
    attempts integer NOT NULL DEFAULT 0  -- How often it was claimed.
    remote_id text  -- The remote's id, once it is sent.
    error jsonb  -- koppel.Advice of the last attempt that failed.
    run_id bigint  -- The push run that has it in hand or had it last.
    due_at timestamp with time zone NOT NULL DEFAULT now()  -- When it may go.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was made.
    updated_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was last changed.
    steps jsonb  -- How far a push came: the remote's ids, which steps it did, what their answers gave. An attempt goes on from here.
    target jsonb  -- The value that an absolute write wants, of operation set.
    edited boolean NOT NULL DEFAULT false  -- The object was changed after the open attempt read it: what follows once that one is sent.
    began_at timestamp with time zone  -- When the first attempt began; what the webshop's cap counts by.
    held text  -- Why it waits although it is due: cap of the webshop or a stop.
    held_at timestamp with time zone  -- Since when it is held.
    CONSTRAINT outbox_held_check CHECK ((held = ANY (ARRAY['cap'::text, 'stop'::text])))
    CONSTRAINT outbox_operation_check CHECK ((operation = ANY (ARRAY['create'::text, 'update'::text, 'cancel'::text, 'set'::text, 'raise'::text])))
    CONSTRAINT outbox_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'sending'::text, 'sent'::text, 'unknown'::text, 'parked'::text, 'dropped'::text])))
    CONSTRAINT outbox_coupling_id_fkey FOREIGN KEY (coupling_id) REFERENCES coupling(id) ON DELETE CASCADE
    CONSTRAINT outbox_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT outbox_pkey PRIMARY KEY (id)
    CONSTRAINT outbox_uuid_key UNIQUE (uuid)
    CREATE INDEX outbox_began ON public.outbox USING btree (webshop_id, began_at) WHERE ((object = 'buy_orders'::text) AND (operation = 'create'::text) AND (began_at IS NOT NULL))
    CREATE INDEX outbox_due ON public.outbox USING btree (due_at) WHERE (state = ANY (ARRAY['pending'::text, 'unknown'::text]))
    CREATE INDEX outbox_gathered ON public.outbox USING btree (coupling_id, object, due_at) WHERE ((object <> 'buy_orders'::text) AND (state = ANY (ARRAY['pending'::text, 'sending'::text, 'unknown'::text])))
    CREATE INDEX outbox_object ON public.outbox USING btree (object_id, id DESC)
    CREATE UNIQUE INDEX outbox_open ON public.outbox USING btree (coupling_id, object, object_id) WHERE (state = ANY (ARRAY['pending'::text, 'sending'::text, 'unknown'::text]))
    CREATE INDEX outbox_webshop ON public.outbox USING btree (webshop_id, id DESC)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY queue TO koppel_engine USING ((( SELECT koppel_webshop() AS koppel_webshop) IS NULL))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE parked ROW LEVEL SECURITY FORCED
    -- Records that could not be processed, kept with reason and bytes; gone from here when a later version of the record maps.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    coupling_id bigint NOT NULL  -- The coupling it belongs to.
    stream_id bigint  -- The stream it belongs to.
    remote_id text NOT NULL  -- Id in the remote, or what could be read of it.
    object text NOT NULL DEFAULT ''::text  -- Object that could not be mapped; empty when the record itself was bad.
    field text NOT NULL DEFAULT ''::text  -- Field that failed; empty when none did.
    expression text NOT NULL DEFAULT ''::text  -- The expression that failed.
    input text NOT NULL DEFAULT ''::text  -- What the expression was given, cut.
    kind text NOT NULL  -- Kind of the error.
    reason text NOT NULL  -- What is wrong, in one sentence.
    codec smallint NOT NULL DEFAULT 0  -- How raw is stored, as in record.
    raw bytea NOT NULL  -- The body, stored as codec says.
    run_id bigint NOT NULL  -- The run that parked it last.
    first_at timestamp with time zone NOT NULL DEFAULT now()  -- When it was first parked.
    last_at timestamp with time zone NOT NULL DEFAULT now()  -- When it was last parked.
    times bigint NOT NULL DEFAULT 1  -- How often it was parked.
    resolved_at timestamp with time zone  -- When it was mapped after all, or a person took it off the list.
    outbox_id bigint  -- The push that a person must see to; null for a record.
    resolved_by text  -- Who took it off the list; null when it was mapped after all.
    resolved_reason text  -- Why it was taken off the list, in that person's words.
    CONSTRAINT parked_coupling_id_fkey FOREIGN KEY (coupling_id) REFERENCES coupling(id) ON DELETE CASCADE
    CONSTRAINT parked_outbox_id_fkey FOREIGN KEY (outbox_id) REFERENCES outbox(id) ON DELETE CASCADE
    CONSTRAINT parked_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES stream(id) ON DELETE CASCADE
    CONSTRAINT parked_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT parked_pkey PRIMARY KEY (id)
    CONSTRAINT parked_uuid_key UNIQUE (uuid)
    CREATE UNIQUE INDEX parked_open ON public.parked USING btree (webshop_id, stream_id, remote_id, object) WHERE (resolved_at IS NULL)
    CREATE UNIQUE INDEX parked_push ON public.parked USING btree (outbox_id) WHERE ((resolved_at IS NULL) AND (outbox_id IS NOT NULL))
    CREATE INDEX parked_remote ON public.parked USING btree (webshop_id, remote_id)
    CREATE INDEX parked_webshop ON public.parked USING btree (webshop_id, id DESC)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE product ROW LEVEL SECURITY FORCED
    -- One sellable, stocked thing: the merge of its sources.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    id bigint NOT NULL  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    name text NOT NULL  -- Name; of a variant: product title and variant title.
    sku_code text  -- The webshop's own code.
    article_code text  -- A further code, neither SKU nor EAN, such as the parent's id.
    ean_code text  -- GTIN-8/12/13/14 as given.
    price numeric(18,6)  -- Selling price of one stock unit, ex VAT.
    unlimited_stock boolean NOT NULL DEFAULT false  -- True: stock is not kept.
    stock_level bigint  -- Free stock in stock units; null is unknown; 0 when stock is unlimited.
    status text NOT NULL  -- enabled or disabled.
    not_being_bought boolean NOT NULL DEFAULT false  -- True: still sold, never bought again.
    assembled boolean NOT NULL DEFAULT false  -- True: made from parts.
    tax_rate numeric(18,4)  -- VAT rate in percent.
    categories text[]  -- Categories as the remote names them.
    minimum_stock bigint  -- Lower bound in stock units.
    maximum_stock bigint  -- Upper bound in stock units.
    stock_measurement_unit text  -- Unit of the quantities, when unit conversion is on.
    weight numeric(18,6)  -- Gram per stock unit.
    volume numeric(18,6)  -- Cubic centimetre per stock unit.
    created_at_remote timestamp with time zone  -- When the remote made it.
    updated_at_remote timestamp with time zone  -- When the remote last changed it.
    changed_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was last changed here.
    run_id bigint NOT NULL  -- The run that changed it last.
    state_reason text  -- Why it is disabled: remote says so, gone from all its sources, a person said so. Null while it is enabled.
    sku_key text DEFAULT lower((sku_code COLLATE "C"))  -- The SKU as it is compared: ASCII letters in lower case.
    CONSTRAINT product_state_reason_check CHECK ((state_reason = ANY (ARRAY['remote'::text, 'gone'::text, 'person'::text])))
    CONSTRAINT product_pkey PRIMARY KEY (webshop_id, id)
    CREATE INDEX product_ean ON public.product USING btree (webshop_id, ean_code) WHERE (ean_code IS NOT NULL)
    CREATE INDEX product_sku ON public.product USING btree (webshop_id, sku_key) WHERE (sku_key IS NOT NULL)
    CREATE UNIQUE INDEX product_uuid ON public.product USING btree (webshop_id, uuid)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE product_composition ROW LEVEL SECURITY FORCED
    -- One part of a composed product: the merge of its sources. The pair is unique and never part of a cycle.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    id bigint NOT NULL  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    composed_product_id bigint  -- What is made of parts: inner id; null while the key waits.
    composed_product_key text  -- How the coupling of key_coupling_id names it.
    part_product_id bigint  -- The part: inner id; null while the key waits.
    part_product_key text  -- How the coupling of key_coupling_id names it.
    key_coupling_id bigint  -- The coupling whose keys the references are.
    part_quantity bigint NOT NULL  -- Stock units of the part in one composed product.
    created_at_remote timestamp with time zone  -- When the remote made it.
    updated_at_remote timestamp with time zone  -- When the remote last changed it.
    changed_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was last changed here.
    run_id bigint  -- The run that changed it last; null for a change made here.
    deleted_at timestamp with time zone  -- When it was deleted; null while it counts.
    state_reason text  -- Why it is deleted: remote no longer lets it count, gone from all its sources, a person said so. Null while it is there.
    CONSTRAINT product_composition_check CHECK ((composed_product_id <> part_product_id))
    CONSTRAINT product_composition_part_quantity_check CHECK ((part_quantity >= 1))
    CONSTRAINT product_composition_state_reason_check CHECK ((state_reason = ANY (ARRAY['remote'::text, 'gone'::text, 'person'::text])))
    CONSTRAINT product_composition_pkey PRIMARY KEY (webshop_id, id)
    CREATE UNIQUE INDEX product_composition_pair ON public.product_composition USING btree (webshop_id, composed_product_id, part_product_id) WHERE ((composed_product_id IS NOT NULL) AND (part_product_id IS NOT NULL))
    CREATE INDEX product_composition_part ON public.product_composition USING btree (webshop_id, part_product_id) WHERE (part_product_id IS NOT NULL)
    CREATE UNIQUE INDEX product_composition_uuid ON public.product_composition USING btree (webshop_id, uuid)
    CREATE INDEX product_composition_waits_composed ON public.product_composition USING btree (webshop_id, key_coupling_id, composed_product_key) WHERE (composed_product_id IS NULL)
    CREATE INDEX product_composition_waits_part ON public.product_composition USING btree (webshop_id, key_coupling_id, part_product_key) WHERE (part_product_id IS NULL)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE proposal ROW LEVEL SECURITY FORCED
    -- Deletes beyond the delete budget, which a person approves or rejects.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    coupling_id bigint NOT NULL  -- The coupling whose records are gone.
    stream_group text NOT NULL  -- The stream group whose run proposed it.
    run_id bigint NOT NULL  -- The run that proved it last.
    state text NOT NULL DEFAULT 'open'::text  -- open, approved (being applied), applied, rejected, superseded (nothing is left of it), undoing, undone.
    reason text NOT NULL  -- What of the delete budget it exceeds, for people.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was made.
    updated_at timestamp with time zone NOT NULL DEFAULT now()  -- When a run last changed what is proposed.
    decided_at timestamp with time zone  -- When a person decided; null before.
    decided_by text NOT NULL DEFAULT ''::text  -- Who decided.
    CONSTRAINT proposal_state_check CHECK ((state = ANY (ARRAY['open'::text, 'approved'::text, 'applied'::text, 'rejected'::text, 'superseded'::text, 'undoing'::text, 'undone'::text])))
    CONSTRAINT proposal_coupling_id_fkey FOREIGN KEY (coupling_id) REFERENCES coupling(id) ON DELETE CASCADE
    CONSTRAINT proposal_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT proposal_pkey PRIMARY KEY (id)
    CONSTRAINT proposal_uuid_key UNIQUE (uuid)
    CREATE UNIQUE INDEX proposal_one_open ON public.proposal USING btree (coupling_id, stream_group) WHERE (state = 'open'::text)
    CREATE INDEX proposal_webshop ON public.proposal USING btree (webshop_id, id DESC)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE proposal_item ROW LEVEL SECURITY FORCED
    -- One record of a proposal.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    proposal_id bigint NOT NULL  -- Its proposal.
    stream_id bigint NOT NULL  -- The record's stream.
    remote_id text NOT NULL  -- The record's id.
    reason text NOT NULL  -- How it is known that it is gone.
    ticket bigint NOT NULL  -- Taken before the remote said so; a record read under a newer one stays.
    state text NOT NULL DEFAULT 'proposed'::text  -- proposed, applied, left (the record came back first), undone.
    CONSTRAINT proposal_item_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'applied'::text, 'left'::text, 'undone'::text])))
    CONSTRAINT proposal_item_proposal_id_fkey FOREIGN KEY (proposal_id) REFERENCES proposal(id) ON DELETE CASCADE
    CONSTRAINT proposal_item_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES stream(id) ON DELETE CASCADE
    CONSTRAINT proposal_item_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT proposal_item_pkey PRIMARY KEY (webshop_id, proposal_id, stream_id, remote_id)
    CREATE INDEX proposal_item_record ON public.proposal_item USING btree (webshop_id, stream_id, remote_id) WHERE (state = 'proposed'::text)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE provider
    -- The technical side of a service.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    type text NOT NULL  -- What kind of service it is.
    code text NOT NULL  -- Stable name in settings and paths.
    name text NOT NULL  -- Name for people.
    connector text  -- Connector of a sync provider; null for others.
    CONSTRAINT provider_type_check CHECK ((type = ANY (ARRAY['consumer'::text, 'order_provider'::text, 'loyalty_service'::text, 'recipient'::text, 'accounting'::text, 'payment_provider'::text, 'sync'::text])))
    CONSTRAINT provider_connector_fkey FOREIGN KEY (connector) REFERENCES connector(name)
    CONSTRAINT provider_pkey PRIMARY KEY (id)
    CONSTRAINT provider_code_key UNIQUE (code)
    CONSTRAINT provider_uuid_key UNIQUE (uuid)
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE push_stop ROW LEVEL SECURITY FORCED
    -- Stops all pushes of what it names, until it is ended: a coupling, a webshop, a connector or, naming none, the installation.
    id bigint NOT NULL IDENTITY  -- Inner id.
    uuid uuid NOT NULL  -- Outside id.
    webshop_id bigint  -- The webshop that is stopped, or that of the coupling.
    coupling_id bigint  -- The coupling that is stopped.
    connector text  -- The connector whose couplings are all stopped.
    reason text NOT NULL  -- Why, for people.
    stopped_by text NOT NULL  -- Who stopped.
    stopped_at timestamp with time zone NOT NULL DEFAULT now()  -- Since when.
    ended_by text  -- Who let pushes go on.
    ended_at timestamp with time zone  -- Until when; null while it stops.
    shadow boolean NOT NULL DEFAULT false  -- The coupling is in shadow: another platform still writes to its remote. Only the cut over, or leaving the shadow, ends it; no writes are made meanwhile.
    hooks boolean NOT NULL DEFAULT false  -- Of a shadow: webhooks are subscribed to all the same.
    CONSTRAINT push_stop_check CHECK (((coupling_id IS NULL) OR (webshop_id IS NOT NULL)))
    CONSTRAINT push_stop_check1 CHECK (((NOT shadow) OR (coupling_id IS NOT NULL)))
    CONSTRAINT push_stop_connector_fkey FOREIGN KEY (connector) REFERENCES connector(name)
    CONSTRAINT push_stop_coupling_id_fkey FOREIGN KEY (coupling_id) REFERENCES coupling(id) ON DELETE CASCADE
    CONSTRAINT push_stop_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT push_stop_pkey PRIMARY KEY (id)
    CONSTRAINT push_stop_uuid_key UNIQUE (uuid)
    CREATE UNIQUE INDEX push_stop_open ON public.push_stop USING btree (COALESCE(webshop_id, (0)::bigint), COALESCE(coupling_id, (0)::bigint), COALESCE(connector, ''::text), shadow) WHERE (ended_at IS NULL)
    CREATE UNIQUE INDEX push_stop_shadow ON public.push_stop USING btree (coupling_id) WHERE (shadow AND (ended_at IS NULL))
    POLICY everybody FOR SELECT TO koppel_app, koppel_engine USING ((webshop_id IS NULL))
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT INSERT, SELECT, UPDATE TO koppel_app
    GRANT INSERT, SELECT, UPDATE TO koppel_engine

TABLE record ROW LEVEL SECURITY FORCED
    -- One remote body, kept raw, keyed by (stream of a coupling, remote id).
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    stream_id bigint NOT NULL  -- The stream it belongs to.
    remote_id text NOT NULL  -- Id in the remote, always text.
    parent_id text  -- Remote id of the parent, for records of a child stream.
    hash bytea NOT NULL  -- 16 bytes over the raw bytes without volatile fields and the pinned mapping's digest: equal means nothing to do.
    ticket bigint NOT NULL  -- Taken before the request that read it; an older ticket never overwrites a newer one.
    run_id bigint NOT NULL  -- The run that wrote the row last.
    changed_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was last changed here.
    gone_at timestamp with time zone  -- Since when the remote no longer has it; null while it has.
    codec smallint NOT NULL  -- How raw is stored: 0 as it came, 1 S2 block.
    raw bytea NOT NULL STORAGE e  -- The body, stored as codec says.
    CONSTRAINT record_remote_id_check CHECK ((length(remote_id) <= 255))
    CONSTRAINT record_pkey PRIMARY KEY (webshop_id, stream_id, remote_id)
    CREATE INDEX record_gone ON public.record USING btree (webshop_id, gone_at) WHERE (gone_at IS NOT NULL)
    CREATE INDEX record_parent ON public.record USING btree (webshop_id, stream_id, parent_id) WHERE (parent_id IS NOT NULL)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE record_correction ROW LEVEL SECURITY FORCED
    -- Bodies that people put in the place of records that could not be processed, until the remote shows another body.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    stream_id bigint NOT NULL  -- The record's stream.
    remote_id text NOT NULL  -- The record's id.
    hash bytea NOT NULL  -- Hash of the remote's body that it stands for: another one ends the correction.
    codec smallint NOT NULL  -- How raw is packed: 0 as it is, 1 S2.
    raw bytea NOT NULL  -- The corrected body.
    made_by text NOT NULL  -- Who corrected it.
    at timestamp with time zone NOT NULL DEFAULT now()  -- When.
    CONSTRAINT record_correction_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES stream(id) ON DELETE CASCADE
    CONSTRAINT record_correction_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT record_correction_pkey PRIMARY KEY (stream_id, remote_id)
    CREATE INDEX record_correction_webshop ON public.record_correction USING btree (webshop_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE redirect ROW LEVEL SECURITY FORCED
    -- Objects that were merged into another one: their ids answer with that one.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    object text NOT NULL  -- Which object.
    old_id bigint NOT NULL  -- Inner id of the object that is no more.
    old_uuid uuid NOT NULL  -- Its outside id.
    new_id bigint NOT NULL  -- Inner id of the object it is now.
    new_uuid uuid NOT NULL  -- Its outside id.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was made.
    CONSTRAINT redirect_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT redirect_pkey PRIMARY KEY (webshop_id, object, old_uuid)
    CREATE INDEX redirect_to ON public.redirect USING btree (webshop_id, object, new_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE refetch ROW LEVEL SECURITY FORCED
    -- Stream groups of which something waits to be read because a webhook or a new record said so: one job each.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    coupling_id bigint NOT NULL  -- The coupling.
    stream_group text NOT NULL  -- The stream group.
    due_at timestamp with time zone NOT NULL  -- When it is read; until then more is gathered.
    CONSTRAINT refetch_coupling_id_fkey FOREIGN KEY (coupling_id) REFERENCES coupling(id) ON DELETE CASCADE
    CONSTRAINT refetch_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT refetch_pkey PRIMARY KEY (coupling_id, stream_group)
    CREATE INDEX refetch_webshop ON public.refetch USING btree (webshop_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY queue TO koppel_engine USING ((( SELECT koppel_webshop() AS koppel_webshop) IS NULL))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE refetch_key ROW LEVEL SECURITY FORCED
    -- Records that webhooks or new records named: they wait for a run or are read by one, each once however often it was named.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    coupling_id bigint NOT NULL  -- The coupling.
    stream_group text NOT NULL  -- The stream's group, whose run reads it.
    stream text NOT NULL  -- The record's stream.
    remote_id text NOT NULL  -- The record's id; empty asks for what changed in the group.
    run_id bigint NOT NULL DEFAULT 0  -- The run that reads it; 0 while it waits.
    gone boolean NOT NULL DEFAULT false  -- The last that was said of it is that it was deleted.
    body bytea  -- The record as the webhook gave it, whole; null where it is read.
    ticket bigint NOT NULL  -- Taken when the last call that named it came.
    events integer NOT NULL DEFAULT 1  -- How many calls of webhooks named it.
    first_at timestamp with time zone NOT NULL DEFAULT now()  -- When the first of them came.
    news integer NOT NULL DEFAULT 0  -- How many new records of other streams named it.
    changed_at timestamp with time zone  -- When the remote changed the record that body holds; null where it does not say.
    CONSTRAINT refetch_key_coupling_id_fkey FOREIGN KEY (coupling_id) REFERENCES coupling(id) ON DELETE CASCADE
    CONSTRAINT refetch_key_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT refetch_key_pkey PRIMARY KEY (coupling_id, stream, remote_id, run_id)
    CREATE INDEX refetch_key_group ON public.refetch_key USING btree (coupling_id, stream_group, run_id, first_at)
    CREATE INDEX refetch_key_webshop ON public.refetch_key USING btree (webshop_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY queue TO koppel_engine USING ((( SELECT koppel_webshop() AS koppel_webshop) IS NULL))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE retention ROW LEVEL SECURITY FORCED
    -- For how many days a kind of data is kept, where somebody said so; the program knows the defaults.
    organisation_id bigint  -- Whose webshops' data; null for all that say nothing of their own.
    kind text NOT NULL  -- Which data.
    days integer NOT NULL  -- Older data is deleted.
    changed_at timestamp with time zone NOT NULL DEFAULT now()  -- When it was set.
    changed_by text NOT NULL  -- Who set it.
    CONSTRAINT retention_days_check CHECK (((days >= 1) AND (days <= 3650)))
    CONSTRAINT retention_kind_check CHECK ((kind = ANY (ARRAY['records'::text, 'exchanges'::text, 'timeline'::text, 'changes'::text, 'inbox'::text, 'audit'::text, 'outbox'::text])))
    CONSTRAINT retention_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisation(id) ON DELETE CASCADE
    CONSTRAINT retention_organisation_id_kind_key UNIQUE NULLS NOT DISTINCT (organisation_id, kind)
    POLICY engine FOR SELECT TO koppel_engine USING (true)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT SELECT TO koppel_engine

TABLE retention_sweep
    -- What the retention has deleted so far, by kind of data.
    kind text NOT NULL  -- Which data.
    swept_at timestamp with time zone NOT NULL DEFAULT '-infinity'::timestamp with time zone  -- When it was last looked for data that is too old.
    partitions bigint NOT NULL DEFAULT 0  -- Whole days that were dropped.
    rows bigint NOT NULL DEFAULT 0  -- Single rows that were deleted, of webshops that keep less than others.
    CONSTRAINT retention_sweep_pkey PRIMARY KEY (kind)
    GRANT SELECT TO koppel_app
    GRANT INSERT, SELECT, UPDATE TO koppel_engine

TABLE river_job
    -- River: jobs, small work that is inserted in the transaction of the data it is about.
    id bigint NOT NULL DEFAULT nextval('river_job_id_seq'::regclass)  -- Inner id.
    state river_job_state NOT NULL DEFAULT 'available'::river_job_state  -- How far it is; only available ones are taken.
    attempt smallint NOT NULL DEFAULT 0  -- How often it was begun.
    max_attempts smallint NOT NULL DEFAULT 25  -- After so many it is discarded.
    attempted_at timestamp with time zone  -- When it was last begun.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When it was inserted.
    finalized_at timestamp with time zone  -- When it came to its end.
    scheduled_at timestamp with time zone NOT NULL DEFAULT now()  -- Not before.
    priority smallint NOT NULL DEFAULT 1  -- 1 is first, 4 is last.
    args jsonb NOT NULL  -- Inner ids of what it is about; nothing secret and no records.
    attempted_by text[]  -- The clients that began it.
    errors jsonb[]  -- What failed, by attempt.
    kind text NOT NULL  -- What is to be done.
    metadata jsonb NOT NULL DEFAULT '{}'::jsonb  -- River's own notes.
    queue text NOT NULL DEFAULT 'default'::text  -- The queue it waits in.
    tags character varying(255)[] NOT NULL DEFAULT '{}'::character varying[]  -- Labels.
    unique_key bytea  -- Two jobs of one key are one, in unique_states.
    unique_states bit(8)  -- The states in which the key counts.
    CONSTRAINT finalized_or_finalized_at_null CHECK ((((finalized_at IS NULL) AND (state <> ALL (ARRAY['cancelled'::river_job_state, 'completed'::river_job_state, 'discarded'::river_job_state]))) OR ((finalized_at IS NOT NULL) AND (state = ANY (ARRAY['cancelled'::river_job_state, 'completed'::river_job_state, 'discarded'::river_job_state])))))
    CONSTRAINT kind_length CHECK (((char_length(kind) > 0) AND (char_length(kind) < 128)))
    CONSTRAINT max_attempts_is_positive CHECK ((max_attempts > 0))
    CONSTRAINT priority_in_range CHECK (((priority >= 1) AND (priority <= 4)))
    CONSTRAINT queue_length CHECK (((char_length(queue) > 0) AND (char_length(queue) < 128)))
    CONSTRAINT river_job_pkey PRIMARY KEY (id)
    CREATE INDEX river_job_kind ON public.river_job USING btree (kind)
    CREATE INDEX river_job_prioritized_fetching_index ON public.river_job USING btree (state, queue, priority, scheduled_at, id)
    CREATE INDEX river_job_state_and_finalized_at_index ON public.river_job USING btree (state, finalized_at) WHERE (finalized_at IS NOT NULL)
    CREATE UNIQUE INDEX river_job_unique_idx ON public.river_job USING btree (unique_key) WHERE ((unique_key IS NOT NULL) AND (unique_states IS NOT NULL) AND river_job_state_in_bitmask(unique_states, state))
    GRANT INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE river_leader
    -- River: the client that sees to maintenance.
    elected_at timestamp with time zone NOT NULL  -- Since when.
    expires_at timestamp with time zone NOT NULL  -- Until when, unless it goes on.
    leader_id text NOT NULL  -- The client.
    name text NOT NULL DEFAULT 'default'::text  -- Always default.
    CONSTRAINT leader_id_length CHECK (((char_length(leader_id) > 0) AND (char_length(leader_id) < 128)))
    CONSTRAINT name_length CHECK ((name = 'default'::text))
    CONSTRAINT river_leader_pkey PRIMARY KEY (name)
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE river_migration
    -- River: its own migrations that the schema holds.
    line text NOT NULL  -- Line of migrations.
    version bigint NOT NULL  -- Number in its line.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When it was applied.
    CONSTRAINT line_length CHECK (((char_length(line) > 0) AND (char_length(line) < 128)))
    CONSTRAINT version_gte_1 CHECK ((version >= 1))
    CONSTRAINT river_migration_pkey PRIMARY KEY (line, version)
    GRANT SELECT TO koppel_app
    GRANT SELECT TO koppel_engine

TABLE river_notification
    -- River: notices for databases that cannot notify by themselves; empty here.
    id bigint NOT NULL DEFAULT nextval('river_notification_id_seq'::regclass)  -- Order.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When it was written.
    payload text NOT NULL  -- The notice.
    topic text NOT NULL  -- What it is about.
    CONSTRAINT topic_length CHECK (((length(topic) > 0) AND (length(topic) < 128)))
    CONSTRAINT river_notification_pkey PRIMARY KEY (id)
    CREATE INDEX river_notification_created_at_idx ON public.river_notification USING btree (created_at)
    CREATE INDEX river_notification_topic_id_idx ON public.river_notification USING btree (topic, id)
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE river_queue
    -- River: queues that clients work on.
    name text NOT NULL  -- The queue.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When it was first seen.
    metadata jsonb NOT NULL DEFAULT '{}'::jsonb  -- River's own notes.
    paused_at timestamp with time zone  -- Since when nothing is taken from it; null while it runs.
    updated_at timestamp with time zone NOT NULL DEFAULT CURRENT_TIMESTAMP  -- When a client last worked on it.
    CONSTRAINT river_queue_pkey PRIMARY KEY (name)
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE run ROW LEVEL SECURITY FORCED
    -- One execution for one coupling and stream group (pull) or object (push), opened before anything is attempted.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    coupling_id bigint NOT NULL  -- The coupling it belongs to.
    direction text NOT NULL  -- pull or push.
    stream_group text NOT NULL  -- What it reads; of a push the object.
    mode text NOT NULL  -- What it reads of it.
    trigger text NOT NULL  -- What started it.
    asked_by text NOT NULL DEFAULT ''::text  -- Who asked, for people.
    workflow_id text NOT NULL  -- Id of the Temporal workflow that executes it.
    state text NOT NULL DEFAULT 'queued'::text  -- Where it is in its life.
    wait_reason text  -- Why it waits, in words.
    wait_until timestamp with time zone  -- Until when it waits, as far as is known.
    window_from timestamp with time zone  -- Start of a window run; null is open.
    window_to timestamp with time zone  -- End of a window run; null is open.
    keys jsonb NOT NULL DEFAULT '{}'::jsonb  -- For single runs: {remote_ids, skus, eans, numbers}. For pushes: {outbox_id}.
    connector_version_id bigint  -- Version it pinned when it started.
    settings jsonb NOT NULL DEFAULT '{}'::jsonb  -- Settings it pinned when it started.
    settings_version bigint NOT NULL DEFAULT 0  -- Their version.
    remote_version text NOT NULL DEFAULT ''::text  -- Version of the remote system when it started.
    evidence jsonb NOT NULL DEFAULT '[]'::jsonb  -- List of koppel.Evidence, one per stream.
    error jsonb  -- koppel.Advice of the failure.
    queued_at timestamp with time zone NOT NULL DEFAULT now()  -- When it was opened.
    started_at timestamp with time zone  -- When it started.
    finished_at timestamp with time zone  -- When it ended.
    decided_at timestamp with time zone  -- When a person decided on a suspect run; null before.
    decided_by text NOT NULL DEFAULT ''::text  -- Who decided.
    accepted boolean  -- What the person decided: true promoted what was held back. Null without a decision.
    window_by text  -- What the window of a window run compares with: change, or creation; null for other modes.
    overrides bigint[] NOT NULL DEFAULT '{}'::bigint[]  -- Inner ids of the mapping overrides that the run pinned at its start, the webshop's before the coupling's.
    CONSTRAINT run_direction_check CHECK ((direction = ANY (ARRAY['pull'::text, 'push'::text])))
    CONSTRAINT run_mode_check CHECK ((mode = ANY (ARRAY['full'::text, 'since'::text, 'window'::text, 'history'::text, 'single'::text, 'replay'::text, 'merge'::text, 'push'::text, 'proposal'::text, 'compare'::text])))
    CONSTRAINT run_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'waiting'::text, 'succeeded'::text, 'succeeded_with_parked'::text, 'suspect'::text, 'failed'::text, 'cancelled'::text])))
    CONSTRAINT run_trigger_check CHECK ((trigger = ANY (ARRAY['activation'::text, 'schedule'::text, 'manual'::text, 'webhook'::text, 'dependency'::text])))
    CONSTRAINT run_window_by_check CHECK ((window_by = ANY (ARRAY['change'::text, 'creation'::text])))
    CONSTRAINT run_connector_version_id_fkey FOREIGN KEY (connector_version_id) REFERENCES connector_version(id)
    CONSTRAINT run_coupling_id_fkey FOREIGN KEY (coupling_id) REFERENCES coupling(id) ON DELETE CASCADE
    CONSTRAINT run_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT run_pkey PRIMARY KEY (id)
    CONSTRAINT run_uuid_key UNIQUE (uuid)
    CREATE INDEX run_coupling ON public.run USING btree (coupling_id, id DESC)
    CREATE UNIQUE INDEX run_one_active_scan ON public.run USING btree (coupling_id, stream_group) WHERE ((state = ANY (ARRAY['running'::text, 'waiting'::text])) AND (mode = ANY (ARRAY['full'::text, 'since'::text, 'window'::text, 'history'::text])))
    CREATE UNIQUE INDEX run_one_queued_scan ON public.run USING btree (coupling_id, stream_group) WHERE ((state = 'queued'::text) AND (mode = ANY (ARRAY['full'::text, 'since'::text, 'window'::text, 'history'::text])))
    CREATE INDEX run_open ON public.run USING btree (id) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text, 'waiting'::text]))
    CREATE INDEX run_webshop ON public.run USING btree (webshop_id, id DESC)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY queue TO koppel_engine USING ((( SELECT koppel_webshop() AS koppel_webshop) IS NULL))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE scan ROW LEVEL SECURITY FORCED
    -- One read of one stream within a run, with its resume position and counters; both commit with the rows they describe.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    stream_id bigint NOT NULL  -- The stream it belongs to.
    run_id bigint NOT NULL  -- The run it is part of.
    resume jsonb  -- Opaque position after the last written page; null before the first.
    since timestamp with time zone  -- Lower bound of what is read; null for none.
    until timestamp with time zone  -- Upper bound of what is read; null for none.
    started_at timestamp with time zone NOT NULL DEFAULT now()  -- When it began.
    last_page_at timestamp with time zone  -- When the last page was written.
    ended_at timestamp with time zone  -- When its end rule was met.
    end_rule text NOT NULL DEFAULT ''::text  -- The manifest's end rule that was met; empty before that.
    complete boolean NOT NULL DEFAULT false  -- The whole collection was read.
    ignored jsonb NOT NULL DEFAULT '{}'::jsonb  -- Answers that a response rule ignored, counted by rule.
    total bigint NOT NULL DEFAULT '-1'::integer  -- What the remote said there is; -1 when it did not tell.
    batches bigint NOT NULL DEFAULT 0  -- Batches written.
    pages bigint NOT NULL DEFAULT 0  -- Pages read.
    records bigint NOT NULL DEFAULT 0  -- Records read.
    changed bigint NOT NULL DEFAULT 0  -- Records that were new or differed.
    unchanged bigint NOT NULL DEFAULT 0  -- Records equal to the stored ones.
    parked bigint NOT NULL DEFAULT 0  -- Records that could not be processed and were kept.
    gone bigint NOT NULL DEFAULT 0  -- Sources found gone.
    objects bigint NOT NULL DEFAULT 0  -- Objects created or changed.
    bytes bigint NOT NULL DEFAULT 0  -- Bytes of records read.
    ticket bigint NOT NULL DEFAULT nextval('ticket'::regclass)  -- Taken when the scan was opened: what was read under a newer one is not missing from it.
    whole boolean NOT NULL DEFAULT false  -- The whole collection was asked for, not only what changed since or in a window.
    counted boolean NOT NULL DEFAULT false  -- The remote told a total that did not move, and no row can have moved past the reader.
    compared_at timestamp with time zone  -- When what it did not see was compared with what is stored; null before.
    missing bigint NOT NULL DEFAULT 0  -- Stored records that it did not see.
    asked bigint NOT NULL DEFAULT 0  -- Missing records that were asked for singly.
    unlisted bigint NOT NULL DEFAULT 0  -- Missing records that turned out to be there when asked for singly.
    after text  -- The stream's cursor when the scan began, for an incremental read by keyset; null begins at the first key.
    cursor text  -- Highest key that this scan has read.
    swept bigint NOT NULL DEFAULT 0  -- Changed records of streams with webhooks of which no webhook had told.
    CONSTRAINT scan_run_id_fkey FOREIGN KEY (run_id) REFERENCES run(id) ON DELETE CASCADE
    CONSTRAINT scan_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES stream(id) ON DELETE CASCADE
    CONSTRAINT scan_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT scan_pkey PRIMARY KEY (id)
    CONSTRAINT scan_run_id_stream_id_key UNIQUE (run_id, stream_id)
    CREATE INDEX scan_stream ON public.scan USING btree (stream_id, id DESC)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE scan_seen ROW LEVEL SECURITY FORCED
    -- What a scan saw: per batch the first eight bytes of the SHA-256 of each remote id, sorted, joined.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    scan_id bigint NOT NULL  -- The scan that saw them.
    batch bigint NOT NULL  -- Number of the batch within the scan.
    keys bytea NOT NULL STORAGE e  -- The hashes, eight bytes each.
    CONSTRAINT scan_seen_scan_id_fkey FOREIGN KEY (scan_id) REFERENCES scan(id) ON DELETE CASCADE
    CONSTRAINT scan_seen_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT scan_seen_pkey PRIMARY KEY (scan_id, batch)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE schedule ROW LEVEL SECURITY FORCED
    -- The wish: which stream group of which coupling runs when. Temporal Schedules are made equal to it, one per distinct (coupling, cron, zone).
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    coupling_id bigint NOT NULL  -- The coupling it belongs to.
    stream_group text NOT NULL  -- What runs.
    mode text NOT NULL  -- full or since.
    cron text NOT NULL  -- When, as a cron line of five fields.
    time_zone text NOT NULL  -- IANA name of the zone the cron line is read in.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was made.
    fired_at timestamp with time zone  -- When it fired last; null when it never did.
    outcome text  -- What became of that: started a run, skipped as one was open, fell in quiet hours, or covered by a full read that was due at the same time.
    fired_run uuid  -- Outside id of the run that was started, or met.
    skips integer NOT NULL DEFAULT 0  -- How many firings in a row were skipped.
    CONSTRAINT schedule_mode_check CHECK ((mode = ANY (ARRAY['full'::text, 'since'::text])))
    CONSTRAINT schedule_outcome_check CHECK ((outcome = ANY (ARRAY['started'::text, 'skipped'::text, 'quiet'::text, 'covered'::text])))
    CONSTRAINT schedule_coupling_id_fkey FOREIGN KEY (coupling_id) REFERENCES coupling(id) ON DELETE CASCADE
    CONSTRAINT schedule_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT schedule_pkey PRIMARY KEY (id)
    CONSTRAINT schedule_coupling_id_stream_group_mode_cron_time_zone_key UNIQUE (coupling_id, stream_group, mode, cron, time_zone)
    CONSTRAINT schedule_uuid_key UNIQUE (uuid)
    CREATE INDEX schedule_webshop ON public.schedule USING btree (webshop_id, coupling_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY queue TO koppel_engine USING ((( SELECT koppel_webshop() AS koppel_webshop) IS NULL))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE sell_order ROW LEVEL SECURITY FORCED
    -- A sale; what purchasing needs and the commercial side.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    id bigint NOT NULL  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    number text  -- Number as the shop shows it.
    placed_at timestamp with time zone NOT NULL  -- When the customer ordered.
    completed_at timestamp with time zone  -- When nothing was left to ship; null is open.
    total_value numeric(19,4)  -- Ex VAT; the sum of the lines when the mapping gives none.
    status_remote text  -- State as the remote names it.
    cancelled boolean NOT NULL DEFAULT false  -- True: counts as zero; lines and values are kept.
    currency text  -- ISO 4217 code.
    total_gross numeric(19,4)  -- What the customer paid, VAT and shipping included.
    tax_lines json  -- List of {rate, base, amount}.
    discounts json  -- List of {code, amount}.
    shipping_value numeric(19,4)  -- Shipping ex VAT.
    payments json  -- List of {method, amount, paid_at, reference, refunded}.
    refunds json  -- List of {remote_id, amount, reason}.
    customer text  -- The remote's id of the customer.
    location text  -- Where it was sold.
    channel text  -- How it was sold.
    created_at_remote timestamp with time zone  -- When the remote made it.
    updated_at_remote timestamp with time zone  -- When the remote last changed it.
    changed_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was last changed here.
    run_id bigint NOT NULL  -- The run that changed it last.
    deleted_at timestamp with time zone  -- When it was deleted; null is alive.
    state_reason text  -- Why it counts as zero: remote no longer lets it count, gone from all its sources, a person said so. Null while it counts.
    CONSTRAINT sell_order_state_reason_check CHECK ((state_reason = ANY (ARRAY['remote'::text, 'gone'::text, 'person'::text])))
    CONSTRAINT sell_order_pkey PRIMARY KEY (webshop_id, id)
    CREATE INDEX sell_order_number ON public.sell_order USING btree (webshop_id, number) WHERE (number IS NOT NULL)
    CREATE UNIQUE INDEX sell_order_uuid ON public.sell_order USING btree (webshop_id, uuid)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE sell_order_line ROW LEVEL SECURITY FORCED
    -- One line per product per sell order; product_id null waits by its key.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    sell_order_id bigint NOT NULL  -- The order it is a line of.
    position integer NOT NULL  -- Order of the lines, from 1.
    remote_id text  -- The remote's line id; several joined by a comma when lines of one product were added up.
    product_id bigint  -- What was sold: inner id; null while the key waits.
    product_key text  -- How the coupling of key_coupling_id names the product.
    key_coupling_id bigint NOT NULL  -- The coupling whose keys the references are.
    quantity bigint NOT NULL  -- Stock units.
    subtotal_value numeric(19,4) NOT NULL  -- Of the whole line, ex VAT, after discount.
    unit_price_gross numeric(18,6)  -- Per stock unit, VAT included.
    tax_rate numeric(18,4)  -- VAT rate in percent.
    discount numeric(19,4)  -- Of the whole line, ex VAT.
    options json  -- List of {name, value, price}.
    CONSTRAINT sell_order_line_webshop_id_sell_order_id_fkey FOREIGN KEY (webshop_id, sell_order_id) REFERENCES sell_order(webshop_id, id) ON DELETE CASCADE
    CONSTRAINT sell_order_line_pkey PRIMARY KEY (webshop_id, sell_order_id, "position")
    CREATE INDEX sell_order_line_product ON public.sell_order_line USING btree (webshop_id, product_id) WHERE (product_id IS NOT NULL)
    CREATE INDEX sell_order_line_waits ON public.sell_order_line USING btree (webshop_id, key_coupling_id, product_key) WHERE (product_id IS NULL)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE shipment ROW LEVEL SECURITY FORCED
    -- Goods on their way to a customer.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    id bigint NOT NULL  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    sell_order_id bigint  -- What was sent: inner id; null while the key waits.
    sell_order_key text  -- How the coupling of key_coupling_id names the order.
    key_coupling_id bigint  -- The coupling whose keys the references are.
    carrier text  -- Who carries it.
    tracking_code text  -- The carrier's code.
    tracking_url text  -- Where the customer follows it.
    status text NOT NULL DEFAULT 'created'::text  -- created, in_transit, delivered or returned.
    shipped_at timestamp with time zone  -- When it left.
    delivered_at timestamp with time zone  -- When it arrived.
    created_at_remote timestamp with time zone  -- When the remote made it.
    updated_at_remote timestamp with time zone  -- When the remote last changed it.
    changed_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was last changed here.
    run_id bigint  -- The run that changed it last; null for a change made here.
    deleted_at timestamp with time zone  -- When it was deleted; null while it counts.
    state_reason text  -- Why it is deleted: remote no longer lets it count, gone from all its sources, a person said so. Null while it is there.
    CONSTRAINT shipment_state_reason_check CHECK ((state_reason = ANY (ARRAY['remote'::text, 'gone'::text, 'person'::text])))
    CONSTRAINT shipment_pkey PRIMARY KEY (webshop_id, id)
    CREATE INDEX shipment_order ON public.shipment USING btree (webshop_id, sell_order_id) WHERE (sell_order_id IS NOT NULL)
    CREATE INDEX shipment_tracking ON public.shipment USING btree (webshop_id, tracking_code) WHERE (tracking_code IS NOT NULL)
    CREATE UNIQUE INDEX shipment_uuid ON public.shipment USING btree (webshop_id, uuid)
    CREATE INDEX shipment_waits ON public.shipment USING btree (webshop_id, key_coupling_id, sell_order_key) WHERE (sell_order_id IS NULL)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE shipment_line ROW LEVEL SECURITY FORCED
    -- One line of a shipment; product_id null waits by its key.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    shipment_id bigint NOT NULL  -- The shipment it belongs to.
    position integer NOT NULL  -- Place in the shipment, from 1.
    remote_id text  -- The remote's line id.
    line text  -- The remote's id of the sell order's line.
    product_id bigint  -- What was sent: inner id; null while the key waits.
    product_key text  -- How the coupling of key_coupling_id names the product.
    key_coupling_id bigint  -- The coupling whose keys the references are.
    quantity bigint NOT NULL  -- Stock units.
    CONSTRAINT shipment_line_quantity_check CHECK ((quantity >= 1))
    CONSTRAINT shipment_line_webshop_id_shipment_id_fkey FOREIGN KEY (webshop_id, shipment_id) REFERENCES shipment(webshop_id, id) ON DELETE CASCADE
    CONSTRAINT shipment_line_pkey PRIMARY KEY (webshop_id, shipment_id, "position")
    CREATE INDEX shipment_line_waits ON public.shipment_line USING btree (webshop_id, key_coupling_id, product_key) WHERE ((product_id IS NULL) AND (product_key IS NOT NULL))
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE source ROW LEVEL SECURITY FORCED
    -- The binding of one object to one coupling's remote id, with the values that coupling gives it.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    coupling_id bigint NOT NULL  -- The coupling it belongs to.
    object text NOT NULL  -- Which object.
    remote_id text NOT NULL  -- Id in the remote, always text.
    object_id bigint NOT NULL  -- The object it is bound to.
    stream_id bigint NOT NULL  -- Stream of the record it is mapped from; 0 for one that a push made and no pull has met.
    record_id text NOT NULL  -- Remote id of that record; empty with stream 0.
    run_id bigint NOT NULL  -- The run that wrote the row last.
    changed_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was last changed here.
    gone_at timestamp with time zone  -- Since when the remote no longer has it; null while it has.
    mapped json NOT NULL  -- Only the fields the mapping gives; an explicit null clears.
    notes json  -- What was done to values that could not be taken as they came: list of koppel.Note.
    gone_reason text  -- Why the source is gone: missing from complete scans, named by a deleted feed, flagged, told by an event, its parent is gone, a person approved a proposal, left_out by the mapping, renamed by its record. Null while it is there.
    CONSTRAINT source_gone_reason_check CHECK ((gone_reason = ANY (ARRAY['missing'::text, 'feed'::text, 'flag'::text, 'event'::text, 'parent'::text, 'approved'::text, 'left_out'::text, 'renamed'::text])))
    CONSTRAINT source_remote_id_check CHECK ((length(remote_id) <= 255))
    CONSTRAINT source_pkey PRIMARY KEY (webshop_id, coupling_id, object, remote_id)
    CREATE INDEX source_object ON public.source USING btree (webshop_id, object_id)
    CREATE INDEX source_record ON public.source USING btree (webshop_id, stream_id, record_id) WHERE (record_id <> remote_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE stream ROW LEVEL SECURITY FORCED
    -- State of one stream of one coupling: lease epoch, cursor, last complete scan.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    coupling_id bigint NOT NULL  -- The coupling it belongs to.
    name text NOT NULL  -- Name in the manifest.
    epoch bigint NOT NULL DEFAULT 0  -- Raised by each activity attempt; the first statement of every batch checks it, so that a paused and revived worker writes nothing.
    holder text NOT NULL DEFAULT ''::text  -- Who holds the lease, for people.
    cursor_at timestamp with time zone  -- Where the next incremental read starts, overlap already taken off; promoted only by a run that succeeds.
    parent_stream_id bigint  -- The stream whose records this stream's records name by parent_id; written with that stream's batches.
    complete_scan_id bigint  -- The last scan that read the whole collection in a run that succeeded.
    complete_at timestamp with time zone  -- When that scan ended.
    cursor text  -- Highest key read, of a stream that is read by keyset: a whole number as text. Moves forward with every batch, back only by a full read that ended.
    covered_from timestamp with time zone  -- Since when records were made that are covered by a full read or by history runs; null when neither succeeded, year 1 when everything is.
    CONSTRAINT stream_coupling_id_fkey FOREIGN KEY (coupling_id) REFERENCES coupling(id) ON DELETE CASCADE
    CONSTRAINT stream_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT stream_pkey PRIMARY KEY (id)
    CONSTRAINT stream_coupling_id_name_key UNIQUE (coupling_id, name)
    CREATE INDEX stream_webshop ON public.stream USING btree (webshop_id, coupling_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE supplier ROW LEVEL SECURITY FORCED
    -- Who goods are bought from.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    id bigint NOT NULL  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    name text NOT NULL  -- Name.
    emails text[]  -- Addresses for orders; unusable ones are dropped with a note.
    delivery_time bigint  -- Calendar days from order to goods in stock.
    replenishment_period bigint  -- Days between two orders.
    fixed_costs numeric(19,4)  -- Cost per order.
    minimum_order_value numeric(19,4)  -- Least value of an order.
    gln text  -- Global location number.
    ignored boolean NOT NULL DEFAULT false  -- True: hidden from buying; the only way a supplier goes away.
    created_at_remote timestamp with time zone  -- When the remote made it.
    updated_at_remote timestamp with time zone  -- When the remote last changed it.
    changed_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was last changed here.
    run_id bigint NOT NULL  -- The run that changed it last.
    state_reason text  -- Why it is ignored: remote says so, gone from all its sources, a person said so. Null while it is not.
    CONSTRAINT supplier_state_reason_check CHECK ((state_reason = ANY (ARRAY['remote'::text, 'gone'::text, 'person'::text])))
    CONSTRAINT supplier_pkey PRIMARY KEY (webshop_id, id)
    CREATE UNIQUE INDEX supplier_uuid ON public.supplier USING btree (webshop_id, uuid)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE supplier_product ROW LEVEL SECURITY FORCED
    -- One supplier's offer of one product; a reference not there yet keeps its key and waits.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    id bigint NOT NULL  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    supplier_id bigint  -- Whose offer: inner id; null while the key waits.
    supplier_key text NOT NULL  -- How the coupling of key_coupling_id names the supplier.
    product_id bigint  -- Of which product: inner id; null while the key waits.
    product_key text NOT NULL  -- How the coupling of key_coupling_id names the product.
    key_coupling_id bigint NOT NULL  -- The coupling whose keys the references are.
    name text  -- Name; the product's when absent.
    sku_code text  -- The supplier's order code.
    ean_code text  -- The supplier's barcode.
    article_code text  -- A further code of the supplier.
    price numeric(18,6)  -- Purchase price of one stock unit, ex VAT.
    currency text  -- ISO 4217 code.
    minimum_purchase_quantity bigint  -- Least quantity in stock units.
    lot_size bigint  -- Stock units per purchase unit.
    delivery_time bigint  -- Days; overrides the supplier's.
    preferred boolean NOT NULL DEFAULT false  -- The supplier product that is bought.
    status text NOT NULL  -- enabled or disabled.
    availability text  -- As told by the supplier.
    availability_date date  -- As told by the supplier.
    free_stock bigint  -- Stock at the supplier.
    weight numeric(18,6)  -- Gram per purchase unit.
    volume numeric(18,6)  -- Cubic centimetre per purchase unit.
    created_at_remote timestamp with time zone  -- When the remote made it.
    updated_at_remote timestamp with time zone  -- When the remote last changed it.
    changed_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was last changed here.
    run_id bigint NOT NULL  -- The run that changed it last.
    state_reason text  -- Why it is disabled: remote says so, gone from all its sources, a person said so. Null while it is enabled.
    CONSTRAINT supplier_product_state_reason_check CHECK ((state_reason = ANY (ARRAY['remote'::text, 'gone'::text, 'person'::text])))
    CONSTRAINT supplier_product_pkey PRIMARY KEY (webshop_id, id)
    CREATE UNIQUE INDEX supplier_product_pair ON public.supplier_product USING btree (webshop_id, product_id, supplier_id) WHERE (product_id IS NOT NULL)
    CREATE INDEX supplier_product_supplier ON public.supplier_product USING btree (webshop_id, supplier_id) WHERE (supplier_id IS NOT NULL)
    CREATE UNIQUE INDEX supplier_product_uuid ON public.supplier_product USING btree (webshop_id, uuid)
    CREATE INDEX supplier_product_waits_product ON public.supplier_product USING btree (webshop_id, key_coupling_id, product_key) WHERE (product_id IS NULL)
    CREATE INDEX supplier_product_waits_supplier ON public.supplier_product USING btree (webshop_id, key_coupling_id, supplier_key) WHERE (supplier_id IS NULL)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE takeover ROW LEVEL SECURITY FORCED
    -- The remote-id mapping of the platform that a coupling takes over from, as it was imported.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    coupling_id bigint NOT NULL  -- The coupling.
    object text NOT NULL  -- Which object.
    remote_id text NOT NULL  -- The remote's id.
    their_id text NOT NULL DEFAULT ''::text  -- The other platform's id of the object it is bound to; empty when it was not given.
    sku text NOT NULL DEFAULT ''::text  -- The SKU it has there; empty when it was not given.
    ean text NOT NULL DEFAULT ''::text  -- The EAN it has there; empty when it was not given.
    fields jsonb NOT NULL DEFAULT '{}'::jsonb  -- Values it has there, by our fields.
    at timestamp with time zone NOT NULL DEFAULT now()  -- When it was imported.
    CONSTRAINT takeover_coupling_id_fkey FOREIGN KEY (coupling_id) REFERENCES coupling(id) ON DELETE CASCADE
    CONSTRAINT takeover_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT takeover_pkey PRIMARY KEY (coupling_id, object, remote_id)
    CREATE INDEX takeover_webshop ON public.takeover USING btree (webshop_id, object, their_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE timeline PARTITION BY RANGE (at) ROW LEVEL SECURITY FORCED
    -- What happened in a run, in order: state changes, slices, waits, retries, decisions.
    at timestamp with time zone NOT NULL DEFAULT clock_timestamp()  -- When it happened; the partition goes by it.
    id bigint NOT NULL IDENTITY  -- Order within the run.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    run_id bigint NOT NULL  -- The run it happened in.
    event text NOT NULL  -- What happened, one word.
    data jsonb NOT NULL DEFAULT '{}'::jsonb  -- Details as a JSON object; ids and counts, never a record.
    CONSTRAINT timeline_pkey PRIMARY KEY (webshop_id, run_id, id, at)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine

TABLE web_session ROW LEVEL SECURITY FORCED
    -- People signed in to the pages by an API key. It may do what the key may, for as long as the key may.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    hash bytea NOT NULL  -- SHA-256 of the token in the browser's cookie, which is kept nowhere.
    key_id bigint NOT NULL  -- The key that was given to sign in.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was made.
    expires_at timestamp with time zone NOT NULL  -- Until when it works, used or not.
    CONSTRAINT web_session_key_id_fkey FOREIGN KEY (key_id) REFERENCES api_key(id) ON DELETE CASCADE
    CONSTRAINT web_session_pkey PRIMARY KEY (id)
    CONSTRAINT web_session_hash_key UNIQUE (hash)
    CREATE INDEX web_session_expiry ON public.web_session USING btree (expires_at)
    CREATE INDEX web_session_key ON public.web_session USING btree (key_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    GRANT DELETE, INSERT, SELECT TO koppel_app

TABLE webshop ROW LEVEL SECURITY FORCED
    -- The customer unit whose systems are coupled.
    id bigint NOT NULL IDENTITY  -- Inner id; never leaves the installation.
    uuid uuid NOT NULL  -- Outside id, a UUIDv7: the only id in API, events and webhooks.
    organisation_id bigint NOT NULL  -- The owner.
    kind text NOT NULL DEFAULT 'webshop'::text  -- webshop or location, which screens say.
    name text NOT NULL  -- Name for people.
    external_ref text  -- The host's own id, unique within the organisation.
    time_zone text NOT NULL DEFAULT 'Europe/Amsterdam'::text  -- IANA name; days of this webshop begin and end in it.
    order_prefix text NOT NULL DEFAULT 'KOP'::text  -- Start of the references of its buy orders.
    created_at timestamp with time zone NOT NULL DEFAULT now()  -- When the row was made.
    buy_order_cap integer NOT NULL DEFAULT 60  -- The most buy orders that begin to be pushed within an hour; the rest waits, visibly.
    CONSTRAINT webshop_buy_order_cap_check CHECK (((buy_order_cap >= 1) AND (buy_order_cap <= 1000000)))
    CONSTRAINT webshop_external_ref_check CHECK ((length(external_ref) <= 255))
    CONSTRAINT webshop_kind_check CHECK ((kind = ANY (ARRAY['webshop'::text, 'location'::text])))
    CONSTRAINT webshop_name_check CHECK (((length(name) >= 1) AND (length(name) <= 255)))
    CONSTRAINT webshop_order_prefix_check CHECK ((order_prefix ~ '^[A-Z]{2,4}$'::text))
    CONSTRAINT webshop_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisation(id)
    CONSTRAINT webshop_pkey PRIMARY KEY (id)
    CONSTRAINT webshop_uuid_key UNIQUE (uuid)
    CREATE UNIQUE INDEX webshop_external_ref ON public.webshop USING btree (organisation_id, external_ref) WHERE (external_ref IS NOT NULL)
    POLICY engine FOR SELECT TO koppel_engine USING (true)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation FOR SELECT TO koppel_app USING ((organisation_id = ( SELECT koppel_organisation() AS koppel_organisation)))
    POLICY tenant TO koppel_app USING ((id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT SELECT TO koppel_engine

TABLE webshop_counter ROW LEVEL SECURITY FORCED
    -- Numbers without gaps per webshop, raised as the last statement of a transaction.
    webshop_id bigint NOT NULL  -- The webshop the row belongs to; row-level security goes by it.
    changes bigint NOT NULL DEFAULT 0  -- Number of the last change in the feed.
    buy_orders bigint NOT NULL DEFAULT 0  -- Number in the last reference that was given out.
    CONSTRAINT webshop_counter_webshop_id_fkey FOREIGN KEY (webshop_id) REFERENCES webshop(id) ON DELETE CASCADE
    CONSTRAINT webshop_counter_pkey PRIMARY KEY (webshop_id)
    POLICY installation TO koppel_app USING (( SELECT koppel_all_webshops() AS koppel_all_webshops))
    POLICY organisation TO koppel_app USING (((( SELECT koppel_organisation() AS koppel_organisation) IS NOT NULL) AND (webshop_id IN ( SELECT webshop.id
   FROM webshop
  WHERE (webshop.organisation_id = ( SELECT koppel_organisation() AS koppel_organisation))))))
    POLICY tenant TO koppel_app, koppel_engine USING ((webshop_id = ( SELECT koppel_webshop() AS koppel_webshop)))
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_app
    GRANT DELETE, INSERT, SELECT, UPDATE TO koppel_engine
