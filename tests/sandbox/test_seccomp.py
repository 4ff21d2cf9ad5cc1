"""The filter of system calls: what it refuses, and that what programs need still works."""

from __future__ import annotations

import json
import platform
import shutil
from pathlib import Path

import pyseccomp
import pytest

from harness.sandbox.protocol import Backend, Limits
from harness.sandbox.seccomp import docker_profile, policy, program, why_not
from harness.sandbox.seccomp.compiled import PACKAGE
from tests.sandbox.world import run, said

# No such file, memory or descriptor: what gets past the filter fails with another error than these.
REFUSED = {"EPERM", "ENOSYS"}
FORBIDDEN = """
acct add_key adjtimex bpf chroot clock_adjtime clock_settime clone3 delete_module fanotify_init finit_module
fsmount fsopen fspick get_kernel_syms get_mempolicy init_module io_cancel io_destroy io_getevents io_setup
io_submit io_uring_enter io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl
landlock_create_ruleset lookup_dcookie mbind memfd_create memfd_secret migrate_pages modify_ldt mount
mount_setattr move_mount move_pages mq_open msgget name_to_handle_at nfsservctl open_by_handle_at open_tree
perf_event_open pidfd_getfd pivot_root pkey_alloc process_madvise process_mrelease process_vm_readv
process_vm_writev ptrace quotactl quotactl_fd reboot remap_file_pages request_key seccomp semget
set_mempolicy setdomainname setgid setgroups sethostname setns settimeofday setuid setxattr shmget splice
swapoff swapon sync syncfs syslog sysfs tee umount2 unshare uselib userfaultfd ustat vhangup vmsplice
""".split()  # noqa: SIM905 - a table to read
NEW_NAMESPACES = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)
HIGH = 1 << 32
# Call, arguments: the same numbers that are harmless otherwise.
FORBIDDEN_ARGUMENTS: list[tuple[str, list[int]]] = [
    *(("clone", [flag, 0, 0, 0, 0]) for flag in NEW_NAMESPACES),
    ("ioctl", [0, 0x5412, 0]),  # TIOCSTI
    ("ioctl", [0, 0x5412 + HIGH, 0]),  # the kernel forgets the upper half, a filter must not fall for it
    ("ioctl", [0, 0x541C, 0]),  # TIOCLINUX
    ("personality", [0x0040000]),  # ADDR_NO_RANDOMIZE
    ("personality", [0x0400000]),  # READ_IMPLIES_EXEC
    *(("socket", [family, 3, 0]) for family in (3, 4, 5, 9, 15, 17, 20, 29, 30, 31, 38, 40, 44)),
    ("socket", [17 + HIGH, 3, 0]),
    ("socket", [16, 3, 4]),  # NETLINK_SOCK_DIAG
    ("socket", [16, 3, 12]),  # NETLINK_NETFILTER
    ("socket", [2, 3, 255]),  # raw IP
    ("socket", [2, 2, 1]),  # ping
    ("socket", [2, 1, 132]),  # SCTP
    ("socket", [2, 1, 262]),  # multipath TCP
    ("mknod", [0, 0o020666, 0x103]),  # a device
    ("mknodat", [-100, 0, 0o060666, 0x700]),
]
CALLS = """
import ctypes, errno, json, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
found = []
for number, arguments in json.loads(sys.stdin.readline()):
    result = libc.syscall(*(ctypes.c_long(one) for one in (number, *arguments)))
    found.append(errno.errorcode[ctypes.get_errno()] if result == -1 else "done")
print(json.dumps(found))
"""


def number(name: str) -> int | None:
    """The call's number here, None where this architecture has no such call."""
    found = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    return found if found >= 0 else None


def outcomes(backend: Backend, calls: list[tuple[str, list[int]]]) -> dict[str, str]:
    """How each call ended inside."""
    known = [(name, at, arguments) for name, arguments in calls if (at := number(name)) is not None]
    code = CALLS.replace("sys.stdin.readline()", repr(json.dumps([each[1:] for each in known])))
    ends = json.loads(said(run(backend, code)))
    return {f"{name}{arguments}": end for (name, _, arguments), end in zip(known, ends, strict=True)}


def test_forbidden_calls_are_refused(backend: Backend) -> None:
    found = outcomes(backend, [(name, [-1] * 6) for name in FORBIDDEN])
    assert {name: end for name, end in found.items() if end not in REFUSED} == {}
    assert len(found) > 80


def test_forbidden_arguments_are_refused(backend: Backend) -> None:
    found = outcomes(backend, FORBIDDEN_ARGUMENTS)
    assert {name: end for name, end in found.items() if end not in REFUSED} == {}


def test_absent_calls_are_absent_and_so_are_those_of_later_kernels(backend: Backend) -> None:
    found = outcomes(backend, [(name, [-1] * 6) for name in policy.ABSENT])
    assert set(found.values()) == {"ENOSYS"}
    calls = json.dumps([[456, [-1] * 6], [511, [-1] * 6]])
    assert (
        json.loads(said(run(backend, CALLS.replace("sys.stdin.readline()", repr(calls))))) == ["ENOSYS"] * 2
    )


def test_the_kernel_says_that_it_filters(backend: Backend) -> None:
    code = "print(*(line for line in open('/proc/self/status') if line.startswith(('Seccomp:', 'NoNew'))))"
    assert said(run(backend, code)).split() == ["NoNewPrivs:", "1", "Seccomp:", "2"]


FOREIGN = {
    "x32": "libc.syscall(ctypes.c_long(0x40000000 + 39))",
    "i386": """
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20 (getpid); int 0x80; ret
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
""",
}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the foreign architectures are those of x86-64")
@pytest.mark.parametrize("call", FOREIGN.values(), ids=FOREIGN)
def test_calls_of_a_foreign_architecture_kill(backend: Backend, call: str) -> None:
    done = run(backend, f"import ctypes, mmap\nlibc = ctypes.CDLL(None)\n{call}\nprint('went through')")
    assert (done.exit.code, done.stdout) == (128 + 31, b"")  # SIGSYS


WORKING = {
    "threads": """
import threading
threads = [threading.Thread(target=lambda: found.append(1)) for _ in range(20)]
found = []
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(found) == 20)
""",
    "subprocess": """
import subprocess
done = subprocess.run(["/bin/sh", "-c", "cat | sort -r"], input=b"a\\nb\\n", capture_output=True)
print(done.stdout == b"b\\na\\n")
""",
    "asyncio": """
import asyncio
async def serve(reader, writer): writer.write(await reader.readline()); writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"hello\\n")
    line = await reader.readline()
    child = await asyncio.create_subprocess_exec("/bin/echo", "x", stdout=asyncio.subprocess.PIPE)
    words, _ = await child.communicate()
    loop = asyncio.get_running_loop()
    names = await loop.getaddrinfo("localhost", 80)
    return line, words, await loop.run_in_executor(None, sum, (1, 2)), names != []
print(asyncio.run(main()) == (b"hello\\n", b"x\\n", 3, True))
""",
    "sqlite": """
import sqlite3
with sqlite3.connect("/tmp/work/x.db") as base:
    base.execute("pragma journal_mode=wal"); base.execute("create table t (x)")
    base.execute("insert into t values (7)")
print(sqlite3.connect("/tmp/work/x.db").execute("select x from t").fetchall() == [(7,)])
""",
    "multiprocessing": """
import concurrent.futures, multiprocessing
from multiprocessing import shared_memory
if __name__ == "__main__":
    memory = shared_memory.SharedMemory(create=True, size=4096)
    queue = multiprocessing.get_context("fork").Queue()
    child = multiprocessing.get_context("fork").Process(target=lambda: queue.put(bytes(memory.buf[:0]) or 7))
    child.start()
    got = queue.get(timeout=30)
    child.join()
    memory.close(); memory.unlink()
    with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context("forkserver")) as pool:
        print(got == 7 and list(pool.map(abs, (-1, -2))) == [1, 2])
""",
    "files": """
import os, pathlib, shutil, tempfile, mmap
with tempfile.TemporaryDirectory() as folder:
    one = pathlib.Path(folder, "one"); one.write_text("x" * 9999)
    shutil.copytree(folder, folder + "/copied"); shutil.move(folder + "/copied", folder + "/moved")
    os.mkfifo(folder + "/pipe"); os.symlink("one", folder + "/link"); os.link(one, folder + "/hard")
    one.chmod(0o600); os.utime(one, (1, 1)); os.truncate(one, 5000)
    with open(one, "r+b") as file, mmap.mmap(file.fileno(), 0) as page: page[0:1] = b"y"; page.flush()
    print(sorted(os.listdir(folder)) == ["hard", "link", "moved", "one", "pipe"] and one.stat().st_nlink == 2)
""",
    "a pseudo-terminal": """
import os, pty, sys
pid, handle = pty.fork()
if pid == 0: print(os.isatty(0), os.get_terminal_size().columns >= 0, flush=True); os._exit(0)
print(os.read(handle, 100).split() == [b"True", b"True"])
""",
    "clocks and signals": """
import signal, time
signal.signal(signal.SIGALRM, lambda *_: None); signal.setitimer(signal.ITIMER_REAL, 0.01); signal.pause()
time.sleep(0.01); time.clock_gettime(time.CLOCK_MONOTONIC)
print(signal.sigtimedwait([signal.SIGUSR1], 0.01) is None)
""",
}


@pytest.mark.parametrize("code", WORKING.values(), ids=WORKING)
def test_what_python_programs_do_works(backend: Backend, code: str) -> None:
    # multiprocessing's children import the main module again: it has to be a file.
    program_file = f"open('/tmp/work/main.py', 'w').write({code!r})\n"
    runs = "import os, sys; os.execv(sys.executable, [sys.executable, '/tmp/work/main.py'])"
    assert said(run(backend, program_file + runs)) == "True\n"


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc on this machine")
def test_a_compiler_works(backend: Backend) -> None:
    code = """
import ctypes, subprocess
open("/tmp/work/x.c", "w").write("#include <pthread.h>\\nint answer(void) { return 42; }")
subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", "x.so", "x.c"], check=True)
print(ctypes.CDLL("/tmp/work/x.so").answer())
"""
    limits = Limits(wall_seconds=60)
    assert said(run(backend, code, env={"PATH": "/usr/bin:/bin"}, limits=limits)) == "42\n"


def test_every_listed_call_is_one_of_a_supported_architecture() -> None:
    for name in (*policy.ALLOWED, *policy.ABSENT, *(rule.call for rule in policy.RULES)):
        numbers = [
            pyseccomp.resolve_syscall(arch, name) for arch in (pyseccomp.Arch.X86_64, pyseccomp.Arch.AARCH64)
        ]
        assert max(numbers) >= 0 or name in policy.NUMBERS, name


def test_no_call_is_both_allowed_and_absent() -> None:
    names = [*policy.ALLOWED, *policy.ABSENT, *{rule.call for rule in policy.RULES}]
    assert len(names) == len(set(names))
    assert not set(names) & set(FORBIDDEN) - set(policy.ABSENT)


def test_the_profile_says_what_the_program_does() -> None:
    profile = json.loads(docker_profile())
    allowed = [group for group in profile["syscalls"] if group["action"] == "SCMP_ACT_ALLOW"]
    assert allowed[0]["names"] == list(policy.ALLOWED)
    assert {(name, len(group["args"])) for group in allowed[1:] for name in group["names"]} == {
        (rule.call, len(rule.conditions)) for rule in policy.RULES
    }
    assert len(program()) % 8 == 0


def test_without_the_library_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_name: str) -> None:
        raise RuntimeError("Unable to find libseccomp")

    program.cache_clear()
    monkeypatch.setattr("harness.sandbox.seccomp.compiled.import_module", absent)
    try:
        reason = why_not()
    finally:
        program.cache_clear()
    assert reason is not None
    assert f"apt-get install {PACKAGE}" in reason


def test_the_packages_of_the_system_are_installed_by_the_script() -> None:
    script = Path(__file__).parents[2] / "scripts" / "system-packages"
    assert PACKAGE in script.read_text()
