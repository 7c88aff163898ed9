"""Where letters about a ticket go, and which conversation those sent so far belong to."""

from django.db import migrations, models

FILL = """
UPDATE tickets_ticket SET reply_address = letter."to" FROM mail_outboundemail AS letter
    WHERE letter.dedupe_key = 'acknowledgement:' || tickets_ticket.id;
UPDATE mail_outboundemail SET thread = 'ticket:' || split_part(dedupe_key, ':', 2)
    WHERE dedupe_key LIKE 'acknowledgement:%';
UPDATE mail_outboundemail SET thread = 'ticket:' || message.ticket_id
    FROM tickets_message AS message WHERE message.email_id = mail_outboundemail.id;
UPDATE mail_outboundemail SET thread = 'ticket:' || ticket.id
    FROM sla_commitment AS wait JOIN tickets_ticket AS ticket ON ticket.clock_id = wait.clock_id
    WHERE dedupe_key = 'wait:' || wait.id;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0002_rematch"),
        ("mail", "0002_conversations"),
        ("sla", "0002_one_live_promise"),
    ]

    operations = [
        migrations.AddField(
            model_name="ticket",
            name="reply_address",
            field=models.CharField(blank=True, db_default="", default="", max_length=320),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
