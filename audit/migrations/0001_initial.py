from django.db import migrations, models

TABLES = """
CREATE FUNCTION audit_by() RETURNS jsonb LANGUAGE sql STABLE
RETURN nullif(current_setting('yakusoku.audit', true), '')::jsonb;

CREATE TABLE audit_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    table_name varchar(63) COLLATE "C" NOT NULL,
    row_id bigint,
    action varchar(10) COLLATE "C" NOT NULL,
    agent bigint DEFAULT (audit_by() ->> 'agent')::bigint,
    name text NOT NULL DEFAULT coalesce(audit_by() ->> 'name', ''),
    via text NOT NULL DEFAULT coalesce(audit_by() ->> 'via', ''),
    request text NOT NULL DEFAULT coalesce(audit_by() ->> 'request', ''),
    about jsonb,
    before jsonb,
    after jsonb,
    salt uuid,
    digest bytea NOT NULL,
    erased_at timestamptz,
    number bigint UNIQUE,
    previous bytea,
    hash bytea
);
CREATE INDEX audit_change_of_row ON audit_change (table_name, row_id, at, id);
CREATE INDEX audit_change_of_agent ON audit_change (agent, at, id) WHERE agent IS NOT NULL;
CREATE INDEX audit_change_by_time ON audit_change (at, id);
CREATE INDEX audit_change_unsealed ON audit_change (id) WHERE hash IS NULL;
CREATE INDEX audit_change_of_customer ON audit_change (((about ->> 'customer_id')::bigint))
    WHERE about ? 'customer_id';

-- The end of the chain: what the next seal follows.
CREATE TABLE audit_head (
    id smallint PRIMARY KEY CHECK (id = 1),
    number bigint NOT NULL,
    hash bytea NOT NULL
);
INSERT INTO audit_head VALUES (1, 0, '');

CREATE TABLE audit_access (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    hour timestamptz NOT NULL,
    agent bigint NOT NULL,
    name text NOT NULL,
    kind varchar(10) COLLATE "C" NOT NULL,
    customer bigint,
    ticket bigint,
    thing text NOT NULL DEFAULT '',
    UNIQUE NULLS NOT DISTINCT (agent, hour, kind, ticket, customer, thing)
);
CREATE INDEX audit_access_of_customer ON audit_access (customer, at, id)
    WHERE customer IS NOT NULL;
CREATE INDEX audit_access_of_agent ON audit_access (agent, at, id);
CREATE INDEX audit_access_by_time ON audit_access (at, id);
"""

WRITING = """
-- Some columns of a row.
CREATE FUNCTION audit_named(whole jsonb, naming text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE
RETURN (
    SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(whole)
    WHERE key = ANY (naming) AND value NOT IN ('null', '""')
);

-- What a row says: all that is not empty, or where it differs from another.
CREATE FUNCTION audit_said(mine jsonb, other jsonb, veiled text[])
RETURNS jsonb LANGUAGE sql IMMUTABLE
RETURN (
    SELECT coalesce(
        jsonb_object_agg(
            key, CASE WHEN key = ANY (veiled) AND value NOT IN ('null', '""')
                THEN '"•••"'::jsonb ELSE value END
        ), '{}'
    )
    FROM jsonb_each(mine)
    WHERE CASE WHEN other IS NULL THEN value NOT IN ('null', '""', '[]', '{}')
        ELSE value IS DISTINCT FROM other -> key END
);

-- With a salt that goes with it when it is erased: short words could be guessed from their digest.
CREATE FUNCTION audit_digest(about jsonb, before jsonb, after jsonb, salt uuid)
RETURNS bytea LANGUAGE sql IMMUTABLE
RETURN sha256(convert_to(jsonb_build_array(about, before, after, salt)::text, 'UTF8'));

-- The one trigger: once for each statement, whatever the number of rows.
CREATE FUNCTION audit_record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    naming text[] := string_to_array(TG_ARGV[0], ' ');
    silent text[] := array_append(string_to_array(TG_ARGV[1], ' '), 'id');
    veiled text[] := string_to_array(TG_ARGV[2], ' ');
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO audit_change (table_name, row_id, action, about, after, salt, digest)
        SELECT TG_TABLE_NAME, key, 'insert', about, after, salt,
            audit_digest(about, NULL, after, salt)
        FROM (
            SELECT key, audit_named(whole, naming) AS about,
                audit_said(whole, NULL, veiled) AS after, gen_random_uuid() AS salt
            FROM (
                SELECT new_row.id AS key, to_jsonb(new_row) - silent AS whole
                FROM audit_new AS new_row
            ) AS come
        ) AS said;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO audit_change (table_name, row_id, action, about, before, after, salt, digest)
        SELECT TG_TABLE_NAME, key, action, about, before, after, salt,
            audit_digest(about, before, after, salt)
        FROM (
            SELECT key,
                CASE WHEN gone.whole IS NULL THEN 'insert' WHEN come.whole IS NULL THEN 'delete'
                    ELSE 'update' END AS action,
                audit_named(coalesce(gone.whole, come.whole), naming) AS about,
                audit_said(gone.whole, come.whole, veiled) AS before,
                audit_said(come.whole, gone.whole, veiled) AS after, gen_random_uuid() AS salt
            FROM (
                SELECT old_row.id AS key, to_jsonb(old_row) - silent AS whole
                FROM audit_old AS old_row
            ) AS gone
            FULL JOIN (
                SELECT new_row.id AS key, to_jsonb(new_row) - silent AS whole
                FROM audit_new AS new_row
            ) AS come USING (key)
            WHERE gone.whole IS DISTINCT FROM come.whole
        ) AS said;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO audit_change (table_name, row_id, action, about, before, salt, digest)
        SELECT TG_TABLE_NAME, key, 'delete', about, before, salt,
            audit_digest(about, before, NULL, salt)
        FROM (
            SELECT key, audit_named(whole, naming) AS about,
                audit_said(whole, NULL, veiled) AS before, gen_random_uuid() AS salt
            FROM (
                SELECT old_row.id AS key, to_jsonb(old_row) - silent AS whole
                FROM audit_old AS old_row
            ) AS gone
        ) AS said;
    ELSE
        INSERT INTO audit_change (table_name, action, digest)
        VALUES (TG_TABLE_NAME, 'truncate', audit_digest(NULL, NULL, NULL, NULL));
    END IF;
    RETURN NULL;
END $$;

-- An agent has looked at these things.
CREATE FUNCTION audit_look(who bigint, who_name text, looks jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO audit_access (hour, agent, name, kind, customer, ticket, thing)
    SELECT date_trunc('hour', clock_timestamp(), 'UTC'), who, who_name, look.kind, look.customer,
        look.ticket, coalesce(look.thing, '')
    FROM jsonb_to_recordset(looks)
        AS look (kind text, customer bigint, ticket bigint, thing text)
    ON CONFLICT DO NOTHING;
END $$;
"""

KEEPING = """
-- Neither log is ever changed, but for a seal that is set and for words that are erased.
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - '{number,previous,hash}'::text[]
                = to_jsonb(OLD) - '{number,previous,hash}'::text[]
            AND OLD.hash IS NULL AND NEW.hash IS NOT NULL THEN
            RETURN NEW;
        END IF;
        IF to_jsonb(NEW) - '{about,before,after,salt,erased_at}'::text[]
                = to_jsonb(OLD) - '{about,before,after,salt,erased_at}'::text[]
            AND NEW.about IS NULL AND NEW.before IS NULL AND NEW.after IS NULL AND NEW.salt IS NULL
            AND NEW.erased_at IS NOT NULL THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'DELETE' AND OLD.at < clock_timestamp() - interval '30 days'
        AND current_setting('yakusoku.audit_forgets', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION audit_refuse_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_change_stays BEFORE UPDATE OR DELETE ON audit_change
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_change_stays_whole BEFORE TRUNCATE ON audit_change
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_all();
CREATE TRIGGER audit_access_stays BEFORE DELETE ON audit_access
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_access_is_not_changed BEFORE UPDATE OR TRUNCATE ON audit_access
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_all();
CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_all();

-- Seal what is not sealed yet; one process at a time. audit.checking works the same out again.
CREATE FUNCTION audit_seal(most int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    head audit_head;
    change audit_change;
    sealed int := 0;
    seal bytea;
BEGIN
    IF NOT pg_try_advisory_xact_lock(7240316) THEN
        RETURN 0;
    END IF;
    SELECT * INTO STRICT head FROM audit_head;
    FOR change IN SELECT * FROM audit_change WHERE hash IS NULL ORDER BY id LIMIT most LOOP
        sealed := sealed + 1;
        seal := sha256(head.hash || convert_to(jsonb_build_array(
            head.number + sealed, change.id, (extract(epoch FROM change.at) * 1000000)::bigint,
            change.table_name, change.row_id, change.action, change.agent, change.name,
            change.via, change.request, encode(change.digest, 'hex'))::text, 'UTF8'));
        UPDATE audit_change SET number = head.number + sealed, previous = head.hash, hash = seal
            WHERE id = change.id;
        head.hash := seal;
    END LOOP;
    IF sealed > 0 THEN
        UPDATE audit_head SET number = head.number + sealed, hash = head.hash;
    END IF;
    RETURN sealed;
END $$;

-- Erase what these changes said, and say so; that they were, when and by whom, stays.
CREATE FUNCTION audit_erase(changes bigint[]) RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    erased jsonb;
BEGIN
    WITH gone AS (
        UPDATE audit_change
        SET about = NULL, before = NULL, after = NULL, salt = NULL, erased_at = clock_timestamp()
        WHERE id = ANY (changes) AND erased_at IS NULL AND action NOT IN ('erase', 'forget')
        RETURNING id
    )
    SELECT jsonb_build_object('changes', jsonb_agg(id ORDER BY id)) INTO erased FROM gone;
    IF erased -> 'changes' = 'null' THEN
        RETURN 0;
    END IF;
    INSERT INTO audit_change (table_name, action, after, digest)
    VALUES ('audit_change', 'erase', erased, audit_digest(NULL, NULL, erased, NULL));
    RETURN jsonb_array_length(erased -> 'changes');
END $$;

-- Delete what is older, and say so. Nothing of the last thirty days, and nothing unsealed.
CREATE FUNCTION audit_forget(changes_until timestamptz, looks_until timestamptz)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    last_number bigint;
    forgotten jsonb;
    looks bigint;
    changes bigint := 0;
BEGIN
    PERFORM set_config('yakusoku.audit_forgets', 'on', true);
    -- The chain is cut at one place, before the first that must stay.
    SELECT coalesce(
        (SELECT min(number) - 1 FROM audit_change WHERE at >= changes_until AND number IS NOT NULL),
        (SELECT number FROM audit_head)
    ) INTO last_number;
    DELETE FROM audit_change WHERE number <= last_number AND at < changes_until;
    GET DIAGNOSTICS changes = ROW_COUNT;
    DELETE FROM audit_access WHERE at < looks_until;
    GET DIAGNOSTICS looks = ROW_COUNT;
    PERFORM set_config('yakusoku.audit_forgets', '', true);
    IF changes + looks > 0 THEN
        forgotten := jsonb_build_object('changes', changes, 'looks', looks);
        IF changes > 0 THEN
            forgotten := forgotten || jsonb_build_object('until', last_number);
        END IF;
        INSERT INTO audit_change (table_name, action, after, digest)
        VALUES ('audit_change', 'forget', forgotten, audit_digest(NULL, NULL, forgotten, NULL));
    END IF;
    RETURN changes + looks;
END $$;

-- These act with the rights of their owner: nobody else's tables may slip in under a name they use.
DO $$
DECLARE
    one regprocedure;
BEGIN
    FOR one IN SELECT oid::regprocedure FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'audit\\_%' AND prosecdef
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, %I, pg_temp',
            one, current_schema());
    END LOOP;
END $$;
"""

NOTHING = """
DROP TABLE audit_change, audit_head, audit_access;
DROP FUNCTION audit_record, audit_look, audit_refuse, audit_refuse_all, audit_seal, audit_erase,
    audit_forget, audit_digest, audit_said, audit_named, audit_by CASCADE;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL(TABLES + WRITING + KEEPING, NOTHING),
        migrations.CreateModel(
            name="Access",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("hour", models.DateTimeField()),
                ("agent", models.BigIntegerField()),
                ("name", models.TextField()),
                ("kind", models.CharField(max_length=10)),
                ("customer", models.BigIntegerField(null=True)),
                ("ticket", models.BigIntegerField(null=True)),
                ("thing", models.TextField()),
            ],
            options={"verbose_name_plural": "accesses", "managed": False},
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("table_name", models.CharField(max_length=63)),
                ("row_id", models.BigIntegerField(null=True)),
                ("action", models.CharField(max_length=10)),
                ("agent", models.BigIntegerField(null=True)),
                ("name", models.TextField()),
                ("via", models.TextField()),
                ("request", models.TextField()),
                ("about", models.JSONField(null=True)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                ("salt", models.UUIDField(null=True)),
                ("digest", models.BinaryField()),
                ("erased_at", models.DateTimeField(null=True)),
                ("number", models.BigIntegerField(null=True)),
                ("previous", models.BinaryField(null=True)),
                ("hash", models.BinaryField(null=True)),
            ],
            options={"managed": False},
        ),
    ]
