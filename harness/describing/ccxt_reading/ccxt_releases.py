"""Earlier releases of ccxt, for exchanges that today's does not have, each in a process of its own.

One interpreter has one ccxt: a release is laid before the installed one in a process that reads nothing else.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import JsonValue

from harness import temporary
from harness.describing.ccxt_reading.ccxt_reader import CcxtReader, signs_alike
from harness.describing.documents.leaves import Path as Leaf
from harness.describing.documents.readings import Meaning
from harness.describing.documents.sentinels import Sentinels
from harness.describing.signing.signatures import Scheme
from harness.errors import OurFailure, UserError
from harness.frameworks.store import get_or_make
from harness.frameworks.uv import NotInstalledError, install_wheels
from harness.oracle import checked_ccxt_id
from harness.paths import cache_dir
from harness.rounds.fields import CCXT_RELEASE, shown
from harness.rounds.mistakes import did_you_mean

PATIENCE = 120.0  # seconds for one question, the first with ccxt's import
BESIDE = ("six",)  # what ccxt of 2020 needs besides; the rest is there for today's


class Ccxt(NamedTuple):
    """An exchange of ccxt, of the installed release where none is named."""

    name: str
    release: str = ""

    @classmethod
    def of(cls, text: str, where: str | None = None) -> Ccxt:
        """From `NAME` or `NAME@RELEASE`, given at `where`. Raises UserError where that is no release."""
        name, at, release = text.partition("@")
        if at and not re.fullmatch(CCXT_RELEASE, release):
            hint = "give NAME@RELEASE: bittrex@4.0.100"
            raise UserError(f"{shown(release)} is no release of ccxt", where=where, hint=hint)
        return cls(name, release)


def checked(text: str, where: str | None = None) -> str:
    """`NAME` or `NAME@RELEASE`, given at `where`, if that release of ccxt has the exchange.

    The release is installed where it is not yet. Raises UserError.
    """
    ccxt = Ccxt.of(text, where)
    if not ccxt.release:
        return checked_ccxt_id(text, where)
    known = {path.stem for path in (installed(ccxt.release) / "ccxt").glob("[!_]*.py")}
    if ccxt.name not in known:
        hint = did_you_mean(ccxt.name, known) or "give another release, or leave it out"
        raise UserError(f"ccxt {ccxt.release} has no exchange {shown(ccxt.name)}", where=where, hint=hint)
    return text


def place(release: str) -> Path:
    """Where a release lies when it is installed."""
    return cache_dir() / "ccxt" / release


def installed(release: str) -> Path:
    """The folder of a release, and of what it needs beside today's packages. Raises UserError."""

    def make(folder: Path) -> None:
        with temporary.folder("ccxt") as scratch:
            try:
                install_wheels(Path(sys.executable), (f"ccxt=={release}", *BESIDE), folder, scratch)
            except NotInstalledError as error:
                _, _, why = error.message.partition("\n")
                raise UserError(
                    f"ccxt {release} could not be installed:\n{why}",
                    where="the package index",
                    hint="its releases: https://pypi.org/project/ccxt/#history",
                ) from error

    return get_or_make(place(release).parent, release, make)


class EarlierCcxt:
    """As `CcxtReader` and `signs_alike`, of an earlier release. A context manager."""

    def __init__(self, ccxt: Ccxt, sentinels: Sentinels, symbol: str, perpetual: bool) -> None:
        """Raises UserError where there is no such release, or it does not have the exchange."""
        self._ccxt = ccxt
        folder = str(installed(ccxt.release))
        context = get_context("spawn")
        self._link, far = context.Pipe()
        self._process = context.Process(
            target=_answer, args=(far, folder, ccxt.name, sentinels, symbol, perpetual), daemon=True
        )
        self._process.start()
        far.close()  # so that its end is heard of
        try:
            release = self._heard()
            if release is None:
                raise UserError(f"ccxt {ccxt.release} has no exchange {shown(ccxt.name)}")
            if release != ccxt.release:
                raise OurFailure(f"ccxt {release} was loaded instead of {ccxt.release}", where=folder)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> EarlierCcxt:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def meanings(self, operation: str, document: JsonValue) -> dict[Leaf, Meaning]:
        found: dict[Leaf, Meaning] = self._ask("meanings", operation, document)
        return found

    def fee_in(self, document: JsonValue) -> str:
        asset: str = self._ask("fee_in", document)
        return asset

    def signs_alike(self, schemes: Sequence[Scheme]) -> bool:
        alike: bool = self._ask("signs_alike", tuple(schemes))
        return alike

    def close(self) -> None:
        """Ends the process, whatever it is at."""
        self._process.kill()
        self._process.join()
        self._link.close()

    def _ask(self, question: str, *about: object) -> Any:
        with contextlib.suppress(OSError):  # where it has ended, nothing is heard
            self._link.send((question, about))
        return self._heard()

    def _heard(self) -> Any:
        try:
            if self._link.poll(PATIENCE):
                return self._link.recv()
        except (EOFError, OSError):
            pass
        raise OurFailure(f"ccxt {self._ccxt.release} gave no answer", where=self._ccxt.name)


def _answer(
    link: Connection, folder: str, name: str, sentinels: Sentinels, symbol: str, perpetual: bool
) -> None:
    """In the process: tell the release that was loaded, None where it lacks the exchange; then answer."""
    sys.path.insert(0, folder)
    try:
        reader = CcxtReader(name, sentinels, symbol, perpetual)
    except LookupError:
        link.send(None)
        return
    link.send(importlib.import_module("ccxt").__version__)
    questions: dict[str, Callable[..., Any]] = {
        "meanings": reader.meanings, "fee_in": reader.fee_in, "signs_alike": partial(signs_alike, name),
    }  # fmt: skip
    with contextlib.suppress(EOFError):  # when we have ended
        while True:
            question, about = link.recv()
            link.send(questions[question](*about))
