"""`harness trace`: look at what was seen of a scenario."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.commands.terminal import say
from harness.errors import UserError
from harness.paths import made
from harness.scenarios.trace.har import har
from harness.scenarios.trace.show import differences, lines
from harness.scenarios.trace.store import FOLDER, SUFFIX, header_of, kept_in, load
from harness.text import inert_json, plain

WIDEST = 5000  # columns, more than the longest path takes


def list_traces(folder: Path, console: Console) -> None:
    """Those of a candidate, or of all candidates of a round; no file's name is cut.

    Raises UserError where there is none.
    """
    paths = [path for place in (folder, folder / FOLDER) for path in kept_in(place)]
    paths += sorted(folder.glob(f"*/{FOLDER}/*{SUFFIX}"))
    if not paths:
        raise UserError(
            "no trace is stored here",
            where=str(folder),
            hint="give a candidate's folder, e.g. reports/2020-08/NAME",
        )
    table = Table(box=None, pad_edge=False)
    for title in ("connector", "scenario", "speed", "try", "seed", "KiB", "file"):
        table.add_column(title, justify="right" if title in ("speed", "seed", "KiB") else "left")
    for path in paths:
        header = header_of(path)
        cells = (
            header.connector, header.scenario.replace("_", " "), f"{header.pace:g}×", header.trial,
            str(header.seed), f"{path.stat().st_size / 1024:.0f}",
        )  # fmt: skip
        table.add_row(*(plain(cell) for cell in cells), str(path))
    table.width = console.measure(table, options=console.options.update(max_width=WIDEST)).maximum
    console.print(table, soft_wrap=True)


def show(path: Path, console: Console, *, market_data: bool) -> None:
    """The time line."""
    trace = load(path)
    for name, value in trace.header.model_dump(exclude={"trace", "hosts", "ports", "prefix"}).items():
        if value not in (None, ""):
            say(console, plain(f"{name}: {value}"))
    for line in lines(trace, market_data=market_data):
        say(console, plain(line))


def write_har(path: Path, target: Path | None) -> Path:
    """The wire as HAR 1.2; returns the file."""
    file = target or Path(path.name.removesuffix(SUFFIX) + ".har")
    text = inert_json(json.dumps(har(load(path)), ensure_ascii=False, indent=1))
    if not file.parent.is_dir():
        made(file.parent)
    file.write_text(text, encoding="utf-8")
    return file


def diff(first: Path, second: Path, console: Console) -> bool:
    """How they differ; whether they do. Raises UserError for traces of two scenarios."""
    one, other = load(first), load(second)
    if one.header.scenario != other.header.scenario:
        raise UserError(
            f"one is of “{one.title}”, the other of “{other.title}”", where=f"{first}, {second}",
            hint="give two traces of the same scenario",
        )  # fmt: skip
    found = list(differences(one, other))
    for line in found:
        say(console, plain(line))
    return bool(found)
