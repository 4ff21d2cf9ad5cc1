"""Getting out of the sandbox.

What refuses an attempt – namespaces, missing rights, the system-call filter, a read-only mount – may differ
from one backend to the other; that it is refused may not.
"""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path

import pytest

from harness.sandbox.protocol import Mount
from tests.hostile.attack import attack
from tests.hostile.world import Arena
from tests.sandbox.world import PYTHON, Listener

# What a kernel says to a call that it refuses, or does not have.
REFUSED = {"EPERM", "EACCES", "ENOSYS", "EROFS", "EINVAL"}
SIGSEGV, SIGSYS = 11, 31
needs_x86_64 = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="the numbers of system calls are x86-64's"
)


def refused(said: str, *also: str) -> bool:
    """Whether each word is a refusal, or one of `also`."""
    return bool(said.split()) and set(said.split()) <= REFUSED | set(also)


# --- other processes ---


@attack(
    "traces the first process, reads its memory, takes its descriptors", meets="no permission for any of it"
)
@needs_x86_64
def test_tracing_the_first_process(arena: Arena) -> None:
    code = """
class Vector(ctypes.Structure): _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
here = ctypes.create_string_buffer(8)
vector = ctypes.byref(Vector(ctypes.addressof(here), 8))
for pid in (1, os.getppid()):
    attached = call(101, 0x4206, pid, 0, 0)
    if attached == 0: call(101, 17, pid, 0, 0)
    print(attached, call(310, pid, vector, 1, vector, 1, 0), call(311, pid, vector, 1, vector, 1, 0))
    print(call(438, call(434, pid, 0), 0, 0), call(312, pid, pid, 0, 0, 0))
    print(works(lambda: open(f"/proc/{pid}/mem", "rb+", 0).read(8)) or "EPERM")
"""
    assert refused(arena.said(code), "ESRCH", "EBADF")


@attack("reads through /proc what other processes were told", meets="a /proc of its own processes alone")
def test_reading_other_processes(
    arena: Arena, gateway: Listener, canary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_CANARY", canary.name)
    code = """
import re
seen = set()
for pid in filter(str.isdigit, os.listdir("/proc")):
    for name in ("cmdline", "environ", "maps", "mountinfo", "cgroup", "comm", "stack", "auxv"):
        words = outcome(lambda: open(f"/proc/{pid}/{name}", "rb").read())
        if isinstance(words, str) or os.environb[b"MARKER"] in words: continue
        seen.add(pid)
        if re.search(rb"canary-of-|/launcher|gateway[.]sock|shim[.]py", words): print("leaked", pid, words)
    for fd in outcome(lambda: os.listdir(f"/proc/{pid}/fd")):
        target = outcome(lambda: os.readlink(f"/proc/{pid}/fd/{fd}"))
        if "gateway" in target or "canary" in target: print("leaked", pid, fd, target)
print(len(seen))
"""
    *leaks, count = arena.said(code, gateway=gateway.path).splitlines()
    assert leaks == []
    assert 1 <= int(count) <= 2


@attack("walks to the host's files through /proc/PID/root and cwd", meets="its own root everywhere")
def test_the_roots_of_other_processes(arena: Arena, gateway: Listener, canary: Path) -> None:
    code = f"""
ways = ("root", "cwd", "cwd/../../../../../..", "root/proc/1/root", "fd/0/../../../..", "task/1/root")
for pid in [*filter(str.isdigit, os.listdir("/proc")), "self", "thread-self"]:
    for way in ways:
        if works(lambda: os.stat(f"/proc/{{pid}}/{{way}}{canary}")): print(pid, way)
print("walked")
"""
    assert arena.said(code, gateway=gateway.path) == "walked\n"


@attack("overwrites the program it was started with, through /proc/self/exe", meets="read-only mounts")
def test_overwriting_its_own_program(arena: Arena) -> None:
    programs = [Path(path) for path in (PYTHON, "/bin/sh", "/usr/bin/bwrap") if Path(path).exists()]
    before = [hashlib.sha256(path.read_bytes()).digest() for path in programs]
    code = """
places = ["/proc/self/exe", "/proc/1/exe", sys.executable, "/bin/sh", "/usr/bin/bwrap", "/proc/1/root/bin/sh"]
for path in places:
    for flags in (os.O_WRONLY, os.O_WRONLY | os.O_TRUNC, os.O_RDWR | os.O_APPEND):
        if works(lambda: os.open(path, flags)): print("opened", path)
    # The hole of runc: a handle of the program, opened for writing by the number it has in /proc.
    handle = outcome(lambda: os.open(path, os.O_PATH))
    if works(lambda: os.open(f"/proc/self/fd/{handle}", os.O_WRONLY)): print("opened again", path)
"""
    assert arena.said(code) == ""
    assert [hashlib.sha256(path.read_bytes()).digest() for path in programs] == before


@attack("sends signals to every process number there is", meets="only its own processes in its namespace")
def test_signals_to_every_number(arena: Arena, gateway: Listener) -> None:
    code = """
import signal, socket
own = {os.getpid(), os.getppid(), 1}
hit = [pid for pid in range(2, 70_000) if pid not in own and works(lambda: os.kill(pid, signal.SIGKILL))]
print(hit, socket.create_connection(("9.9.9.9", 99), 50).recv(9))
"""
    gateway.reply = b"served"
    assert arena.said(code, gateway=gateway.path) == "[] b'served'\n"


@attack(
    "fakes its own end through the first process's descriptors",
    meets="an exit status that is recorded outside",
)
def test_a_forged_end(arena: Arena) -> None:
    code = r"""
forged = b'{"exit-code": 0}\n{broken'
for pid in filter(str.isdigit, os.listdir("/proc")):
    for fd in outcome(lambda: os.listdir(f"/proc/{pid}/fd")):
        opened = outcome(lambda: os.open(f"/proc/{pid}/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK))
        if pid != str(os.getpid()) and isinstance(opened, int): outcome(lambda: os.write(opened, forged))
for fd in range(3, 1024): outcome(lambda: os.write(fd, forged))
sys.exit(7)
"""
    done = arena.run(code)
    assert (done.exit.reason, done.exit.code) == ("exited", 7)


# --- the host's settings and hardware ---

SETTINGS = (
    "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hostname",
    "/proc/sys/kernel/sysrq", "/proc/sys/vm/drop_caches", "/proc/sys/vm/overcommit_memory",
    "/proc/sys/fs/binfmt_misc/register", "/proc/sysrq-trigger", "/proc/sys/net/ipv4/ip_forward",
    "/proc/sys/net/ipv4/ip_local_port_range", "/proc/sys/net/ipv4/ip_unprivileged_port_start",
    "/proc/sys/net/ipv6/conf/all/disable_ipv6", "/proc/sys/user/max_user_namespaces",
    "/proc/irq/default_smp_affinity", "/proc/self/uid_map", "/proc/self/gid_map", "/proc/self/setgroups",
    "/sys/kernel/uevent_helper", "/sys/power/state", "/sys/module/kernel/parameters/panic",
    "/sys/kernel/security/apparmor/.load", "/sys/fs/selinux/load",
)  # fmt: skip


@attack("writes the kernel's settings: core_pattern, sysrq, modprobe, uid maps", meets="read-only files")
def test_kernel_settings(arena: Arena) -> None:
    code = f"""
for path in {SETTINGS!r}:
    if works(lambda: os.write(os.open(path, os.O_WRONLY), b"1")): print("wrote", path)
if works(lambda: os.write(os.open("/proc/self/oom_score_adj", os.O_WRONLY), b"-1000")): print("spared")
"""
    before = Path("/proc/sys/kernel/core_pattern").read_bytes()
    assert arena.said(code) == ""
    assert Path("/proc/sys/kernel/core_pattern").read_bytes() == before


@attack("takes over a control group: release_agent, memory.max", meets="no group that it can write to")
def test_control_groups(arena: Arena) -> None:
    code = """
for root, folders, files in os.walk("/sys/fs/cgroup"):
    if works(lambda: os.mkdir(root + "/planted")): print("made", root)
    for name in files:
        if works(lambda: os.open(f"{root}/{name}", os.O_WRONLY)): print("opened", root, name)
"""
    assert arena.said(code) == ""


@attack(
    "makes device nodes, looks for the host's devices", meets="no permission; only harmless devices exist"
)
def test_devices(arena: Arena, out: Path) -> None:
    code = """
import stat
for folder in ("/tmp", "/dev/shm", "/out", "/dev"):
    for kind, number in ((stat.S_IFBLK, os.makedev(8, 0)), (stat.S_IFCHR, os.makedev(1, 1))):
        if works(lambda: os.mknod(folder + "/device", kind | 0o666, number)): print("made in", folder)
null, terminals = {(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2)}, 136
for root, folders, files in os.walk("/dev"):
    for name in files:
        state = os.lstat(os.path.join(root, name))
        number = os.major(state.st_rdev), os.minor(state.st_rdev)
        if stat.S_ISBLK(state.st_mode): print("disk", root, name)
        if stat.S_ISCHR(state.st_mode) and number not in null and number[0] != terminals: print(root, name)
for name in ("mem", "kmem", "port", "kmsg", "kvm", "vsock", "fuse", "vda", "sda", "net/tun", "loop-control"):
    if works(lambda: os.stat("/dev/" + name)): print("there is", name)
"""
    assert arena.said(code, mounts=(Mount(out, "/out", writable=True),)) == ""


@attack("types into the terminal that the harness was started from", meets="no terminal at all")
def test_typing_into_a_terminal(arena: Arena) -> None:
    code = """
import fcntl, termios
print(outcome(lambda: os.open("/dev/tty", os.O_RDWR) and "opened"))
TIOCLINUX, KDSKBSENT = 0x541C, 0x4B49
for fd in (0, 1, 2):
    for request in (termios.TIOCSTI, TIOCLINUX, KDSKBSENT):
        print(outcome(lambda: fcntl.ioctl(fd, request, b"x") and "typed"))
"""
    assert refused(arena.said(code), "ENOTTY", "ENXIO", "ENOENT", "ENODEV")


# --- more rights ---


@attack("unshares and joins namespaces, its own user namespace first", meets="no new namespaces")
def test_namespaces(arena: Arena) -> None:
    code = """
import glob
kinds = (0x10000000, 0x20000, 0x40000000, 0x20000000, 0x8000000, 0x4000000, 0x2000000, 0x80, 0x10020000)
for flag in kinds: print("unshared" if libc.unshare(flag) == 0 else "EPERM")
for path in glob.glob("/proc/*/ns/*"):
    handle = outcome(lambda: os.open(path, os.O_RDONLY))
    if isinstance(handle, int): print("joined" if libc.setns(handle, 0) == 0 else "EPERM")
stack = ctypes.create_string_buffer(1 << 16)
top = (ctypes.addressof(stack) + (1 << 16)) & ~15
start = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(lambda _: 0)
libc.clone.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
for flag in kinds[:3]: print("cloned" if libc.clone(start, top, flag | 17, None) > 0 else "EPERM")
"""
    assert set(arena.said(code).split()) == {"EPERM"}


@attack("lets the system's own tools change its user or its root", meets="no new privileges, ever")
def test_tools_that_change_users(arena: Arena) -> None:
    code = """
import subprocess
bwrap = ["bwrap", "--unshare-user", "--uid", "0", "--ro-bind", "/", "/", "id", "-u"]
tries = [["unshare", "-Ur", "id"], ["newuidmap", "self", "0", "0", "1"], bwrap,
         ["setpriv", "--reuid=0", "id"], ["chroot", "/", "id"], ["su", "-c", "id"],
         ["sudo", "-n", "id"], ["pkexec", "id"],
         ["mount", "-t", "tmpfs", "none", "/tmp/work"], ["nsenter", "-t", "1", "-a", "id"]]
for command in tries:
    try: done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=5,
                               env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin"})
    except (OSError, subprocess.TimeoutExpired): continue
    if b"uid=0" in done.stdout or done.returncode == 0: print(command, done)
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
rights = {int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")}
print(int(status["NoNewPrivs"]), rights)
"""
    assert arena.said(code) == "1 {0}\n"


@attack(
    "mounts, unmounts, pivots, changes its root, by old calls and new", meets="no permission for any of it"
)
@needs_x86_64
def test_mounting(arena: Arena) -> None:
    code = """
tmp, kind = b"/tmp/work", b"tmpfs"
print(call(165, b"none", tmp, kind, 0, 0), call(165, b"/", tmp, 0, 4096, 0), call(165, 0, b"/", 0, 32, 0))
print(call(166, b"/proc", 2), call(166, b"/tmp", 2), call(155, tmp, tmp), call(161, tmp))
print(call(428, -100, b"/", 1), call(430, kind, 0), call(433, -100, b"/", 0), call(429, 0, b"", -100, tmp, 4))
print(call(442, -100, b"/tmp", 0, ctypes.create_string_buffer(32), 32))
"""
    assert refused(arena.said(code))


@attack(
    "becomes another user, or gives its files capabilities", meets="no capabilities, and no way to gain any"
)
def test_becoming_another_user(arena: Arena) -> None:
    code = """
mine = "/tmp/work/program"
open(mine, "w").close()
right = b"\\1\\0\\0\\2" + b"\\xff" * 16
tries = [lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0]), lambda: os.setresuid(0, 0, 0),
         lambda: os.chown(mine, 0, 0), lambda: os.setxattr(mine, "security.capability", right),
         lambda: os.setxattr(mine, "trusted.x", b"x"), lambda: os.chown("/usr", 1000, 1000)]
for act in tries: print(outcome(act))
"""
    assert refused(arena.said(code), "ENOTSUP", "EOPNOTSUPP")


# --- the kernel's own calls, by their numbers on x86-64 ---

OF_ROOT = {
    "kernel code": "call(175, b'', 0, b''), call(313, 0, b'', 0), call(176, b'x', 0), call(246, 0, 0, 0, 0), "
    "call(320, 0, 0, 0, b'', 0)",
    "clock, name and power": "call(164, b'\\0' * 16, None), call(227, 0, b'\\0' * 16), call(170, b'x', 1), "
    "call(171, b'x', 1), call(169, 0xfee1dead, 672274793, 0x89abcdef, None), call(153)",
    "ports, log and swap": "call(172, 3), call(173, 0x70, 8, 1), call(103, 3, b'\\0' * 64, 64), "
    "call(167, b'/tmp', 0), call(163, b'/tmp/x'), call(179, 0, b'/', 0, None)",
    "programs in the kernel": "call(321, 0, (ctypes.c_int * 12)(2, 4, 4, 1), 48), "
    "call(298, (ctypes.c_int * 32)(1, 128), 0, -1, -1, 0)",
    "files by handle": "call(304, -100, (ctypes.c_int * 34)(8, 1, 2), 0), call(300, 0, 0)",
}


@attack(
    "asks for what only root does: modules, kexec, clock, reboot, ports, bpf, perf, files by handle",
    meets="no right, no such call or the system-call filter",
)
@needs_x86_64
@pytest.mark.parametrize("calls", OF_ROOT.values(), ids=OF_ROOT)
def test_calls_of_root(arena: Arena, calls: str) -> None:
    assert refused(arena.said(f"print({calls})"), "EBADF", "ENOTBLK", "EFAULT", "ENODEV")


WITH_A_HISTORY = {
    "io_uring": "call(425, 8, ctypes.create_string_buffer(120))",
    "userfaultfd": "call(323, 0), call(323, 1)",
    "keyrings": "call(248, b'user', b'planted', b'x', 1, -3), call(250, 0, -3, 0), call(250, 1, None), "
    "call(249, b'user', b'planted', None, -3)",
}


@attack("uses corners of the kernel with a history: io_uring, userfaultfd, keyrings", meets="the call filter")
@needs_x86_64
@pytest.mark.parametrize("calls", WITH_A_HISTORY.values(), ids=WITH_A_HISTORY)
def test_calls_with_a_history(arena: Arena, calls: str) -> None:
    assert refused(arena.said(f"print({calls})"))


@attack(
    "goes round the call filter by 32-bit and x32 calls", meets="a filter that allows one call interface only"
)
@needs_x86_64
def test_calls_by_another_way(arena: Arena) -> None:
    code = """
import mmap
print(call(0x40000000 | 39), call(0x40000000 | 425, 8, ctypes.create_string_buffer(120)), flush=True)
# push rbx; mov eax, 288 (keyctl, to get a keyring); xor ebx, ebx; xor ecx, ecx; int 0x80; pop rbx; ret
machine_code = bytes.fromhex("53 b8 20010000 31db 31c9 cd80 5b c3")
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(machine_code)
place = ctypes.addressof(ctypes.c_char.from_buffer(page))
got = ctypes.CFUNCTYPE(ctypes.c_int)(place)()
print("reached" if got > 0 else errno.errorcode[-got])
"""
    done = arena.run(code)
    # A filter may end the process at the first call of another kind, and not every kernel knows the kind.
    assert done.exit.code in (0, 128 + SIGSYS, 128 + SIGSEGV)
    assert set(done.stdout.decode().split()) <= {*REFUSED, "ENOKEY"}
