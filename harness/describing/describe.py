"""One derivation from beginning to end: the tests, what the connector sends, ccxt, and what they give."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import harness
from harness.describing.asking.acting import orders_to_place
from harness.describing.asking.asking import Asking, ask
from harness.describing.assembling import Assembled, assemble
from harness.describing.ccxt_reading.ccxt_reader import CcxtReader, signs_alike
from harness.describing.ccxt_reading.ccxt_releases import Ccxt, EarlierCcxt
from harness.describing.documents.sentinels import SETS, Sentinels, sets_of
from harness.describing.fork_tests import book_notes, kit
from harness.describing.fork_tests.acknowledging import acks_in
from harness.describing.fork_tests.answers import Answer, answers, at_asked_hosts
from harness.describing.fork_tests.envelopes import alike
from harness.describing.fork_tests.kit import Harvest
from harness.describing.fork_tests.written_forms import with_forms
from harness.describing.gathered import Sources
from harness.describing.replies.contracts import of_a_part
from harness.describing.replies.own_ids import with_our_ids, with_our_number, with_our_session
from harness.describing.replies.places import with_our_place
from harness.describing.routes.apart import apart
from harness.describing.signing.signatures import explain
from harness.describing.source_code.source import Source
from harness.describing.source_code.source_reading import read_source
from harness.describing.streams import books, read_books
from harness.forks.submission import AddedConnector
from harness.forks.tree import Tree
from harness.frameworks import v2
from harness.frameworks.declaration import declared
from harness.frameworks.runtime import Runtime
from harness.frameworks.submissions import reading_of
from harness.frameworks.syntax import parse
from harness.oracle import ccxt_ids
from harness.sandbox.protocol import Backend

KITS = ("AbstractExchangeConnectorTests", "AbstractPerpetualDerivativeTests")
MOST_FILE = 1 << 20
OWN_CODE = Path(__file__).parent
_ASSET = r"\b{}_asset\s*=\s*[\"']([A-Z0-9]{{2,10}})[\"']"
_OF_BOOKS = re.compile(r"listen_for_order_book|_parse_(trade|order_book)|_order_book_snapshot|_message_from_")
_DOLLAR = re.compile(r"USD(?!T$)[A-Z0-9]*")  # but for the one that markets are quoted in anyway
_TELLING = 4  # letters of a name that another one begins with
Progress = Callable[[str], None]


def tests_of(tree: Tree, connector: AddedConnector) -> tuple[str, ...]:
    """The connector's test modules that use upstream's kit, as dotted names. Read as text; nothing is run."""
    folder = v2.tests_path(connector.kind, connector.name)
    found = [
        path
        for path in tree.under(folder)
        if path.endswith(".py") and any(name in _text(tree, path) for name in KITS)
    ]
    return tuple(path.removesuffix(".py").replace("/", ".") for path in sorted(found))


def _text(tree: Tree, path: str) -> str:
    entry = tree.entry(path)
    return tree.text(path) if entry is not None and entry.regular and entry.size <= MOST_FILE else ""


def book_tests_of(tree: Tree, connector: AddedConnector) -> tuple[str, ...]:
    """The files that test the order book's source. Read as text; nothing is run."""
    folder = v2.tests_path(connector.kind, connector.name)
    return tuple(
        path
        for path in sorted(tree.under(folder))
        if path.endswith(".py") and _OF_BOOKS.search(_text(tree, path))
    )


def source_of(tree: Tree, connector: AddedConnector) -> Source:
    """What the connector's modules read of replies. Read as text; nothing is run."""
    texts = [_text(tree, path) for path in tree.under(connector.path) if path.endswith(".py")]
    found = read_source(texts)
    kits = "\n".join(_text(tree, f"{name.replace('.', '/')}.py") for name in tests_of(tree, connector))
    base, quote = (re.search(_ASSET.format(side), kits) for side in ("base", "quote"))
    own = (base[1] if base else "", quote[1] if quote else "")
    folder = v2.tests_path(connector.kind, connector.name)
    tests = tuple(_text(tree, path) for path in sorted(tree.under(folder)) if path.endswith(".py"))
    pair = ("", "") if own == (SETS[0].base, SETS[0].quote) else own
    traded_in = pair[1] if connector.kind == "derivative" else quote_written(texts, pair[1])
    return with_forms(replace(found, pair=pair, quote=traded_in, tests=tests, acks=acks_in(tests)))


def unread(tree: Tree, connector: AddedConnector) -> dict[str, str]:
    """The connector's modules of which nothing is known as they cannot be read, each with the reason."""
    modules = [path for path in sorted(tree.under(connector.path)) if path.endswith(".py")]
    found = {path: parse(_text(tree, path), cython=False) for path in modules}
    return {path: f"line {each.line}: {each.error}" for path, each in found.items() if each.tree is None}


def quote_written(texts: Iterable[str], quote: str) -> str:
    """What a spot connector trades its markets in, where its tests do and its code writes it out: a dollar.

    What tests trade alone may be any of several quotes.
    """
    named = any(re.search(rf"[\"']{re.escape(quote)}[\"']", text) for text in texts)
    return quote if _DOLLAR.fullmatch(quote) and named else ""


def digest(tree: Tree, connector: AddedConnector, ccxt_id: str | None) -> str:
    """What a derivation depends on: the connector, its tests and libraries, ccxt, and our own release."""
    paths = (*tree.under(connector.path), *tree.under(v2.tests_path(connector.kind, connector.name)))
    total = hashlib.sha256(f"{harness.__version__} {version('ccxt')} {ccxt_id} {_own_code()}".encode())
    total.update(repr(declared(reading_of(tree))).encode())
    for path in sorted(paths):
        entry = tree.entry(path)
        total.update(f"{path} {entry.oid if entry else ''}\n".encode())
    return total.hexdigest()[:16]


def _own_code() -> str:
    """A digest of this package: a derivation by other code may come to something else."""
    total = hashlib.sha256()
    for path in sorted(OWN_CODE.rglob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def derive_exchange(
    backend: Backend,
    runtime: Runtime,
    connector: AddedConnector,
    modules: Sequence[str],
    book_tests: Sequence[str],
    source: Source,
    ccxt_id: str | None,
    progress: Progress,
) -> Assembled:
    """Ask every source in turn. `ccxt_id` is `NAME` or `NAME@RELEASE`.

    Raises SandboxFailure, and UserError where that release cannot be had; what a fork does wrong only makes
    less known.
    """
    sources = gather(backend, runtime, connector, modules, book_tests, source, progress)
    progress("letting ccxt read the same replies")
    with _second(sources, ccxt_id) as read:
        return assemble(read)


def gather(
    backend: Backend,
    runtime: Runtime,
    connector: AddedConnector,
    modules: Sequence[str],
    book_tests: Sequence[str],
    source: Source,
    progress: Progress,
) -> Sources:
    """All that the fork can be asked, in the sandbox. Raises SandboxFailure."""
    perpetual = connector.kind == "derivative"
    progress("asking the fork's tests")
    sets = sets_of(*source.pair, perpetual=perpetual)
    harvested = _harvest(backend, runtime, modules, sets, perpetual)
    symbols = [str(each) for sample in harvested.of("exchange_trading_pair") for each in sample.answers]
    ours = with_our_session(with_our_ids(alike(answers(harvested, sets))), source)
    found = with_our_number(ours, symbols, source)
    progress("watching its order book tests")
    notes = book_notes.watch(backend, runtime, book_tests)
    progress("watching what the connector sends")
    named = [each for each in harvested.of("exchange_trading_pair") if each.set == sets[0].name]
    symbol = next((str(answer) for each in named for answer in each.answers), sets[0].pair)
    orders = orders_to_place(perpetual=perpetual)
    told = of_a_part(with_our_place(_first_set(found), source.counted))
    read = read_books.not_shown(source.books, notes)
    known = [*notes, *map(read_books.note_of, read)]
    shown = books.snapshot(known), books.streamed(known, symbol, alone=source.asks_for("order_book") is None)
    asked = ask(Asking(backend, runtime, connector.name, told, sets[0], source, orders, *shown))
    found = at_asked_hosts(found, [(said.host, said.path) for said in asked.sent])
    words = apart(asked, source, found)
    asked, found = words.asked(asked), words.answers(found, source)
    progress("finding how it signs")
    signatures = explain([*asked.sent, *asked.frames], asked.credentials)
    sources = Sources(
        exchange=connector.name,
        kind="perpetual" if perpetual else "spot",
        harvest=harvested,
        answers=found,
        asked=asked,
        signatures=signatures,
        source=source,
        sets=sets,
    )
    spelled = sources.symbols.get(SETS[0].name, "")
    shown_books = books.derived(notes, spelled, source.positions)
    return replace(sources, books={**read_books.derived(read, spelled), **shown_books})


@contextmanager
def _second(sources: Sources, ccxt_id: str | None) -> Iterator[Sources]:
    """The same, with ccxt's readings where it has the exchange."""
    if ccxt_id is None or not sources.symbols:
        yield sources
        return
    ccxt = Ccxt.of(ccxt_id)
    about = (sources.sets[0], sources.symbols.get(SETS[0].name, ""), sources.kind == "perpetual")
    schemes = sources.signatures.schemes
    if not ccxt.release:
        reader = CcxtReader(ccxt.name, *about)
        also = signs_alike(ccxt.name, schemes)
        yield replace(
            sources, ccxt=ccxt.name, second=reader.meanings, fees_read=reader.fee_in, also_signed=also
        )
        return
    with EarlierCcxt(ccxt, *about) as earlier:  # checks do not ask that release
        also = earlier.signs_alike(schemes)
        yield replace(sources, second=earlier.meanings, fees_read=earlier.fee_in, also_signed=also)


def _harvest(
    backend: Backend,
    runtime: Runtime,
    modules: Sequence[str],
    sets: Sequence[Sentinels],
    perpetual: bool,
) -> Harvest:
    """The first module's answers that there are; an empty harvest where there is no kit."""
    last = Harvest(detail="no test of this connector uses upstream's test kit")
    for module in modules:
        last = kit.harvest(backend, runtime, module, sets, perpetual)
        if last.samples:
            return last
    return last


def _first_set(found: Sequence[Answer]) -> list[Answer]:
    """The replies about the first set's limit order to buy, and those about none."""
    return [
        each
        for each in found
        if each.sample.set == SETS[0].name
        and each.sample.side in ("", "BUY")
        and each.sample.type in ("", "LIMIT")
    ]


def ccxt_id_of(name: str) -> str | None:
    """ccxt's exchange of a connector's name, None where it has none by a name like it."""
    bare = name.removesuffix("_perpetual")
    return next((each for each in (name, bare, bare.replace("_", "")) if each in ccxt_ids()), None)


def like_in_ccxt(name: str) -> tuple[str, ...]:
    """ccxt's exchanges whose names are like a connector's, the likeliest first."""
    bare = name.removesuffix("_perpetual").replace("_", "")
    begun = [each for each in sorted(ccxt_ids()) if len(each) >= _TELLING and bare.startswith(each)]
    near = difflib.get_close_matches(bare, sorted(ccxt_ids()), 3, 0.75)
    return tuple(dict.fromkeys([*sorted(begun, key=len, reverse=True), *near]))
