"""Builds Cython modules of a read-only tree into a folder, several at once; the tree's setup.py is not asked.

`python -m inside.build ORDER`, where ORDER is a JSON object: `tree`, `out`, `modules` (paths of .pyx files
from the tree's root), `language_level`, `directives`, `arguments`, `jobs`. Says one JSON line a module.
"""

import importlib
import json
import os
import subprocess
import sys
import threading
import time
from typing import Any, Dict, List

MAX_LOG = 16384


def main() -> None:
    order = json.loads(sys.argv[1])
    talk = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    if "worker" in order:
        _work(order, talk)
    else:
        _share_out(order, talk)


def _share_out(order: Dict[str, Any], talk: Any) -> None:
    """Give the modules, largest first, to as many workers as wanted; each takes the next when it is done."""
    tree = order["tree"]
    waiting = sorted(order["modules"], key=lambda path: os.path.getsize(os.path.join(tree, path)))
    lock = threading.Lock()

    def serve(number: int) -> None:
        mine = {**order, "worker": number, "modules": []}
        command = [sys.executable, "-m", "inside.build", json.dumps(mine)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdin is not None  # noqa: S101 - a pipe
            assert worker.stdout is not None  # noqa: S101 - a pipe
            while True:
                with lock:
                    module = waiting.pop() if waiting else None
                if module is None:
                    return
                worker.stdin.write(module + "\n")
                worker.stdin.flush()
                said = worker.stdout.readline() or _lost(module, worker.wait())
                with lock:
                    talk.write(said)
                    talk.flush()

    threads = [threading.Thread(target=serve, args=(number,)) for number in range(order["jobs"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _lost(module: str, code: int) -> str:
    fields = {
        "module": module,
        "ok": False,
        "seconds": 0.0,
        "log": "the compiler ended with code {}".format(code),
    }
    return json.dumps(fields) + "\n"


def _work(order: Dict[str, Any], talk: Any) -> None:
    os.chdir(order["tree"])
    for line in sys.stdin:
        module = line.rstrip("\n")
        began = time.time()
        log = "/tmp/work/log-{}".format(order["worker"])  # noqa: S108 - a path inside the sandbox
        with open(log, "wb") as sink:
            os.dup2(sink.fileno(), 2)
            os.dup2(sink.fileno(), 1)
        try:
            _compile(module, order)
            problem = ""
        except BaseException as error:
            problem = "{}: {}".format(type(error).__name__, error)
        sys.stdout.flush()
        sys.stderr.flush()
        with open(log, encoding="utf-8", errors="replace") as source:
            text = source.read()
        fields = {
            "module": module,
            "ok": not problem,
            "seconds": time.time() - began,
            "log": (text + problem)[-MAX_LOG:],
        }
        talk.write(json.dumps(fields) + "\n")
        talk.flush()


def _compile(module: str, order: Dict[str, Any]) -> None:
    """One module, from .pyx to .so under `out`; raises whatever Cython or the compiler's wrapper raises."""
    setuptools = importlib.import_module("setuptools")  # before distutils, which it brings
    build_ext = importlib.import_module("setuptools.command.build_ext").build_ext
    cythonize = importlib.import_module("Cython.Build").cythonize
    numpy = importlib.import_module("numpy")

    scratch = "/tmp/work/worker-{}".format(order["worker"])  # noqa: S108 - a path inside the sandbox
    name = module[: -len(".pyx")].replace("/", ".")
    extension = setuptools.Extension(name, [module], language="c++", include_dirs=[numpy.get_include(), "."])
    extensions = cythonize(
        [extension],
        build_dir=os.path.join(scratch, "generated"),
        language_level=order["language_level"],
        compiler_directives=order["directives"],
        force=True,
        quiet=True,
    )
    for each in extensions:
        arguments: List[str] = list(each.extra_compile_args or [])
        each.extra_compile_args = arguments + order["arguments"]
    command = build_ext(setuptools.Distribution({"ext_modules": extensions, "script_name": "build"}))
    command.build_lib = order["out"]
    command.build_temp = os.path.join(scratch, "objects")
    command.ensure_finalized()
    command.run()


if __name__ == "__main__":
    main()
