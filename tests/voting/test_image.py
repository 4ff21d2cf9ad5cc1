"""The files of an image: what they pin, what they refuse, what they warn of; a fork's words mean nothing."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from harness.errors import UserError
from harness.outcome import Status
from harness.voting.image import Image, checked_base, files
from tests.reporting.parts import HOSTILE, all_passed, outcome
from tests.voting.test_packet import packet

COMMIT = "4f2a9c1b7d3e5f60718293a4b5c6d7e8f9012345"
BASE = "python:3.12-slim-bookworm@sha256:" + "ab" * 32
HASHED = "aiohttp==3.13.0 \\\n    --hash=sha256:00\nnumpy==2.3.0 \\\n    --hash=sha256:01\n"


@pytest.fixture
def image(tmp_path: Path) -> Image:
    report = packet(tmp_path, all_passed()).report
    return Image(report, "https://github.com/acme-dev/hummingbot", COMMIT, "3.12.1", HASHED, BASE)


def test_commit_packages_and_base_are_pinned(image: Image) -> None:
    made = files(image)
    text = made["Dockerfile"]
    assert text.startswith(f"ARG BASE={BASE}\nFROM ${{BASE}}\n")
    assert f"fetch --quiet --depth 1 https://github.com/acme-dev/hummingbot {COMMIT}" in text
    assert f'test "$(git rev-parse HEAD)" = {COMMIT}' in text
    assert "--no-deps --require-hashes" in text
    assert "sys.version_info[:2] == (3, 12)" in text
    assert text.index("USER hummingbot") < text.index("CMD")
    assert made["requirements.txt"] == HASHED
    assert "- 2 Python packages by version and SHA-256" in made["README.md"]
    assert "Not pinned: Debian's" in made["README.md"]
    assert "args" not in yaml.safe_load(made["compose.yml"])["services"]["hummingbot"]["build"]


def test_a_base_that_nobody_named_has_no_default(image: Image) -> None:
    made = files(replace(image, base=None))
    assert "\nARG BASE\nFROM" in made["Dockerfile"]
    (service,) = yaml.safe_load(made["compose.yml"])["services"].values()
    assert service["build"]["args"]["BASE"].startswith("${BASE:?")
    assert "docker pull python:3.12-slim-bookworm" in made["README.md"]
    assert "{{index .RepoDigests 0}}" in made["README.md"]


def test_the_container_has_no_more_than_it_needs(image: Image) -> None:
    (service,) = yaml.safe_load(files(image)["compose.yml"])["services"].values()
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"ports", "network_mode", "privileged"} & set(service)


def test_files_that_lie_beside_it_are_copied_not_fetched(image: Image) -> None:
    made = files(replace(image, repository=None))
    assert "COPY source/ ./" in made["Dockerfile"]
    assert "git fetch" not in made["Dockerfile"]
    assert "!source" in made[".dockerignore"].splitlines()


def test_the_warning_comes_first_with_what_is_known(image: Image, tmp_path: Path) -> None:
    bad = outcome("every-fill-reported-once", Status.FAILED, "Two fills are missing.")
    report = packet(tmp_path / "bad", all_passed(every_fill_reported_once=bad)).report
    text = files(replace(image, report=report))["README.md"]
    assert "real money" in text.splitlines()[2]
    assert "- Every fill is reported exactly once: Two fills are missing." in text
    assert "It may not be voted on" in text
    assert "Known problems" not in files(image)["README.md"]


@pytest.mark.parametrize(
    "name", ["python:3.12", "python@sha256:ab", f"x\ny@sha256:{'ab' * 32}", f"-x@sha256:{'ab' * 32}"]
)
def test_a_base_without_a_digest_is_refused(name: str) -> None:
    assert checked_base(BASE) == BASE
    with pytest.raises(UserError, match="by its digest"):
        checked_base(name)


def test_an_address_is_one_word_to_the_shell(image: Image) -> None:
    address = "https://example.com/a;touch$IFS'x&b"
    text = files(replace(image, repository=address))["Dockerfile"]
    line = next(line for line in text.splitlines() if "git fetch" in line)
    assert address in shlex.split(line.removeprefix("RUN ").removesuffix("\\"))


@pytest.mark.parametrize("words", HOSTILE)
def test_a_forks_words_mean_nothing(image: Image, tmp_path: Path, words: str) -> None:
    bad = outcome("builds", Status.FAILED, words)
    made = files(replace(image, report=packet(tmp_path / "bad", all_passed(builds=bad)).report))
    assert words not in made["Dockerfile"] + made["compose.yml"]
    text = re.sub(r"(`+)[^`\n](?:.*?[^`\n])??\1(?!`)", "", made["README.md"])
    assert not re.search(r"(?<!\\)<\w", text)
    assert not re.search(r"(?<!\\)!?\[\w", text)
    assert made["README.md"].count("\n## ") == 2
