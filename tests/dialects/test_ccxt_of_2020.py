"""ccxt as it was in August 2020 on the dialects of that year."""

from __future__ import annotations

import pytest

from harness.describing.ccxt_reading.ccxt_releases import place
from tests.dialects.of_2020 import RELEASE, read_in_a_process

HOW = f"`python -m tests.dialects.of_2020` installs ccxt {RELEASE}"


@pytest.mark.skipif(not place(RELEASE).exists(), reason=HOW)
def test_ccxt_of_that_month_agrees() -> None:
    ended = read_in_a_process()
    assert ended.returncode == 0, ended.stderr[-2000:]
