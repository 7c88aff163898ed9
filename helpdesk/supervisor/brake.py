"""How long to wait before a process that died is started again."""

SHORTEST = 0.5
LONGEST = 30.0
LIFE_THAT_FORGIVES = 60.0


class Brake:
    """Doubles the wait with each early death; a long life starts it anew."""

    def __init__(self) -> None:
        self._deaths = 0

    def delay(self, *, lived: float) -> float:
        """The seconds to wait after a life of `lived` seconds."""
        if lived >= LIFE_THAT_FORGIVES:
            self._deaths = 0
        self._deaths += 1
        return min(LONGEST, SHORTEST * 2.0 ** (self._deaths - 1))
