"""What the image is made of; that it runs jobs is tested with the docker backend."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.sandbox import image


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
