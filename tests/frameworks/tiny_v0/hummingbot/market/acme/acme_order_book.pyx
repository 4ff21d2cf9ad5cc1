from hummingbot.core.data_type.order_book cimport OrderBook


cdef class AcmeOrderBook(OrderBook):
    pass
