"""Which files a connector's submission may touch, which are Hummingbot's identity, which are left-overs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch

from checks.static.source import Source
from checks.static.sources import Sources
from harness.checking import seen_in_file, seen_in_git
from harness.errors import HarnessError
from harness.forks.submission import Change, Submission
from harness.outcome import Evidence

# Where a connector is made known to the rest of Hummingbot, and where libraries are listed.
REGISTRATION_TODAY = (
    "conf/__init__.py",
    "hummingbot/connector/connector_status.py",
    "hummingbot/templates/conf_*_TEMPLATE.yml",
    "hummingbot/client/settings.py",
    "hummingbot/client/config/client_config_map.py",
    "hummingbot/client/config/fee_overrides_config_map.py",
    "hummingbot/core/rate_oracle/*.py",
    "hummingbot/data_feed/candles_feed/candles_factory.py",
    "setup.py",
    "setup/*",
    "pyproject.toml",
    "README.md",
    ".gitignore",
    ".coveragerc",
    ".flake8",
    "Makefile",
    "assets/*.png",
    "assets/*.svg",
)
REGISTRATION_BEFORE = (
    "conf/__init__.py",
    "hummingbot/__init__.py",
    "hummingbot/client/settings.py",
    "hummingbot/client/hummingbot_application.py",
    "hummingbot/client/config/*_config_map.py",
    "hummingbot/client/config/global_config_map.py",
    "hummingbot/client/command/connect_command.py",
    "hummingbot/templates/conf_*_TEMPLATE.yml",
    "hummingbot/connector/connector_status.py",
    "hummingbot/core/utils/estimate_fee.py",
    "hummingbot/core/utils/market_mid_price.py",
    "hummingbot/core/utils/trading_pair_fetcher.py",
    "hummingbot/core/utils/ethereum.py",
    "hummingbot/market/paper_trade/__init__.py",
    "hummingbot/user/user_balances.py",
    "documentation/*",
    "assets/*",
    "jenkins/tests/exchanges/*",
    "setup.py",
    "setup/*",
    "README.md",
    ".gitignore",
)
DOCUMENTATION = ("docs/*", "documentation/*", "CHANGELOG*")
# Reach no user. That upstream's tests still pass is a requirement of its own.
TESTS = ("test/*",)
# What installs a connector's libraries where tests run; not what takes part in anything else.
CI = (".github/workflows/*", ".github/actions/*")
MORE_THAN_TESTING = re.compile(
    r"secrets\b|pull_request_target|permissions\s*:|github\.token|GITHUB_TOKEN|\b(curl|wget)\b|base64"
    r"|uses\s*:\s*(?!actions/|conda-incubator/|\./)|registry|publish|deploy",
    re.IGNORECASE,
)

IDENTITY = (
    "LICENSE*", "COPYING*", "NOTICE*", "hummingbot/VERSION", "VERSION", "Dockerfile*", "docker-compose*",
    "docker/*", ".github/*.md", ".github/ISSUE_TEMPLATE/*", ".github/FUNDING*", ".github/CODEOWNERS",
    "installation/*", "install", "clean", "uninstall", "redist/*", "pyinstaller/*", "win_installer/*",
    "*.icns", "*/hummingbot-logo*", "assets/hummingbot*", "documentation/mkdocs.yml", "CODE_OF_CONDUCT*",
    "CODEOWNERS",
)  # fmt: skip
VERSION = "hummingbot/VERSION"
RELEASE = re.compile(r"(?:dev-)?(?P<number>\d+(?:\.\d+)+)")
CLONE = re.compile(r"github\.com[/:]([\w.-]+)/hummingbot(?:-site)?(?:\.git)?(?![\w-])", re.IGNORECASE)
OWNERS = frozenset({"hummingbot", "coinalpha"})
TITLE = re.compile(r"^#\s+\S|^!\[", re.MULTILINE)
TEXT_ENDINGS = (".md", ".sh", ".yml", ".yaml", ".txt", ".rst", ".py", ".cfg", ".toml")

STRAY = (
    ("__pycache__", "compiled Python"), ("*.pyc", "compiled Python"), ("*.egg-info", "packaging output"),
    (".idea", "editor settings"), (".vscode", "editor settings"), ("*.swp", "editor file"),
    ("*~", "editor file"), (".DS_Store", "file manager's file"), ("Thumbs.db", "file manager's file"),
    ("*.log", "log"), ("logs", "log"), ("*.orig", "left by a merge"), ("*.rej", "left by a patch"),
    ("*.bak", "backup"), (".env", "private settings"), (".env.*", "private settings"),
    ("*.sqlite", "database"), ("*.sqlite3", "database"), ("*.db", "database"), (".coverage", "test output"),
    ("htmlcov", "test output"), (".pytest_cache", "test output"), (".mypy_cache", "cache"),
    (".ipynb_checkpoints", "notebook copy"), ("node_modules", "copied library"),
    ("site-packages", "copied library"), ("vendor", "copied library"), ("*.whl", "package"),
    ("*.zip", "archive"), ("*.tar.gz", "archive"), ("*.7z", "archive"), ("*.rar", "archive"),
    ("*.pem", "key or certificate"), ("id_rsa*", "key"), ("venv", "virtual environment"),
    (".venv", "virtual environment"),
)  # fmt: skip
GENERATED_CODE = (".c", ".cpp")
LARGE = 1 << 20
LIBRARY_FILES = 10  # of a folder in which nothing is Hummingbot's


@dataclass(frozen=True)
class Scope:
    """The paths that belong to the connectors of one submission."""

    folders: tuple[str, ...]
    names: tuple[str, ...]
    patterns: tuple[str, ...]

    @classmethod
    def of(cls, submission: Submission) -> Scope:
        names = tuple({*submission.candidate.connectors, *(item.name for item in submission.connectors)})
        wanted = [item for item in submission.connectors if item.name in submission.candidate.connectors]
        folders = [item.path for item in wanted]
        folders += [f"test/hummingbot/connector/{item.kind}/{item.name}" for item in wanted]
        before_today = submission.generation != "v2"
        return cls(
            tuple(folders),
            tuple(_bare(name) for name in names if name in submission.candidate.connectors),
            (*(REGISTRATION_BEFORE if before_today else REGISTRATION_TODAY), *DOCUMENTATION, *TESTS),
        )

    def allows(self, change: Change, sources: Sources) -> bool:
        """In its folders, where it is registered or tested, or named after it (a rate source, a page …)."""
        path = change.path
        if names_the_same_release(change, sources):
            return True
        if any(fnmatch(path, pattern) for pattern in CI):
            return change.status == "modified" and only_tests_differently(sources[path])
        if any(path.startswith(folder + "/") for folder in self.folders):
            return True
        if any(fnmatch(path, pattern) for pattern in self.patterns):
            return True
        named = any(name in _bare(part) for name in self.names for part in path.split("/"))
        return named or differs_in_blanks_only(change, sources)


def whose(path: str, connectors: Collection[str]) -> str | None:
    """Which connector's a file is: the one that a folder above it is called, else the one it is named after.

    A connector's feed of candles lies in `…/acme_candles/`, its source of rates in `acme_rate_source.py`.
    """
    parts = path.split("/")
    there = [name for name in connectors if name in parts]
    named = [name for name in connectors if any(part.startswith(f"{name}_") for part in parts)]
    return max(there or named, key=len, default=None)


def only_tests_differently(workflow: Source) -> bool:
    """Whether the new lines of a workflow neither touch what it may do nor bring in somebody else's steps."""
    return not any(MORE_THAN_TESTING.search(workflow.line(number)) for number in workflow.added)


def names_the_same_release(change: Change, sources: Sources) -> bool:
    """Whether the version that it changes is that of another branch of upstream: `2.13.0`, `dev-2.13.0`."""
    if change.path != VERSION or change.status != "modified":
        return False
    source = sources[VERSION]
    before, now = (RELEASE.fullmatch(text.strip()) for text in (source.base or "", source.text))
    return before is not None and now is not None and before["number"] == now["number"]


def differs_in_blanks_only(change: Change, sources: Sources) -> bool:
    """Whether no line with anything on it is another: an editor took away an empty line."""
    if change.status != "modified" or change.binary:
        return False
    try:
        source = sources[change.path]
    except HarnessError:
        return False
    return source.base is not None and _written(source.base) == _written(source.text)


def _written(text: str) -> list[str]:
    return [line.rstrip() for line in text.split("\n") if line.strip()]


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower().removesuffix("_perpetual"))


def identity_findings(submission: Submission, sources: Sources) -> list[Evidence]:
    return [found for change in submission.changes for found in _identity(change, sources)]


def _identity(change: Change, sources: Sources) -> Iterator[Evidence]:
    path = change.path
    if names_the_same_release(change, sources):
        return
    if any(fnmatch(path, pattern) for pattern in IDENTITY) and change.status != "added":
        yield seen_in_git(f"{change.status}: {path}", path=path)
    if change.status == "deleted" or change.binary or not path.endswith(TEXT_ENDINGS):
        return
    try:
        source = sources[path]
    except HarnessError:
        return
    for number in sorted(source.added):
        clone = CLONE.search(source.lines[number - 1])
        if clone and clone[1].lower() not in OWNERS:
            yield source.evidence(number)
    if path == "README.md" and source.base is not None:
        old, new = TITLE.search(source.base), TITLE.search(source.text)
        if old and (new is None or _line_at(source.base, old) != _line_at(source.text, new)):
            now = _line_at(source.text, new) if new else "no title"
            yield seen_in_file(path, 1, f"was: {_line_at(source.base, old)} · is: {now}")


def _line_at(text: str, match: re.Match[str]) -> str:
    return text[match.start() :].split("\n", 1)[0].strip()


def copied_libraries(submission: Submission, sources: Sources) -> Iterator[tuple[str, str]]:
    """Folders inside a new connector's with many files, none of which imports anything of Hummingbot's."""
    for connector in submission.connectors:
        inside = [source for source in sources.under(connector.path) if source.path in sources.changed]
        parts = {source.path[len(connector.path) + 1 :].rpartition("/")[0].split("/")[0] for source in inside}
        for part in sorted(parts - {""}) if connector.new else ():
            files = [each for each in inside if each.path.startswith(f"{connector.path}/{part}/")]
            own = any(name.split(".")[0] == "hummingbot" for each in files for name in each.imported)
            if len(files) >= LIBRARY_FILES and not own:
                yield f"{connector.path}/{part}", f"a copied library of {len(files)} files"


def rejected(change: Change) -> str | None:
    """Why an added path looks like a left-over, or None."""
    if change.status not in ("added", "renamed"):
        return None
    parts = change.path.split("/")
    for pattern, why in STRAY:
        if any(fnmatch(part, pattern) for part in parts):
            return why
    if change.path.startswith("hummingbot/") and change.path.endswith(GENERATED_CODE):
        return "code generated from Cython" if "/cpp/" not in change.path else None
    if change.path.startswith(("build/", "dist/", "reports/", "conf/")) and not change.path.endswith(".py"):
        return "output or private settings"
    if change.size > LARGE:
        return f"{change.size // LARGE} MiB large"
    return None
