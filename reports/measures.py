"""What is counted, and what each figure means in plain words. One measure, one kind of fact."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

MINUTE, HOUR, DAY = 60, 3600, 86400


def _durations() -> Iterator[int]:
    """Fine where people feel the difference, from a minute to ninety days."""
    yield from (minutes * MINUTE for minutes in (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20))
    yield from (minutes * MINUTE for minutes in (23, 26, 30, 35, 40, 45, 50, 55, 60, 70, 80, 90))
    yield from (minutes * MINUTE for minutes in (105, 120, 140, 160, 180, 210))
    yield from (hours * HOUR for hours in (4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 24))
    yield from (hours * HOUR for hours in (28, 32, 36, 42, 48, 56, 64, 72))
    yield from (days * DAY for days in (4, 5, 6, 7, 8, 10, 12, 14, 17, 21, 25, 30, 36, 45, 60, 90))


DURATIONS = tuple(_durations())
"""Seconds. A time belongs to the first of these that it does not exceed; see Measure.bin."""
SCORES = tuple(range(0, 101, 5))
GRADES = tuple(range(1, 6))

GOOD, BAD, NEITHER = "good", "bad", ""


@dataclass(frozen=True)
class Measure:
    """A figure: its name, what it means, and in which words its number is said.

    `bounds` are the upper ends of the ranges its `seconds` are sorted into; nothing for what is
    only counted. `more_is` says whether more of it is good or bad. `facts_are` names what one row of
    its drill-down is.
    """

    key: str
    group: str
    name: str | Promise
    definition: str | Promise
    words: Any
    more_is: str = NEITHER
    bounds: tuple[int, ...] = ()

    @property
    def is_timed(self) -> bool:
        """Whether each fact says how much, and not only that it was."""
        return bool(self.bounds)

    @property
    def is_duration(self) -> bool:
        return self.bounds is DURATIONS

    def bin(self, seconds: int) -> int:
        """The range a value is in: len(bounds) is beyond the last of them."""
        return bisect_left(self.bounds, seconds)

    def unit(self, number: int) -> str:
        """The number with its word: "3 promises"."""
        return str(self.words % {"number": number})


GROUPS = {
    "volume": _("What came in and went out"),
    "promises": _("Our word"),
    "time": _("Time as the customer lived it"),
    "targets": _("Agreed targets"),
    "effort": _("What the customer had to do"),
    "quality": _("How it was"),
}

_TICKETS = ngettext_lazy("%(number)s ticket", "%(number)s tickets", "number")
_PROMISES = ngettext_lazy("%(number)s promise", "%(number)s promises", "number")
_ANSWERS = ngettext_lazy("%(number)s answer", "%(number)s answers", "number")
_TIMES = ngettext_lazy("%(number)s time", "%(number)s times", "number")
_MESSAGES = ngettext_lazy("%(number)s message", "%(number)s messages", "number")
_TARGETS = ngettext_lazy("%(number)s target", "%(number)s targets", "number")
_RATINGS = ngettext_lazy("%(number)s rating", "%(number)s ratings", "number")

_ALL = [
    Measure(
        "arrived",
        "volume",
        _("Arrived"),
        _(
            "Tickets opened in this time, by customers or for them. Spam counts nowhere, and tickets"
            " that were merged count as one, which arrived when the first of them did."
        ),
        _TICKETS,
    ),
    Measure(
        "resolved",
        "volume",
        _("Resolved"),
        _(
            "Tickets whose resolution stands: resolved or closed, and not reopened since. The time is"
            " from the inquiry to the resolution, by the clock on the wall."
        ),
        _TICKETS,
        GOOD,
        DURATIONS,
    ),
    Measure(
        "reopened",
        "volume",
        _("Reopened"),
        _("How often a resolved ticket was taken up again, by the customer or by us."),
        _TIMES,
        BAD,
    ),
    Measure(
        "contact",
        "volume",
        _("Messages from customers"),
        _(
            "Each message of a customer, the inquiry included. What machines wrote by themselves and"
            " what is hidden from the customer's page does not count."
        ),
        _MESSAGES,
    ),
    Measure(
        "promise_made",
        "promises",
        _("Promises made"),
        _(
            "Times we named by which the customer hears from a person. The times of automatic"
            " reminders are no promises."
        ),
        _PROMISES,
    ),
    Measure(
        "promise_kept",
        "promises",
        _("Promises kept"),
        _(
            "A person was in touch with the customer at or before the promised time. Automatic"
            " letters, acknowledgements and internal notes never count."
        ),
        _PROMISES,
        GOOD,
    ),
    Measure(
        "promise_renewed",
        "promises",
        _("Promises renewed in time"),
        _(
            "Kept promises whose contact did not end the matter but named the next time. They are"
            " kept promises too."
        ),
        _PROMISES,
    ),
    Measure(
        "renewed_without_news",
        "promises",
        _("Renewed without news"),
        _(
            "The third and every further renewal in a row in which the customer did not write to us"
            " in between: we named one time after the other."
        ),
        _PROMISES,
        BAD,
    ),
    Measure(
        "promise_rescued",
        "promises",
        _("Promises rescued"),
        _(
            "Before the promised time passed, the customer was told automatically that it takes"
            " longer, and until when. Neither kept nor broken."
        ),
        _PROMISES,
    ),
    Measure(
        "promise_late",
        "promises",
        _("Promises kept late"),
        _(
            "The promised time passed without a word, and a person was in touch later. Counted at the"
            " promised time; the time is how late the contact was."
        ),
        _PROMISES,
        BAD,
        DURATIONS,
    ),
    Measure(
        "promise_silent",
        "promises",
        _("Promises broken in silence"),
        _(
            "The promised time passed, and no person was in touch: not before the ticket ended, or"
            " not yet. Counted at the promised time."
        ),
        _PROMISES,
        BAD,
    ),
    Measure(
        "answered",
        "time",
        _("First answer"),
        _(
            "The first words of a person to a customer who had asked. The time is from the inquiry"
            " to these words, by the clock on the wall; an acknowledgement does not count."
        ),
        _ANSWERS,
        NEITHER,
        DURATIONS,
    ),
    Measure(
        "answered_working",
        "time",
        _("First answer, working time"),
        _(
            "The same in working time, of tickets with a target for the first reply. Only the opening"
            " hours of their policy count."
        ),
        _ANSWERS,
        NEITHER,
        DURATIONS,
    ),
    Measure(
        "next_answered",
        "time",
        _("Further answers"),
        _(
            "Each later answer of a person to a customer who was waiting. The time is from the first"
            " message that waited, by the clock on the wall."
        ),
        _ANSWERS,
        NEITHER,
        DURATIONS,
    ),
    Measure(
        "waited_us",
        "time",
        _("It was our turn"),
        _(
            "Of resolved tickets: how long it was our turn in all, by the clock on the wall. Together"
            " with the two others this is the time the ticket was open."
        ),
        _TICKETS,
        NEITHER,
        DURATIONS,
    ),
    Measure(
        "waited_customer",
        "time",
        _("It was the customer's turn"),
        _("Of resolved tickets: how long we waited for the customer in all."),
        _TICKETS,
        NEITHER,
        DURATIONS,
    ),
    Measure(
        "waited_third",
        "time",
        _("It was a third party's turn"),
        _("Of resolved tickets: how long they were on hold in all."),
        _TICKETS,
        NEITHER,
        DURATIONS,
    ),
    Measure(
        "sla_kept",
        "targets",
        _("Targets met"),
        _(
            "Targets of the policies for first reply, next reply, update and resolution that were met"
            " in time."
        ),
        _TARGETS,
        GOOD,
    ),
    Measure(
        "sla_broken",
        "targets",
        _("Targets missed"),
        _(
            "Targets of the policies that were not met in time. Counted when they were due, even if"
            " they were met later."
        ),
        _TARGETS,
        BAD,
    ),
    Measure(
        "effort",
        "effort",
        _("Customer effort"),
        _(
            "Of resolved tickets: 0 (none) to 100 (very much), from what the customer had to do and to"
            " wait for. The ticket shows how it comes about; the weights are in the settings."
        ),
        _TICKETS,
        NEITHER,
        SCORES,
    ),
    Measure(
        "handed_over",
        "effort",
        _("Hand-overs"),
        _("How often a ticket went from whoever had it to somebody else."),
        _TIMES,
        BAD,
    ),
    Measure(
        "gave_on",
        "effort",
        _("Given on"),
        _(
            "How often somebody gave a ticket that somebody had to a colleague, to another team or"
            " back to the team, and how often one went back by itself. Counts for who gave it."
        ),
        _TIMES,
    ),
    Measure(
        "took_over",
        "effort",
        _("Taken over"),
        _("How often a ticket that somebody else had came to a person. Counts for who got it."),
        _TIMES,
    ),
    Measure(
        "asked_again",
        "effort",
        _("Asked again"),
        _("The second and each further thing that we asked the customer of one ticket to do."),
        _TIMES,
        BAD,
    ),
    Measure(
        "channel_changed",
        "effort",
        _("Channel changed"),
        _("The customer wrote or called on another channel than the time before."),
        _TIMES,
        BAD,
    ),
    Measure(
        "chased",
        "effort",
        _("Asked for news"),
        _("The customer had to ask for news."),
        _TIMES,
        BAD,
    ),
    Measure(
        "clean",
        "quality",
        _("Clean tickets"),
        _(
            "Resolved tickets of which nothing fell short: no promise broken, nothing asked twice, at"
            " most one hand-over, no need to ask for news, no long wait for the first answer, not"
            " reopened, not rated badly."
        ),
        _TICKETS,
        GOOD,
    ),
    Measure(
        "unclean",
        "quality",
        _("Tickets that fell short"),
        _("Resolved tickets that are not clean, for one reason or more."),
        _TICKETS,
        BAD,
    ),
    Measure(
        "unclean_promise_broken",
        "quality",
        _("Fell short: promise broken"),
        _("Resolved tickets of which a promise was broken."),
        _TICKETS,
        BAD,
    ),
    Measure(
        "unclean_asked_twice",
        "quality",
        _("Fell short: asked twice"),
        _("Resolved tickets of which the customer was asked to do a second thing."),
        _TICKETS,
        BAD,
    ),
    Measure(
        "unclean_handed_over",
        "quality",
        _("Fell short: handed over"),
        _("Resolved tickets that were handed over more than once."),
        _TICKETS,
        BAD,
    ),
    Measure(
        "unclean_chased",
        "quality",
        _("Fell short: asked for news"),
        _("Resolved tickets of which the customer had to ask for news."),
        _TICKETS,
        BAD,
    ),
    Measure(
        "unclean_waited_long",
        "quality",
        _("Fell short: long wait"),
        _(
            "Resolved tickets whose first answer took longer than nine of ten of their topic did in"
            " the month before."
        ),
        _TICKETS,
        BAD,
    ),
    Measure(
        "unclean_reopened",
        "quality",
        _("Fell short: reopened"),
        _("Resolved tickets that had been resolved before."),
        _TICKETS,
        BAD,
    ),
    Measure(
        "unclean_rated_badly",
        "quality",
        _("Fell short: rated badly"),
        _("Resolved tickets that the customer was not content with, or found hard to get solved."),
        _TICKETS,
        BAD,
    ),
    Measure(
        "repeat_failure",
        "quality",
        _("Fell short again"),
        _("Tickets that fell short, when the one the same customer had resolved before did too."),
        _TICKETS,
        BAD,
    ),
    Measure(
        "rated_good",
        "quality",
        _("Rated good"),
        _("Customers who said that it was good."),
        _RATINGS,
        GOOD,
    ),
    Measure(
        "rated_bad",
        "quality",
        _("Rated not good"),
        _("Customers who said that it was not good."),
        _RATINGS,
        BAD,
    ),
    Measure(
        "effort_rated",
        "quality",
        _("Effort, as customers said"),
        _("Customers who said how easy it was to get it solved: 1 (very hard) to 5 (very easy)."),
        _RATINGS,
        NEITHER,
        GRADES,
    ),
]

MEASURES: dict[str, Measure] = {measure.key: measure for measure in _ALL}
REASONS = tuple(key.removeprefix("unclean_") for key in MEASURES if key.startswith("unclean_"))
"""Why a ticket is not clean; tickets.cleanliness finds them."""

DECIDED = ("promise_kept", "promise_late", "promise_silent")
"""How a promise ended."""
PROMISES = (
    *("promise_made", "promise_kept", "promise_renewed", "promise_rescued", "promise_late"),
    *("promise_silent", "renewed_without_news"),
)
BY_HOUR = ("arrived", *PROMISES)
"""What is tallied by the hour of the day."""
BY_MONTH = (
    *("arrived", "contact", "unclean", "repeat_failure", "rated_good", "rated_bad", *DECIDED),
    "effort",
)
"""What is tallied by customer and organisation, month by month."""
