from hummingbot.core.data_type.order_book cimport OrderBook
from hummingbot.market.market_base cimport MarketBase

from hummingbot.core.event.events import BuyOrderCreatedEvent, MarketEvent


cdef class AcmeMarket(MarketBase):
    """Its symbols have an underscore. It is ready at once and trades with nobody."""

    cdef:
        public dict order_books
        dict _states
        str _key

    name = "acme"

    def __init__(self, acme_key, trading_pairs, trading_required):
        super().__init__()
        self._key = acme_key
        self._states = {}
        self.order_books = {each: OrderBook([(1.5, 2)], [(1.75, 3)]) for each in trading_pairs}

    @staticmethod
    def convert_to_exchange_trading_pair(pair):
        return pair.replace("-", "_")

    @staticmethod
    def convert_from_exchange_trading_pair(symbol):
        return symbol.replace("_", "-")

    @property
    def ready(self):
        return True

    @property
    def status_dict(self):
        return {"order_books": True, "key_" + self._key: True}

    @property
    def tracking_states(self):
        return self._states

    cdef OrderBook c_get_order_book(self, str trading_pair):
        return self.order_books[trading_pair]

    cdef str c_buy(self, str trading_pair, object amount, object order_type, object price):
        self._orders += 1
        order_id = "buy-%s-%d" % (trading_pair, self._orders)
        self._states[order_id] = {
            "trading_pair": trading_pair, "trade_type": "TradeType.BUY", "order_type": "OrderType.LIMIT",
            "price": str(price), "amount": str(amount), "executed_amount_base": "0", "last_state": "open",
        }
        created = BuyOrderCreatedEvent(self.current_timestamp, order_type, trading_pair, amount, price, order_id)
        self.c_trigger_event(MarketEvent.BuyOrderCreated, created)
        return order_id
