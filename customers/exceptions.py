"""What cannot be done with a customer's record, each with a sentence for the reader."""

from __future__ import annotations


class CustomerError(Exception):
    """A refusal that may be shown to the agent as it is."""


class CannotBeMerged(CustomerError):
    pass


class AddressTaken(CustomerError):
    """The address belongs to another record, `holder`."""

    def __init__(self, sentence: str, *, holder: int) -> None:
        super().__init__(sentence)
        self.holder = holder


class BadAddress(CustomerError):
    pass


class BadOrganization(CustomerError):
    """It cannot be kept so; `field` is what is wrong, if one thing is."""

    def __init__(self, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field
