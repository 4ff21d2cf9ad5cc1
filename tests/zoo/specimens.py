"""Every bad specimen: each defect at home, and those that any connector may have in others too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.checking import slugs_of
from tests.dialects.names import NAMES
from tests.zoo.asked import CHECKS, asked_of
from tests.zoo.defect import Defect
from tests.zoo.defects import DEFECTS
from tests.zoo.real_defects import REAL_DEFECTS

# Requirements of which no second mistake in another connector can be shown, and why.
IN_ONE_CONNECTOR: Mapping[str, str] = {
    "builds": "what does not compile is no connector's: one module is broken, beside all of them",
    "builds-without-warnings": "the same",
    "other-accounts-stay-out": "of the simulated exchanges KuCoin alone tells of two accounts on one "
    "stream, and its merged connector fails as it is",
}
OTHERS = 3  # connectors besides its own that a defect is planted in


def spread(defects: tuple[Defect, ...], others: int = OTHERS) -> Iterator[Defect]:
    """Deal the connectors out in turn, so that each gets its share; none that bears it or has it already."""
    deal = list(NAMES)
    for defect in defects:
        if not defect.portable:
            continue
        fit = [
            name
            for name in deal
            if name != defect.connector
            and name not in defect.harmless
            and defect.check in asked_of(name)
            and (name, defect.check) not in REAL_DEFECTS
        ][:others]
        yield from (replace(defect, connector=name) for name in fit)
        deal = [name for name in deal if name not in fit] + fit


def one_of_each(defects: tuple[Defect, ...]) -> Iterator[Defect]:
    """The first defect of each subject whose check does not take minutes."""
    subjects = set()
    for defect in defects:
        if not defect.takes_long and defect.check.__module__ not in subjects:
            subjects.add(defect.check.__module__)
            yield defect


ELSEWHERE = tuple(spread(DEFECTS))
ONE_OF_EACH_KIND = tuple(one_of_each(DEFECTS))


def shown_once() -> frozenset[str]:
    """Requirements whose checks were not shown two mistakes in two connectors, planted or as merged."""
    mistakes, where = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for planted in (*DEFECTS, *ELSEWHERE):
        for slug in slugs_of(planted.check):
            mistakes[slug].add(planted.name)
            where[slug].add(planted.connector)
    for (name, check), real in REAL_DEFECTS.items():
        for slug in slugs_of(check):
            mistakes[slug].add(f"{real.why} {name}")
            where[slug].add(name)
    asked = {slug for check in CHECKS for slug in slugs_of(check)}
    return frozenset(slug for slug in asked if len(mistakes[slug]) < 2 or len(where[slug]) < 2)
