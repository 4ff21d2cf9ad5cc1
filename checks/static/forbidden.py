"""Functions and modules that have no place in a connector. Bandit's lists, and what they lack."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # bandit's own use of stevedore, on import
    from bandit.blacklists import calls as bandit_calls
    from bandit.blacklists import imports as bandit_imports

# Bandit's ids whose entries we take: pickle, marshal, eval | pickle and friends | subprocess.
DYNAMIC_CALLS = ("B301", "B302", "B307")
DYNAMIC_IMPORTS = ("B403",)
PROCESS_IMPORTS = ("B404",)
UNVERIFIED_TLS = ("B323",)
UNSAFE_RANDOM = ("B311",)


def _names(blacklist: dict[str, list[dict[str, object]]], kind: str, ids: tuple[str, ...]) -> frozenset[str]:
    found: set[str] = set()
    for entry in blacklist[kind]:
        names = entry["qualnames"]
        if entry["id"] in ids and isinstance(names, list):
            found.update(names)
    return frozenset(found)


_CALLS = bandit_calls.gen_blacklist()
_IMPORTS = bandit_imports.gen_blacklist()

# Code from text, packed objects, foreign memory.
DYNAMIC = _names(_CALLS, "Call", DYNAMIC_CALLS) | frozenset({
    "exec", "compile", "execfile", "runpy.run_path", "runpy.run_module",
    "code.InteractiveInterpreter", "types.FunctionType", "types.CodeType",
    "importlib.util.spec_from_file_location", "builtins", "__builtins__", "imp.load_source", "sys.modules",
    # From `import *` and `getattr(os, name)`: which function it is shows only at run time.
    "os.*", "sys.*", "builtins.*", "importlib.*", "subprocess.*", "sys.settrace",
    "yaml.unsafe_load", "yaml.full_load",
})  # fmt: skip
DYNAMIC_MODULES = _names(_IMPORTS, "Import", DYNAMIC_IMPORTS) | frozenset(
    {"marshal", "ctypes", "cffi", "imp"}
)
# Fine with a name written out, not with one that is worked out or received.
NEEDS_CONSTANT = frozenset({"importlib.import_module", "__import__"})

REACH_EVERYTHING = frozenset({"os", "sys", "builtins", "importlib", "posix", "nt", "subprocess"})

PROCESSES = frozenset({
    "os.system", "os.popen", "os.fork", "os.forkpty", "os.kill", "os.killpg", "os.startfile", "pty.spawn",
    "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell", "asyncio.subprocess",
    "multiprocessing.Process", "multiprocessing.Pool", "concurrent.futures.ProcessPoolExecutor",
    "webbrowser.open", "os.execl", "os.execle", "os.execlp", "os.execlpe", "os.execv", "os.execve",
    "os.execvp", "os.execvpe", "os.spawnl", "os.spawnle", "os.spawnlp", "os.spawnv", "os.spawnve",
    "os.spawnvp", "os.posix_spawn", "posix.system", "libc.stdlib.system", "subprocess.Popen",
    "subprocess.run",
})  # fmt: skip
PROCESS_MODULES = _names(_IMPORTS, "Import", PROCESS_IMPORTS) | frozenset({
    "pty", "multiprocessing", "sh", "pexpect", "plumbum", "paramiko", "posix",
})  # fmt: skip

FILES = frozenset({
    "os.remove", "os.unlink", "os.rename", "os.replace", "os.rmdir", "os.removedirs", "os.mkdir",
    "os.makedirs", "os.listdir", "os.walk", "os.scandir", "os.chmod", "os.chown", "os.link", "os.symlink",
    "os.open", "os.truncate", "os.path.expanduser",
    "logging.FileHandler", "pathlib.Path.home", "glob.glob", "glob.iglob",
})  # fmt: skip
FILE_MODULES = frozenset({"shutil", "tempfile", "sqlite3", "dbm", "zipfile", "tarfile", "fileinput", "mmap"})
# Methods of paths, whatever the path is called.
FILE_METHODS = frozenset({
    "write_text", "write_bytes", "unlink", "rmdir", "mkdir", "symlink_to", "hardlink_to", "expanduser",
    "rglob", "iterdir",
})  # fmt: skip

TLS = _names(_CALLS, "Call", UNVERIFIED_TLS) | frozenset({
    "ssl.CERT_NONE", "ssl._create_default_https_context", "urllib3.disable_warnings",
    "requests.packages.urllib3.disable_warnings",
})  # fmt: skip
RANDOM = _names(_CALLS, "Call", UNSAFE_RANDOM) | frozenset(
    {"random.seed", "numpy.random.randint", "numpy.random.bytes"}
)
