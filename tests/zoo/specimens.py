"""Every bad specimen: each defect at home, and those that any connector may have in others too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.dialects.names import NAMES
from tests.zoo.asked import asked_of
from tests.zoo.defect import Defect
from tests.zoo.defects import DEFECTS
from tests.zoo.real_defects import REAL_DEFECTS

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
