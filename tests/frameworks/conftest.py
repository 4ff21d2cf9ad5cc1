"""The real framework, from the package index, built once into the cache that the harness itself uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.forks.released import released_tree
from harness.forks.upstream import packed_at
from harness.frameworks.environment import Base, EnvironmentBuilder
from harness.paths import cache_dir
from harness.sandbox import Backend
from tests.sandbox.fixtures import at_hand

RELEASE = "20260922"


@pytest.fixture(scope="session")
def backend() -> Backend:
    return at_hand()


@pytest.fixture(scope="session")
def builder(backend: Backend) -> EnvironmentBuilder:
    return EnvironmentBuilder(cache_dir(), backend)


@pytest.fixture(scope="session")
def released() -> Path:
    return released_tree("hummingbot", RELEASE)


@pytest.fixture(scope="session")
def base(builder: EnvironmentBuilder, released: Path) -> Base:
    return builder.upstream(released, "v2", as_of=packed_at(released))
