"""How much processes on this machine wait for a processor."""

from __future__ import annotations

import os
import re
from pathlib import Path

# What the kernel measured: https://docs.kernel.org/accounting/psi.html
_TOLD = Path("/proc/pressure/cpu")


def processor_pressure() -> float:
    """The share of the last ten seconds in which a process was ready to run and had to wait: from 0 to 1.

    Where the kernel does not measure it, the share of those that are ready to run that have no processor, of
    the last minute.
    """
    try:
        told = re.match(r"some avg10=([\d.]+)", _TOLD.read_text(encoding="ascii"))
    except OSError:
        told = None
    if told:
        return min(float(told[1]) / 100, 1.0)
    ready = os.getloadavg()[0]
    return max(1 - (os.cpu_count() or 1) / ready, 0.0) if ready else 0.0
