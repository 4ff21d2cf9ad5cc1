from hummingbot.connector.exchange.northwind import northwind_constants as CONSTANTS  # noqa: N812
from hummingbot.connector.exchange_py_base import ExchangePyBase


class NorthwindExchange(ExchangePyBase):
    @property
    def name(self):
        return "northwind"

    @property
    def trading_rules_request_path(self):
        return CONSTANTS.SYMBOLS_PATH_URL

    def supported_order_types(self):
        raise NotImplementedError

    async def _place_order(self, order_id, trading_pair, amount, trade_type, order_type, price, **kwargs):
        raise NotImplementedError

    async def _place_cancel(self, order_id, tracked_order):
        raise NotImplementedError

    async def _update_balances(self):
        pass
