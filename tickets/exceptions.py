"""What can be wrong with a request to a ticket. Each is a sentence for the person who asked."""

from __future__ import annotations


class TicketError(Exception):
    """Nothing was changed, and the message says what to do next."""


class PromiseInThePast(TicketError):
    pass


class PromiseTooFar(PromiseInThePast):
    """To a door it is the same: not a time that can be promised."""


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


class BadTag(TicketError):
    pass


class BadView(TicketError):
    pass


class TooLateToUndo(TicketError):
    pass


class NotInTeam(TicketError):
    pass


class SomebodyAnswered(TicketError):
    """The ticket changed since the writer saw it; nothing was sent."""
