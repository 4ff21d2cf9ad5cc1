"""Hostile forks of a tiny framework that the driver can load, and the good one that stands beside them.

Each has every file that a connector has to have, so that it gets as far as its attack lets it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.forks.repository import Repository
from tests.world import UPSTREAM

TINY = Path(__file__).resolve().parents[1] / "frameworks" / "tiny"
FOLDER = "hummingbot/connector/exchange/hollow"
PARTS = (
    "api_order_book_data_source",
    "api_user_stream_data_source",
    "auth",
    "constants",
    "utils",
    "web_utils",
)
MADE, FORKED = "2026-09-01T00:00:00Z", "2026-09-10T00:00:00Z"
HONEST = """
class HollowExchange:
    def __init__(self, trading_pairs, trading_required, **keys):
        raise NotImplementedError("hollow")
"""
TESTS = """
import unittest
from hummingbot.connector.exchange.hollow import hollow_exchange

class HollowTest(unittest.TestCase):
    def test_its_class(self):
        self.assertTrue(hollow_exchange.HollowExchange)
"""
# In a session of its own, deaf to every signal that can be ignored.
DAEMON = """
import os, signal, time, unittest
class DaemonTest(unittest.TestCase):
    def test_daemon(self):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                for number in (1, 2, 15): signal.signal(number, signal.SIG_IGN)
                time.sleep(3600)
            os._exit(0)
        os.wait()
"""
SECRET = "only this machine knows this"
WORDS = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) @everyone `\x1b[2J\u202egnp"


@dataclass(frozen=True)
class Place:
    """Where the forks of one round are made."""

    folder: Path

    @property
    def upstream(self) -> Path:
        return self.folder / "upstream"

    @property
    def trap(self) -> Path:
        """Appears only when something of a fork's ran out here."""
        return self.folder / "trap"

    @property
    def private(self) -> Path:
        """A file of this machine's that a fork points at."""
        return self.folder / "private.py"

    def framework(self) -> None:
        files: dict[str, str | bytes] = {
            path.relative_to(TINY).as_posix(): path.read_text() for path in TINY.rglob("*.py")
        }
        known = Path("hummingbot/client/settings.py")
        settings = (TINY / known).read_text()
        for old, new in (
            ("exchange.tiny.{self.name}_exchange", "exchange.{self.name}.{self.name}_exchange"),
            ('"TinyExchange"', '"HollowExchange"'),
            ('("tiny", "broken", "absent")', '("hollow",)'),
        ):
            assert old in settings
            settings = settings.replace(old, new)
        Repository(self.upstream).commit({**UPSTREAM, **files, str(known): settings}, MADE)

    def fork(self, name: str, files: Mapping[str, str | bytes], exchange: str = HONEST) -> Repository:
        """A fork with a whole connector, in which `exchange` is the main file, and `files` beside it."""
        fork = Repository.at(self.upstream).fork(self.folder / name)
        connector = {f"{FOLDER}/hollow_{part}.py": f"PART = {part!r}\n" for part in PARTS}
        whole = {
            f"{FOLDER}/__init__.py": "",
            f"{FOLDER}/hollow_exchange.py": exchange,
            f"test/{FOLDER}/__init__.py": "",
            f"test/{FOLDER}/test_hollow_exchange.py": TESTS,
        }
        fork.commit({**connector, **whole, **files}, FORKED)
        return fork


def good(place: Place) -> None:
    """Does what it says: it is not finished."""
    place.fork("good", {})


def runs_code(place: Place) -> None:
    """Code wherever a tool might run it: installing, collecting tests, starting Python."""
    act = f"open({str(place.trap)!r}, 'w')\n"
    names = (
        "setup.py",
        "conftest.py",
        "sitecustomize.py",
        f"test/{FOLDER}/conftest.py",
        f"{FOLDER}/setup.py",
    )
    place.fork("runs-code", dict.fromkeys(names, act))


def deep(place: Place) -> None:
    """A file ten thousand folders down."""
    fork = place.fork("deep", {})
    tip = fork.git("rev-parse", "HEAD")
    stream = (
        "commit refs/heads/master\ncommitter Ann Author <ann@example.com> 1789100000 +0000\ndata 1\nx\n"
        f"from {tip}\nM 644 inline {'a/' * 10_000}f\ndata 1\nx\n\n"
    )
    fork.git("fast-import", "--quiet", "--force", stdin=stream.encode())


def refused(place: Place) -> None:
    """A tree with an entry named .git, which git's own checks refuse."""
    fork = place.fork("refused", {})
    fork.commit_tree(b"100644 .git\0" + bytes.fromhex(fork.blob(b"x")), FORKED)


def exits(place: Place) -> None:
    """Ends the process that imports it, with success."""
    place.fork("exits", {}, "import os\nos._exit(0)\n")


def swells(place: Place) -> None:
    """Takes all the memory there is when it is imported."""
    place.fork("swells", {}, "held = []\nwhile True: held.append(bytearray(b'x') * (16 << 20))\n")


def lingers(place: Place) -> None:
    """A unit test that leaves a daemon behind."""
    place.fork("lingers", {f"test/{FOLDER}/test_daemon.py": DAEMON})


def shouts(place: Place) -> None:
    """Markup in file names, folder names, the author, the names of tests and what they say."""
    tests = f"import unittest\nclass T(unittest.TestCase):\n    pass\ndef f(self): self.fail({WORDS!r})\n"
    tests += f"setattr(T, 'test_' + {WORDS!r}, f)\nprint({WORDS!r})\n"
    odd = WORDS.replace("/", "")
    files = {
        f"{FOLDER}/{odd}.py": "x = 1\n",
        f"{odd}/{odd}.txt": "x\n",
        f"test/{FOLDER}/test_words.py": tests,
    }
    fork = place.fork("shouts", files, f"raise ImportError({WORDS!r})\n")
    author = WORDS.replace("<", "").replace(">", "")
    fork.git("commit", "--quiet", "--amend", "--no-edit", f"--author={author} <a@b.example>", at=FORKED)


def linked(place: Place) -> None:
    """The connector itself is a symbolic link to a file of this machine's."""
    place.private.write_text(f"PRIVATE = {SECRET!r}\n")
    fork = place.fork("linked", {})
    link = fork.path / FOLDER / "hollow_exchange.py"
    link.unlink()
    link.symlink_to(place.private)
    fork.commit({}, FORKED)


def killed(place: Place) -> None:
    """Harmless; the process of its checks is killed from outside."""
    place.fork("killed", {})


ALL: tuple[Callable[[Place], None], ...] = (
    good, runs_code, deep, refused, exits, swells, lingers, shouts, linked, killed,
)  # fmt: skip
