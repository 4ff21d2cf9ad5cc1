"""What the docker backend does beyond the common protocol: which engine, which runtime, which settings."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.sandbox import addresses, engine, settings, trial
from harness.sandbox.docker import Docker
from harness.sandbox.protocol import Completed, Exit, Job
from harness.sandbox.traits import Traits, traits_of
from tests.sandbox.fixtures import checked
from tests.sandbox.world import python

DEBIAN = Traits(
    kind="Docker",
    version="20.10.24",
    system="linux",
    cgroup="cgroupfs v2",
    storage="overlay2",
    rootless=False,
    remapped=False,
    seccomp=True,
    runtimes=frozenset({"runc", "runsc"}),
    default_runtime="runc",
    unlimited=(),
)
PODMAN = replace(DEBIAN, kind="Podman", version="4.3.1")


@pytest.fixture
def docker() -> Docker:
    backend, reason = checked("docker")
    if reason:
        pytest.skip(reason)
    assert isinstance(backend, Docker)
    return backend


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Settings of a job for an engine of the test's choosing, none of which is asked."""
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    monkeypatch.setattr(engine, "labels", lambda: {"connector-harness.owner": "us"})
    caches = (settings._seccomp_profile, settings._kept)

    def make(traits: Traits, runtime: str | None = None, **job: Any) -> dict[str, Any]:
        for each in caches:
            each.cache_clear()
        monkeypatch.setattr(engine, "traits", lambda: traits)
        return settings.of_job(python("pass", **job), runtime, None)

    yield make
    for each in caches:
        each.cache_clear()


def test_docker_host_is_the_only_one_asked(tmp_path: Path) -> None:
    environ = {
        "DOCKER_HOST": "tcp://localhost:2376",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CONFIG": str(tmp_path),
    }
    (found,) = addresses.candidates(environ)
    assert (found.url, found.local, found.source) == ("tcp://localhost:2376", False, "DOCKER_HOST")
    assert found.environment["DOCKER_CERT_PATH"] == str(tmp_path)


def test_the_docker_context_in_use_is_asked(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"currentContext": "rootless"}')
    folder = tmp_path / "contexts" / "meta" / hashlib.sha256(b"rootless").hexdigest()
    folder.mkdir(parents=True)
    meta = {"Name": "rootless", "Endpoints": {"docker": {"Host": "unix:///run/user/7/docker.sock"}}}
    (folder / "meta.json").write_text(json.dumps(meta))
    (found,) = addresses.candidates({"DOCKER_CONFIG": str(tmp_path)})
    assert str(found) == "unix:///run/user/7/docker.sock (docker context rootless)"
    others = addresses.candidates({"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "default"})
    assert found not in others


def test_the_users_own_engines_are_found(tmp_path: Path) -> None:
    environ = {"DOCKER_CONFIG": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    before = len(addresses.candidates(environ))
    (tmp_path / "podman").mkdir()
    with socket.socket(socket.AF_UNIX) as rootless, socket.socket(socket.AF_UNIX) as podman:
        rootless.bind(str(tmp_path / "docker.sock"))
        podman.bind(str(tmp_path / "podman" / "podman.sock"))
        found = [address.url for address in addresses.candidates(environ)]
        assert len(found) == before + 2
        own = [f"unix://{tmp_path}/docker.sock", f"unix://{tmp_path}/podman/podman.sock"]
        assert [url for url in found if url in own] == own
        with pytest.raises(OSError, match="refused"):
            addresses.Address(own[0], "test").knock()


@pytest.mark.parametrize(
    ("traits", "runtime", "words"),
    [
        (DEBIAN, None, None),
        (DEBIAN, "runsc", None),
        (DEBIAN, "kata", "has no runtime kata, only runc, runsc → name it"),
        (replace(DEBIAN, system="windows"), None, "runs windows, not Linux"),
        (replace(DEBIAN, unlimited=("memory", "processes")), None, "cannot limit memory and processes"),
        (replace(DEBIAN, unlimited=("memory",), rootless=True), None, "let systemd delegate"),
    ],
)
def test_an_engine_that_cannot_hold_a_job_is_not_used(
    traits: Traits, runtime: str | None, words: str | None
) -> None:
    reason = traits.why_not(runtime)
    assert reason is None if words is None else reason and words in reason


class Engine:
    """An engine that says what the test wants, in Docker's dialect and, to `get`, in Podman's."""

    def __init__(self, component: str, info: dict[str, Any], host: dict[str, Any] | None = None) -> None:
        self._component, self._info, self._host = component, info, host
        self.api = self
        self.base_url = "http+docker://localhost"

    def info(self) -> dict[str, Any]:
        return {"OSType": "linux", "Runtimes": {"runc": {}}, **self._info}

    def version(self) -> dict[str, Any]:
        return {"Version": "4.3.1", "Components": [{"Name": self._component}]}

    def get(self, url: str, timeout: float) -> Engine:
        assert url.endswith("/libpod/info")
        return self

    def raise_for_status(self) -> None:
        pass

    def json(self) -> dict[str, Any]:
        return {"host": self._host}


def test_an_engine_is_asked_what_it_is() -> None:
    options = ["name=seccomp,profile=default", "name=rootless"]
    found = traits_of(Engine("Engine", {"SecurityOptions": options, "PidsLimit": True}))  # type: ignore[arg-type]
    assert (str(found), found.seccomp, found.unlimited) == ("Docker 4.3.1 rootless", True, ("memory",))


def test_podman_is_asked_in_its_own_dialect_too() -> None:
    promised = {"MemoryLimit": True, "PidsLimit": True}
    host = {"security": {"rootless": True}, "cgroupControllers": ["pids"]}
    found = traits_of(Engine("Podman Engine", promised, host))  # type: ignore[arg-type]
    assert (str(found), found.unlimited) == ("Podman 4.3.1 rootless", ("memory",))


def test_the_runtime_asked_for_is_the_jobs(given: Any) -> None:
    assert given(DEBIAN, "runsc")["runtime"] == "runsc"
    assert given(DEBIAN)["runtime"] is None


def test_a_rootless_engines_job_is_its_user(given: Any) -> None:
    assert given(replace(DEBIAN, rootless=True))["user"] == "0:0"
    assert given(DEBIAN)["user"] != "0:0"


def test_an_engine_that_shifts_user_ids_does_not_shift_ours(given: Any) -> None:
    assert given(replace(DEBIAN, remapped=True))["userns_mode"] == "host"
    assert "userns_mode" not in given(DEBIAN)


def test_a_job_in_the_background_gives_way(given: Any) -> None:
    assert given(DEBIAN, background=True)["cpu_shares"] < 1024
    assert given(DEBIAN)["cpu_shares"] is None, "the engine's default, 1024"


def test_podman_gets_the_filter_as_a_file(given: Any) -> None:
    inline = next(one for one in given(DEBIAN)["security_opt"] if one.startswith("seccomp="))
    path = next(one for one in given(PODMAN)["security_opt"] if one.startswith("seccomp="))
    assert Path(path.removeprefix("seccomp=")).read_text() == inline.removeprefix("seccomp=")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([[], False, True, True, True], None),
        ([["CapEff"], False, True, True, True], "keep capabilities (CapEff)"),
        ([[], True, True, True, True], "may write to the root file system"),
        ([[], False, False, True, True], "do not reach the gateway"),
        ([[], False, True, False, True], "run without a seccomp filter"),
        ([[], False, True, True, False], "can gain privileges"),
    ],
)
def test_an_engine_whose_walls_have_holes_is_not_used(said: list[Any], words: str | None) -> None:
    class Given:
        name = "given"

        def health_check(self) -> str | None:
            raise NotImplementedError

        def start(self, job: Job) -> Any:
            raise NotImplementedError

        def run(self, job: Job) -> Completed:
            return Completed(Exit(0, "exited"), json.dumps(said).encode(), b"")

    reason = trial.why_not(Given())
    assert reason is None if words is None else reason and words in reason


def test_a_runtime_that_the_engine_lacks_is_said_before_anything_starts(docker: Docker) -> None:
    reason = Docker("no-such-runtime").health_check()
    assert reason
    assert "the engine has no runtime no-such-runtime, only" in reason


def test_a_runtime_that_the_engine_has_reaches_its_container(docker: Docker) -> None:
    runtime = engine.traits().default_runtime
    process = Docker(runtime).start(python("input()"))
    try:
        label = {"label": "=".join(next(iter(engine.labels().items())))}
        (found,) = [one["Id"] for one in engine.client().api.containers(filters=label)]
        assert engine.client().api.inspect_container(found)["HostConfig"]["Runtime"] == runtime
    finally:
        process.kill()


def test_a_job_finds_our_names_and_no_variable_of_the_engines(docker: Docker) -> None:
    code = """
import os
print(sorted(set(os.environ) - {"LC_CTYPE", "PWD"}))  # which Python and the shell set
for path in ("/etc/hosts", "/etc/resolv.conf"): print(open(path).read())
"""
    variables, *words = docker.run(python(code, env={"GIVEN": "1"})).stdout.decode().split()
    assert variables == "['GIVEN']"
    assert words[:2] == ["127.0.0.1", "localhost"]
    assert words[words.index("nameserver") + 1] == "127.0.0.1"
    assert os.uname().nodename not in words
