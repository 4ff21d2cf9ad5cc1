"""The real framework built and run in the real sandbox, as upstream and as submissions that change it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.clock import ScaledClock
from harness.driving.driver import Driver
from harness.driving.rpc_client import ConnectorError
from harness.forks.upstream import packed_at
from harness.frameworks.environment import Base, BuildResult, EnvironmentBuilder
from harness.frameworks.runtime import Runtime
from harness.frameworks.unit_tests import run_unit_tests
from harness.paths import cache_dir
from harness.sandbox import Backend, Job

CLOCK = "hummingbot/core/clock.pyx"
CONNECTOR = "hummingbot/connector/exchange/binance"


@pytest.fixture
def tree(released: Path, tmp_path: Path) -> Path:
    """A copy of upstream's tree for a test to change."""
    return Path(shutil.copytree(released / "hummingbot", tmp_path / "tree" / "hummingbot")).parent


def run(backend: Backend, runtime: Runtime, program: str) -> Any:
    job = Job((runtime.python, "-c", program), runtime.mounts, runtime.env)
    done = backend.run(job)
    assert done.exit.ok, done.stderr.decode()
    return json.loads(done.stdout)


def prepare(builder: EnvironmentBuilder, base: Base, tree: Path, tmp_path: Path) -> BuildResult:
    return builder.prepare(base, tree, tmp_path / "work")


def test_what_is_built_is_found_again(builder: EnvironmentBuilder, base: Base, released: Path) -> None:
    def unexpected(done: int, total: int, module: str) -> None:
        pytest.fail(f"{module} was built again")

    assert builder.upstream(released, "v2", unexpected, packed_at(released)) == base


def test_an_unchanged_tree_needs_no_compiler(
    builder: EnvironmentBuilder, base: Base, tree: Path, backend: Backend, tmp_path: Path
) -> None:
    result = prepare(builder, base, tree, tmp_path)
    assert result.ok
    assert result.compiled == ()
    program = (
        "import json, hummingbot.core.clock as c, hummingbot.core.network_base as p;"
        "print(json.dumps([c.__file__, p.__cached__, p.__spec__.has_location]))"
    )
    compiled, cached, _ = run(backend, result.runtime, program)
    assert compiled.startswith("/tree/hummingbot/core/clock.cpython-")
    assert cached.startswith("/tree/hummingbot/core/__pycache__/")


def test_a_changed_file_runs_as_it_is_now(
    builder: EnvironmentBuilder, base: Base, tree: Path, backend: Backend, tmp_path: Path
) -> None:
    """Upstream's byte code lies beside it, and every exported file has the same time stamp."""
    source = tree / CONNECTOR / "binance_constants.py"
    changed = source.read_text().replace("x-MG43PCSN", "x-CHANGED0")
    assert len(changed) == len(source.read_text())
    source.write_text(changed)
    result = prepare(builder, base, tree, tmp_path)
    program = (
        "import json, hummingbot.connector.exchange.binance.binance_constants as c;"
        "print(json.dumps(c.HBOT_ORDER_ID_PREFIX))"
    )
    assert run(backend, result.runtime, program) == "x-CHANGED0"


def test_a_changed_module_is_compiled_for_that_tree_alone(
    builder: EnvironmentBuilder, base: Base, tree: Path, backend: Backend, tmp_path: Path
) -> None:
    before = sorted((cache_dir() / "modules").glob("*/clock.*.so"))
    (tree / CLOCK).write_text(
        (tree / CLOCK).read_text() + "\n\ndef made_here():\n    return 'in this tree'\n"
    )
    result = prepare(builder, base, tree, tmp_path)
    assert result.ok, result.log
    assert result.compiled == (CLOCK,)
    program = "import json, hummingbot.core.clock as c; print(json.dumps(c.made_here()))"
    assert run(backend, result.runtime, program) == "in this tree"
    assert sorted((cache_dir() / "modules").glob("*/clock.*.so")) == before


def test_a_module_that_does_not_build_is_named_with_the_compilers_words(
    builder: EnvironmentBuilder, base: Base, tree: Path, tmp_path: Path
) -> None:
    (tree / CONNECTOR / "broken.pyx").write_text("cdef int x = undefined_name_here\n")
    result = prepare(builder, base, tree, tmp_path)
    assert not result.ok
    assert result.failed == (f"{CONNECTOR}/broken.pyx",)
    assert "undefined_name_here" in result.log


def test_the_driver_imports_the_real_connector(
    builder: EnvironmentBuilder, base: Base, tree: Path, backend: Backend, tmp_path: Path
) -> None:
    result = prepare(builder, base, tree, tmp_path)
    with Driver(backend, result.runtime, "binance", clock=ScaledClock(20)) as driver:
        assert driver.warm().class_name == "BinanceExchange"
        with driver.scenario(["BTC-USDT"], {"binance_api_key": "k", "binance_api_secret": "s"}) as connector:
            assert connector.order_types() == ("LIMIT", "LIMIT_MAKER", "MARKET")
            asked = [field.name for field in connector.config() if field.connect_key and field.secure]
            assert asked == ["binance_api_key", "binance_api_secret"]
            connector.start()
            assert not connector.wait_ready(5).ready
            assert connector.network_status() == "NOT_CONNECTED"
        with (
            pytest.raises(ConnectorError, match="binance_api_secret"),
            driver.scenario([], {"binance_api_key": "k"}),
        ):
            pytest.fail("it was constructed without a secret")


TESTS = """
import socket
import unittest
from hummingbot.connector.exchange.binance import binance_utils


class Tests(unittest.TestCase):
    def test_passes(self):
        self.assertTrue(
            binance_utils.is_exchange_information_valid({"status": "TRADING", "permissionSets": [["SPOT"]]})
        )

    def test_fails(self):
        print("a stray print")
        self.assertEqual(1, 2)

    def test_calls_out(self):
        with self.assertRaises(OSError):
            socket.create_connection(("exchange.example", 443), timeout=2)

    @unittest.skip("not today")
    def test_skipped(self):
        pass


def test_plain_function(no_such_fixture):
    pass
"""


def test_unit_tests_run_offline_and_tell_what_they_reach(
    builder: EnvironmentBuilder, base: Base, tree: Path, backend: Backend, tmp_path: Path
) -> None:
    folder = tree / "test" / CONNECTOR
    folder.mkdir(parents=True)
    (folder / "test_binance_utils.py").write_text(TESTS)
    (folder / "test_broken.py").write_text("import module_that_is_not_there\n")
    runtime = prepare(builder, base, tree, tmp_path).runtime
    result = run_unit_tests(backend, runtime, [f"test/{CONNECTOR}"], [CONNECTOR])
    assert result.ran, result.detail
    assert (result.passed, result.failed, result.errors, result.skipped) == (2, 1, 2, 1)
    assert result.network == ("exchange.example:443",)
    reached = {each.path: each for each in result.files}
    utils, auth = (reached[f"{CONNECTOR}/binance_{name}.py"] for name in ("utils", "auth"))
    assert utils.statements
    assert utils.missing == ()
    assert auth.missing == auth.statements
    assert result.coverage is not None
    assert 0 < result.coverage < 0.5
    assert any("module_that_is_not_there" in failure.text for failure in result.failures)
