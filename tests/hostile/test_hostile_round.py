"""A round of hostile candidates and a good one, screened by the real command."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import zstandard

from harness.sandbox.protocol import Backend
from tests.hostile.attack import attack
from tests.hostile.candidates import ALL, SECRET, WORDS, Place
from tests.hostile.household import Household, descendants, household
from tests.reporting.page import Page
from tests.world import write_round

PATIENCE = 1800  # seconds for one run of the command, on a machine that is busy with other things
NAMES = tuple(make.__name__.replace("_", "-") for make in ALL)


@dataclass(frozen=True)
class Finished:
    """A round that was screened, the same with the good candidate alone, and what was left of both."""

    place: Place
    said: str
    left: list[str]
    taken_up: str

    @property
    def folder(self) -> Path:
        return self.place.folder

    def report(self, candidate: str, reports: str = "reports") -> dict[str, Any]:
        path = self.folder / reports / "tiny" / candidate / "report.json"
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def outcome(self, candidate: str, requirement: str) -> tuple[str, str]:
        return self.outcomes(candidate)[requirement]

    def outcomes(self, candidate: str, reports: str = "reports") -> dict[str, tuple[str, str]]:
        """Requirement → status and summary."""
        found = self.report(candidate, reports)["outcomes"]
        return {item["requirement"]: (item["status"], item["summary"]) for item in found}


def _text_of(path: Path) -> str:
    """A published file's text; a trace's is packed."""
    if path.suffix != ".zst":
        return path.read_text(encoding="utf-8")
    with zstandard.open(path, "rt", encoding="utf-8") as packed:
        text: str = packed.read()
    return text


_FINISHED: dict[str, Finished] = {}


@pytest.fixture
def finished(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The round on this backend, screened once for all of these tests."""
    if backend.name not in _FINISHED:
        _FINISHED[backend.name] = _screened(backend.name, tmp_path_factory.mktemp(f"round-{backend.name}"))
    return _FINISHED[backend.name]


def _screened(backend: str, folder: Path) -> Finished:
    folder.chmod(0o755)
    place = Place(folder)
    place.framework()
    for make in ALL:
        make(place)
    file = write_round(folder, place.upstream, {name: (folder / name).as_uri() for name in NAMES})
    venue = "{hosts: [api.binance.com], dialect: binance}"
    file.write_text(file.read_text().replace("{hosts: [api.example.com]}", venue))
    with household() as home:
        said = _run(home, folder, "--sandbox", backend, killing="killed")
        left = home.left_behind(30)
        taken_up = (folder / "reports/tiny/killed/report.json").read_text()
        _run(home, folder, "--sandbox", backend, "--only", "killed")
        _run(home, folder, "--sandbox", backend, "--only", "good", "--reports", "alone")
        left += home.left_behind(30)
    return Finished(place, said, left, taken_up)


def _run(home: Household, folder: Path, *arguments: str, killing: str | None = None) -> str:
    """Screen the round; kill the checks of the candidate `killing` as soon as they have found something."""
    process = home.start("run", "candidates.yml", *arguments, folder=folder)
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None:
        assert time.monotonic() < deadline, (folder / "said").read_text()
        outcomes = folder / "reports" / "tiny" / (killing or "") / "outcomes.jsonl"
        if killing and outcomes.is_file() and outcomes.read_text().count("\n") > 10:
            for checks in _checks_of(process, killing):
                os.kill(checks, signal.SIGKILL)
                killing = None
        time.sleep(0.02)
    said = (folder / "said").read_text()
    assert process.returncode == 0, said
    assert not killing, f"nobody was there to kill\n{said}"
    return said


def _checks_of(harness: subprocess.Popen[bytes], candidate: str) -> Iterator[int]:
    """The process below `harness` that runs this candidate's checks."""
    for pid in descendants(harness.pid):
        with contextlib.suppress(OSError, ValueError):
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            if "--plan" in words:
                plan = json.loads(Path(words[words.index("--plan") + 1]).read_text())
                if plan["candidate"] == candidate:
                    yield pid


@attack(
    "takes part in a round beside ten candidates that attack it",
    meets="its outcomes are exactly those of a round of its own; nothing of the others is left",
)
def test_the_good_one_is_judged_as_if_it_were_alone(finished: Finished) -> None:
    together, alone = finished.outcomes("good"), finished.outcomes("good", "alone")
    assert together == alone
    assert together["unit-tests-pass-offline"][0] == "passed"
    assert together["builds"][0] == "passed"
    assert finished.left == []
    for name in NAMES:
        assert re.search(rf"^{name}: (done|failed) \(", finished.said, re.MULTILINE), finished.said


@attack(
    "brings setup.py, conftest.py and sitecustomize.py, for whoever installs, tests or starts Python",
    meets="none is run outside the sandbox; what they would do to files is in the report",
)
def test_code_where_tools_run_it(finished: Finished) -> None:
    assert not finished.place.trap.exists()
    assert finished.outcome("runs-code", "no-processes-or-foreign-files")[0] == "failed"
    assert finished.report("runs-code")["verdict"] == "ineligible"


@attack(
    "adds a file ten thousand folders down",
    meets="trees are read from git's objects: the change is reported and the rest is screened",
)
def test_a_tree_too_deep_to_be_written(finished: Finished) -> None:
    status, _ = finished.outcome("deep", "change-limited-to-connector")
    assert status == "failed"
    assert finished.outcome("deep", "builds")[0] == "passed"


@attack(
    "puts an entry named .git into a tree",
    meets="git's own checks refuse the objects, the report says so, and the round goes on",
)
def test_objects_that_git_refuses(finished: Finished) -> None:
    assert finished.report("refused")["verdict"] == "undetermined"
    assert "Git refused its objects" in finished.outcome("refused", "repository-reachable")[1]


@pytest.mark.parametrize(("candidate", "words"), [("exits", "exit code 0"), ("swells", "memory")])
@attack(
    "ends its process with success, or takes all memory, as soon as it is imported",
    meets="its own sandbox alone: the report says that it cannot be imported, and nothing else is tried",
)
def test_an_import_that_never_ends_well(finished: Finished, candidate: str, words: str) -> None:
    status, summary = finished.outcome(candidate, "imports-and-constructs")
    assert (status, words in summary) == ("failed", True)
    assert finished.report(candidate)["verdict"] == "ineligible"
    later = finished.outcome(candidate, "limit-buy-and-sell")
    assert later == ("undetermined", f"Not tried, because imports-and-constructs failed: {summary}")


@attack(
    "leaves a daemon behind in a unit test, deaf to signals and in a session of its own",
    meets="the job's end is the end of its whole process tree",
)
def test_a_daemon_of_a_unit_test(finished: Finished) -> None:
    assert finished.left == []
    assert finished.outcome("lingers", "plays-fair-with-the-harness")[0] == "failed"


@attack(
    "writes markup, mentions and terminal sequences into file names, the author and its own errors",
    meets="pages, JSON and the terminal show the text as it is",
)
def test_words_that_attack_the_report(finished: Finished) -> None:
    page = Page((finished.folder / "reports/tiny/shouts/index.html").read_text(encoding="utf-8"))
    assert "img" not in {tag for tag, _ in page.elements}
    assert not [address for address in page.attribute("href") if address.startswith("javascript:")]
    assert "<img src=x onerror=alert(1)> [x](javascript:alert(1))" in "".join(page.words)
    assert WORDS in finished.outcome("shouts", "imports-and-constructs")[1]
    for path in (finished.folder / "reports").rglob("*.*"):
        assert path.suffix == ".zst" or not re.search("[\x1b\u202e]", path.read_text(encoding="utf-8")), path
    assert not re.search("[\x1b\u202e]", finished.said)


@attack(
    "makes its connector a symbolic link to a file of this machine",
    meets="links are data: the connector's folder is missing, and the file is not read",
)
def test_a_connector_that_is_a_link(finished: Finished) -> None:
    status, summary = finished.outcome("linked", "connector-files-complete")
    assert (status, summary) == ("failed", "Parts of the connector are missing: the connector itself.")
    assert SECRET in finished.place.private.read_text()
    for path in (finished.folder / "reports").rglob("*.*"):
        assert SECRET not in _text_of(path), path


@attack(
    "gets the process of its checks killed in the middle",
    meets="a failure of ours in its report alone; the next run takes up what is missing, and only that",
)
def test_checks_that_are_killed(finished: Finished) -> None:
    first = {item["requirement"]: item for item in json.loads(finished.taken_up)["outcomes"]}
    assert "killed: our own failure: " in finished.said
    ours = [item for item in first.values() if item["status"] == "harness_error"]
    assert ours
    assert all("killed by signal 9" in item["summary"] for item in ours)
    assert any(item["status"] == "passed" for item in first.values()), "what was found by then stands"
    assert finished.outcomes("killed") == finished.outcomes("good")
