"""Another defect of kinds that had one, or several in one connector: markets, rules, trouble, secrets."""

from __future__ import annotations

from checks.conformance import test_market_data, test_resilience, test_security
from checks.conformance import test_trading_rules as rules
from checks.conformance import test_usability as usability
from tests.zoo.defect import Defect, defect
from tests.zoo.planting import behaving, rewritten, worded

OKX, KUCOIN, GATE = "okx_exchange.py", "kucoin_exchange.py", "gate_io_exchange.py"


def not_asked_for(source: str) -> str:
    """Every prompt empty, so that its user is shown nothing where a key has to be typed."""
    return source.replace('"prompt": "Enter your OKX passphrase key"', '"prompt": ""')


MARKET_DATA: tuple[Defect, ...] = (
    defect(
        "pairs-as-gate-io-writes-them",
        test_market_data.test_pairs_have_the_standard_form_both_ways,
        "is not in the form BASE-QUOTE",
        behaving(
            GATE,
            "GateIoExchange",
            """
            def _initialize_trading_pair_symbols_from_exchange_info(self, exchange_info):
                self._set_trading_pair_symbol_map(bidict({each["id"]: each["id"] for each in exchange_info}))
            """,
        ),
        connector="gate_io",
    ),
    defect(
        "names-of-assets-in-capitals",
        test_market_data.test_pairs_have_the_standard_form_both_ways,
        "The exchange's symbol for kPEPE-USD is kPEPE; the connector uses KPEPE",
        worded(
            "hyperliquid_perpetual_derivative.py",
            "_initialize_trading_pair_symbols_from_exchange_info",
            ('symbol_data["name"]', 'symbol_data["name"].upper()'),
        ),
        connector="hyperliquid_perpetual",
    ),
    defect(
        "the-takers-side-compared-with-another-word",
        test_market_data.test_the_takers_side_is_told,
        "public trades arrived with the wrong side",
        worded(
            "okx_api_order_book_data_source.py",
            "_parse_trade_message",
            ('trade_data["side"] == "buy"', 'trade_data["side"] == "Buy"'),
        ),
        connector="okx",
    ),
    defect(
        "the-middle-for-the-price-to-buy-at",
        test_market_data.test_best_prices,
        "The price to buy at is",
        behaving(
            OKX,
            "OkxExchange",
            """
            def get_price(self, trading_pair, is_buy, amount=Decimal("NaN")):
                ask, bid = super().get_price(trading_pair, True), super().get_price(trading_pair, False)
                return (ask + bid) / 2
            """,
        ),
        connector="okx",
    ),
    defect(
        "the-whole-book-asked-for-each-second",
        test_market_data.test_book_follows_without_polling,
        "times over REST",
        behaving(
            "gate_io_api_order_book_data_source.py",
            "GateIoAPIOrderBookDataSource",
            "FULL_ORDER_BOOK_RESET_DELTA_SECONDS = 1",
        ),
        connector="gate_io",
    ),
    defect(
        "twenty-levels-asked-for",
        test_market_data.test_the_book_is_deep_enough,
        "the exchange gives 100",
        worded(
            "binance_perpetual_api_order_book_data_source.py",
            "_request_order_book_snapshot",
            ('"limit": "1000"', '"limit": "20"'),
        ),
        connector="binance_perpetual",
    ),
)

RULES: tuple[Defect, ...] = (
    defect(
        "steps-of-prices-and-amounts-swapped",
        rules.test_trading_rules,
        "the price increment is",
        worded(
            OKX,
            "_format_trading_rules",
            ('min_price_increment=Decimal(info["tickSz"])', 'min_price_increment=Decimal(info["lotSz"])'),
            (
                'min_base_amount_increment=Decimal(info["lotSz"])',
                'min_base_amount_increment=Decimal(info["tickSz"])',
            ),
        ),
        connector="okx",
    ),
    defect(
        "the-step-of-values-taken-for-the-smallest",
        rules.test_the_smallest_order_value,
        "the minimum notional is",
        worded(KUCOIN, "_format_trading_rules", ('info["quoteMinSize"]', 'info["quoteIncrement"]')),
        connector="kucoin",
    ),
    defect(
        "no-smallest-amount-of-gate-io",
        rules.test_too_small_orders_stay_home,
        "below the minimum amount was sent",
        worded(
            GATE,
            "_format_trading_rules",
            ("min_order_size=min_amount", "min_order_size=Decimal(0)"),
            ("min_notional_size=min_notional", "min_notional_size=Decimal(0)"),
            ("min_order_value=min_notional", "min_order_value=Decimal(0)"),
        ),
        connector="gate_io",
    ),
    defect(
        "amounts-told-through-a-float",
        rules.test_quantized_figures_are_multiples,
        "not a multiple of the",
        behaving(
            KUCOIN,
            "KucoinExchange",
            """
            def quantize_order_amount(self, trading_pair, amount):
                return Decimal(float(super().quantize_order_amount(trading_pair, amount)))
            """,
        ),
        connector="kucoin",
    ),
)

TROUBLE: tuple[Defect, ...] = (
    defect(
        "balances-subscribed-to-once",
        test_resilience.test_every_topic_comes_back,
        "these topics never came back: balances",
        behaving(
            "okx_api_user_stream_data_source.py",
            "OkxAPIUserStreamDataSource",
            """
            async def _subscribe_channels(self, websocket_assistant):
                again, self._subscribed = getattr(self, "_subscribed", False), True
                send = websocket_assistant.send

                async def without_balances(request):
                    if not again or "account" not in str(request.payload):
                        await send(request)

                websocket_assistant.send = without_balances
                await super()._subscribe_channels(websocket_assistant)
                websocket_assistant.send = send
            """,
        ),
        connector="okx",
    ),
    defect(
        "the-network-looked-at-once-in-ten-minutes",
        test_resilience.test_an_outage_is_noticed,
        "reported itself connected",
        behaving(
            KUCOIN,
            "KucoinExchange",
            """
            _looked = None

            async def check_network(self):
                import time

                if self._looked is None or time.time() - self._looked[0] > 600:
                    self._looked = time.time(), await super().check_network()
                return self._looked[1]
            """,
        ),
        connector="kucoin",
    ),
    defect(
        "every-refusal-tried-again-at-once",
        test_resilience.test_a_rate_limit_is_not_hammered,
        "the order was sent .* times",
        behaving(
            GATE,
            "GateIoExchange",
            """
            async def _api_post(self, *args, **kwargs):
                for _ in range(4):
                    try:
                        return await super()._api_post(*args, **kwargs)
                    except IOError:
                        await self._sleep(0.5)
                return await super()._api_post(*args, **kwargs)
            """,
        ),
        connector="gate_io",
    ),
)

SECRETS: tuple[Defect, ...] = (
    defect(
        "its-keys-in-the-log-of-each-order",
        test_security.test_secrets_are_not_logged,
        "The secret okx_secret_key is written to the log",
        behaving(
            OKX,
            "OkxExchange",
            """
            async def _place_order(self, *args, **kwargs):
                self.logger().info(f"Placing {args} with {vars(self.authenticator)}")
                return await super()._place_order(*args, **kwargs)
            """,
        ),
        connector="okx",
    ),
    defect(
        "the-secret-beside-the-signature",
        test_security.test_secrets_never_leave,
        "The secret gate_io_secret_key left the connector",
        worded(
            "gate_io_auth.py",
            "_get_auth_headers",
            ('"SIGN": f"{sign}",', '"SIGN": f"{sign}", "SECRET": self.secret_key,'),
        ),
        connector="gate_io",
    ),
    defect(
        "a-key-without-a-prompt",
        usability.test_keys_are_asked_for,
        "The key okx_passphrase is asked for without a prompt",
        rewritten("okx_utils.py", not_asked_for),
        connector="okx",
    ),
)

DEFECTS = (*MARKET_DATA, *RULES, *TROUBLE, *SECRETS)
