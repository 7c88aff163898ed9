"""What readers seek, and whether they find it. Nothing of it says who they are."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from django.core.cache import cache
from django.db import connection
from django.db.models import F
from django.utils import timezone

from common.tokens import fold
from knowledge.models import (
    COMMENT_LENGTH,
    QUERY_LENGTH,
    Article,
    Feedback,
    SearchCount,
    SelfService,
)
from knowledge.searching import readable

KEPT_FOR = timedelta(days=400)
MOST_A_DAY = 2000
# An address, a telephone or a customer's number: somebody may be known by it.
PERSONAL = re.compile(r"@|(?:\d[\s-]?){6,}")

COUNT = """
INSERT INTO knowledge_searchcount AS known (day, query, language, searches, results, openings)
SELECT %(day)s, %(query)s, %(language)s, 1, %(results)s, 0
WHERE (SELECT count(*) FROM knowledge_searchcount WHERE day = %(day)s) < %(most)s
  OR EXISTS (
    SELECT 1 FROM knowledge_searchcount
    WHERE day = %(day)s AND query = %(query)s AND language = %(language)s
  )
ON CONFLICT (day, query, language)
DO UPDATE SET searches = known.searches + 1, results = excluded.results
"""


def count_search(text: str, language: str, *, results: int, now: datetime | None = None) -> None:
    """One more search for this. What may name somebody is not kept, and a day has a limit."""
    day, query = _day(now), normalized(text)
    if query and not PERSONAL.search(query):
        _sweep_once_a_day(day)
        with connection.cursor() as cursor:
            cursor.execute(
                COUNT,
                {
                    "day": day,
                    "query": query,
                    "language": language,
                    "results": results,
                    "most": MOST_A_DAY,
                },
            )


def count_opening(text: str, language: str, *, now: datetime | None = None) -> None:
    """Something that was found by this search was opened."""
    searched = SearchCount.objects.filter(day=_day(now), query=normalized(text), language=language)
    # Never more than searches: a page that is read again was found once.
    searched.filter(openings__lt=F("searches")).update(openings=F("openings") + 1)


def record_feedback(
    article: Article,
    language: str,
    *,
    reader: str,
    has_helped: bool,
    comment: str = "",
    now: datetime | None = None,
) -> None:
    """What this reader says now counts instead of what they said before. A vote without a comment
    leaves the comment on the same vote as it is."""
    vote = Feedback(
        article=article,
        language=language,
        reader=reader,
        has_helped=has_helped,
        comment="" if has_helped else comment[:COMMENT_LENGTH],
        at=now or timezone.now(),
    )
    fields = ["has_helped", "at"] + ["comment"] * bool(comment or has_helped)
    Feedback.objects.bulk_create(
        [vote],
        update_conflicts=True,
        unique_fields=["article", "language", "reader"],
        update_fields=fields,
    )


def count_answer(
    article: Article, language: str, *, reader: str, now: datetime | None = None
) -> None:
    """This reader was about to write to us, and need not any more. A second time is the same."""
    solved = SelfService(article=article, language=language, reader=reader, day=_day(now))
    SelfService.objects.bulk_create([solved], ignore_conflicts=True)


def normalized(text: str) -> str:
    """A search as it is counted: folded and cut."""
    return fold(readable(text))[:QUERY_LENGTH].strip()


def _sweep_once_a_day(day: date) -> None:
    """What was counted long ago is forgotten, by the first search of a day."""
    if cache.add(f"knowledge:swept:{day}", value=True, timeout=86_400):
        SearchCount.objects.filter(day__lt=day - KEPT_FOR).delete()


def _day(now: datetime | None) -> date:
    return timezone.localdate(now)
