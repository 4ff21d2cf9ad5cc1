"""The kinds of text a round file may hold, each with what is wrong and how to put it right."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote

from pydantic import AfterValidator, BeforeValidator, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from harness.credentials.meanings import Meaning
from harness.credentials.shapes import Shape
from harness.credentials.stated import stated


def wrong(what: str, fix: str, *at: str | int) -> PydanticCustomError:
    """A mistake and its fix; `at` leads from the value looked at to the part of it that is wrong."""
    # Braces are pydantic's template marks: the texts go in as values.
    return PydanticCustomError("round", "{what}", {"what": what, "fix": fix, "at": at})


def shown(value: object) -> str:
    """What was written, quoted and cut to 80 characters; the file may hold a megabyte of it."""
    quoted = repr(value if not isinstance(value, str) or len(value) <= 80 else f"{value[:79]}…")
    return quoted if len(quoted) <= 90 else f"{quoted[:80]}…"


def _instant(value: object) -> object:
    """A UTC instant from `2020-08-19T23:59:59Z` or with an offset; never a bare local time or a number."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise wrong(f"{shown(value)} is not a time", "write it like 2020-08-19T23:59:59Z") from None
    if not isinstance(value, datetime):
        raise wrong("not a time", "write it like 2020-08-19T23:59:59Z")
    if value.tzinfo is None:
        raise wrong(
            "the time has no zone",
            f"end it in Z for UTC: {value.isoformat()}Z, or in an offset like +02:00",
        )
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise wrong("not a possible time", "write it like 2020-08-19T23:59:59Z") from None


def _day(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise wrong(f"{shown(value)} is not a day", "write it like 2020-08-24")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise wrong(f"{shown(value)} is not a date", "write it like 2020-08-24") from None


def _one_line(value: str) -> str:
    if not value.isprintable():
        raise wrong("line breaks, control or invisible characters", "write one line of plain text")
    return value


_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<user>[^/@]*@)?(?P<host>(?!-)[^/@:]*)(?::\d+)?(?P<path>/.*)?", re.I
)
_SCP = re.compile(r"[A-Za-z0-9_.-]+@(?!-)[A-Za-z0-9.-]+:[^:].*")
# What a browser's address line shows of a repository on GitHub or GitLab: git fetches nothing from there.
PAGE_OF_REPOSITORY = re.compile(
    r"(?P<repository>https://(?:github\.com/[^/]+/[^/]+(?=/)|gitlab\.com/(?:.+?(?=/-/)|[^/]+/[^/]+(?=/tree/))))/(?:-/)?"
    r"(?:(?:tree|commits?)/(?P<ref>[^?#]+?)|(?:pulls?|blob|compare|issues|actions|branches)(?:/[^?#]*)?)/?(?:[?#].*)?"
)
_OWNER_AND_NAME = re.compile(r"(?:github\.com/)?([\w-]+/[\w.-]+)")


def _repository(value: str, info: ValidationInfo) -> str:
    """An address git may fetch from; a relative path counts from the round file's folder."""
    _one_line(value)
    if value.startswith("-") or "::" in value.split("/", 1)[0]:
        raise wrong(
            f"{shown(value)} is not an address git may fetch from", "use https://, ssh://, git:// or a path"
        )
    if value.startswith(("/", "./", "../", "~/")) or value in (".", ".."):
        folder = (info.context or {}).get("folder", Path())
        return str((Path(folder) / Path(value).expanduser()).resolve()) if info.context else value
    if _SCP.fullmatch(value):
        return value
    return _url(value)


def local_path(address: str) -> Path | None:
    """The folder that an address of a round names on this machine, or None."""
    if address.lower().startswith("file://"):
        # As git has it, what stands for a host is the first folder.
        return Path("/" + unquote(address[len("file://") :]).lstrip("/"))
    return Path(address) if address.startswith("/") else None


def _url(value: str) -> str:
    match = _URL.fullmatch(value)
    if match is None:
        named = _OWNER_AND_NAME.fullmatch(value)
        fix = f"write https://github.com/{named[1]}" if named else "write https://host/owner/name, or ./path"
        raise wrong(f"{shown(value)} is neither a URL nor a path", fix)
    scheme = match["scheme"].lower()
    if scheme not in ("https", "ssh", "git", "file"):
        raise wrong(f"{scheme}:// is not fetched", "use https://, ssh://, git:// or a path")
    if match["user"] and (scheme != "ssh" or ":" in match["user"]):
        raise wrong(
            "the address holds a user name or password", "remove it: this file and the reports are public"
        )
    if not match["path"] or (scheme != "file" and not match["host"]):
        raise wrong(f"{shown(value)} names no repository", "write https://host/owner/name")
    if page := PAGE_OF_REPOSITORY.fullmatch(value):
        branch = f", and `ref: {page['ref']}`" if page["ref"] else ""
        raise wrong(f"{shown(value)} is a page of a repository", f"write {page['repository']}{branch}")
    return value


# git-check-ref-format(1); public hosts allow 250 or fewer.
REF_LENGTH = 200
_REF = re.compile(r"(?!-|/|\.)(?!.*(?:\.\.|//|@\{|/\.|\.lock(?:/|$)))[^\x00-\x20\x7f~^:?*\[\\]+(?<![/.])")


def is_ref(value: str) -> bool:
    """Whether a round file may name it: a branch, tag or commit that no terminal or command trips over."""
    return len(value) <= REF_LENGTH and value.isprintable() and bool(_REF.fullmatch(value))


def _ref(value: str) -> str:
    if not is_ref(value):
        raise wrong(
            f"{shown(value)} is not a branch, tag or commit", "write its name as `git branch -r` shows it"
        )
    return value


_HOST = re.compile(
    r"(?=.{1,253}(?::|$))[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[0-9]{1,5})?"
)


def _host(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise wrong(
            f"{shown(value)} is not a host name",
            "write it without scheme or path, in lower case: api.example.com",
        )
    return value


_PUBLISHED = (
    "ballot", "ballot.json", "ballot.md", "index.html", "matrix.html",
    "report.md", "result.json", "round.csv", "round.json", "round.yml",
)  # fmt: skip
_RESERVED = frozenset({"con", "prn", "aux", "nul", "assets", "round", "index", *_PUBLISHED})


def _folder_name(value: str) -> str:
    if (
        not re.fullmatch(r"[a-z0-9]+([._-][a-z0-9]+)*", value)
        or len(value) > 60
        or value.endswith(".lock")
        or value in _RESERVED
    ):
        better = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")[:60]
        fix = f"for example {better!r}" if better and better not in _RESERVED else "for example 'my-exchange'"
        raise wrong(
            f"{shown(value)} cannot be the name of a report's folder",
            f"use lower-case letters, digits and hyphens, {fix}",
        )
    return value


def _file(value: str, info: ValidationInfo) -> str:
    """A file of this machine; a relative path counts from the round file's folder."""
    folder = (info.context or {}).get("folder", Path())
    return str((Path(folder) / Path(value).expanduser()).resolve()) if info.context else value


def _credential(value: str) -> str:
    try:
        stated(value)
    except ValueError:
        known = ", ".join([*Meaning, *Shape])
        raise wrong(
            f"{shown(value)} is not a meaning or shape of a credential",
            f"write what it means or its shape ({known}), or =VALUE for a fixed value that is no secret",
        ) from None
    return _one_line(value)


Credential = Annotated[
    str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), AfterValidator(_credential)
]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Day = Annotated[date, BeforeValidator(_day)]
Line = Annotated[
    str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True), AfterValidator(_one_line)
]
FolderName = Annotated[str, AfterValidator(_folder_name)]
RepositoryAddress = Annotated[
    str, StringConstraints(min_length=1, max_length=500), AfterValidator(_repository)
]
Ref = Annotated[str, StringConstraints(min_length=1, max_length=REF_LENGTH), AfterValidator(_ref)]
Mode = Literal["simulate", "replay", "live"]
FilePath = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_file)]
Host = Annotated[str, AfterValidator(_host)]
CCXT_RELEASE = r"\d+(\.\d+){1,3}"
CcxtId = Annotated[str, StringConstraints(pattern=rf"^[a-z0-9_]+(@{CCXT_RELEASE})?$", max_length=60)]
ConnectorName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
