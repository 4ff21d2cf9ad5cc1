"""The generation of 2020: `hummingbot/market/<name>`, Cython throughout.

Layout after upstream's tag v0.31.0, `documentation/docs/developers/connectors/`; connectors in plain Python
were accepted too, so each Cython file may be a Python one.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.frameworks import declaration
from harness.frameworks.declaration import Declaration, Read
from harness.frameworks.generation import HERE, EnvironmentSpec, RequiredFile, required_in
from harness.frameworks.runtime import Generation

GENERATION: Generation = "v0"
KINDS = ("market",)
# The name under which `harness/sandbox/inside/adapters` knows how to drive it.
adapter: str | None = "v0"
no_adapter_because = ""

MOCKED = {"MOCK_API_ENABLED": "true"}  # read by the `conf` that tests import
_LANDMARKS = ("hummingbot/market/market_base.pyx", "hummingbot/market/market_base.py")


def connector_path(kind: str, name: str) -> str:
    return f"hummingbot/{kind}/{name}"


def tests_path(kind: str, name: str) -> str:  # noqa: ARG001 - every generation's module has this signature
    """Tests of 2020 lie flat in one folder, `test_<name>_*.py`."""
    return f"test/integration/test_{name}_"


def required_files(name: str, kind: str) -> tuple[RequiredFile, ...]:
    """Paths from the tree's root."""
    return required_in(
        connector_path(kind, name),
        ("package", ("__init__.py",)),
        ("connector", (f"{name}_market.pyx", f"{name}_market.py")),
        ("market data source", (f"{name}_api_order_book_data_source.py",)),
        ("order book tracker", (f"{name}_order_book_tracker.py",)),
        ("order book", (f"{name}_order_book.pyx", f"{name}_order_book.py")),
        ("orders in flight", (f"{name}_in_flight_order.pyx", f"{name}_in_flight_order.py")),
        ("user stream tracker", (f"{name}_user_stream_tracker.py",)),
        ("user stream source", (f"{name}_api_user_stream_data_source.py",)),
        ("authentication", (f"{name}_auth.py",)),
    )


def detect(tree_paths: Iterable[str]) -> bool:
    return not set(_LANDMARKS).isdisjoint(tree_paths)


def environment_spec() -> EnvironmentSpec:
    """What trees of v0.30.0 were built and imported with (3.8.18); much that they declare is gone."""
    return EnvironmentSpec(
        python_from=(3, 7),
        python_to=(3, 8),
        declared=_declared,
        directives=lambda _: {},
        unit_test_seconds=120,  # many wait for the live exchange, and for ever where there is none
        # v0.31.0's documentation/docs/developers/connectors/task4.md wants the market's tests to pass with
        # keys and, mocked, without; those of trackers and data sources need none.
        keyless_tests="market",
        test_environment=MOCKED,
        folders=("hummingbot", "test", "conf"),  # markets import `conf`, which their tests' keys lie in
        tools=("setuptools", "wheel", "cython", "numpy", "coverage", "pytest"),
    )


def _declared(read: Read) -> Declaration:
    """The tree's own addresses are kept, so that it is told what nobody can install from an index."""
    return Declaration(
        python=">=3.7,<3.9", requirements=_pins(), elsewhere=declaration.declared(read).elsewhere
    )


def _pins() -> tuple[str, ...]:
    lines = (HERE / "v0.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))
