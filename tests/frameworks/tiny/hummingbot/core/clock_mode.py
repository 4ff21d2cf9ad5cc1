from enum import Enum


class ClockMode(Enum):
    REALTIME = 1
