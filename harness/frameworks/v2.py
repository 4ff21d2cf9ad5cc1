"""Today's generation: `hummingbot/connector/{exchange,derivative}/<name>`, plain Python with a Cython core.

File names are those that the 26 spot and 20 perpetual connectors of release 20260922 share; where some of
them use another name, both are accepted.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.frameworks.declaration import SETUP, declared, directives_of
from harness.frameworks.generation import EnvironmentSpec, RequiredFile, required_in
from harness.frameworks.runtime import Generation

GENERATION: Generation = "v2"
KINDS = ("exchange", "derivative")
# The name under which `harness/sandbox/inside/adapters` knows how to drive it.
adapter: str | None = "v2"
no_adapter_because = ""

_LANDMARK = "hummingbot/connector/exchange_py_base.py"


def connector_path(kind: str, name: str) -> str:
    return f"hummingbot/connector/{kind}/{name}"


def tests_path(kind: str, name: str) -> str:
    return f"test/hummingbot/connector/{kind}/{name}"


def required_files(name: str, kind: str) -> tuple[RequiredFile, ...]:
    """Paths from the tree's root."""
    streams = (f"{name}_api_user_stream_data_source.py", f"{name}_user_stream_data_source.py")
    return required_in(
        connector_path(kind, name),
        ("package", ("__init__.py",)),
        ("connector", (f"{name}_{kind}.py",)),
        ("market data source", (f"{name}_api_order_book_data_source.py",)),
        ("user stream source", streams),
        ("authentication", (f"{name}_auth.py",)),
        ("constants and rate limits", (f"{name}_constants.py",)),
        ("fees, example pair and configuration", (f"{name}_utils.py",)),
        ("web requests", (f"{name}_web_utils.py",)),
    )


def detect(tree_paths: Iterable[str]) -> bool:
    return _LANDMARK in set(tree_paths)


def environment_spec() -> EnvironmentSpec:
    """Each tree says itself what it needs; from 3.8 of 2022 on."""
    return EnvironmentSpec(
        python_from=(3, 8),
        python_to=(3, 14),
        declared=declared,
        directives=lambda read: directives_of(read(SETUP) or ""),
    )
