"""A few dozen lines of Cython in the layout of 2020: recognised, built as upstream and as forks, driven."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from harness.clock import ScaledClock
from harness.driving.driver import Driver
from harness.forks.connectors import generation
from harness.frameworks import generation_of, v0
from harness.frameworks.declaration import Declaration
from harness.frameworks.environment import Base, BuildResult, EnvironmentBuilder
from harness.paths import cache_dir
from harness.sandbox import Backend
from tests.frameworks.local import TINY

ACME = "hummingbot/market/acme"
OWN = (f"{ACME}/acme_market.pyx", f"{ACME}/acme_order_book.pyx")
BOOK = "hummingbot/core/data_type/order_book.pxd"
HERE = f"=={sys.version_info[0]}.{sys.version_info[1]}.*"


@pytest.fixture(scope="module")
def fork(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A submission's tree: the tiny framework in the layout of 2020, with a connector."""
    tree = tmp_path_factory.mktemp("trees") / "fork"
    for source in (TINY, TINY.with_name("tiny_v0")):
        ignored = shutil.ignore_patterns("__pycache__", "connector", "pandas.py")
        shutil.copytree(source, tree, ignore=ignored, dirs_exist_ok=True)
    return tree


@pytest.fixture(scope="module")
def upstream(fork: Path) -> Path:
    return Path(shutil.copytree(fork, fork.with_name("upstream"), ignore=shutil.ignore_patterns("acme")))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def builder(backend: Backend, cache: Path) -> EnvironmentBuilder:
    """With a store of its own; only the environment, a compiler and what it needs, is the machine's."""
    for name in ("locks", "environments"):
        (cache_dir() / name).mkdir(parents=True, exist_ok=True)
        (cache / name).symlink_to(cache_dir() / name)
    return EnvironmentBuilder(cache, backend)


@pytest.fixture(scope="module")
def base(builder: EnvironmentBuilder, upstream: Path) -> Base:
    spec = replace(
        v0.environment_spec(),
        python_to=(3, 99),
        declared=lambda _: Declaration(python=HERE),
        tools=("cython", "numpy", "setuptools"),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(v0, "environment_spec", lambda: spec)
        return builder.upstream(upstream, "v0")


@pytest.fixture(scope="module")
def built(
    builder: EnvironmentBuilder, base: Base, fork: Path, tmp_path_factory: pytest.TempPathFactory
) -> BuildResult:
    return builder.prepare(base, fork, tmp_path_factory.mktemp("built") / "work")


def paths(tree: Path) -> frozenset[str]:
    return frozenset(path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file())


def test_the_layout_is_recognised(fork: Path) -> None:
    assert generation_of(paths(fork)) == generation(paths(fork)) == "v0"
    lacking = [
        file.purpose for file in v0.required_files("acme", "market") if paths(fork).isdisjoint(file.any_of)
    ]
    assert lacking == []


def test_a_fork_compiles_its_own_modules_alone(built: BuildResult) -> None:
    assert built.ok, built.log
    assert set(built.compiled) == set(OWN)


def test_a_fork_of_an_older_upstream_compiles_its_own_modules_alone(
    builder: EnvironmentBuilder, base: Base, fork: Path, upstream: Path, cache: Path, tmp_path: Path
) -> None:
    """Its order book is what upstream's was where its work began; all that see it differ from today's.

    What was compiled of the older upstream is in the store then, and nothing of the fork's.
    """
    older, work = tmp_path / "older", tmp_path / "fork"
    shutil.copytree(upstream, older)
    shutil.copytree(fork, work)
    for tree in (older, work):
        (tree / BOOK).write_text((tree / BOOK).read_text() + "        public long older\n")
    together = builder.prepare(base, work, tmp_path / "together", earlier=older)
    assert together.ok, together.log
    assert set(together.compiled) == set(OWN)
    stored = {path.name.partition(".")[0] for path in cache.rglob("modules/*/*.so")}
    assert stored == {"order_book", "market_base"}


def test_a_market_in_cython_is_driven(backend: Backend, built: BuildResult) -> None:
    with Driver(backend, built.runtime, "acme", clock=ScaledClock(20)) as driver:
        warm = driver.warm()
        assert (warm.class_name, [field.name for field in warm.config]) == ("AcmeMarket", ["acme_key"])
        with driver.scenario(["LRC-ETH"], {"acme_key": "k"}) as market:
            market.start()
            assert market.wait_ready(10).parts == {"order_books": True, "key_k": True}
            assert market.network_status() == "CONNECTED"
            book = market.book("LRC-ETH")
            assert (book.bids[0], book.asks[0]) == ((Decimal("1.5"), 2), (Decimal("1.75"), 3))
            order = market.buy("LRC-ETH", Decimal(2), Decimal(1), "LIMIT")
            assert order == "buy-LRC_ETH-1"
            (created,) = market.events("BuyOrderCreated", order)
            assert created.data["trading_pair"] == "LRC-ETH"
            assert market.orders()[order].pair == "LRC-ETH"
