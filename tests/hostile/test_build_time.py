"""Attacking while it is built, imported or unpacked.

No `setup.py` of a fork is ever run. Its Cython is, in a sandbox that sees one fork and no other.
"""

from __future__ import annotations

import secrets
import time
from pathlib import Path

import pytest

from harness.driving import driver as driver_module
from harness.driving.rpc_client import ConnectorError, ConnectorTimeout
from harness.sandbox import Backend
from tests.hostile.attack import attack
from tests.hostile.building import BRIEF, FINE, PACKAGE, Yard
from tests.hostile.forging import KEYS, TESTS, driven, unit_tests, works
from tests.hostile.world import Arena, need_bounded_memory
from tests.sandbox.fixtures import at_hand

# Modules that reach for FILE, a file of this machine, in every way that compilers have.
READERS = {
    "include": 'include "FILE"\n',
    "verbatim": 'cdef extern from *:\n    """\n    #include "FILE"\n    """\n    pass\n',
    "assembler": 'cdef extern from *:\n    """\n    __asm__(".incbin \\\\"FILE\\\\"");\n    """\n    pass\n',
    "arguments": "# distutils: extra_compile_args = @FILE\n" + FINE,
    "sources": "# distutils: sources = FILE\n" + FINE,
    "forced": "# distutils: extra_compile_args = -include FILE\n" + FINE,
    "linked": "# distutils: extra_link_args = -Wl,--version-script=FILE\n" + FINE,
    "plugin": "# distutils: extra_compile_args = -fplugin=FILE\n" + FINE,
    "constant": 'DEF SECRET = open("FILE").read()\n' + FINE,
}


@pytest.fixture
def one_backend() -> Backend:
    """Where an attack is on the compilers, the walls around them do not matter: one will do."""
    return at_hand()


@pytest.fixture
def yard(one_backend: Backend, tmp_path: Path) -> Yard:
    return Yard.open(one_backend, tmp_path / "yard")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of this machine, which anybody may read."""
    place = tmp_path / "of-the-host"
    place.write_text(f"secret_{secrets.token_hex(8)} = 1\n")
    place.chmod(0o644)
    return place


@attack(
    "reads files of this machine with Cython's include, verbatim C, .incbin, @file, -include, plugins",
    meets="a sandbox that does not have them; each module fails with the compiler's words",
)
def test_reading_files_while_compiling(backend: Backend, tmp_path: Path, secret: Path) -> None:
    yard = Yard.open(backend, tmp_path / "yard")
    modules = {f"{PACKAGE}/{name}.pyx": text.replace("FILE", str(secret)) for name, text in READERS.items()}
    built = yard.build("reader", {**modules, f"{PACKAGE}/fine.pyx": FINE})
    assert set(built.failed) == set(modules)
    assert secret.read_text().split()[0] not in built.log
    assert yard.run(built, "from hummingbot.forger.fine import answer; print(answer())") == 42


@attack("reads another candidate's sources while it is built", meets="a sandbox with one fork's tree in it")
def test_reading_another_candidate(yard: Yard) -> None:
    theirs = f"{PACKAGE}/theirs.pxi"
    yard.build("victim", {theirs: "SECRET_OF_THE_VICTIM = 1\n"})
    places = [yard.work("victim") / theirs, yard.place / "victim" / theirs]
    modules = {f"{PACKAGE}/thief{n}.pyx": f'include "{place}"\n' for n, place in enumerate(places)}
    built = yard.build("thief", modules)
    assert set(built.failed) == set(modules)
    assert "SECRET_OF_THE_VICTIM" not in built.log


@attack(
    "runs programs of its own through compiler arguments, and writes wherever it may",
    meets="the sandbox of the build: nothing of this machine can be written to",
)
def test_running_programs_while_compiling(yard: Yard) -> None:
    shell = (
        "for place in / /tree /harness /out /venv /tmp/work/built; do echo x > $place/mine.so; done; exit 1"
    )
    code = f"# distutils: extra_compile_args = -wrapper /bin/sh,-c,'{shell}'\n{FINE}"
    plugin = "# distutils: extra_compile_args = -wrapper /tree/hummingbot/forger/run.sh\n" + FINE
    files = {
        f"{PACKAGE}/shell.pyx": code,
        f"{PACKAGE}/script.pyx": plugin,
        f"{PACKAGE}/run.sh": f"#!/bin/sh\n{shell}\n",
    }
    built = yard.build("runner", files)
    assert set(built.failed) == {f"{PACKAGE}/shell.pyx", f"{PACKAGE}/script.pyx"}
    assert not list(yard.place.rglob("mine.so"))
    assert not list(yard.place.rglob("*.so"))
    assert yard.next_build()


@attack("says that a module was built, in the builder's own words", meets="only a module that exists counts")
def test_claiming_to_be_built(yard: Yard) -> None:
    line = '{\\"module\\":\\"hummingbot/forger/lie.pyx\\",\\"ok\\":true,\\"seconds\\":1,\\"log\\":\\"\\"}'
    shell = f"for n in 1 2 3 4 5; do echo {line} > /proc/$PPID/fd/$n; done; exit 1"
    files = {
        f"{PACKAGE}/lie.pyx": "# distutils: extra_compile_args = -wrapper /tree/hummingbot/forger/run.sh\n",
        f"{PACKAGE}/run.sh": f"#!/bin/sh\n{shell}\n",
    }
    built = yard.build("liar", files)
    assert built.failed == (f"{PACKAGE}/lie.pyx",)
    assert not list(yard.work("liar").rglob("*.so"))


BOMBS = {
    "an expression that is computed for ever": "DEF N = 10 ** (10 ** 9)\n",
    "macros that double thirty times": 'cdef extern from *:\n    """\n'
    + "    #define X0 int f(int);\n"
    + "".join(f"    #define X{n + 1} X{n} X{n}\n" for n in range(30))
    + '    X30\n    """\n    pass\n',
    "a template without end": "# distutils: extra_compile_args = -ftemplate-depth=100000000\n"
    'cdef extern from *:\n    """\n'
    "    template<int n> struct T { enum { v = T<n + 1>::v + T<n + 2>::v }; };\n"
    '    int x = T<0>::v;\n    """\n    pass\n',
    "a file that includes itself": 'include "bomb.pyx"\n',
    "brackets without end": "x = " + "(" * 200_000 + "\n",
}


@attack(
    "never finishes compiling, or needs all memory: computed constants, macros, templates, recursion",
    meets="limits on CPU time, memory and wall clock; reported as a module that does not build",
)
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_bombs_for_compilers(yard: Yard, bomb: str) -> None:
    began = time.monotonic()
    built = yard.build("bomber", {f"{PACKAGE}/bomb.pyx": bomb}, BRIEF)
    assert built.failed == (f"{PACKAGE}/bomb.pyx",)
    assert built.log
    assert time.monotonic() - began < BRIEF.wall_seconds + 60


@attack("brings more modules than a command line can name", meets="a list passed through a pipe")
def test_thousands_of_modules(yard: Yard) -> None:
    files = {f"{PACKAGE}/{'long' * 20}{n}.pyx": "x = (\n" for n in range(2000)}
    built = yard.build("crowd", files, BRIEF)
    assert len(built.failed) == 2000
    assert "Error" in built.log or "ended early" in built.log


@attack(
    "brings a setup.py, pyproject.toml, sitecustomize.py, a .pth file, a conftest.py, json.py and aiohttp/",
    meets="a tree of `hummingbot` and `test` alone, and no build back-end",
)
def test_files_that_python_runs_by_itself(yard: Yard) -> None:
    shout = "raise SystemExit('it ran')\n"
    names = (
        "setup.py", "sitecustomize.py", "usercustomize.py", "conftest.py", "json.py", "asyncio.py",
        "aiohttp/__init__.py", "Cython/__init__.py", "setuptools/__init__.py", "numpy.py", "evil.pth",
        "pyproject.toml", "setup.cfg", "tox.ini", "pytest.ini", ".coveragerc",
    )  # fmt: skip
    nested = {f"hummingbot/{name}": shout for name in ("sitecustomize.py", "json.py", "setup.py", "evil.pth")}
    built = yard.build("eager", {**dict.fromkeys(names, shout), **nested, f"{PACKAGE}/fine.pyx": FINE})
    assert built.ok, built.log
    assert {path.name for path in yard.work("eager").iterdir()} == {"hummingbot"}
    program = "import json, asyncio, aiohttp; print(json.dumps([json.__file__, aiohttp.__file__]))"
    places = yard.run(built, program)
    assert isinstance(places, list)
    assert not any(place.startswith("/tree") for place in places)


@attack(
    "brings compiled modules and byte code that pose as upstream's",
    meets="an export without compiled files",
)
def test_compiled_files_in_the_fork(yard: Yard) -> None:
    code = "def answer():\n    return 'as it can be read'\n"
    tag = "cpython-311"
    files: dict[str, str | bytes] = {
        f"{PACKAGE}/code.py": code,
        f"{PACKAGE}/__pycache__/code.{tag}.pyc": b"\xa7\r\r\n" + bytes(12) + b"forged",
        f"{PACKAGE}/code.pyc": b"\xa7\r\r\n",
        f"{PACKAGE}/code.{tag}-x86_64-linux-gnu.so": b"\x7fELF",
        f"{PACKAGE}/code.abi3.so": b"\x7fELF",
        f"{PACKAGE}/other.pyd": b"MZ",
        f"{PACKAGE}/fine.pyx": FINE,
        f"{PACKAGE}/fine.{tag}-x86_64-linux-gnu.so": b"\x7fELF",
    }
    built = yard.build("binary", files)
    assert built.ok, built.log
    assert not list(yard.work("binary").rglob("*.pyc"))
    assert [path.name.split(".")[0] for path in yard.work("binary").rglob("*.so")] == ["fine"]
    program = """
import json
from hummingbot.forger import code, fine
print(json.dumps([code.answer(), fine.answer()]))
"""
    assert yard.run(built, program) == ["as it can be read", 42]


@attack(
    "builds a module of the same name as another fork's, or as upstream's",
    meets="a store that only upstream builds write to; each fork has its own",
)
def test_poisoning_the_store(yard: Yard) -> None:
    path = f"{PACKAGE}/shared.pyx"
    kept = {f"{PACKAGE}/kept.pyx": FINE}
    upstream = yard.tree("earlier", kept)
    first = yard.build("first", {**kept, path: "def whose():\n    return 'first'\n"}, earlier=upstream)
    second = yard.build("second", {**kept, path: "def whose():\n    return 'second'\n"}, earlier=upstream)
    program = "import json; from hummingbot.forger.shared import whose; print(json.dumps(whose()))"
    assert [yard.run(built, program) for built in (second, first)] == ["second", "first"]
    assert yard.stored() == ["kept"]


@attack(
    "leaves byte code in its tree, its environment and the cache of Python for others to find",
    meets="read-only mounts; every fork has a tree of its own",
)
def test_poisoning_byte_code(yard: Yard) -> None:
    program = """
import json, os, sys, sysconfig
written = 0
for place in (*sys.path, "/tree/hummingbot", "/tree/hummingbot/__pycache__", sysconfig.get_paths()["purelib"],
              os.path.dirname(os.__file__), "/venv/lib", os.path.dirname(json.__file__) + "/__pycache__"):
    for name in ("sitecustomize.py", "evil.pth", "json.py", "evil.pyc"):
        try:
            open(os.path.join(place, name), "w").write("x")
            written += 1
        except OSError:
            pass
print(written)
"""
    assert yard.run(yard.build("writer", {f"{PACKAGE}/code.py": "pass\n"}), program) == 0


IMPORTS = {
    "never ends": "while True: pass",
    "exits": "os._exit(0)",
    "raises SystemExit": "sys.exit(0)",
    "raises what is no exception": "raise KeyboardInterrupt",
    "recurses in C": "exec('(' * 10**6)",
    "needs a metaclass that never ends": "class Meta(type):\n    def __new__(*a): return Meta.__new__(*a)\n"
    "class X(metaclass=Meta): pass",
}


@attack(
    "never finishes its import, or ends the process there",
    meets="a time-out, or a driver that is gone; the next start works on",
)
@pytest.mark.parametrize("code", IMPORTS.values(), ids=IMPORTS)
def test_at_import(arena: Arena, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(driver_module, "WARM_PATIENCE", 6.0)
    with driven(arena, tmp_path, on_import=code) as driver:
        for _ in range(2):
            with pytest.raises((ConnectorError, ConnectorTimeout)):
                driver.warm()


@attack(
    "works on at exit: atexit, __del__, threads that are no daemons, signal handlers",
    meets="the sandbox's end, which waits for nothing",
)
def test_at_exit(arena: Arena, tmp_path: Path) -> None:
    code = """
    import atexit
    class Clinging:
        def __del__(self):
            while True: pass
    clinging = Clinging()
    clinging.itself = clinging
    def cling():
        while True: time.sleep(1)
    atexit.register(cling)
    threading.Thread(target=cling).start()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: cling())
    """
    members = """
    def get_all_balances(self):
        atexit.register(cling)
        threading.Thread(target=cling).start()
        return super().get_all_balances()
    """
    began = time.monotonic()
    with driven(arena, tmp_path, members, code) as driver:
        with driver.scenario(["A-B"], KEYS) as connector:
            connector.balances()
        assert works(driver)
    assert time.monotonic() - began < 60


@attack(
    "brings a zip bomb and a pickle that runs code, which its unit tests open",
    meets="the memory limit, and the sandbox; reported as tests that did not run",
)
@pytest.mark.parametrize("how", ["zip", "pickle"])
def test_bombs_as_package_data(one_backend: Backend, tmp_path: Path, how: str) -> None:
    need_bounded_memory(one_backend)
    bomb = {
        "zip": "import zlib\nDATA = zlib.compress(bytes(1 << 26), 1)\n"
        "kept = [zlib.decompress(DATA) for _ in range(99)]\n",
        "pickle": "import os, pickle\nclass Bomb:\n    def __reduce__(self):\n        return os._exit, (0,)\n"
        "pickle.loads(pickle.dumps(Bomb()))\n",
    }[how]
    code = "def test_it():\n" + "".join(f"    {line}\n" for line in bomb.splitlines())
    result = unit_tests(one_backend, tmp_path, {f"{TESTS}/test_it.py": code})
    assert not result.ran or result.failed
    assert not result.passed
