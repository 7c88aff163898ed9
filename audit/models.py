from __future__ import annotations

from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

# The tables are made by the first migration, with the functions that alone may write to them; that
# Django does not manage them keeps them out of what it empties.


class ChangeQuerySet(models.QuerySet["Change"]):
    def of_customer(self, pk: int) -> ChangeQuerySet:
        """Of the record of this customer, and of what belongs to it."""
        own = models.Q(table_name="customers_customer", row_id=pk)
        return self.alias(whose=CUSTOMER).filter(
            own | models.Q(about__has_key="customer_id", whose=pk)
        )


# As the index has it.
CUSTOMER = Cast(KeyTextTransform("customer_id", "about"), models.BigIntegerField())


class Change(models.Model):
    """A row of an audited table was added, changed or deleted; see audit.tables.

    Written by triggers alone. `about` names what it was of; `before` and `after` hold the columns
    that changed. `agent` is empty where nobody was signed in. `number`, `previous` and `hash` are
    the seal: it takes in all but the three of what was said, and of those their digest, so that
    what they say can be erased and the chain still holds.
    """

    class Action(models.TextChoices):
        INSERT = "insert"
        UPDATE = "update"
        DELETE = "delete"
        TRUNCATE = "truncate"
        # Of this log itself.
        ERASE = "erase"
        FORGET = "forget"

    at = models.DateTimeField()
    table_name = models.CharField(max_length=63)
    row_id = models.BigIntegerField(null=True)
    action = models.CharField(max_length=10, choices=Action)
    agent = models.BigIntegerField(null=True)
    # As it was then.
    name = models.TextField()
    # The name of the page, task or command.
    via = models.TextField()
    request = models.TextField()
    about = models.JSONField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    # Goes with what was said: from a digest alone, short words could be guessed.
    salt = models.UUIDField(null=True)
    digest = models.BinaryField()
    erased_at = models.DateTimeField(null=True)
    number = models.BigIntegerField(null=True)
    previous = models.BinaryField(null=True)
    hash = models.BinaryField(null=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        managed = False

    def __str__(self) -> str:
        return f"{self.action} of {self.table_name} {self.row_id}"


class Access(models.Model):
    """An agent looked at something about a customer: once for each hour, thing and kind."""

    class Kind(models.TextChoices):
        CUSTOMER = "customer", _("opened the record of the customer")
        TICKET = "ticket", _("opened a ticket")
        MAIL = "mail", _("looked at a mail as it came")
        RAW_MAIL = "raw_mail", _("fetched the bytes of a mail")
        FILE = "file", _("fetched a file")
        EXPORT = "export", _("asked for an export")
        DOWNLOAD = "download", _("fetched an export")
        HAND_OUT = "hand_out", _("exported all about the customer")
        ERASE = "erase", _("erased the customer")
        LOG = "log", _("exported this log")

    at = models.DateTimeField()
    hour = models.DateTimeField()
    agent = models.BigIntegerField()
    # As it was then.
    name = models.TextField()
    kind = models.CharField(max_length=10, choices=Kind)
    customer = models.BigIntegerField(null=True)
    # Its number.
    ticket = models.BigIntegerField(null=True)
    # What else: the key of a mail, a file or an export.
    thing = models.TextField()

    class Meta:
        managed = False
        verbose_name_plural = "accesses"

    def __str__(self) -> str:
        return f"{self.kind} by {self.agent}"
