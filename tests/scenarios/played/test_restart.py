"""A connector that does not take back what it saved is told from one whose process ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from checks.conformance.test_order_life import test_orders_survive_a_restart as survives
from harness.driving.rpc_client import ConnectorError, ConnectorGone
from harness.scenarios.played import restart as played
from harness.scenarios.played.moving import MovingStart
from harness.scenarios.played.order_life import Life
from harness.scenarios.rig import Rigs
from harness.venue.model import Side

ASKED = Life(0, 1.0, "x-1", Side.BUY, "LIMIT", Decimal("0.02"), Decimal(49000), None, ())


class Refusing:
    """Rigs whose connector answers `restore_state` with an error."""

    def __init__(self, error: ConnectorError) -> None:
        self._error = error

    @contextmanager
    def open(self, pace: float) -> Iterator[Any]:
        def restore_state(state: object) -> None:
            raise self._error

        connector = SimpleNamespace(save_state=dict, restore_state=restore_state)
        gateway = SimpleNamespace(open_sockets=lambda _operation: ())
        yield SimpleNamespace(number=0, connector=connector, gateway=gateway, restart=lambda: None)


@pytest.fixture(autouse=True)
def two_orders_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    still = MovingStart(late=False, moved=False, difference=None)
    monkeypatch.setattr(played, "start_moving", lambda rig, *, late: replace(still, late=late))
    monkeypatch.setattr(played, "rest", lambda rig, side: replace(ASKED, placed=cast(Any, "an order")))


def test_an_error_of_the_connectors_own_is_held_against_it() -> None:
    error = ConnectorError("Traceback …\nTypeError: 'Market' object is not subscriptable")
    run = played.restart(cast(Rigs, Refusing(error)), 1.0)
    assert run.raised.endswith("object is not subscriptable")
    with pytest.raises(BaseException, match="raises an error when it restores its saved orders"):
        survives(run)


def test_a_process_that_ended_decides_nothing() -> None:
    with pytest.raises(ConnectorGone):
        played.restart(cast(Rigs, Refusing(ConnectorGone("its process ended"))), 1.0)
