from __future__ import annotations

import socket
from pathlib import Path

import pytest

from harness.forks import limits
from harness.forks.errors import ForkError, GitFailed, RefMissing, RefusedObjects, TooLarge, Unreachable
from harness.forks.mirrors import Source
from harness.forks.remote import explain, list_refs, similar_refs, transport_of


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("fatal: unable to access 'https://nope/': Could not resolve host: nope", "host not found"),
        ("fatal: unable to look up nope (port 9418) (Name or service not known)", "host not found"),
        ("ssh: Could not resolve hostname nope: Name or service not known", "host not found"),
        ("fatal: could not read Username for 'https://github.com': terminal prompts disabled", "or private"),
        ("remote: Repository not found.\nfatal: repository 'https://github.com/a/b/' not found", "not found"),
        ("fatal: unable to access 'https://h/': The requested URL returned error: 404", "not found"),
        ("git@github.com: Permission denied (publickey).\nfatal: Could not read", "refused our ssh key"),
        ("fatal: '/x' does not appear to be a git repository", "no git repository there"),
        ("fatal: unable to connect to localhost: errno=Connection refused", "connection refused"),
        (
            "fatal: unable to access 'https://h/': Failed to connect to h port 443: Connection timed out",
            "failed",
        ),
        ("fatal: unable to access 'https://h/': Operation too slow. Less than 1000 bytes/sec", "failed"),
        (
            "fatal: unable to access 'https://h/': SSL certificate problem: certificate has expired",
            "certificate",
        ),
        ("fatal: transport 'ext' not allowed", "protocol not allowed"),
        ("fatal: detected dubious ownership in repository at '/x'", "belongs to another user"),
    ],
)
def test_what_git_says_in_plain_words(said: str, reason: str) -> None:
    error = explain("https://h/x", GitFailed(("fetch",), 128, said))
    assert isinstance(error, Unreachable)
    assert reason in error.reason
    assert error.hint


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("fatal: couldn't find remote ref refs/heads/x", RefMissing),
        (
            "error: object 12ab: duplicateEntries: contains duplicate file entries\nfatal: fsck error",
            RefusedObjects,
        ),
        ("fatal: write error: File too large\nfatal: fetch-pack: invalid index-pack output", TooLarge),
        ("fatal: fetch-pack: invalid index-pack output\n", TooLarge),
        ("error: index-pack died of signal 11\nfatal: index-pack failed", RefusedObjects),
        ("fatal: Out of memory, malloc failed (tried to allocate 9 bytes)", TooLarge),
    ],
)
def test_other_endings(said: str, kind: type[ForkError]) -> None:
    assert isinstance(explain("https://h/x", GitFailed(("fetch",), 128, said)), kind)


def test_words_we_do_not_know_are_passed_on() -> None:
    assert explain("https://h/x", GitFailed(("fetch",), 1, "fatal: something new")) is None


@pytest.mark.parametrize(
    ("url", "protocol"),
    [
        ("https://github.com/a/b", "https"),
        ("ssh://git@h/a", "ssh"),
        ("git@github.com:a/b.git", "ssh"),
        ("git://h/a", "git"),
        ("file:///a", "file"),
        ("/a/b", "file"),
        ("./a:b", "file"),
        ("http://h/a", "none"),
        ("ext::sh -c x", "none"),
        ("ext::https://x", "none"),
    ],
)
def test_an_address_may_use_one_protocol(url: str, protocol: str) -> None:
    assert transport_of(url) == protocol


def test_a_server_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIST_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"git://127.0.0.1:{server.getsockname()[1]}/x"
        with pytest.raises(Unreachable, match="no answer within 1 s"):
            list_refs(Source(url), ("refs/heads/*",), tmp_path)


def test_a_host_out_of_reach(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        list_refs(Source("https://example.invalid/x"), ("refs/heads/*",), tmp_path)


def test_similar_refs_prefer_the_same_words() -> None:
    refs = dict.fromkeys(("refs/heads/main", "refs/heads/feat/acme-v2", "refs/tags/v1", "refs/heads/zzz"), "")
    assert similar_refs("fix/acme-v2", refs) == ("feat/acme-v2", "main")
