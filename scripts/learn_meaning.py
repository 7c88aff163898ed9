"""Learn what speaks for a customer asking for news: `python -m scripts.learn_meaning`.

Reads the labelled messages in tests/tickets/data/messages_seen.tsv and writes the weights that
tickets.understanding weighs with. The same messages always give the same weights.
"""

from __future__ import annotations

import json
import math
import os
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[1]
SEEN = ROOT / "tests/tickets/data/messages_seen.tsv"
ROUNDS = 12
STEP, SHRINKING = 0.3, 0.001
FOLDS = 5
# What is taken for asking shall be asking so often; the more often, the more is missed. Of the English
# messages more were written to be mistaken than a day's mail has: what is met is easier.
WANTED_PRECISION = {"ja": 0.93, "en": 0.90}
# Weights below this say nothing.
LEAST_WEIGHT = 0.02
Example = tuple[set[str], bool]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    django.setup()
    from tickets.understanding import WEIGHTS

    examples = read_examples()
    learned = {
        language: learn(found, precision=WANTED_PRECISION[language])
        for language, found in sorted(examples.items())
    }
    text = json.dumps(learned, ensure_ascii=False, indent=0, sort_keys=True)
    WEIGHTS.write_text(text + "\n", encoding="utf-8")
    for language, weights in learned.items():
        pieces = weights["pieces"]
        assert isinstance(pieces, dict)
        sys.stdout.write(f"{language}: {len(examples[language])} messages, {len(pieces)} pieces\n")


def read_examples() -> dict[str, list[Example]]:
    """The pieces of each message, and whether it asks for news, by language."""
    from tickets.understanding import language_of, own_words, pieces_of

    examples: dict[str, list[Example]] = {"ja": [], "en": []}
    for line in SEEN.read_text(encoding="utf-8").splitlines():
        label, _spoken, text = line.split("\t")
        words = own_words(text.replace("\\n", "\n"))
        examples[language_of(words)].append((pieces_of(words), label == "chaser"))
    return examples


def learn(examples: Sequence[Example], *, precision: float) -> dict[str, object]:
    """Weights of pieces, and the bias with which what is held back is told best."""
    from tickets.understanding import Weights

    pieces, bias = _weigh(examples)
    told: list[tuple[float, bool]] = []
    for fold in range(FOLDS):
        rest = [each for number, each in enumerate(examples) if number % FOLDS != fold]
        weights = Weights(*_weigh(rest))
        told += [(weights.score(each), asks) for each, asks in examples[fold::FOLDS]]
    kept = {
        piece: round(weight, 2) for piece, weight in pieces.items() if abs(weight) >= LEAST_WEIGHT
    }
    return {"pieces": kept, "bias": round(bias - _threshold(told, precision), 3)}


def _weigh(examples: Sequence[Example]) -> tuple[dict[str, float], float]:
    """Logistic regression by steps that grow smaller for what is met often (AdaGrad)."""
    often = Counter(piece for pieces, _ in examples for piece in pieces)
    rows = [
        (sorted(piece for piece in pieces if often[piece] > 1), 1 / math.sqrt(len(pieces)), asks)
        for pieces, asks in examples
    ]
    weights = dict.fromkeys((piece for piece, count in often.items() if count > 1), 0.0)
    met = dict.fromkeys(weights, 1e-8)
    bias, bias_met = 0.0, 1e-8
    shuffled = random.Random(0)
    for _round in range(ROUNDS):
        shuffled.shuffle(rows)
        for pieces, scale, asks in rows:
            total = bias + scale * sum(weights[piece] for piece in pieces)
            missed = 1 / (1 + math.exp(-max(-30.0, min(30.0, total)))) - asks
            for piece in pieces:
                slope = missed * scale + SHRINKING * weights[piece]
                met[piece] += slope * slope
                weights[piece] -= STEP * slope / math.sqrt(met[piece])
            bias_met += missed * missed
            bias -= STEP * missed / math.sqrt(bias_met)
    return weights, bias


def _threshold(told: Sequence[tuple[float, bool]], precision: float) -> float:
    """The lowest score from which on what is told is right so often."""
    ordered = sorted(told, reverse=True)
    right, best = 0, ordered[0][0]
    for number, (score, asks) in enumerate(ordered, start=1):
        right += asks
        if right / number >= precision:
            best = score
    return best


if __name__ == "__main__":
    main()
