"""Defects in fees that change while the connector runs."""

from __future__ import annotations

from checks.conformance import test_balances_fees as checks
from tests.zoo.defect import EXCHANGE, Defect, defect
from tests.zoo.planting import exchange, worded

LISTENER = "_user_stream_event_listener"
AS_TOLD = 'flat_fees=[TokenAmount(amount=Decimal(event_message["n"]), token=event_message["N"])]'

DEFECTS: tuple[Defect, ...] = (
    defect(
        "a-rebate-taken-for-a-cost",
        checks.test_a_rebate_is_a_negative_fee,
        "A fill cost -.*; the connector reported [0-9]",
        worded(EXCHANGE, LISTENER, ('Decimal(event_message["n"])', 'abs(Decimal(event_message["n"]))')),
    ),
    defect(
        "a-rebate-of-okx-taken-for-a-cost",
        checks.test_a_rebate_is_a_negative_fee,
        "A fill cost -.*; the connector reported [0-9]",
        worded("okx_exchange.py", LISTENER, ('-Decimal(data["fillFee"])', 'abs(Decimal(data["fillFee"]))')),
        connector="okx",
    ),
    defect(
        "the-rate-of-the-start-for-ever",
        checks.test_a_fee_is_what_the_exchange_took,
        "A fill cost .*; the connector reported",
        worded(EXCHANGE, LISTENER, (AS_TOLD, 'percent=Decimal("0.001")')),
    ),
    defect(
        "the-usual-rate-of-okx-for-ever",
        checks.test_a_fee_is_what_the_exchange_took,
        "A fill cost .*; the connector reported",
        worded(
            "okx_exchange.py",
            LISTENER,
            ('amount=-Decimal(data["fillFee"])', 'amount=Decimal(data["fillSz"]) * Decimal("0.001")'),
        ),
        connector="okx",
    ),
    defect(
        "a-fee-in-what-was-received",
        checks.test_a_fee_in_a_third_asset,
        "A fill cost .*; the connector reported .* USDT",
        worded(
            EXCHANGE,
            LISTENER,
            (
                'token=event_message["N"]',
                "token=tracked_order.base_asset if tracked_order.trade_type is TradeType.BUY"
                " else tracked_order.quote_asset",
            ),
        ),
    ),
    defect(
        "a-rebate-not-in-the-balance",
        checks.test_balances_follow_changed_fees,
        "The total balance of .* in the end is",
        exchange(
            """
            async def _update_balances(self):
                await super()._update_balances()
                self._first = getattr(self, "_first", None) or dict(self._account_balances)
                self._account_balances.update(self._first)

            async def _iter_user_event_queue(self):
                async for message in super()._iter_user_event_queue():
                    yield message
                    self._account_balances.update(getattr(self, "_first", {}))
            """,
        ),
    ),
)
