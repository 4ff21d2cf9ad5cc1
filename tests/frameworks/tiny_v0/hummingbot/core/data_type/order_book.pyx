from collections import namedtuple

Row = namedtuple("Row", "price amount update_id")


cdef class OrderBook:
    def __init__(self, bids, asks):
        self._bids = [Row(price, amount, 1) for price, amount in bids]
        self._asks = [Row(price, amount, 1) for price, amount in asks]
        self.snapshot_uid = 1

    def bid_entries(self):
        return iter(self._bids)

    def ask_entries(self):
        return iter(self._asks)

    def add_listener(self, kind, listener):
        pass
