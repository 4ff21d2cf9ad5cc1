"""Which imports count as declared, asked of what is installed, and whose lack it is where they do not."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace

import pytest

from checks.conformance import test_build_libraries as checks
from checks.conformance.lacking import lack_of
from checks.static.conftest import sources_of
from harness.checking import Failed, Finding
from harness.frameworks.additions import Unavailable
from harness.frameworks.libraries import Libraries, missing_module
from harness.outcome import Evidence
from tests.checks.static.specimens import WEB, Files, World, today

LIBRARIES = Libraries(
    {
        "aiohttp": frozenset({"aiohttp"}),
        "yaml": frozenset({"pyyaml"}),
        "coinbase": frozenset({"coinbase-advanced-py"}),
        "left_pad": frozenset({"left-pad"}),
    }
)
SDK = Unavailable(declared="acme-sdk==9", why="there is none")


def ended(
    check: Callable[..., None], world: World, libraries: Libraries = LIBRARIES
) -> tuple[str, str, list[str]]:
    """How a check ended, its summary, and the places it names."""
    tree = Files({**world.base, **world.files})
    attached: list[Evidence] = []
    offered = {
        "sources": sources_of(world.submission, tree, Files(world.base)),  # type: ignore[arg-type]
        "libraries": libraries,
        "evidence": lambda *items: attached.extend(items),
    }
    try:
        check(**{name: offered[name] for name in inspect.signature(check).parameters})
    except Finding as end:
        status = "failed" if isinstance(end, Failed) else type(end).__name__.lower()
        return status, end.summary, [item.place or item.text for item in end.evidence]
    return "passed", "", []


def importing(module: str) -> World:
    return today().appending(WEB, f"import {module}\n")


@pytest.mark.parametrize("module", ["coinbase.rest", "yaml", "asyncio", "hummingbot.core"])
def test_what_is_installed_may_be_imported_whatever_its_package_is_called(module: str) -> None:
    assert ended(checks.test_dependencies_are_declared, importing(module))[0] == "passed"


def test_what_nothing_declared_brings_is_the_forks_failure() -> None:
    status, summary, places = ended(checks.test_dependencies_are_declared, importing("acme_sdk"))
    assert status == "failed"
    assert summary == "It imports packages that Hummingbot does not install: acme_sdk."
    assert any(place.startswith(f"{WEB}:") for place in places)


def test_a_program_may_import_what_lies_beside_it() -> None:
    beside = {"scripts/acme_bot.py": "import acme_monitor\n", "scripts/acme_monitor.py": "x = 1\n"}
    assert ended(checks.test_dependencies_are_declared, today().adding(beside))[0] == "passed"
    elsewhere = {"scripts/acme_bot.py": "import acme_monitor\n", "tools/acme_monitor.py": "x = 1\n"}
    assert ended(checks.test_dependencies_are_declared, today().adding(elsewhere))[0] == "failed"
    inside = (
        today()
        .appending(WEB, "import acme_monitor\n")
        .adding({WEB.replace("web_utils", "monitor"): "x = 1\n"})
    )
    assert ended(checks.test_dependencies_are_declared, inside)[0] == "failed"


def test_a_program_among_the_pages_may_import_what_it_likes() -> None:
    page = {"docs/acme/mm_bot.py": "import acme_sdk\n"}
    assert ended(checks.test_dependencies_are_declared, today().adding(page))[0] == "passed"
    loaded = today().adding(page).appending(WEB, "import docs.acme.mm_bot\n")
    assert "acme_sdk" in ended(checks.test_dependencies_are_declared, loaded)[1]


OPTIONAL = {
    "caught": "try:\n    import acme_sdk\nexcept ImportError:\n    acme_sdk = None\n",
    "caught, in a function": "def sdk():\n    try:\n        from acme_sdk import Client\n"
    "    except (ModuleNotFoundError, AttributeError):\n        return None\n    return Client\n",
    "with another that is there instead": "try:\n    import acme_sdk\nexcept ImportError:\n    import yaml\n",
    "instead of one that is there": "try:\n    import yaml\nexcept ImportError:\n    import acme_sdk\n",
    "instead of Python's own": "try:\n    import tomllib\nexcept ImportError:\n    import acme_sdk\n",
    "suppressed": "import contextlib\n\nwith contextlib.suppress(ImportError):\n    import acme_sdk\n",
    "for type checkers": "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import acme_sdk\n",
}


@pytest.mark.parametrize("text", OPTIONAL.values(), ids=OPTIONAL)
def test_what_it_can_do_without_need_not_be_declared(text: str) -> None:
    assert ended(checks.test_dependencies_are_declared, today().appending(WEB, text))[0] == "passed"


NEEDED = {
    "caught and raised again": "try:\n    import acme_sdk\nexcept ImportError as error:\n"
    "    raise RuntimeError('install acme_sdk') from error\n",
    "another error caught": "try:\n    import acme_sdk\nexcept KeyError:\n    pass\n",
    "neither is there": "try:\n    import lost_sdk\nexcept ImportError:\n    import acme_sdk\n",
    "needed elsewhere": "import acme_sdk\n\ntry:\n    import acme_sdk.fast\nexcept ImportError:\n    pass\n",
    "for all but type checkers": "import typing\n\nif not typing.TYPE_CHECKING:\n    import acme_sdk\n",
}


@pytest.mark.parametrize("text", NEEDED.values(), ids=NEEDED)
def test_what_it_cannot_do_without_is_needed(text: str) -> None:
    status, summary, _ = ended(checks.test_dependencies_are_declared, today().appending(WEB, text))
    assert (status, "acme_sdk" in summary) == ("failed", True)


@pytest.mark.parametrize(
    "libraries", [replace(LIBRARIES, unavailable=(SDK,)), replace(LIBRARIES, left_out=("acme-sdk==8",))]
)
def test_what_is_declared_and_cannot_be_had_is_undetermined(libraries: Libraries) -> None:
    status, summary, _ = ended(checks.test_dependencies_are_declared, importing("acme_sdk"), libraries)
    assert status == "undetermined"
    assert "acme-sdk==" in summary


def test_what_the_driver_has_not_is_no_fault_of_the_forks() -> None:
    said = "harness.inside.adapters.making.NotHereError: Ethereum wallet"
    assert lack_of(said, LIBRARIES, lambda _: False) == "there is no Ethereum wallet here"


def test_another_library_that_is_lacking_excuses_nothing() -> None:
    libraries = replace(LIBRARIES, left_out=("git+https://example.org/dydx-v3-python.git", "pandas_ta==0.3"))
    assert ended(checks.test_dependencies_are_declared, importing("acme_sdk"), libraries)[0] == "failed"


def adding(entry: str) -> World:
    return today().adding({"setup.py": f'install_requires = [\n    "aiohttp>=3.8",\n    "{entry}",\n]\n'})


@pytest.mark.parametrize(
    ("entry", "why"),
    [("acme-sdk", "no version"), ("acme-sdk @ git+https://example.org/x", "not from the public index"),
     ("left-pad==1.0", "not imported by the new code")],
)  # fmt: skip
def test_an_added_library_is_pinned_public_and_used(entry: str, why: str) -> None:
    status, _, places = ended(checks.test_new_dependencies, adding(entry))
    assert status == "failed"
    assert places == ["setup.py:3"], why


def test_an_added_library_counts_as_used_by_what_it_brings() -> None:
    world = adding("coinbase-advanced-py==1.8").appending(WEB, "from coinbase import rest\n")
    assert ended(checks.test_new_dependencies, world)[0] == "passed"
    without = replace(LIBRARIES, brought={})
    assert ended(checks.test_new_dependencies, adding("acme-sdk==1"), without)[0] == "passed"
    assert ended(checks.test_new_dependencies, today())[0] == "notapplicable"


WORDS = "  File \"{}/x.py\", line 3\n    import acme\nModuleNotFoundError: No module named '{}'"
TREE = "/tree/hummingbot"
WEB3 = "/venv/lib/python3.12/site-packages/web3"
NAME = "  File \"{}/x.py\", line 3\nImportError: cannot import name 'c' from 'a.b' (/venv/a)"
SHORT = (
    "{}:3: in <module>\n    from a.b import c\nE   ImportError: cannot import name 'c' from 'a.b' (/venv/a)"
)
UNFIT = (
    '  File "{}/x.py", line 3\ngoogle.protobuf.runtime_version.VersionError: gencode 6.33.5 runtime 5.29.6.'
)
OF_UPSTREAM = {"hummingbot/client/x.py"}


def test_the_missing_module_is_read_off_a_traceback() -> None:
    assert missing_module(WORDS.format(TREE, "acme.rest")) == "acme"
    assert missing_module("ValueError: 3") is None


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        (WORDS.format(TREE, "acme"), False),
        (WORDS.format(TREE, "hummingbot.connector.exchange.acme"), False),
        (WORDS.format(TREE, "upstreams"), True),
        (WORDS.format(TREE, "lost_sdk"), True),
        (WORDS.format(WEB3, "acme"), True),
        (NAME.format(WEB3), True),  # two libraries that do not fit together, as pyinjective and protobuf
        (NAME.format(TREE), False),
        (UNFIT.format(WEB3), True),  # as Rubin's, whose own environment has another protobuf
        (UNFIT.format("/layer/acme_proto"), True),
        (UNFIT.format(TREE), False),
        (NAME.format(f"{TREE}/client"), True),  # upstream's own, and its library was replaced
        (SHORT.format("/venv/lib/a.py"), True),
        (SHORT.format("hummingbot/client/x.py"), True),
        (SHORT.format("test/hummingbot/x.py"), False),
        ("ValueError: 3", False),
    ],
)
def test_whose_lack_it_is(text: str, ours: bool) -> None:
    libraries = replace(LIBRARIES, left_out=("lost-sdk==1",))
    lack = lack_of(text, libraries, lambda module: module == "upstreams", OF_UPSTREAM.__contains__)
    assert (lack is not None) is ours


def test_a_tool_that_tests_are_run_with_is_imported_by_nobody() -> None:
    """A release added a time limit for its tests."""
    brings = replace(
        LIBRARIES, brought={**LIBRARIES.brought, "pytest_timeout": frozenset({"pytest-timeout"})}
    )
    assert ended(checks.test_new_dependencies, adding("pytest-timeout>=2.1.0"), brings)[0] == "passed"
    assert ended(checks.test_new_dependencies, adding("pytest-timeout"), brings)[0] == "failed"


def test_what_upstream_takes_from_an_address_is_no_fault_of_the_forks() -> None:
    said = "File \"/tree/acme.py\", line 1\nModuleNotFoundError: No module named '{}'"
    taken = Libraries(left_out=("git+https://git.test/acme/python-signalr-client.git",))
    for module, lack in (
        ("signalr_aio", f"upstream takes it from {taken.left_out[0]}, which no package index answers for"),
        ("client_of_mine", None),
    ):
        assert lack_of(said.format(module), taken, lambda _: False) == lack


def test_a_library_that_two_files_add_is_one() -> None:
    listed = {
        "setup.py": 'install_requires = [\n    "acme-sdk",\n]\n',
        "setup/environment.yml": "dependencies:\n  - acme-sdk\n",
    }
    status, summary, places = ended(checks.test_new_dependencies, today().adding(listed))
    assert (status, summary.split(" is ")[0], len(places)) == ("failed", "1 added library", 2)


def test_what_upstream_states_counts_though_it_is_not_installed_here() -> None:
    libraries = replace(LIBRARIES, stated=frozenset({"mock", "async-timeout"}))
    for module in ("mock", "async_timeout"):
        assert ended(checks.test_dependencies_are_declared, importing(module), libraries)[0] == "passed"
    assert ended(checks.test_dependencies_are_declared, importing("acme_sdk"), libraries)[0] == "failed"


@pytest.mark.parametrize(
    ("entry", "status"), [("acme-sdk", "failed"), ("acme-sdk==9", "passed"), ("left-pad==1", "failed")]
)
def test_another_environment_that_comes_with_the_connector_is_a_list(entry: str, status: str) -> None:
    listed = {"setup/environment_acme.yml": f"dependencies:\n  - pip:\n    - {entry}\n"}
    assert ended(checks.test_new_dependencies, today().adding(listed))[0] == status
