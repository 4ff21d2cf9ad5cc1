"""The commands as a person types them: what they say, and how they end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.world import own_cache, upstream_and_fork, write_round

HERE = ("--sandbox", "bubblewrap")  # to look for an engine first takes seconds


def harness(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The real command in a process of its own, with a cache of its own, wide and without colours."""
    cache = folder / "cache"
    if not cache.exists():
        own_cache(folder)
    env = {**os.environ, "HARNESS_CACHE": str(cache), "COLUMNS": "160", "NO_COLOR": "1", "TERM": "dumb"}
    return subprocess.run(
        [sys.executable, "-m", "harness", *arguments],
        cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_help_names_every_command(tmp_path: Path) -> None:
    said = harness(tmp_path, "--help")
    assert said.returncode == 0
    for command in (
        "run",
        "check",
        "report",
        "requirements",
        "doctor",
        "describe",
        "freeze",
        "sandbox",
        "submit",
        "diff",
        "try",
        "image",
        "review",
    ):
        assert command in said.stdout


def test_a_mistake_in_the_round_is_named_with_its_line(tmp_path: Path) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    file = write_round(tmp_path, upstream, {"hollow": fork.as_uri()})
    file.write_text(file.read_text().replace("release:", "relaese:"))
    said = harness(tmp_path, "run", str(file), *HERE)
    assert said.returncode == 2
    assert f"{file}:3" in said.stderr
    assert "release" in said.stderr


def test_a_round_that_is_not_there(tmp_path: Path) -> None:
    said = harness(tmp_path, "run", "nowhere.yml")
    assert said.returncode == 2
    assert "nowhere.yml" in said.stderr


def test_an_unknown_candidate_is_named(tmp_path: Path) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    file = write_round(tmp_path, upstream, {"hollow": fork.as_uri()})
    said = harness(tmp_path, "run", str(file), "--only", "holow")
    assert said.returncode == 2
    assert "holow" in said.stderr
    assert "hollow" in said.stderr


def test_requirements_are_listed_and_explained(tmp_path: Path) -> None:
    listed = harness(tmp_path, "requirements")
    assert listed.returncode == 0
    (line,) = (line for line in listed.stdout.splitlines() if "every-fill-reported-once" in line)
    assert "blocker  Every fill is reported" in line, "no column is wider than what stands in it"
    explained = harness(tmp_path, "requirements", "every-fill-reported-once")
    assert explained.returncode == 0
    assert "blocker" in explained.stdout
    unknown = harness(tmp_path, "requirements", "every-fil-reported-once")
    assert unknown.returncode == 2
    assert "every-fill-reported-once" in unknown.stderr


def test_freeze_writes_the_commits_seen(tmp_path: Path) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    file = write_round(tmp_path, upstream, {"hollow": fork.as_uri(), "gone": "https://127.0.0.1:1/x/y"})
    said = harness(tmp_path, "freeze", str(file))
    assert said.returncode == 0
    assert "gone" in said.stdout
    assert "hollow" in (tmp_path / "candidates.lock.yml").read_text()


def test_report_publishes_again_without_a_sandbox(tmp_path: Path) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    folder = tmp_path / "reports" / "tiny"
    folder.mkdir(parents=True)
    (folder / "round.yml").write_text(write_round(tmp_path, upstream, {"hollow": fork.as_uri()}).read_text())
    said = harness(tmp_path, "report", str(folder))
    assert said.returncode == 0, said.stderr
    (entry,) = json.loads((folder / "round.json").read_text())["candidates"]
    assert (entry["name"], entry["verdict"]) == ("hollow", None), "it was not screened"
    assert harness(tmp_path, "report", str(tmp_path)).returncode == 2


def test_check_outside_a_work_tree(tmp_path: Path) -> None:
    said = harness(tmp_path, "check", "nowhere")
    assert said.returncode == 2
    assert "harness check" in said.stderr


def test_check_of_a_work_tree_without_a_connector(tmp_path: Path) -> None:
    upstream, fork = upstream_and_fork(tmp_path, {"notes.txt": "nothing yet\n"})
    said = harness(tmp_path, "check", str(fork), "--upstream", f"{upstream.as_uri()}@master")
    assert said.returncode == 2
    assert "no connector is added or changed here" in said.stderr
    assert "→ a connector is a package below hummingbot/connector/exchange" in said.stderr


def test_an_upstream_that_does_not_answer_is_an_error_that_says_what_helps(tmp_path: Path) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    file = write_round(tmp_path, upstream, {"late": fork.as_uri()})
    file.write_text(file.read_text().replace("2026-10-01T00", "2026-09-05T00"))  # nothing to build or run
    assert harness(tmp_path, "run", str(file), *HERE).returncode == 0
    assert harness(tmp_path, "freeze", str(file)).returncode == 0
    away = upstream.rename(tmp_path / "away")
    said = harness(tmp_path, "run", str(file), *HERE)
    assert said.returncode == 0, "a commit that was fetched before needs no answer"
    (tmp_path / "candidates.lock.yml").unlink()
    said = harness(tmp_path, "run", str(file), *HERE)
    assert said.returncode == 2
    assert "upstream could not be read" in said.stderr
    assert "harness freeze" in said.stderr
    away.rename(upstream)
    assert harness(tmp_path, "run", str(file), *HERE).returncode == 0


def test_doctor_says_what_there_is(tmp_path: Path) -> None:
    said = harness(tmp_path, "doctor")
    assert "git" in said.stdout
    assert "sandbox bubblewrap" in said.stdout
    assert said.returncode in (0, 2)
