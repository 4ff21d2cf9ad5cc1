cdef class OrderBook:
    cdef:
        public long snapshot_uid
        public long last_diff_uid
        list _bids
        list _asks
