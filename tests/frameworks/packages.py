"""The environment that trees of our own are built and tested in, and an index made of files."""

from __future__ import annotations

import base64
import hashlib
import io
import sys
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest

from harness.frameworks import v2
from harness.frameworks.declaration import Declaration
from harness.frameworks.resolving import Environment, environment
from harness.paths import cache_dir

AS_OF = datetime(2026, 10, 7, tzinfo=UTC)


@cache
def tools() -> Environment:
    """What we need to build and test any tree, on the Python that runs us."""
    python = f"=={sys.version_info[0]}.{sys.version_info[1]}.*"
    return environment(
        cache_dir(), v2.environment_spec(), Declaration(python=python, requirements=("aiohttp",)), AS_OF
    )


def index_of_files(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all that uv is going to ask for packages.

    Its name is of nobody else: uv keeps wheels by the path of their index and by their version, whatever is
    in them, and pytest gives a path again.
    """
    folder, nothing = (place / f"{name}-{uuid4().hex}" for name in ("index", "no-index"))
    folder.mkdir()
    nothing.mkdir()
    monkeypatch.setenv("UV_DEFAULT_INDEX", nothing.as_uri())
    monkeypatch.delenv("UV_INDEX", raising=False)
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    return folder


def wheel(
    folder: Path,
    name: str,
    version: str,
    requires: Sequence[str] = (),
    module: str | None = None,
    contents: Mapping[str, str] | None = None,
) -> Path:
    """A wheel of one module that knows its version, or of `contents`."""
    module = module or name.replace("-", "_")
    stem = f"{name.replace('-', '_')}-{version}"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {each}\n" for each in requires)
    files = {
        **(contents or {f"{module}.py": f'VERSION = "{version}"\n'}),
        f"{stem}.dist-info/METADATA": metadata,
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},{_hash(text)},{len(text)}\n" for path, text in files.items())
    files[f"{stem}.dist-info/RECORD"] = f"{record}{stem}.dist-info/RECORD,,\n"
    target = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return target


def sdist(folder: Path, name: str, version: str, files: Mapping[str, str]) -> Path:
    """A source distribution with these files beside its metadata."""
    top = f"{name.replace('-', '_')}-{version}"
    metadata = f"Metadata-Version: 1.0\nName: {name}\nVersion: {version}\n"
    target = folder / f"{top}.tar.gz"
    with tarfile.open(target, "w:gz") as archive:
        for path, text in {"PKG-INFO": metadata, **files}.items():
            member = tarfile.TarInfo(f"{top}/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return target


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).decode().rstrip("=")
