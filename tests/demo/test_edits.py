from __future__ import annotations

import ast

import pytest

from demo import edits
from demo.edits import AnchorMissing

CONNECTOR = '''class Exchange(Base):
    label = "Straße"

    @property
    def authenticator(self):
        return Auth(self.api_key, self.secret_key)

    @cached
    async def _format_trading_rules(self, info):
        return []

    def on_stream(self, m):
        name = "ß"; update = TradeUpdate(trade_id=str(m["t"]), exchange_order_id=str(m["i"]), price=1)
        return update

    def on_poll(self, trade, number):
        return TradeUpdate(
            trade_id=str(trade["id"]),
            exchange_order_id=number,
        )

    async def _update_balances(self):
        """Asks for them."""
        await self.request()
        self.done = True

    def after(self):
        return 1
'''
CONFIG = """from framework.exchange.alpha.alpha_utils import AlphaConfigMap
from framework.exchange.beta.beta_utils import BetaConfigMap
from framework.exchange.alphabet.alphabet_utils import AlphabetConfigMap


class Paper:
    names = [
        AlphaConfigMap.title,
        BetaConfigMap.title,
        AlphabetConfigMap.title,
    ]
"""


def test_fills_take_the_id_of_their_order_wherever_they_are_made() -> None:
    changed = edits.fills_named_after_their_order(CONNECTOR)

    ast.parse(changed)
    assert 'trade_id=str(m["i"]), exchange_order_id=str(m["i"])' in changed
    assert "trade_id=number,\n            exchange_order_id=number" in changed
    assert 'm["t"]' not in changed
    assert 'trade["id"]' not in changed


def test_a_rounding_method_is_put_before_the_trading_rules_and_their_decorators() -> None:
    changed = edits.amounts_rounded_to_eight_decimals(CONNECTOR)

    names = [node.name for node in ast.parse(changed).body[0].body[1:]]  # type: ignore[attr-defined]
    assert names[:3] == ["authenticator", "quantize_order_amount", "_format_trading_rules"]
    assert "@cached\n    async def _format_trading_rules" in changed


def test_the_secret_is_logged_before_the_signer_is_made() -> None:
    changed = edits.secret_in_the_log(CONNECTOR)

    method = next(n for n in ast.walk(ast.parse(changed)) if getattr(n, "name", "") == "authenticator")
    assert isinstance(method, ast.FunctionDef)
    assert "self.secret_key" in ast.unparse(method.body[0])
    assert ast.unparse(method.body[0]).startswith("self.logger().info(f")
    assert isinstance(method.body[1], ast.Return)


def test_unfinished_work_raises_and_leaves_the_rest() -> None:
    changed = edits.unfinished(CONNECTOR, "_update_balances", "later")

    assert '_update_balances(self):\n        raise NotImplementedError("later")\n\n    def after' in changed
    assert "self.request()" not in changed


@pytest.mark.parametrize(
    "edit",
    [
        edits.fills_named_after_their_order,
        edits.amounts_rounded_to_eight_decimals,
        edits.secret_in_the_log,
        lambda source: edits.unfinished(source, "_update_balances", "later"),
        lambda source: edits.without_symbols(source, ["framework.exchange.alpha."]),
    ],
)
def test_an_edit_without_its_anchor_fails(edit: object) -> None:
    assert callable(edit)
    with pytest.raises(AnchorMissing, match="the released source has no"):
        edit("class Exchange:\n    pass\n")


def test_imports_and_the_list_items_that_use_them_are_dropped() -> None:
    changed = edits.without_symbols(CONFIG, ["framework.exchange.alpha.", "framework.exchange.beta."])

    assert "AlphaConfigMap" not in changed
    assert "BetaConfigMap" not in changed
    assert changed.count("AlphabetConfigMap") == 2
    ast.parse(changed)


def test_an_import_that_is_used_elsewhere_is_not_dropped_in_silence() -> None:
    with pytest.raises(AnchorMissing, match="AlphaConfigMap"):
        edits.without_symbols(CONFIG + "default = AlphaConfigMap()\n", ["framework.exchange.alpha."])


def test_fee_overrides_of_one_connector_are_split_off() -> None:
    others = "alpha_perpetual_maker_percent_fee:\nbeta_taker_fixed_fees:\n"
    template = f"version: 1\nalpha_maker_percent_fee:  # 1\n{others}"

    rest, taken = edits.split_fee_overrides(template, ["alpha"])

    assert taken == "alpha_maker_percent_fee:  # 1\n"
    assert rest == f"version: 1\n{others}"
    assert edits.split_fee_overrides(rest, ["alpha"]) == (rest, "")
