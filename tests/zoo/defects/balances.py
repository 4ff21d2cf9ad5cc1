"""Defects in balances, fees and keys."""

from __future__ import annotations

from checks.conformance import test_balances as checks
from tests.zoo.defect import EXCHANGE, defect
from tests.zoo.planting import exchange, worded

POLL, LISTENER = "_update_balances", "_user_stream_event_listener"
FREE, LOCKED = 'Decimal(balance_entry["free"])', 'Decimal(balance_entry["locked"])'
F, L = 'Decimal(balance_entry["f"])', 'Decimal(balance_entry["l"])'

DEFECTS = (
    defect(
        "total-balance-is-the-available-one",
        checks.test_totals_match,
        "The total balance of .* with a limit buy open is",
        worded(EXCHANGE, POLL, (f"{FREE} + {LOCKED}", FREE)),
        worded(EXCHANGE, LISTENER, (f"{F} + {L}", F)),
    ),
    defect(
        "available-balance-is-the-total-one",
        checks.test_available_balances_match,
        "The available balance of .* with a limit buy open is",
        worded(EXCHANGE, POLL, (f"free_balance = {FREE}", f"free_balance = {FREE} + {LOCKED}")),
        worded(EXCHANGE, LISTENER, (f"free_balance = {F}", f"free_balance = {F} + {L}")),
    ),
    defect(
        "balances-read-once",
        checks.test_totals_follow_fills,
        "The total balance of .* fill",
        worded(EXCHANGE, LISTENER, ('"outboundAccountPosition"', '"accountPosition"')),
        exchange(
            """
            async def _update_balances(self):
                if not self._account_balances:
                    await super()._update_balances()
            """,
        ),
    ),
    defect(
        "fee-in-the-quote-asset",
        checks.test_fees_match,
        "A fill cost .* (BTC|ETH); the connector reported .* USDT",
        worded(EXCHANGE, LISTENER, ('token=event_message["N"]', "token=tracked_order.quote_asset")),
    ),
    defect(
        "fee-taken-for-a-rebate",
        checks.test_fees_match,
        "the connector reported -",
        worded(EXCHANGE, LISTENER, ('Decimal(event_message["n"])', '-Decimal(event_message["n"])')),
    ),
    defect(
        "a-wrong-key-taken-for-an-empty-account",
        checks.test_a_wrong_key_is_noticed,
        "reports itself ready",
        exchange(
            """
            async def _update_balances(self):
                try:
                    await super()._update_balances()
                except Exception:
                    self._account_balances["USDT"] = Decimal(0)

            def _is_user_stream_initialized(self):
                return True
            """,
        ),
        harmless=dict.fromkeys(
            ("hyperliquid", "hyperliquid_perpetual"),
            "it looks whether key and address belong together while it is constructed",
        ),
    ),
)
