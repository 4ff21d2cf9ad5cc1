from hummingbot.core.data_type.order_book cimport OrderBook


cdef class MarketBase:
    def __init__(self):
        self.current_timestamp = 0
        self.network_status = "NOT_CONNECTED"
        self._listeners = {}

    def add_listener(self, kind, listener):
        self._listeners[kind] = listener

    cdef c_trigger_event(self, object kind, object event):
        self._listeners[kind].to_function(event)

    cdef str c_buy(self, str trading_pair, object amount, object order_type, object price):
        raise NotImplementedError

    cdef OrderBook c_get_order_book(self, str trading_pair):
        raise NotImplementedError

    def buy(self, str trading_pair, amount, order_type, price):
        return self.c_buy(trading_pair, amount, order_type, price)

    def get_order_book(self, str trading_pair):
        return self.c_get_order_book(trading_pair)

    def begin(self):
        self.network_status = "CONNECTED"

    def tick(self, timestamp):
        self.current_timestamp = timestamp

    def end(self):
        self.network_status = "STOPPED"
