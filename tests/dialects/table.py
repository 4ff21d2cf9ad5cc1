"""The table in `docs/dialects.md` of who agrees with each dialect, made from the tests and the dialects.

`python -m tests.dialects.table` writes it; `make docs` runs that. That the tests pass is CI's to say.
"""

from __future__ import annotations

import sys
from pathlib import Path

import ccxt.async_support

from harness.checking import slugs_of
from harness.venue.dialects import dialect
from harness.venue.dialects.base import Dialect
from tests.dialects.names import NAMES
from tests.dialects.test_ccxts_own_tests import ON_A_MARKET, ON_ALL, UNTOLD, camel
from tests.made_pages import with_table
from tests.zoo.asked import asked_of
from tests.zoo.real_defects import REAL_DEFECTS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "dialects.md"
BEGIN = "<!-- Who agrees: made by `make docs` from the tests and the dialects; do not edit by hand. -->"
END = "<!-- The end of who agrees. -->"
NOWHERE = "candles, conditional orders, margin on spot, sub-accounts, transfers and withdrawals"


def table(names: tuple[str, ...] = NAMES) -> str:
    """Markdown: a row a dialect, then what none of the tests can say."""
    rows = [
        "| dialect | trades | ccxt: orders, book, trades, balances, REST and WebSocket | ccxt's own tests "
        "| the merged connector |",
        "|---|---|---|---|---|",
        *(_row(dialect(name)) for name in names),
    ]
    left_out = [f"- **{name}**: {'; '.join(gaps)}." for name in names if (gaps := _gaps(dialect(name)))]
    return "\n".join([*rows, "", f"Covered by none: {NOWHERE}. Besides:", "", *left_out, ""])


def _row(found: type[Dialect]) -> str:
    trades = "perpetuals" if found.markets[0].perpetual else "spot"
    return f"| `{found.name}` | {trades} | {_ccxt(found)} | {_own_tests(found)} | {_connector(found.name)} |"


def _ccxt(found: type[Dialect]) -> str:
    return f"`{found.ccxt_id}`" if found.ccxt_id else "not known to ccxt"


def _own_tests(found: type[Dialect]) -> str:
    """How many of ccxt's tests there are for what its client offers."""
    if found.ccxt_id is None:
        return "–"
    has = getattr(ccxt.async_support, found.ccxt_id)().has
    offered = [name for name in (*ON_A_MARKET, *ON_ALL) if name == "load_markets" or has.get(camel(name))]
    return str(len(offered))


def _connector(name: str) -> str:
    asked = asked_of(name)
    wrong = sorted(
        {slug for (one, check) in REAL_DEFECTS if one == name and check in asked for slug in slugs_of(check)}
    )
    faults = f"; defects of its own: {', '.join(f'`{slug}`' for slug in wrong)}" if wrong else ""
    return f"{len(asked)} checks{faults}"


def _gaps(found: type[Dialect]) -> list[str]:
    """What the exchange has and the dialect does not, and what the exchange does not tell."""
    untold = [
        f"{camel(test)} of ccxt is told no {' and no '.join(facts)}"
        if len(facts) < 4
        else f"{camel(test)} of ccxt is told few fields"
        for (one, test), facts in UNTOLD.items()
        if one == found.name
    ]
    return [*found.not_covered, *untold]


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), BEGIN, table(), END), encoding="utf-8")
    sys.stdout.write(f"Wrote {PAGE}\n")
