"""A merged connector trades in the sandbox while its page is read, and Ctrl-C ends it cleanly."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
import urllib.error
import urllib.request

import pytest

from harness.serving.trial import trade_and_show
from tests.zoo.keeping import Zoo

PACE = 10.0
PATIENCE = 60  # seconds


class Voter(threading.Thread):
    """Loads the page again and again until the connector has reported an order, then presses Ctrl-C."""

    def __init__(self) -> None:
        super().__init__()
        self.address = self.page = ""

    def began(self, address: str) -> None:
        self.address = address
        self.start()

    def run(self) -> None:
        end = time.monotonic() + PATIENCE
        while not re.search(r"<td>(Buy|Sell)OrderCreated</td>", self.page) and time.monotonic() < end:
            with urllib.request.urlopen(self.address, timeout=10) as reply:  # noqa: S310
                self.page = reply.read().decode()
            time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("connector", ["binance", pytest.param("binance_perpetual", marks=pytest.mark.full)])
def test_a_connector_trades_while_somebody_watches(zoo: Zoo, connector: str) -> None:
    voter = Voter()
    with zoo.good(connector) as specimen, specimen.rigs.open(PACE) as rig:
        ended = trade_and_show(rig, "acme", 0, 2 * PATIENCE, 1, voter.began)
        voter.join()
        assert ended.trouble == ""
        assert ended.orders.total() >= 2
        assert ended.reported == ended.fills
        assert not rig.venue.open_orders(rig.account), "it cancels what is open"
        assert not rig.gateway.open_sockets(), "the connector was stopped"
    assert "The connector: it is trading." in voter.page
    assert '<meta http-equiv="refresh"' in voter.page
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(voter.address, timeout=10)  # noqa: S310
