from hummingbot.core.data_type.order_book cimport OrderBook

cdef class MarketBase:
    cdef:
        public double current_timestamp
        public object network_status
        dict _listeners
        long _orders

    cdef str c_buy(self, str trading_pair, object amount, object order_type, object price)
    cdef OrderBook c_get_order_book(self, str trading_pair)
    cdef c_trigger_event(self, object kind, object event)
