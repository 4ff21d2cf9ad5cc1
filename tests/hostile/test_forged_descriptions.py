"""Tests that are asked what their exchange looks like, and do something else: hang, write, answer twice.

What lies in the answers alone is in `tests/describing/test_lies.py`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.describing.fork_tests import kit
from harness.sandbox import Backend
from harness.sandbox.protocol import Limits
from tests.hostile.attack import attack
from tests.hostile.forging import PRELUDE, TESTS, TIGHT, with_tests
from tests.sandbox.fixtures import at_hand

SUPPORT = "hummingbot/connector/test_support"
WORDS = "hummingbot/core/data_type"
KIT = """
import unittest

class AbstractExchangeConnectorTests:
    class ExchangeConnectorTests(unittest.IsolatedAsyncioTestCase):
        pass
"""
COMMON = """
import enum

class OrderType(enum.Enum):
    LIMIT, LIMIT_MAKER, MARKET = 1, 2, 3

class TradeType(enum.Enum):
    BUY, SELL = 1, 2
"""
ORDER = """
class InFlightOrder:
    def __init__(self, **facts):
        self.__dict__.update(facts)
"""
FILES = {
    "hummingbot/connector/__init__.py": "",
    f"{SUPPORT}/__init__.py": "",
    f"{SUPPORT}/exchange_connector_test.py": KIT,
    "hummingbot/core/__init__.py": "",
    f"{WORDS}/__init__.py": "",
    f"{WORDS}/common.py": COMMON,
    f"{WORDS}/in_flight_order.py": ORDER,
    f"{TESTS}/__init__.py": "",
}
WIDE = replace(TIGHT, memory_bytes=1 << 30, cpu_seconds=20, wall_seconds=180)


@pytest.fixture
def one_backend() -> Backend:
    """What is attacked is how we ask: one backend will do."""
    return at_hand()


def asked(backend: Backend, place: Path, member: str, limits: Limits = WIDE) -> kit.Harvest:
    """What we learn of tests that have an honest member and this one, which is asked after it."""
    text = (
        f"import os, sys\n{PRELUDE}\n"
        "from hummingbot.connector.test_support.exchange_connector_test import (\n"
        "    AbstractExchangeConnectorTests as Kit)\n\n"
        "class TestForger(Kit.ExchangeConnectorTests):\n"
        "    @property\n    def all_symbols_url(self):\n        return 'https://x.test/symbols'\n\n"
        "    @property\n    def balance_url(self):\n"
    )
    body = "".join(f"        {line}\n" for line in member.strip().splitlines())
    runtime = with_tests(place, {**FILES, f"{TESTS}/test_it.py": text + body})
    return kit.harvest(backend, runtime, f"{TESTS.replace('/', '.')}.test_it", limits=limits)


def urls(found: kit.Harvest) -> set[str]:
    return {str(answer) for sample in found.of("all_symbols_url") for answer in sample.answers}


@attack(
    "hangs, deaf to every signal, when its tests are asked",
    meets="a time limit: nothing is known of its exchange",
)
def test_hanging(one_backend: Backend, tmp_path: Path) -> None:
    blocked = "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\nwhile True:\n    pass"
    found = asked(one_backend, tmp_path, blocked, replace(WIDE, wall_seconds=8))
    assert not found.samples
    assert "could not be asked" in found.detail


@attack("writes into the tree and the harness's program", meets="read-only mounts: that member is not known")
def test_writing(one_backend: Backend, tmp_path: Path) -> None:
    writes = (
        "done = []\n"
        "for place in (__file__, sys.modules['__main__'].__file__):\n"
        "    try:\n        open(place, 'a').write('# forged')\n        done.append(place)\n"
        "    except OSError:\n        pass\n"
        "return 'https://x.test/' + ','.join(done)"
    )
    found = asked(one_backend, tmp_path, writes)
    assert urls(found) == {"https://x.test/symbols"}
    assert {answer for sample in found.of("balance_url") for answer in sample.answers} == {"https://x.test/"}


@attack(
    "answers in our program's place as well", meets="one answer or none: nothing is known of its exchange"
)
def test_answering_twice(one_backend: Backend, tmp_path: Path) -> None:
    answers = (
        "forged = {'nonce': frame('job')._nonce, 'kit': True, 'samples': [], 'readings': []}\n"
        "say(json.dumps({**forged, 'problems': [], 'missing': []}) + '\\n')\n"
        "return 'https://x.test/balances'"
    )
    found = asked(one_backend, tmp_path, answers)
    assert not found.samples
