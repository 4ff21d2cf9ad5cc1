"""Talking to where a fork lives: which refs it has, and git's complaints in plain words."""

from __future__ import annotations

import contextlib
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from harness import temporary
from harness.forks import limits
from harness.forks.errors import GitFailed, GitTimedOut, RefMissing, RefusedObjects, TooLarge, Unreachable
from harness.forks.hardened import run
from harness.forks.mirrors import Source
from harness.rounds.fields import is_ref
from harness.text import one_line

# A repository on this machine has no server to be configured: what public hosts allow, allowed here. It may
# fetch nothing itself, whatever promisor its configuration names.
LOCAL_UPLOAD_PACK = (
    "GIT_ALLOW_PROTOCOL=none git -c uploadpack.allowFilter=true -c uploadpack.allowAnySHA1InWant=true "
    "upload-pack"
)
TRANSPORTS = ("https", "ssh", "git", "file")
# Where a clone keeps the branches of the repository that it was made of.
FOLLOWED = "refs/remotes/origin/"
COMMIT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

# What git and its transports say → what it means. The first that matches counts.
_UNREACHABLE: tuple[tuple[str, str, str], ...] = (
    (r"Could not resolve host(?:name)?:? ?([^\s;]*)", "host not found", "correct the address, or connect"),
    (r"Name or service not known|unable to look up", "host not found", "correct the address, or connect"),
    (r"terminal prompts disabled|could not read (?:Username|Password)|Authentication failed|error: 40[13]",
     "repository not found, or private", "make it public, or correct the address"),
    (r"[Rr]epository.*not found|error: 404|not found: did you run", "repository not found",
     "correct the address"),
    (r"Permission denied \(publickey", "the server refused our ssh key", "use the https:// address"),
    (r"Host key verification failed", "the server's ssh key is not known here", "use the https:// address"),
    (r"dubious ownership", "the folder belongs to another user", "run as its owner, or clone it first"),
    (r"does not appear to be a git repository|No such file or directory|not a git repository",
     "no git repository there", "correct the address"),
    (r"Connection refused", "connection refused", "the host answers, but no git server on it does"),
    (r"[Cc]onnection timed out|Failed to connect|Operation too slow|Connection reset|unreachable"
     r"|early EOF|hung up", "the connection failed", "try again later"),
    (r"SSL|certificate", "its TLS certificate was not accepted", "its owner has to renew it"),
    (r"strange (?:host|path)name", "not an address", "use https://, ssh://, git:// or a path"),
    (r"transport '?(\S+?)'? not allowed", "protocol not allowed", "use https://, ssh://, git:// or a path"),
)  # fmt: skip
_REDIRECT = re.compile(r"^warning: redirecting to (\S+)", re.MULTILINE)
# Names that are compared letter by letter to find a near one.
COMPARED = 2000
# How a server that speaks git answers, and a web server that has a repository among its files does not.
_GIT_SERVER = re.compile(rb"content-type: application/x-git-upload-pack-advertisement", re.IGNORECASE)
# git-fsck(1) names what is wrong by a word in camel case, in a line of its own before it gives up.
_FSCK = re.compile(r"error: object [0-9a-f]+: (\w+: [^\n]*)|fatal: (fsck error[^\n]*)")


_BROKEN = re.compile(r"died of signal|index-pack (?:failed|output)|unresolved deltas|bad (?:object|pack)")


@dataclass(frozen=True)
class Found:
    """A ref as the remote names it; `source` is what to ask for in a fetch."""

    full_ref: str
    source: str


def transport_of(url: str) -> str:
    """The one protocol that `url` may use, as git's GIT_ALLOW_PROTOCOL names it."""
    scheme, separator, _ = url.partition("://")
    if separator:
        return scheme if scheme in TRANSPORTS else "none"
    if "::" in url:
        return "none"
    local = url.startswith(("/", "./", "../"))
    return "file" if local or ":" not in url else "ssh"


def resolve(source: Source, ref: str, cwd: Path) -> Found:
    """Ask what `ref` is: a branch before a tag, a full ref, or a commit id.

    The branches of a mirror that somebody cloned to work in are those it followed; its own come after them.
    Raises Unreachable, RefMissing.
    """
    if COMMIT_ID.fullmatch(ref):
        list_refs(source, ("HEAD",), cwd)  # for what it says of the server
        return Found(ref, ref)
    folders = (*((FOLLOWED,) if source.mirror else ()), "refs/heads/", "refs/tags/")
    patterns = (ref,) if ref.startswith("refs/") else tuple(f"{folder}*" for folder in folders)
    refs = list_refs(source, patterns, cwd)
    for name in (ref, *(f"{folder}{ref}" for folder in folders)):
        if name in refs:
            return Found(name, name)
    raise RefMissing(source.url, ref, similar_refs(ref, refs or list_refs(source, ("refs/heads/*",), cwd)))


def list_refs(source: Source, patterns: tuple[str, ...], cwd: Path) -> dict[str, str]:
    """Full ref name → object id, of those that match. Raises as `resolve`, TooLarge."""
    url, protocol = source.url, transport_of(source.address)
    local = ("--upload-pack", LOCAL_UPLOAD_PACK) if protocol == "file" else ()
    with transport_errors(url), temporary.folder("refs") as scratch:
        trace = scratch / "trace"
        finished = run(
            ("ls-remote", "--refs", *local, "--", source.address, *patterns),
            cwd=cwd,
            timeout=limits.LIST_SECONDS,
            protocol=protocol,
            env={"GIT_TRACE_CURL": str(trace), "GIT_TRACE_CURL_NO_DATA": "1"}
            if protocol == "https"
            else None,
        )
        if protocol == "https" and not _GIT_SERVER.search(trace.read_bytes()):
            raise Unreachable(url, "no git server there, only files", hint="publish it on a git host")
    refuse_redirect(url, finished.stderr)
    lines = finished.stdout.decode("utf-8", "replace").splitlines()
    if len(lines) > limits.REFS:
        raise TooLarge(f"a list of {len(lines)} refs", f"{limits.REFS}", where=url)
    rows = (line.split("\t", 1) for line in lines)
    return {row[1]: row[0] for row in rows if len(row) == 2}


def refuse_redirect(url: str, said: str) -> None:
    """Raise Unreachable where git says that it was led to another host."""
    asked = urlsplit(url).hostname
    for target in _REDIRECT.findall(said):
        host = urlsplit(target).hostname or ""
        if host != asked:
            hint = "put the repository's own address into the round"
            raise Unreachable(url, f"it redirects to another host, {one_line(host)}", hint=hint)


def similar_refs(ref: str, refs: dict[str, str]) -> tuple[str, ...]:
    """Up to four short names close to `ref`; those with its last part in them come first."""
    short = [
        name
        for name in (re.sub(rf"^(refs/heads|refs/tags|{FOLLOWED[:-1]})/", "", full) for full in refs)
        if is_ref(name)
    ]
    tail = ref.rsplit("/", 1)[-1].lower()
    containing = [name for name in short if len(tail) > 3 and tail in name.lower()]
    close = difflib.get_close_matches(ref, short[:COMPARED], n=4, cutoff=0.5)
    usual = [name for name in ("master", "main", "development") if name in short]
    return tuple(dict.fromkeys([*containing[:4], *close, *usual]))[:4]


@contextlib.contextmanager
def transport_errors(url: str) -> Iterator[None]:
    """Turn what git said about `url` into Unreachable, RefMissing, RefusedObjects or TooLarge."""
    try:
        yield
    except GitTimedOut as late:
        raise Unreachable(url, f"no answer within {late.seconds:g} s", hint="try again later") from late
    except GitFailed as failure:
        meaning = explain(url, failure)
        if meaning is None:
            raise
        raise meaning from failure


def explain(url: str, failure: GitFailed) -> Unreachable | RefMissing | RefusedObjects | TooLarge | None:
    """The error that git's words stand for, or None when they say nothing we know."""
    said = failure.stderr
    if "not our ref" in said:
        return None  # an object it lacks: the one who asked knows whether that matters
    missing = re.search(r"couldn't find remote ref (\S+)", said)
    if missing:
        return RefMissing(url, one_line(missing[1]))
    if meaning := _over_a_limit(url, said) or _refused(url, failure):
        return meaning
    for pattern, reason, hint in _UNREACHABLE:
        if re.search(pattern, said):
            return Unreachable(url, reason, hint=hint)
    return None


def _over_a_limit(url: str, said: str) -> TooLarge | None:
    cpu, memory = f"{limits.CPU_SECONDS} s of processor time", f"{limits.MEMORY_BYTES // limits.MIB} MiB"
    meanings = (
        (r"File too large", f"{limits.PACK_BYTES // limits.MIB} MiB"),
        (r"attempting to allocate \d+", f"{limits.ALLOCATION_BYTES // limits.MIB} MiB an object"),
        (r"[Oo]ut of memory|(?:malloc|mmap) failed", f"{memory} of memory"),
        # Killed by the kernel, git says no more than that.
        (
            r"\A(?:warning: [^\n]*\n)*fatal: fetch-pack: invalid index-pack output\s*\Z",
            f"{cpu} or {memory} of memory",
        ),
    )
    for pattern, limit in meanings:
        if re.search(pattern, said):
            return TooLarge("what it sends", limit, where=url)
    return None


def _refused(url: str, failure: GitFailed) -> RefusedObjects | None:
    named = _FSCK.search(failure.stderr)
    if named:
        return RefusedObjects(url, one_line(named[1] or named[2]))
    if "mismatched algorithms" in failure.stderr:
        return RefusedObjects(url, "its ids are of another kind (SHA-256) than upstream's")
    return RefusedObjects(url, failure.reason) if _BROKEN.search(failure.stderr) else None
