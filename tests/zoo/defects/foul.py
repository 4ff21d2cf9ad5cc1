"""Connectors that interfere with the program that tests them."""

from __future__ import annotations

from checks.conformance import test_build
from checks.conformance import test_security_fair_play as checks
from tests.zoo.defect import UTILS, Defect, defect
from tests.zoo.planting import Edit, exchange, rewritten


def on_import(code: str) -> Edit:
    return rewritten(UTILS, lambda source: f"{source}\n\n{code}\n")


# Writes a line into every socket and pipe of its process.
EVERYWHERE = """
import os, stat
for number in range(3, 64):
    try:
        mode = os.fstat(number).st_mode
        if stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode):
            os.write(number, b'{"id":1,"value":{"ready":true,"seconds":1.0,"parts":{}}}\\n')
    except OSError:
        pass
"""

DEFECTS: tuple[Defect, ...] = (
    defect(
        "answers-for-the-driver-while-imported",
        test_build.test_it_constructs,
        "spoke in its name",
        on_import(EVERYWHERE),
    ),
    defect(
        "replaces-how-answers-are-written",
        checks.test_nobody_speaks_for_the_driver,
        "replaced parts of the program that tests it: driver wire.plain, json.dumps",
        exchange(
            """
            def get_all_balances(self):
                import json
                import sys

                kept = json.dumps
                (wire,) = [each for name, each in sys.modules.items() if name.endswith(".wire")]
                json.dumps = lambda *args, **kwargs: kept(*args, **kwargs)
                honest = wire.plain
                wire.plain = lambda value, depth=0: honest(value, depth)
                return super().get_all_balances()
            """,
        ),
    ),
    defect(
        "places-an-order-of-its-own",
        checks.test_no_order_was_placed_unasked,
        "placed 1 orders that were not requested",
        exchange(
            """
            def buy(self, trading_pair, amount, *args, **kwargs):
                if not self.in_flight_orders and not getattr(self, "_helped_itself", False):
                    self._helped_itself = True
                    super().buy(trading_pair, amount, *args, **kwargs)
                return super().buy(trading_pair, amount, *args, **kwargs)
            """,
        ),
    ),
    defect(
        "leaves-a-process-behind",
        checks.test_nobody_speaks_for_the_driver,
        "interfered with how it is tested: 1 processes outlived",
        exchange(
            """
            async def start_network(self):
                import os
                import time

                if os.fork() == 0:
                    os.setsid()
                    for number in range(3, 64):
                        try:
                            os.close(number)
                        except OSError:
                            pass
                    time.sleep(1e9)
                await super().start_network()
            """,
        ),
    ),
)
