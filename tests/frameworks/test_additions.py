"""Libraries that a submission adds: wheels are unpacked, sources are built inside, nothing runs outside."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import rmtree

import pytest

from harness.frameworks import uv, v2
from harness.frameworks.additions import TOO_MANY, Layer, layer
from harness.frameworks.contents import brought_by
from harness.frameworks.declaration import Declaration
from harness.frameworks.libraries import Libraries
from harness.frameworks.resolving import NOT_ON_INDEX, Environment, environment
from harness.sandbox import Backend
from harness.sandbox.protocol import Job, Mount
from tests.frameworks.packages import index_of_files, sdist, wheel
from tests.sandbox.fixtures import at_hand

SPEC = replace(v2.environment_spec(), tools=())
HERE = f"=={sys.version_info[0]}.{sys.version_info[1]}.*"
COMMIT = "1" * 40


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = index_of_files(tmp_path, monkeypatch)
    wheel(folder, "shared", "1.0")
    wheel(folder, "shared", "2.0")
    return folder


@pytest.fixture
def upstream(index: Path, tmp_path: Path) -> Environment:
    declaration = Declaration(python=HERE, requirements=("shared<2",))
    return environment(tmp_path / "cache", SPEC, declaration, None)


class NoBackend:
    """Where nothing may need the sandbox."""

    def run(self, job: Job) -> object:
        raise AssertionError(job)


Add = Callable[..., Layer]


@pytest.fixture
def add(upstream: Environment, tmp_path: Path) -> Add:
    def added(*asked: str, backend: object = None, commit: str = COMMIT) -> Layer:
        return layer(tmp_path / "cache", backend or NoBackend(), upstream, commit, asked, None)  # type: ignore[arg-type]

    return added


def test_what_is_added_is_a_layer_and_the_shared_environment_stays(
    add: Add, index: Path, upstream: Environment
) -> None:
    wheel(index, "acme-sdk", "1.0", requires=["acme-core", "shared"], module="acme")
    wheel(index, "acme-core", "3.1")
    found = add("acme-sdk>=1")
    assert found.additions.packages == ("acme-core==3.1", "acme-sdk==1.0")
    assert found.folder is not None
    assert brought_by(found.folder)["acme"] == {"acme-sdk"}
    assert sorted(brought_by(upstream.packages)) == ["shared"]


def test_another_version_of_a_shared_library_is_had_by_that_submission_alone(
    add: Add, upstream: Environment
) -> None:
    found = add("shared>=2")
    assert found.additions.packages == ("shared==2.0",)
    assert found.folder
    assert (found.folder / "shared.py").read_text() != (upstream.packages / "shared.py").read_text()
    assert add("shared>=2", commit="2" * 40).folder != found.folder


def test_what_is_there_already_needs_no_layer(add: Add) -> None:
    assert add("shared==1.0").folder is None
    assert add() == Layer()


def test_what_cannot_be_had_is_named_and_the_rest_is_there(add: Add, index: Path) -> None:
    wheel(index, "acme", "1.0")
    found = add("nowhere==1", "acme==1.0", "git+https://example.org/x").additions
    assert found.packages == ("acme==1.0",)
    assert [each.declared for each in found.unavailable] == ["git+https://example.org/x", "nowhere==1"]
    assert found.unavailable[0].why == NOT_ON_INDEX
    assert "nowhere" in found.unavailable[1].why


def test_what_upstream_declares_of_another_environment_is_lacking_here(upstream: Environment) -> None:
    libraries = Libraries.of(upstream, Layer(), Declaration(apart=("acme-proto>=1",)))
    assert libraries.why_lacking("acme_proto") == (
        "acme-proto>=1, which upstream declares, is not in the environment"
    )
    assert not libraries.there("acme_proto")
    assert libraries.why_lacking("other") is None


def test_a_submission_has_no_more_than_so_many(add: Add, index: Path) -> None:
    wheel(index, "acme", "1.0")
    found = add("acme", *(f"shared>={number}" for number in range(60))).additions
    assert len(found.unavailable) >= 11
    assert found.unavailable[0].why == TOO_MANY


def test_an_index_in_the_place_of_another_has_its_own_wheels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for module in ("old", "new"):
        place = tmp_path / "same"
        place.mkdir()
        wheel(index_of_files(place, monkeypatch), "acme-sdk", "1.0", module=module)
        uv.install_wheels(Path(sys.executable), ["acme-sdk==1.0"], tmp_path / module, tmp_path)
        found.append((tmp_path / module / f"{module}.py").exists())
        rmtree(place)
    assert found == [True, True]


@pytest.mark.parametrize("module", ["json", "sitecustomize", "hummingbot"])
def test_no_library_stands_in_for_pythons_or_the_frameworks_own(add: Add, index: Path, module: str) -> None:
    wheel(index, "acme-sdk", "1.0", module=module)
    found = add("acme-sdk")
    assert found.folder is None
    assert module in found.additions.unavailable[0].why


BACKEND = """
import os, socket, zipfile
assert os.environ.get("HOME") == "/tmp/work"
def get_requires_for_build_wheel(settings=None):
    return ["helper==1"]
def build_wheel(folder, settings=None, metadata=None):
    import helper
    try:
        socket.create_connection(("192.0.2.1", 80), 1)
        raise SystemExit("there is a network")
    except OSError:
        pass
    name = "acme_sdk-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        info = "acme_sdk-1.0.dist-info"
        about = "Metadata-Version: 2.1\\nName: acme-sdk\\nVersion: 1.0\\nRequires-Dist: shared\\n"
        kind = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
        files = {"acme.py": "BUILT = True\\n", info + "/METADATA": about, info + "/WHEEL": kind}
        record = "".join("{},,\\n".format(path) for path in files)
        for path, text in {**files, info + "/RECORD": record}.items():
            wheel.writestr(path, text)
    return name
"""
PROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


@pytest.fixture(scope="module")
def backend() -> Backend:
    return at_hand()


def test_what_has_only_sources_is_built_in_the_sandbox(
    add: Add, index: Path, upstream: Environment, backend: Backend
) -> None:
    wheel(index, "helper", "1")
    sdist(index, "acme-sdk", "1.0", {"pyproject.toml": PROJECT, "backend.py": BACKEND})
    found = add("acme-sdk==1.0", backend=backend)
    assert found.additions.unavailable == ()
    assert found.additions.built == ("acme-sdk",)
    assert found.folder
    job = Job(
        ("/venv/bin/python", "-c", "import acme, shared; print(acme.BUILT, shared.VERSION)"),
        (Mount(upstream.folder, "/venv"), Mount(found.folder, "/layer")),
        {"PYTHONPATH": "/layer"},
    )
    assert backend.run(job).stdout == b"True 1.0\n"


class Refusing:
    """A sandbox in which every build fails."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def run(self, job: Job) -> object:
        self.jobs.append(job)
        raise AssertionError("nothing is built here")


@pytest.mark.parametrize("named", ["setup.py", "backend.py"])
def test_nothing_of_a_package_runs_outside(add: Add, index: Path, tmp_path: Path, named: str) -> None:
    """Only the sandbox is ever asked to run it, and first of all."""
    witness = tmp_path / "ran"
    evil = f"open({str(witness)!r}, 'w').close()\n{BACKEND}"
    project = {"pyproject.toml": PROJECT} if named == "backend.py" else {}
    sdist(index, "acme-sdk", "1.0", {named: evil, **project})
    wheel(index, "setuptools", "80")
    wheel(index, "wheel", "1")
    sandbox = Refusing()
    with pytest.raises(AssertionError, match="nothing is built here"):
        add("acme-sdk", backend=sandbox)
    assert len(sandbox.jobs) == 1
    assert not witness.exists()
