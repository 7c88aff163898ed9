from django.db import migrations

# What is brought in from another desk happened there, and long ago: whoever listens here is not told.
# The transaction that brings it in says so (transfers.writing.keep_quiet).
QUIET = """
CREATE FUNCTION integrations_are_quiet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN NULL;
END $$;

CREATE TRIGGER integrations_are_quiet BEFORE INSERT ON integrations_occurrence
    FOR EACH ROW WHEN (current_setting('yakusoku.is_quiet', true) = 'on')
    EXECUTE FUNCTION integrations_are_quiet();
"""
LOUD = """
DROP TRIGGER integrations_are_quiet ON integrations_occurrence;
DROP FUNCTION integrations_are_quiet();
"""


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial")]

    operations = [migrations.RunSQL(QUIET, LOUD)]
