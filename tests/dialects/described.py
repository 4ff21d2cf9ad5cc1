"""The section of `docs/exchanges.md` on the described exchanges, from the descriptions and `measured.json`.

`python -m tests.dialects.described` writes it; `make docs` runs that. `measured.json` holds what
`python -m tests.dialects.driving NAME …` saw of each exchange's own connector in a sandbox.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.checking import slugs_of
from harness.venue.described import DescribedDialect, shipped_dialects
from tests.dialects.names import LIKE_WRITTEN
from tests.zoo.real_defects import REAL_DEFECTS
from tests.zoo.sections import with_section

PAGE = Path(__file__).resolve().parents[2] / "docs" / "exchanges.md"
MEASURED = Path(__file__).with_name("measured.json")
TITLE = "The described exchanges"


def lines() -> list[str]:
    """Markdown: a row an exchange, then what each leaves out."""
    kept: dict[str, dict[str, Any]] = json.loads(MEASURED.read_text(encoding="utf-8"))
    found = shipped_dialects()
    rows = [
        "What is shipped, who agrees with it, and how far the exchange's own connector, as it was released,",
        "got with it in a sandbox when it was last measured (`make test-all` drives them all).",
        "Counted are the leaves of replies, words and parameters that ccxt reads or sends as the",
        "description has them; the others rest on what the connector sends and reads.",
        "",
        "| exchange | trades | ccxt | read or said alike by ccxt | its connector in the sandbox |",
        "|---|---|---|---|---|",
        *(_row(kind, kept.get(name, {})) for name, kind in found.items()),
    ]
    gaps = {name: "; ".join(kind.not_covered) for name, kind in found.items() if kind.not_covered}
    left_out = [f"- **{name}**: {text}." for name, text in gaps.items()]
    told = [*rows, "", "Left out:", "", *left_out]
    wrong = [line for name in found for line in _found(name, kept.get(name, {}))]
    return [*told, "", "What the checks found in their connectors:", "", *wrong] if wrong else told


def _found(name: str, kept: dict[str, Any]) -> Iterator[str]:
    """What failed, each with why it is the connector that is wrong, where that was looked into."""
    real = {
        check.__name__: (defect, slugs_of(check))
        for (one, check), defect in REAL_DEFECTS.items()
        if one == name
    }
    for check, summary in kept.get("failed", {}).items():
        if check in real:
            defect, slugs = real[check]
            yield f"- **{name}** ({', '.join(f'`{slug}`' for slug in slugs)}): {defect.why}"
        else:
            yield f"- **{name}** (`{check}`, not looked into yet): {summary}"


def _row(kind: type[DescribedDialect], kept: dict[str, Any]) -> str:
    trades = "perpetuals" if kind.markets[0].perpetual else "spot"
    known = kind.description.known
    agreed = sum(sources == ("ccxt",) for sources in known.values())
    whole = "ccxt" in known.get("", ())
    alike = "whole" if whole else f"{agreed} leaves" if agreed else "–"
    ccxt = f"`{kind.ccxt_id}`" if kind.ccxt_id else "–"
    driven = (
        _driven(kind.name, kept)
        if kind.framework == "v2"
        else "a connector of 2020: [first vote](first-vote.md)"
    )
    return f"| `{kind.name}` | {trades} | {ccxt} | {alike} | {driven} |"


def _driven(name: str, kept: dict[str, Any]) -> str:
    if name in LIKE_WRITTEN:
        return "as those that are written in Python: [dialects](dialects.md)"
    if not kept:
        return "not driven yet"
    told: str = kept["life"]
    if "checks" in kept:
        counts = ", ".join(f"{number} {what.replace('_', ' ')}" for what, number in kept["checks"].items())
        told += f"; checks: {counts}"
    return told


if __name__ == "__main__":
    PAGE.write_text(with_section(PAGE.read_text(encoding="utf-8"), TITLE, lines()), encoding="utf-8")
    sys.stdout.write(f"Wrote {PAGE}\n")
