"""How much processes wait for a processor, as the kernel tells it and where it does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.scenarios import pressure

FULL = "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"


@pytest.mark.parametrize(
    ("told", "share"),
    [
        (f"some avg10=25.50 avg60=3.21 avg300=0.93 total=7441822\n{FULL}", 0.255),
        (f"some avg10=0.00 avg60=99.00 avg300=0.93 total=7441822\n{FULL}", 0.0),
    ],
)
def test_the_kernel_tells_it(
    told: str, share: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "cpu").write_text(told)
    monkeypatch.setattr(pressure, "_TOLD", tmp_path / "cpu")
    assert pressure.processor_pressure() == pytest.approx(share)


@pytest.mark.parametrize(("ready", "share"), [(0.0, 0.0), (3.0, 0.0), (4.0, 0.0), (16.0, 0.75)])
def test_without_it_those_that_are_ready_are_counted(
    ready: float, share: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pressure, "_TOLD", tmp_path / "none")
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(os, "getloadavg", lambda: (ready, 0.0, 0.0))
    assert pressure.processor_pressure() == pytest.approx(share)
