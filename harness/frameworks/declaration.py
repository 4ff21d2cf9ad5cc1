"""What a tree of the framework says it needs: a Python and packages, read as text from its own files.

Hummingbot is installed with conda (`setup/environment.yml`, then `setup/pip_packages.txt` without what that
depends on); its `setup.py` and `pyproject.toml` name packages for the package index. Where two files name one
package, the file that people install by is followed. `install` and `Makefile` can offer other environments,
for connectors whose libraries do not fit the rest (`setup/environment_dydx.yml`).
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import yaml
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

ENVIRONMENTS = ("setup/environment-linux.yml", "setup/environment.yml")
WITHOUT_DEPENDENCIES = "setup/pip_packages.txt"
SETUP, PROJECT = "setup.py", "pyproject.toml"
WORKFLOWS = (
    ".github/workflows/workflow.yml",
    ".github/actions/install_env_and_hb/action.yml",
    ".github/actions/install_hummingbot/action.yml",
)
FILES = (*ENVIRONMENTS, WITHOUT_DEPENDENCIES, SETUP, PROJECT, *WORKFLOWS)
INSTALLERS = ("install", "Makefile")
OTHER_ENVIRONMENT = re.compile(r"setup/environment[-_](?!linux|win|mac|osx)[\w-]{1,40}\.ya?ml")
MAX_TEXT = 1 << 18
MAX_ENTRIES, MAX_ENTRY = 500, 300
MAX_OFFERED = 10  # other environments

# Packages that go by another name on the package index, or have been renamed there.
RENAMED = {
    "brotli-python": "brotli",
    "msgpack-python": "msgpack",
    "pytables": "tables",
}
# Packages of conda's that are no Python packages; an index may have something else under the same name.
NOT_PYTHON = frozenset(
    {"python", "nomkl", "mkl", "intel-openmp", "numpy-base", "zlib", "sqlite", "rust", "libta-lib", "yaml",
     "conda-build", "openssl", "libffi", "compilers", "gcc", "gxx"}
)  # fmt: skip
_MATCH = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)\s*(?P<rest>.*)$")

Read = Callable[[str], str | None]


@dataclass(frozen=True)
class Declaration:
    """`requirements` are PEP 508, one a package, those that matter most first; `alone` come without what they
    depend on; `elsewhere` are addresses that no package index answers for. `python` is a PEP 440 specifier,
    `tested_with` the Pythons that the CI names.
    """

    python: str = ""
    tested_with: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()


def declared(read: Read) -> Declaration:
    """The declaration of a tree; `read` gives a file's text by its path, None where there is none.

    A file that cannot be understood declares nothing: it is a fork's text as often as upstream's.
    """
    texts = {path: (read(path) or "")[:MAX_TEXT] for path in FILES}
    environment = next((texts[path] for path in ENVIRONMENTS if texts[path].strip()), "")
    conda = list(_conda(environment))
    alone = _first_of_each(line.split("#")[0].strip() for line in texts[WITHOUT_DEPENDENCIES].splitlines())
    project, setup = _project(texts[PROJECT]), _setup(texts[SETUP])
    wanted = _first_of_each([*conda, *setup.requirements, *project.requirements])
    own = {_name(each) for each in alone}
    tested = (match for path in WORKFLOWS for match in re.findall(_CI_PYTHON, texts[path]))
    everywhere = {_name(each) or each for each in [*wanted, *alone]}
    return Declaration(
        python=next((each for each in (_python(conda), setup.python, project.python) if each), ""),
        tested_with=tuple(dict.fromkeys(tested)),
        requirements=tuple(each for each in wanted if _is_package(each) and _name(each) not in own),
        alone=tuple(each for each in alone if _is_package(each)),
        elsewhere=tuple(each for each in [*wanted, *alone] if _is_elsewhere(each)),
        apart=tuple(each for each in _offered(read) if (_name(each) or each) not in everywhere),
    )


def _offered(read: Read) -> Iterator[str]:
    """What the other environments hold that the tree's own installers can choose."""
    installers = "\n".join((read(path) or "")[:MAX_TEXT] for path in INSTALLERS)
    paths = dict.fromkeys(OTHER_ENVIRONMENT.findall(installers))
    entries = (entry for path in [*paths][:MAX_OFFERED] for entry in _conda((read(path) or "")[:MAX_TEXT]))
    return (each for each in _first_of_each(entries) if _is_package(each) or _is_elsewhere(each))


_CI_PYTHON = re.compile(r"python-version:\s*[\"']?(\d+\.\d+)[\"']?\s*$", re.MULTILINE)


def changed(before: Declaration, after: Declaration) -> tuple[str, ...]:
    """What `after` asks for that `before` does not, or not so: requirements and addresses."""
    old = set(_all(before))
    return tuple(each for each in _all(after) if each not in old)


def _all(declaration: Declaration) -> tuple[str, ...]:
    return (*declaration.requirements, *declaration.alone, *declaration.elsewhere, *declaration.apart)


def name_of(requirement: str) -> str:
    """The package's name in its normal form; "" of what names none."""
    return _name(requirement)


@dataclass(frozen=True)
class _Lists:
    requirements: tuple[str, ...] = ()
    python: str = ""


def _conda(text: str) -> Iterator[str]:
    """Entries in the words of the package index; `python` among them."""
    try:
        entries = yaml.safe_load(text)["dependencies"]
    except (yaml.YAMLError, KeyError, TypeError, RecursionError, ValueError):
        return
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, str) and not _is_no_python(entry):
            yield _from_conda(entry)
        elif isinstance(entry, dict) and isinstance(entry.get("pip"), list):
            yield from (_renamed(each.strip()) for each in entry["pip"] if isinstance(each, str))


def _is_no_python(entry: str) -> bool:
    """A compiled library's build, as in `zstd=1.3.7=h0b5b093_0`: those for a Python are called `py…`.

    Source: conda-build's documentation, "build/string" of meta.yaml.
    """
    parts = re.split(r"[\s=]+", entry.strip())
    return (
        len(parts) == 3
        and not set("<>!~,") & set(entry)
        and parts[0] != "python"
        and not parts[2].startswith("py")
    )


def _from_conda(entry: str) -> str:
    """`numpy=1.23` is any 1.23, `numpy=1.23.5=py310_0` and `numpy 1.23.5 py310_0` name a build."""
    match = _MATCH.match(entry.strip())
    if match is None:
        return ""
    name, rest = RENAMED.get(canonicalize_name(match["name"]), match["name"]), match["rest"].strip()
    exact = re.fullmatch(r"(=?)\s*([\w.!+*]+)(?:[\s=]+[\w.*]+)?", rest)
    if exact is None:
        return f"{name}{rest.replace(' ', '')}"
    version = exact[2].rstrip("*").rstrip(".")
    return f"{name}=={version}.*" if exact[1] else f"{name}=={version}"


def _renamed(entry: str) -> str:
    name = _name(entry)
    if name not in RENAMED:
        return entry
    return RENAMED[name]  # what it was called had other version numbers


def _python(entries: Iterable[str]) -> str:
    """Of an exact version the first two numbers: which patch it is makes no difference to packages."""
    found = next((each.removeprefix("python") for each in entries if re.match(r"python\b(?!-)", each)), "")
    exact = re.match(r"==(\d+\.\d+)", found)
    return f"=={exact[1]}.*" if exact else _specifier(found)


def _specifier(text: str) -> str:
    try:
        return str(SpecifierSet(text))
    except InvalidSpecifier:
        return ""


def _setup(text: str) -> _Lists:
    """Lists of constants that `setup.py` gives to setuptools; it is read, not run."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError):
        return _Lists()
    named = {name: value for node in nodes for name, value in _named(node)}
    listed = [_constants(named[key]) for key in ("install_requires",) if key in named]
    python = _constants(named["python_requires"]) if "python_requires" in named else ()
    return _Lists(
        tuple(_renamed(each.strip()) for each in (listed[0] if listed else ())),
        _specifier(python[0]) if python else "",
    )


def _named(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        yield node.targets[0].id, node.value
    elif isinstance(node, ast.keyword) and node.arg and not isinstance(node.value, ast.Name):
        yield node.arg, node.value


def _constants(value: ast.expr) -> tuple[str, ...]:
    items = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
    return tuple(
        each.value for each in items if isinstance(each, ast.Constant) and isinstance(each.value, str)
    )


def directives_of(setup: str) -> dict[str, bool]:
    """Cython's compiler directives that a `setup.py` always sets, whatever its environment says."""
    try:
        nodes = list(ast.walk(ast.parse(setup[:MAX_TEXT])))
    except (SyntaxError, ValueError, RecursionError):
        return {}
    functions = [node.body for node in nodes if isinstance(node, ast.FunctionDef | ast.Module)]
    values = [
        node.value
        for body in functions
        for node in body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "compiler_directives"
        and isinstance(node.value, ast.Dict)
    ]
    return {
        key.value: value.value
        for each in values
        for key, value in zip(each.keys, each.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
        and isinstance(value, ast.Constant) and isinstance(value.value, bool)
    }  # fmt: skip


def _project(text: str) -> _Lists:
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return _Lists()
    project, building = table.get("project", {}), table.get("build-system", {})
    listed = [*project.get("dependencies", ()), *building.get("requires", ())]
    python = project.get("requires-python", "")
    return _Lists(
        tuple(_renamed(each.strip()) for each in listed if isinstance(each, str)),
        _specifier(python) if isinstance(python, str) else "",
    )


def _first_of_each(entries: Iterable[str]) -> list[str]:
    """What cannot be shown, or is longer than any requirement, is none; a list has an end."""
    found: dict[str, str] = {}
    for entry in entries:
        if entry and entry.isprintable() and len(entry) <= MAX_ENTRY:
            found.setdefault(_name(entry) or entry, entry)
    return list(found.values())[:MAX_ENTRIES]


def _name(entry: str) -> str:
    match = _MATCH.match(entry)
    return "" if match is None or _is_elsewhere(entry) else canonicalize_name(match["name"])


def _is_elsewhere(entry: str) -> bool:
    return "://" in entry or entry.startswith(("git+", "./", "/"))


def _is_package(entry: str) -> bool:
    if _is_elsewhere(entry) or _name(entry) in NOT_PYTHON:
        return False
    try:
        return Requirement(entry).url is None
    except InvalidRequirement:
        return False
