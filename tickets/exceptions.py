"""What can be wrong with a request to a ticket. Each is a sentence for the person who asked."""

from __future__ import annotations

from typing import Self

from django.utils.translation import gettext as _


class TicketError(Exception):
    """Nothing was changed, and the message says what to do next."""


class PromiseInThePast(TicketError):
    pass


class PromiseTooFar(PromiseInThePast):
    """To a door it is the same: not a time that can be promised."""


class ArticleNotPublic(TicketError):
    pass


class PromiseMissing(TicketError):
    pass


class AlreadyResolved(TicketError):
    pass


class NotResolved(TicketError):
    pass


class CannotBeMoved(TicketError):
    pass


class CannotBeMerged(TicketError):
    pass


class AlreadyFiled(TicketError):
    """Somebody else has decided what becomes of this mail."""

    @classmethod
    def told(cls) -> Self:
        return cls(_("Somebody has seen to this mail already."))


class BadTag(TicketError):
    pass


class BadView(TicketError):
    pass


class BadMacro(TicketError):
    """`field` is what is wrong with it."""

    def __init__(self, sentence: str, *, field: str = "name") -> None:
        super().__init__(sentence)
        self.field = field


class CannotForward(TicketError):
    """`field` is what is wrong with it."""

    def __init__(self, sentence: str, *, field: str = "address") -> None:
        super().__init__(sentence)
        self.field = field


class PlaceholderLeft(TicketError):
    """The text names something in {{ }} that cannot be filled in; nothing was sent."""


class TooLateToUndo(TicketError):
    pass


class CannotBeScheduled(TicketError):
    """Not the time at which this reply can leave."""


class NoAddress(TicketError):
    """There is nowhere to send a letter."""


class NotInTeam(TicketError):
    pass


class IsAway(TicketError):
    pass


class CannotBeMentioned(TicketError):
    pass


class TooManyPeople(TicketError):
    pass


class RatingClosed(TicketError):
    """The time to rate is over."""


class LinkTooLong(TicketError):
    pass


class NothingAsked(TicketError):
    """The customer is not asked to do anything."""


class BriefMissing(TicketError):
    """Somebody has worked on the ticket, and the next one would have to ask the customer again."""


class SomebodyAnswered(TicketError):
    """The ticket changed since the writer saw it; nothing was sent."""


class CannotBeSplit(TicketError):
    pass


class CannotBeLinked(TicketError):
    pass


class TooManySteps(TicketError):
    pass


class UnknownTopic(TicketError):
    pass


class FieldsMissing(TicketError):
    """What must be known before we resolve a ticket is not; nothing was changed or sent."""
