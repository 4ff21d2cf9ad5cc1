"""Where the layout of 2020 lists its exchanges, and how to look a name up there."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from checks.static.packages import Package
from checks.static.source import Source
from checks.static.sources import Sources

WALLETS = "DEXES"  # the application's table of exchanges that it connects with the wallet


@dataclass(frozen=True)
class Entry:
    """A file that must name the connector, as a quoted `text`."""

    path: str
    what: str
    text: str

    def found_in(self, source: Source) -> bool:
        return f'"{self.text}"' in source.text or f"'{self.text}'" in source.text


def registrations_of_2020(package: Package) -> tuple[Entry, ...]:
    """What Hummingbot of 2020 needs to offer and load an exchange (tutorial, task 4).

    The tutorial lists more; of the rest, and of the packages in setup.py, merged connectors lack some.
    """
    client = "hummingbot/client"
    return (
        Entry(f"{client}/settings.py", "the list of exchanges", package.name),
        Entry(f"{client}/hummingbot_application.py", "the table of market classes", package.name),
    )


def signs_with_a_wallet(package: Package, sources: Sources) -> bool:
    """Whether the application of 2020 hands it the user's Ethereum wallet, so that it asks for no keys."""
    settings = "hummingbot/client/settings.py"
    if not package.of_2020 or settings not in sources.paths:
        return False
    tables = [
        node.value
        for node in sources[settings].nodes
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == WALLETS
    ]
    named = {item.value for table in tables for item in ast.walk(table) if isinstance(item, ast.Constant)}
    return package.name in named


def named_in(text: str, prefix: str) -> bool:
    """Whether a line of a YAML file begins with `prefix`."""
    return re.search(rf"^\s*{re.escape(prefix)}", text, re.MULTILINE) is not None
