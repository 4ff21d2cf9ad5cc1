"""The generation between autumn 2020 and mid 2022: `hummingbot/connector/{exchange,derivative}/<name>`, with
trackers of each connector's own and `ConfigVar`s for its keys.

File names are those that upstream's connectors of v0.32.0 to v1.5.0 share.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.forks.connectors import generation
from harness.frameworks import v0
from harness.frameworks.declaration import SETUP, declared, directives_of
from harness.frameworks.generation import EnvironmentSpec, RequiredFile, required_in
from harness.frameworks.runtime import Generation

GENERATION: Generation = "v1"
KINDS = ("exchange", "derivative")
adapter: str | None = "v1"
no_adapter_because = ""


def connector_path(kind: str, name: str) -> str:
    return f"hummingbot/connector/{kind}/{name}"


def tests_path(kind: str, name: str) -> str:
    return f"test/connector/{kind}/{name}"


def required_files(name: str, kind: str) -> tuple[RequiredFile, ...]:
    """Paths from the tree's root."""
    return required_in(
        connector_path(kind, name),
        ("package", ("__init__.py",)),
        ("connector", (f"{name}_{kind}.pyx", f"{name}_{kind}.py")),
        ("market data source", (f"{name}_api_order_book_data_source.py",)),
        ("fees, example pair and keys", (f"{name}_utils.py",)),
    )


def detect(tree_paths: Iterable[str]) -> bool:
    return generation(frozenset(tree_paths)) == GENERATION


def environment_spec() -> EnvironmentSpec:
    """Each tree says itself what it needs; their environment files name Python 3.7 or 3.8."""
    return EnvironmentSpec(
        python_from=(3, 7),
        python_to=(3, 10),
        declared=declared,
        directives=lambda read: directives_of(read(SETUP) or ""),
        folders=("hummingbot", "test", "conf"),  # as in 2020, some connectors import `conf`
        test_environment=v0.MOCKED,
    )
