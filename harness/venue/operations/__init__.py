"""What every exchange does alike: paging, look-ups, limits, private sessions, books as they were told.

Dialects and descriptions stand on it, and say only how their exchange words it.
"""
