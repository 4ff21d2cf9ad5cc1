from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.cut import cut, main
from demo.edits import AnchorMissing
from demo.forks import BINANCE, BITSTAMP, KUCOIN, KUCOIN_PERPETUAL, REVEALING_TESTS, SUBMITTED
from demo.release import CLIENT_CONFIG, FEE_TEMPLATE, Connector, Release
from demo.roundfile import SUBMISSIONS_CLOSE, UNREACHABLE, write_round
from harness.rounds.reading import load_round
from harness.rounds.round import GitUpstream
from tests.demo.conftest import Cut, tiny_release

DEADLINE = datetime.fromisoformat(SUBMISSIONS_CLOSE)
CONNECTORS = {
    "binance": BINANCE,
    "kucoin": KUCOIN,
    "binance-defects": BINANCE,
    "late": KUCOIN,
    "bitstamp": BITSTAMP,
    "kucoin-perpetual": KUCOIN_PERPETUAL,
}


def git(repository: Path, *arguments: str) -> str:
    command = ["git", f"--git-dir={repository}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def paths(repository: Path, commit: str) -> set[str]:
    return set(git(repository, "ls-tree", "-r", "--name-only", commit).splitlines())


def added(cut_demo: Cut, fork: str) -> list[str]:
    """What a fork changes from the upstream commit it began at, as `git diff --name-status` lines."""
    commits = cut_demo.demo.commits[fork]
    return git(cut_demo.demo.forks[fork], "diff", "--name-status", f"{commits[0]}^", commits[-1]).splitlines()


def when(repository: Path, commit: str) -> datetime:
    return datetime.fromisoformat(git(repository, "show", "-s", "--format=%cI", commit).strip())


def test_cutting_twice_gives_the_same_commits(cut_demo: Cut, tmp_path: Path) -> None:
    again = cut(tmp_path / "elsewhere", cut_demo.released)

    assert again.commits == cut_demo.demo.commits


def test_file_modes_on_disk_do_not_matter(cut_demo: Cut, tmp_path: Path) -> None:
    release = Release.read(cut_demo.released)
    for path, content in release.files.items():
        place = tmp_path / "copy" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        place.chmod(0o755)

    again = cut(tmp_path / "cut", tmp_path / "copy")

    assert again.commits == cut_demo.demo.commits


def test_repositories_are_sound_and_serve_partial_clones(cut_demo: Cut) -> None:
    for repository in (cut_demo.demo.upstream, *cut_demo.demo.forks.values()):
        assert git(repository, "fsck", "--strict", "--no-dangling") == ""
        assert git(repository, "config", "uploadpack.allowFilter").strip() == "true"


def test_upstream_lacks_the_connectors_and_nothing_else(cut_demo: Cut) -> None:
    upstream = paths(cut_demo.demo.upstream, "master")
    released = set(Release.read(cut_demo.released).files)
    connectors = {connector.folder for connector in SUBMITTED}

    assert {str(Path(path).parent) for path in released - upstream} == connectors
    assert all(path == ".gitignore" or path.startswith("test/") for path in upstream - released)
    config = git(cut_demo.demo.upstream, "show", f"master:{CLIENT_CONFIG}")
    assert not any(f"hummingbot.connector.{each.kind}.{each.name}." in config for each in SUBMITTED)
    compile(config, CLIENT_CONFIG, "exec")


def test_upstream_has_a_history_before_the_deadline(cut_demo: Cut) -> None:
    upstream = cut_demo.demo.upstream
    dates = [when(upstream, commit) for commit in cut_demo.demo.commits["upstream"]]

    assert len(dates) == 4
    assert dates == sorted(dates)
    assert dates[-1] < DEADLINE


def test_what_a_build_leaves_is_no_source(cut_demo: Cut) -> None:
    upstream = paths(cut_demo.demo.upstream, "master")

    assert "PKG-INFO" not in upstream
    assert not [path for path in upstream if path.endswith((".so", ".pyc"))]
    assert not [path for path in upstream if path.endswith(".cpp") and path[:-3] + "pyx" in upstream]
    assert [path for path in upstream if path.endswith(".cpp")]


@pytest.mark.parametrize(("fork", "behind"), [("binance", 0), ("kucoin", 1), ("skeleton", 3), ("late", 0)])
def test_forks_begin_at_a_commit_of_upstream(cut_demo: Cut, fork: str, behind: int) -> None:
    history = cut_demo.demo.commits["upstream"]
    first = cut_demo.demo.commits[fork][0]

    base = git(cut_demo.demo.forks[fork], "rev-parse", f"{first}^").strip()

    assert history.index(base) == len(history) - 1 - behind


@pytest.mark.parametrize(("fork", "connector"), CONNECTORS.items())
def test_forks_change_only_their_connector_its_tests_and_its_fees(
    cut_demo: Cut, fork: str, connector: Connector
) -> None:
    changes = added(cut_demo, fork)
    ours = (f"{connector.folder}/", f"{connector.tests}/")
    fees = [] if connector == KUCOIN_PERPETUAL else [f"M\t{FEE_TEMPLATE}"]

    assert [line for line in changes if line.startswith("M")] == fees
    assert all(line.split("\t")[1].startswith(ours) for line in changes if line.startswith("A"))
    assert f"A\t{connector.folder}/README.md" in changes
    name = connector.name
    for part in (
        connector.kind,
        "auth",
        "utils",
        "api_order_book_data_source",
        "api_user_stream_data_source",
    ):
        assert f"A\t{connector.tests}/test_{name}_{part}.py" in changes


@pytest.mark.parametrize(
    ("fork", "connector"),
    [(fork, connector) for fork, connector in CONNECTORS.items() if fork not in ("binance-defects", "late")],
)
def test_the_released_connector_is_submitted_unchanged(
    cut_demo: Cut, fork: str, connector: Connector
) -> None:
    repository, commits = cut_demo.demo.forks[fork], cut_demo.demo.commits[fork]
    for path in Release.read(cut_demo.released).connector(connector):
        assert git(repository, "show", f"{commits[-1]}:{path}") == (cut_demo.released / path).read_text()


def test_forks_would_merge_cleanly(cut_demo: Cut) -> None:
    head = cut_demo.demo.commits["upstream"][-1]
    for fork in ("kucoin", "bitstamp", "kucoin-perpetual"):
        repository, commits = cut_demo.demo.forks[fork], cut_demo.demo.commits[fork]
        git(repository, "fetch", "-q", str(cut_demo.demo.upstream), "master")
        git(repository, "merge-tree", "--write-tree", head, commits[-1])


def test_each_defect_is_a_commit_of_its_own(cut_demo: Cut) -> None:
    repository, commits = cut_demo.demo.forks["binance-defects"], cut_demo.demo.commits["binance-defects"]
    diffs = [git(repository, "show", "--format=", commit) for commit in commits[-3:]]

    assert all("binance_exchange.py" in diff for diff in diffs)
    assert "-" in diffs[0]
    assert "trade_id" in diffs[0]
    assert "+    def quantize_order_amount" in diffs[1]
    assert "{self.secret_key}" in diffs[2]
    left_out = {f"test/hummingbot/connector/exchange/binance/{name}" for name in REVEALING_TESTS}
    assert left_out <= paths(cut_demo.demo.forks["binance"], "master")
    assert not left_out & paths(repository, "master")


def test_only_one_commit_is_late_and_it_breaks_the_connector(cut_demo: Cut) -> None:
    late = [
        (fork, commit)
        for fork, repository in cut_demo.demo.forks.items()
        for commit in cut_demo.demo.commits[fork]
        if when(repository, commit).astimezone(UTC) > DEADLINE
    ]

    assert late == [("late", cut_demo.demo.commits["late"][-1])]
    diff = git(cut_demo.demo.forks["late"], "show", "--format=", late[0][1])
    assert "+        raise NotImplementedError" in diff


def test_the_skeleton_has_no_tests(cut_demo: Cut) -> None:
    assert {line.split("\t")[1].rsplit("/", 1)[0] for line in added(cut_demo, "skeleton")} == {
        "hummingbot/connector/exchange/northwind"
    }


def test_the_round_file_is_one_the_harness_reads(cut_demo: Cut, tmp_path: Path) -> None:
    round_ = load_round(write_round(tmp_path, cut_demo.demo.upstream, cut_demo.demo.forks))

    assert round_.id == "demo"
    assert round_.submissions_close == DEADLINE
    assert isinstance(round_.upstream, GitUpstream)
    rows = {candidate.name: candidate for candidate in round_.candidates}
    assert set(rows) == {*cut_demo.demo.forks, "gone"}
    assert rows["gone"].repository == UNREACHABLE
    assert rows["bitstamp"].exchange.dialect == "bitstamp"
    assert {name: rows[name].connectors for name in CONNECTORS} == {
        name: (connector.name,) for name, connector in CONNECTORS.items()
    }
    assert {name: rows[name].kind for name in CONNECTORS} == {
        name: connector.kind for name, connector in CONNECTORS.items()
    }
    for name, repository in cut_demo.demo.forks.items():
        assert rows[name].repository == repository.as_uri()
        assert git(repository, "rev-parse", rows[name].ref).strip() == cut_demo.demo.commits[name][-1]


def test_a_folder_that_is_no_release_cannot_be_cut(tmp_path: Path) -> None:
    with pytest.raises(AnchorMissing, match="LICENSE"):
        cut(tmp_path / "cut", tmp_path / "empty")


def test_the_command_refuses_a_folder_in_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "something").touch()
    with pytest.raises(SystemExit):
        main([str(tmp_path)])
    assert "not empty" in capsys.readouterr().err


def test_a_release_without_fees_cannot_be_cut(tmp_path: Path) -> None:
    released = tiny_release(tmp_path / "released")
    (released / FEE_TEMPLATE).write_text("template_version: 1\n")

    with pytest.raises(AnchorMissing, match="fee override"):
        cut(tmp_path / "cut", released)
