"""The demo's upstream and its forks, as commits: who wrote what, when, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from demo import edits
from demo.gitwriter import Commit, Person
from demo.release import FEE_TEMPLATE, Connector, Release

HERE = Path(__file__).parent
BINANCE = Connector("exchange", "binance")
BITSTAMP = Connector("exchange", "bitstamp")
KUCOIN = Connector("exchange", "kucoin")
KUCOIN_PERPETUAL = Connector("derivative", "kucoin_perpetual")
SUBMITTED = (BINANCE, BITSTAMP, KUCOIN, KUCOIN_PERPETUAL)
# Upstream merged these in the weeks before the round, one commit each, after the rest of the release.
MERGED_LAST = (
    Connector("exchange", "foxbit"),
    Connector("derivative", "kalshi_perpetual"),
    Connector("exchange", "lambdaplex"),
)

MAINTAINER = Person("Marta Lindqvist", "marta@framework.example")
ADA = Person("Ada Keller", "ada.keller@binance-team.example")
JONAS = Person("Jonas Weber", "jonas@binance-team.example")
MINH = Person("Minh Tran", "minh.tran@kucoin-team.example")
SOFIA = Person("Sofía Ortega", "sofia@quick-connectors.example")
PAUL = Person("Paul Nyberg", "paul@northwind.example")
LEILA = Person("Leila Haddad", "leila@late-night.example")
TOMASZ = Person("Tomasz Zieliński", "tomasz@bitstamp-fans.example")
AIKO = Person("Aiko Tanaka", "aiko@perpetual-makers.example")

# Left out by the author of the fork with defects: these tests would have told her.
REVEALING_TESTS = ("test_binance_order_life.py",)
SKELETON = "northwind"


@dataclass(frozen=True)
class Fork:
    """A fork: the branch it submits, how many upstream commits it is behind, and what it adds."""

    name: str
    branch: str
    behind: int
    commits: tuple[Commit, ...]


def upstream(release: Release) -> tuple[Commit, ...]:
    """The release without the demo's connectors, those merged last in commits of their own."""
    tree = release.without(SUBMITTED)
    later = [release.connector(connector) for connector in MERGED_LAST]
    moved = {path for files in later for path in files}
    base = {path: content for path, content in tree.items() if path not in moved}
    commits = [Commit(MAINTAINER, _at("2026-06-20 09:00", 0), "Release framework and connectors", base)]
    dates = ("2026-07-28 10:15", "2026-08-25 14:30", "2026-09-22 08:00")
    for (kind, name), files, date in zip(MERGED_LAST, later, dates, strict=True):
        commits.append(Commit(MAINTAINER, _at(date, 0), f"Add the {name} {kind} connector", files))
    return tuple(commits)


def forks(release: Release) -> tuple[Fork, ...]:
    """Every fork of the round that can be cloned, in the order of the round's rows."""
    return (
        Fork("binance", "master", 0, _binance(release)),
        Fork("kucoin", "feat/kucoin", 1, _connector(release, KUCOIN, MINH, MINH, "2026-09-29 19:40", 7)),
        Fork("binance-defects", "master", 0, _binance_defects(release)),
        Fork("skeleton", "master", 3, _skeleton()),
        Fork("late", "master", 0, _late(release)),
        Fork("bitstamp", "master", 1, _connector(release, BITSTAMP, TOMASZ, TOMASZ, "2026-09-30 18:00", 2)),
        Fork(
            "kucoin-perpetual",
            "master",
            0,
            _connector(release, KUCOIN_PERPETUAL, AIKO, AIKO, "2026-10-02 21:10", 9),
        ),
    )


def _binance(release: Release) -> tuple[Commit, ...]:
    return _connector(release, BINANCE, ADA, JONAS, "2026-09-24 10:05", 2)


def _binance_defects(release: Release) -> tuple[Commit, ...]:
    """The same connector, then one commit for each defect, each with the reason its author had for it."""
    path = "hummingbot/connector/exchange/binance/binance_exchange.py"
    source = release.files[path].decode()
    commits = list(
        _connector(release, BINANCE, SOFIA, SOFIA, "2026-09-26 16:20", -4, leave_out=REVEALING_TESTS)
    )
    changes: tuple[tuple[str, str, Callable[[str], str]], ...] = (
        ("2026-10-06 11:30", "Tie fills to their order", edits.fills_named_after_their_order),
        ("2026-10-06 15:10", "Simplify how amounts are rounded", edits.amounts_rounded_to_eight_decimals),
        ("2026-10-08 22:45", "Log which key signs, to help users set it up", edits.secret_in_the_log),
    )
    for date, message, change in changes:
        source = change(source)
        commits.append(Commit(SOFIA, _at(date, -4), message, {path: source.encode()}))
    return tuple(commits)


def _skeleton() -> tuple[Commit, ...]:
    folder = f"hummingbot/connector/exchange/{SKELETON}"
    files = _files(HERE / "skeleton" / SKELETON, folder)
    return (Commit(PAUL, _at("2026-10-12 23:50", 1), "Start the Northwind connector", files),)


def _late(release: Release) -> tuple[Commit, ...]:
    """A good connector whose author pushed unfinished work the morning after submissions closed."""
    path = "hummingbot/connector/exchange/kucoin/kucoin_exchange.py"
    commits = _connector(release, KUCOIN, LEILA, LEILA, "2026-10-09 20:30", 3)
    broken = edits.unfinished(release.files[path].decode(), "_update_balances", "sub-accounts come next")
    late = Commit(LEILA, _at("2026-10-14 10:12", 3), "Begin to support sub-accounts", {path: broken.encode()})
    return (*commits, late)


def _connector(
    release: Release,
    connector: Connector,
    author: Person,
    tester: Person,
    first: str,
    offset: int,
    *,
    leave_out: tuple[str, ...] = (),
) -> tuple[Commit, ...]:
    """A released connector as somebody's week of work: code in three commits, then tests, then documents."""
    parts = _by_stage(release.connector(connector))
    tests = _files(HERE / "unit_tests" / connector.name, connector.tests)
    tests = {path: content for path, content in tests.items() if not path.endswith(leave_out or "\0")}
    title = connector.title
    start = _at(first, offset)
    steps: tuple[tuple[float, Person, str, Mapping[str, bytes]], ...] = (
        (0, author, f"Add {title} constants, configuration and addresses", parts[0]),
        (20.5, author, f"Add {title} signing and order book", parts[1]),
        (44, author, f"Add the {title} {connector.kind} and its user stream", parts[2]),
        (69.2, tester, f"Test the {title} connector", tests),
        (71, author, f"Explain how to use {title}", _documents(release, connector)),
    )
    return tuple(Commit(who, start + timedelta(hours=h), message, put) for h, who, message, put in steps)


def _documents(release: Release, connector: Connector) -> dict[str, bytes]:
    """Its usage page, and its keys of the fee template where the release has any."""
    page = (HERE / "usage" / f"{connector.name}.md").read_bytes()
    documents = {f"{connector.folder}/README.md": page}
    if fees := release.fee_overrides(connector):
        template = release.without(SUBMITTED)[FEE_TEMPLATE].decode() + fees
        documents[FEE_TEMPLATE] = template.encode()
    return documents


def _by_stage(files: Mapping[str, bytes]) -> tuple[dict[str, bytes], dict[str, bytes], dict[str, bytes]]:
    """Split a connector's files into what its author writes first, second and last."""
    parts: tuple[dict[str, bytes], dict[str, bytes], dict[str, bytes]] = ({}, {}, {})
    for path, content in files.items():
        stem = Path(path).stem
        last = stem.endswith(("_exchange", "_derivative", "user_stream_data_source"))
        middle = stem.endswith("_auth") or "order_book" in stem
        parts[2 if last else 1 if middle else 0][path] = content
    return parts


def _files(folder: Path, destination: str) -> dict[str, bytes]:
    """The files of a folder of ours, under the path they have in a fork."""
    return {
        f"{destination}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in {".py", ".md"}
    }


def _at(local: str, hours: float) -> datetime:
    """A wall-clock time `hours` east of UTC."""
    return datetime.fromisoformat(local).replace(tzinfo=timezone(timedelta(hours=hours)))
