"""Steps that come one after another on a commitment: its warnings, its escalation."""

from collections.abc import Callable, Iterable

Reach = Callable[[int, int], int | None]
"""(start, seconds) -> the instant that many counted seconds later; None if it never comes."""

NEVER = 2**62


class Ladder:
    """Rungs at so many seconds after a start; of several at one instant only the highest acts."""

    def __init__(self, *, start: int, rungs: Iterable[tuple[int, int]], reach: Reach) -> None:
        self._start = start
        self._rungs = sorted(rungs)
        self._reach = reach
        self._steps: list[tuple[int, int]] | None = None

    @property
    def quiet_until(self) -> int:
        """No step is before this instant; cheap, because counted seconds never outrun the wall."""
        if self._steps is None:
            return self._start + self._rungs[0][0] if self._rungs else NEVER
        return self._steps[0][0] if self._steps else NEVER

    def climb(self, *, until: int) -> list[tuple[int, int]]:
        """Takes the steps before `until` off the ladder and returns them as (value, instant)."""
        if self.quiet_until >= until:
            return []
        ahead = self.ahead()
        self._steps = [step for step in ahead if step[0] >= until]
        return [(value, instant) for instant, value in ahead if instant < until]

    def ahead(self) -> list[tuple[int, int]]:
        """The steps not yet taken, as (instant, value) in order."""
        if self._steps is None:
            highest: dict[int, int] = {}
            for seconds, value in self._rungs:
                instant = self._reach(self._start, seconds)
                if instant is not None:
                    highest[instant] = max(value, highest.get(instant, value))
            self._steps = sorted(highest.items())
        return self._steps


NO_LADDER = Ladder(start=0, rungs=(), reach=lambda start, seconds: start + seconds)
