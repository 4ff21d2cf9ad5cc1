"""What the image is made of; that it runs jobs is tested with the docker backend."""

from __future__ import annotations

from pathlib import Path

import pytest
from docker.errors import APIError

from harness.errors import UserError
from harness.sandbox import engine, image
from harness.sandbox.addresses import Address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ID=debian\nVERSION_CODENAME=trixie\n", "trixie"),
        ('ID="debian"\nVERSION_CODENAME="bookworm"\n', "bookworm"),
        ("ID=ubuntu\nVERSION_CODENAME=noble\n", "bookworm"),
        ("", "bookworm"),
    ],
)
def test_the_base_is_of_this_machines_debian(text: str, expected: str) -> None:
    assert image.debian_release(text) == expected


def test_the_dockerfile_names_what_the_shim_and_builds_need() -> None:
    assert {"python3", "nftables", "iproute2", "gcc", "g++"} <= set(image.packages_wanted())


def test_the_tag_changes_with_the_dockerfile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = image.tag()
    changed = tmp_path / "Dockerfile"
    changed.write_bytes(image.DOCKERFILE.read_bytes() + b"# more\n")
    monkeypatch.setattr(image, "DOCKERFILE", changed)
    assert image.tag() != before
    assert image.tag().startswith("connector-harness-sandbox:")


class _Built:
    """Stands in for the engine: builds on the bases it has, and keeps what it was asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *bases: str | None) -> None:
        self.bases, self.asked, self.words = bases, list[str | None](), list[str]()
        monkeypatch.setattr(engine, "address", lambda: Address("unix:///nowhere", "test"))
        monkeypatch.setattr("docker.from_env", lambda **_: self)
        monkeypatch.setattr(image, "_build", self._build)
        monkeypatch.setattr(image, "_debian_base", lambda client, progress: "made:here")

    def _build(self, client: object, base: str | None, progress: object) -> None:
        self.asked.append(base)
        if base not in self.bases:
            raise APIError("no such host")

    def close(self) -> None:
        self.asked.append("closed")


def test_the_dockerfiles_own_base_is_taken_where_a_registry_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    built = _Built(monkeypatch, None)
    assert image.build(built.words.append) == image.tag()
    assert built.asked == [None, "closed"]
    assert built.words == ["The base came from a registry."]


def test_without_a_registry_the_base_is_made_here_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    built = _Built(monkeypatch, "made:here")
    image.build(built.words.append)
    assert built.asked == [None, "made:here", "closed"]
    assert built.words[0].startswith("Not from a registry (no such host)")
    assert built.words[-1] == "The base was made here from Debian packages."


def test_a_base_asked_for_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    built = _Built(monkeypatch, "made:here")
    with pytest.raises(UserError, match="no such host") as refused:
        image.build(built.words.append, "registry.example/python:3.11-slim")
    assert refused.value.where == "--base"
    assert built.asked == ["registry.example/python:3.11-slim", "closed"]
