"""Each defect is seen by the check that is there to see it."""

from __future__ import annotations

import pytest

from checks.conformance import test_build
from harness.checking import Failed
from tests.zoo.defect import Defect
from tests.zoo.defects import DEFECTS
from tests.zoo.keeping import Zoo


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_the_defect_is_found(zoo: Zoo, defect: Defect) -> None:
    with zoo.bad(defect) as specimen, pytest.raises(Failed, match=defect.finding):
        specimen.check(defect.check)


def test_a_module_that_does_not_compile_is_found(zoo: Zoo) -> None:
    with pytest.raises(Failed, match=r"1 modules do not compile: .*broken\.pyx"):
        test_build.test_it_builds(zoo.unbuildable(), lambda *_: None)
