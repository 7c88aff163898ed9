"""sla.md 2.4: whatever is not resolved carries exactly one live promise. PostgreSQL sees to it.

The partial unique index allows at most one; this trigger, at commit, demands at least one while
the clock is unresolved and none after.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION sla_check_live_promise() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked bigint;
    clock_status text;
    promises int;
BEGIN
    IF TG_TABLE_NAME = 'sla_clock' THEN
        checked := NEW.id;
    ELSIF TG_OP = 'DELETE' THEN
        checked := OLD.clock_id;
    ELSE
        checked := NEW.clock_id;
    END IF;
    SELECT status INTO clock_status FROM sla_clock WHERE id = checked;
    IF clock_status IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT count(*) INTO promises FROM sla_commitment
        WHERE clock_id = checked AND kind = 'promise' AND ended_at IS NULL;
    IF clock_status IN ('new', 'open', 'pending_customer', 'on_hold') AND promises <> 1 THEN
        RAISE EXCEPTION 'clock % is % and has % live promises instead of one',
            checked, clock_status, promises
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'one_live_promise';
    ELSIF clock_status NOT IN ('new', 'open', 'pending_customer', 'on_hold') AND promises <> 0 THEN
        RAISE EXCEPTION 'clock % is % and still has a live promise', checked, clock_status
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'one_live_promise';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER clock_has_one_live_promise
    AFTER INSERT OR UPDATE OF status ON sla_clock
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sla_check_live_promise();

-- The sweep never sets these columns, so it pays nothing.
CREATE CONSTRAINT TRIGGER promise_is_live_while_owed
    AFTER INSERT OR UPDATE OF ended_at, clock_id, kind ON sla_commitment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind = 'promise')
    EXECUTE FUNCTION sla_check_live_promise();

CREATE CONSTRAINT TRIGGER promise_is_not_deleted_while_owed
    AFTER DELETE ON sla_commitment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.kind = 'promise')
    EXECUTE FUNCTION sla_check_live_promise();
"""

REVERSE = "DROP FUNCTION sla_check_live_promise CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("sla", "0001_initial")]

    operations = [migrations.RunSQL(FUNCTION, REVERSE)]
