"""Which files the connector consists of, how they are named and whether Hummingbot finds it."""

from __future__ import annotations

import ast
import re

from checks.static.packages import LAYOUTS, Package, Role, find
from checks.static.source import Source
from checks.static.sources import Sources
from checks.static.tables import named_in, registrations_of_2020, signs_with_a_wallet
from checks.static.wording import counted
from harness.checking import (
    Attach,
    expect,
    fail,
    not_applicable,
    requirement,
    seen_in_file,
    seen_in_git,
    undetermined,
)
from harness.outcome import Evidence
from harness.rounds.round import Candidate

LISTED = 20
SETTINGS = "hummingbot/client/settings.py"
FOLDER_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# What a file in the connector's folder may be called besides `<name>_….py`.
NEUTRAL_FILES = frozenset({"__init__.py", "dummy.pyx", "dummy.pxd", "placeholder.pyx", "placeholder.pxd"})


@requirement("connector-files-complete")
def test_connector_files_complete(sources: Sources, connector_name: str, candidate: Candidate) -> None:
    """Every part of a connector of this generation has its file."""
    package = find(sources, connector_name, candidate.kind)
    if package is None:
        folder = f"{LAYOUTS[candidate.kind]}/{connector_name}"
        fail(f"There is no connector in {folder}.", seen_in_git(f"no Python or Cython file in {folder}"))
    missing = [
        role
        for role in package.roles
        if role.demanded and package.role(role.id) is None and not excused(package, role)
    ]
    if f"{package.path}/__init__.py" not in sources.paths:
        missing.insert(0, Role("package", "the package's own file", ("__init__.py",)))
    expect(
        not missing,
        f"Parts of the connector are missing: {', '.join(role.title for role in missing)}.",
        *(seen_in_git(f"no file {package.path}/{expected(package, role)}") for role in missing),
    )


def expected(package: Package, role: Role) -> str:
    ending = role.endings[0]
    if package.kind == "derivative" and role.id == "main":
        ending = "_derivative.py"
    return ending if role.id == "package" else f"{package.name}_{ending.removeprefix('_')}"


def excused(package: Package, role: Role) -> bool:
    """An exchange may do without a part: no private stream, no signed requests, a part under another name."""
    if package.generation == "v1":
        return role.id == "stream" and not _follows_a_user_stream(package)
    if role.id in SUPPLIED and package.takes_over(SUPPLIED[role.id]):
        return True
    if role.id == "stream":
        return (
            package.of_2020
            or _declares(package, "_is_user_stream_initialized")
            or _has_base(package, "UserStreamTrackerDataSource")
        )
    if role.id == "auth":
        return _declares(package, "authenticator") or _has_base(package, "AuthBase")
    if role.id == "in-flight":
        return _has_base(package, "InFlightOrderBase")
    return False


# Methods that make a part; what several exchanges run on may bring them along.
SUPPLIED = {
    "book": "_create_order_book_data_source",
    "stream": "_create_user_stream_data_source",
    "auth": "authenticator",
}


def _follows_a_user_stream(package: Package) -> bool:
    return (
        package.main is not None and re.search(r"user_?stream", package.main.text, re.IGNORECASE) is not None
    )


def _declares(package: Package, method: str) -> bool:
    """The main class defines `method` and does not just give up in it."""
    if package.main_class is None:
        return False
    for node in package.methods(package.main_class[1]):
        if node.name == method:
            return not (method == "authenticator" and _creates_something(node))
    return False


def _creates_something(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether an `authenticator` returns anything but None: then its class has to be somewhere."""
    returned = [item.value for item in ast.walk(node) if isinstance(item, ast.Return)]
    return any(
        value is not None and not (isinstance(value, ast.Constant) and value.value is None)
        for value in returned
    )


def _has_base(package: Package, base: str) -> bool:
    return any(base in definition.bases for _, definition in package.classes.values())


@requirement("files-parse")
def test_files_parse(sources: Sources, evidence: Attach) -> None:
    """Python can read every Python file, and every Cython file has its brackets and strings closed."""
    wrong, open_ = [], []
    for source in sources.code:
        parsed = source.parsed
        needs = f"needs Python {'.'.join(map(str, parsed.needs))} or newer" if parsed.needs else ""
        if source.unreadable:
            wrong.append(seen_in_file(source.path, None, source.unreadable))
        elif parsed.error and parsed.needs:
            open_.append(seen_in_file(source.path, parsed.line, f"{needs}: {source.line(parsed.line)}"))
        elif parsed.error:
            seen = f"{parsed.error}: {source.line(parsed.line)}"
            wrong.append(seen_in_file(source.path, parsed.line, seen))
        elif needs:
            evidence(seen_in_file(source.path, None, needs))
    expect(
        not wrong,
        f"{counted(len(wrong), 'source file')} cannot be parsed.",
        *wrong[:LISTED],
    )
    if open_:
        undetermined("This machine has no Python that can parse it: `uv python install 3.12`.", *open_)


@requirement("naming-follows-convention")
def test_naming(package: Package) -> None:
    """Folder, files and classes carry the connector's name."""
    odd: list[Evidence] = []
    if not FOLDER_NAME.fullmatch(package.name):
        odd.append(seen_in_git(f"{package.path}: the folder's name is not lower case with underscores"))
    for source in package.top:
        if source.name in NEUTRAL_FILES:
            continue
        if not source.name.startswith(package.name):
            odd.append(seen_in_file(source.path, None, f"does not begin with {package.name}"))
        odd += [
            seen_in_file(source.path, item.line, f"class {item.name} is not in CamelCase")
            for item in source.classes
            if item.name.lstrip("_")[:1].islower() or "_" in item.name.strip("_")
        ]
    if package.main and package.main_class is None:
        odd.append(seen_in_file(package.main.path, None, f"no class {package.class_name}"))
    expect(
        not odd,
        f"{counted(len(odd), 'name differs', 'names differ')} from Hummingbot's convention.",
        *odd[:LISTED],
    )


@requirement("connector-registered")
def test_connector_is_registered(package: Package, sources: Sources) -> None:
    """Hummingbot's own discovery would find it and could load its class."""
    missing = _unregistered_2020(package, sources) if package.of_2020 else _undiscovered(package, sources)
    expect(
        not missing,
        f"Hummingbot would not find {package.name}: {counted(len(missing), 'entry', 'entries')} missing.",
        *missing,
    )


def _undiscovered(package: Package, sources: Sources) -> list[Evidence]:
    missing: list[Evidence] = []
    if f"{package.path}/__init__.py" not in sources.paths:
        missing.append(seen_in_git(f"no {package.path}/__init__.py: Hummingbot skips the folder"))
    utils = next((item for item in package.top if item.name == f"{package.name}_utils.py"), None)
    if utils is None:
        missing.append(seen_in_git(f"no {package.name}_utils.py: Hummingbot skips the folder"))
    else:
        names = _assigned(utils)
        missing += [
            seen_in_file(utils.path, None, f"{name} is not set")
            for name in _asked_of_settings(package, sources)
            if name not in names
        ]
    endings = (".pyx", ".py") if package.generation == "v1" else (".py",)
    mains = [f"{package.path}/{package.name}_{package.kind}{ending}" for ending in endings]
    main = next((path for path in mains if path in sources.paths), None)
    if main is None:
        missing.append(seen_in_git(f"no {mains[-1]}: it is what Hummingbot imports"))
    elif package.class_name not in {item.name for item in sources[main].classes}:
        missing.append(seen_in_file(main, None, f"no class {package.class_name}, which Hummingbot asks for"))
    return missing


def _asked_of_settings(package: Package, sources: Sources) -> tuple[str, ...]:
    """What a connector's settings module has to say; before 2021 fees and keys stood in tables for all."""
    wanted = ("DEFAULT_FEES", "KEYS")
    if package.generation == "v2":
        return wanted
    utils = package.role("utils")
    read = sources[SETTINGS].text if SETTINGS in sources.paths else ""
    by_wallet = utils is not None and "USE_ETHEREUM_WALLET" in _assigned(utils)
    return tuple(name for name in wanted if f'"{name}"' in read and not (by_wallet and name == "KEYS"))


def _assigned(source: Source) -> set[str]:
    """Names given a value, or imported, at the top of a file."""
    found: set[str] = set()
    for node in source.nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name)
    return found


def _unregistered_2020(package: Package, sources: Sources) -> list[Evidence]:
    return [
        seen_in_file(entry.path, None, f"{entry.what} does not name {package.name}")
        for entry in registrations_of_2020(package)
        if entry.path in sources.paths and not entry.found_in(sources[entry.path])
    ]


@requirement("config-templates-present")
def test_config_templates(package: Package, sources: Sources) -> None:
    """Keys and fees of the exchange are in the templates a user starts from."""
    if not package.of_2020:
        not_applicable("Today's settings come from the connector's own config map.")
    folder = "hummingbot/templates"
    missing = []
    keyless = signs_with_a_wallet(package, sources)
    for name, ending in (
        ("conf_global_TEMPLATE.yml", "_"),
        ("conf_fee_overrides_TEMPLATE.yml", "_maker_fee"),
    ):
        path = f"{folder}/{name}"
        if keyless and ending == "_":
            continue
        if path in sources.paths and not named_in(sources[path].text, f"{package.name}{ending}"):
            missing.append(seen_in_file(path, None, f"no entry {package.name}{ending}…"))
    expect(not missing, f"The settings templates lack entries for {package.name}.", *missing)
