"""Which backend is taken, and what is said when none can be."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from harness.sandbox import choosing
from harness.sandbox.protocol import Backend, Completed, Job, NoSandboxError, Process


class Given:
    """A backend that is as healthy as the test says."""

    def __init__(self, name: str, reason: str | None) -> None:
        self.name = name
        self._reason = reason

    def health_check(self) -> str | None:
        return self._reason

    def start(self, job: Job) -> Process:
        raise NotImplementedError

    def run(self, job: Job) -> Completed:
        raise NotImplementedError


def offer(monkeypatch: pytest.MonkeyPatch, **reasons: str | None) -> None:
    def maker(name: str, reason: str | None) -> Backend:
        return Given(name, reason)

    made = {name: lambda name=name, reason=reason: maker(name, reason) for name, reason in reasons.items()}
    monkeypatch.setattr(choosing, "BACKENDS", MappingProxyType(made))


def test_docker_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, docker=None, bubblewrap=None)
    assert choosing.choose("auto").name == "docker"


def test_bubblewrap_is_taken_where_docker_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, docker="no engine answers", bubblewrap=None)
    assert choosing.choose("auto").name == "bubblewrap"


def test_a_backend_asked_for_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, docker="no engine answers", bubblewrap=None)
    with pytest.raises(NoSandboxError, match="docker: no engine answers"):
        choosing.choose("docker")


def test_every_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, docker="no engine answers", bubblewrap="not installed → apt")
    with pytest.raises(NoSandboxError) as caught:
        choosing.choose("auto")
    assert "docker: no engine answers\nbubblewrap: not installed → apt" in str(caught.value)
    assert "harness doctor" in str(caught.value)


def test_who_asks_for_a_runtime_gets_no_other_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(choosing.RUNTIME, "runsc")
    offer(monkeypatch, docker="the engine has no runtime runsc, only runc", bubblewrap=None)
    with pytest.raises(NoSandboxError, match="no runtime runsc, only runc"):
        choosing.choose("auto")
    with pytest.raises(NoSandboxError, match="bubblewrap has no runtimes, so runsc"):
        choosing.choose("bubblewrap")
    assert choosing.described("docker") == "docker (runsc)"
