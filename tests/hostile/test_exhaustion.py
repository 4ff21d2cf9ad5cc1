"""Using up the machine.

Every program here is started in a sandbox only; what it takes is what its own limits leave it.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hostile.attack import attack
from tests.hostile.world import BRIEF, TIGHT, Arena, need_bounded_memory
from tests.sandbox.world import Listener

BOMBS = {
    "plain": "os.fork()",
    "in sessions of their own": "os.fork() or os.setsid()",
    "orphaned": "os.fork() or (os.fork() and os._exit(0))",
}


@attack(
    "forks for ever, also in new sessions and twice over", meets="the limit on processes and the wall clock"
)
@pytest.mark.parametrize("fork", BOMBS.values(), ids=BOMBS)
def test_a_fork_bomb(arena: Arena, fork: str) -> None:
    code = f"""
import time
print("begun", flush=True)
while True:
    outcome(lambda: {fork})
    time.sleep(0.02)
"""
    done = arena.run(code, limits=BRIEF)
    assert (done.exit.reason, done.exit.code) == ("wall_clock", None)
    assert done.stdout.startswith(b"begun\n")


@attack("starts children until it may not", meets="the limit on processes, which counts what waits too")
@pytest.mark.parametrize("child", ["time.sleep(300)", "0"], ids=["alive", "zombies"])
def test_children_without_end(arena: Arena, child: str) -> None:
    code = f"""
import time
def one(_):
    if os.fork() == 0: {child}; os._exit(0)
print(*filled(one, 500), flush=True)
os._exit(0)
"""
    count, error = arena.run(code).stdout.split()
    assert error == b"EAGAIN"
    assert 10 < int(count) < TIGHT.processes


@attack("starts threads until it may not", meets="the limit on processes, which counts threads")
def test_a_thread_bomb(arena: Arena) -> None:
    code = """
import threading, time
count = 0
try:
    while count < 500: threading.Thread(target=time.sleep, args=(300,), daemon=True).start(); count += 1
except RuntimeError: print(count, flush=True)
os._exit(0)
"""
    assert 10 < int(arena.said(code)) < TIGHT.processes


@attack("takes more memory than it is given", meets="the memory limit; the end is reported as `memory`")
def test_one_process_with_too_much_memory(arena: Arena) -> None:
    need_bounded_memory(arena.backend)
    done = arena.run("x = bytearray(400 << 20); x[::4096] = bytes(len(x[::4096])); print(len(x))")
    assert (done.exit.reason, done.exit.code, done.stdout) == ("memory", None, b"")


@attack("spreads its memory over many processes", meets="one memory limit for all of a job's processes")
def test_many_processes_with_too_much_memory(arena: Arena) -> None:
    need_bounded_memory(arena.backend)
    code = """
import os, signal
for _ in range(20):
    if os.fork() == 0:
        x = bytearray(20 << 20); x[::4096] = bytes(len(x[::4096])); signal.pause()
while True:
    pid, status = os.wait()
    if status: os._exit(3)
"""
    assert arena.run(code).exit.reason == "memory"


HOARDS = {
    "anonymous files": """
def one(_): os.write(os.memfd_create("x"), bytes(4 << 20))
""",
    "System V shared memory": """
libc.shmat.restype = ctypes.c_void_p
def one(_):
    place = libc.shmat(libc.shmget(0, 4 << 20, 0o1600), 0, 0)
    if place in (None, 2**64 - 1): raise OSError(ctypes.get_errno(), "")
    ctypes.memset(place, 1, 4 << 20)
    libc.shmdt(ctypes.c_void_p(place))
""",
    "System V messages": """
def one(_):
    queue = libc.msgget(0, 0o1600)
    if queue < 0 or libc.msgsnd(queue, (ctypes.c_long(1).value).to_bytes(8, "little") + bytes(8000), 8000, 0):
        raise OSError(ctypes.get_errno(), "")
""",
    "pipes": """
import fcntl
def one(_):
    for size in (1 << 20, 1 << 16, 1 << 12):
        read, write = os.pipe()
        os.set_blocking(write, False)
        outcome(lambda: fcntl.fcntl(write, 1031, size))
        while not isinstance(outcome(lambda: os.write(write, bytes(1 << 16))), str): pass
""",
    "sockets": """
import socket
def one(_):
    a, b = socket.socketpair()
    a.setblocking(False); a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)
    while not isinstance(outcome(lambda: a.send(bytes(1 << 16))), str): pass
    kept.append((a, b))
kept = []
""",
}


@attack(
    "hoards memory outside its address space: anonymous files, System V memory and messages, pipes, sockets",
    meets="the memory limit, which counts the kernel's memory too, or the number of open files",
)
@pytest.mark.parametrize("code", HOARDS.values(), ids=HOARDS)
def test_memory_that_no_process_maps(arena: Arena, code: str) -> None:
    need_bounded_memory(arena.backend)
    # Many processes, as each has open files of its own.
    more = """
children = [pid for pid in (os.fork() for _ in range(5)) if pid]
found = filled(one, 5000)
print(*found, flush=True)
for pid in children: outcome(lambda: os.waitpid(pid, 0))
sys.exit(found[1] == "none")
"""
    done = arena.run(code + more)
    assert done.exit.reason == "memory" or done.stdout, done
    assert b"none" not in done.stdout


@attack("fills POSIX message queues", meets="the limit on a user's queues")
def test_posix_message_queues(arena: Arena) -> None:
    code = """
attributes = (ctypes.c_long * 8)(0, 10, 8192)
def one(number):
    if libc.mq_open(b"/q%d" % number, 0o102, 0o600, attributes) < 0: raise OSError(ctypes.get_errno(), "")
print(*filled(one, 5000))
"""
    count, error = arena.run(code).stdout.split()
    assert error in (b"EMFILE", b"ENOSPC", b"EPERM", b"ENOSYS", b"EACCES")
    assert int(count) < 100
    assert not list(Path("/dev/mqueue").glob("q[0-9]"))


@attack("opens files until it may not", meets="the limit on open files")
def test_a_descriptor_flood(arena: Arena) -> None:
    code = "print(*filled(lambda n: os.dup(0)), *filled(lambda n: os.eventfd(0)))"
    found = arena.run(code).stdout.split()
    assert found[1::2] == [b"EMFILE", b"EMFILE"]
    assert int(found[0]) < TIGHT.open_files


@attack("hides descriptors in flight between sockets", meets="the kernel's limit on those")
def test_descriptors_in_flight(arena: Arena) -> None:
    code = """
import array, socket
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
a.setblocking(False)
def one(_):
    handle = os.dup(0)
    try: a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [handle] * 50))])
    finally: os.close(handle)
print(*filled(one))
"""
    count, error = arena.run(code).stdout.split()
    assert error in (b"ETOOMANYREFS", b"EAGAIN")
    assert int(count) < 1000


@attack("writes to stdout or stderr for ever", meets="the limit on output; the end is reported as `output`")
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("text", ["spam\\n", "\\0"], ids=["lines", "a line without end"])
def test_an_output_flood(arena: Arena, stream: str, text: str) -> None:
    done = arena.run(f"import sys\nwhile True: sys.{stream}.write('{text}' * 1000)")
    assert (done.exit.reason, done.exit.code) == ("output", None)
    assert len(getattr(done, stream)) == TIGHT.output_bytes


FOREVER = {
    "sleeping": "time.sleep(1000)",
    "ignoring every signal": """
for number in range(1, 65): outcome(lambda: signal.signal(number, signal.SIG_IGN))
while True: time.sleep(1000)""",
    "stopping itself": "os.kill(os.getpid(), signal.SIGSTOP)",
    "stopping all": "outcome(lambda: os.kill(-1, signal.SIGSTOP)); os.kill(os.getpid(), signal.SIGSTOP)",
    "with its streams closed": "os.closerange(0, 100); time.sleep(1000)",
    "waiting for itself": """
handle = os.open("/tmp/work/lock", os.O_CREAT | os.O_RDWR); fcntl.flock(handle, fcntl.LOCK_EX)
fcntl.flock(os.open("/tmp/work/lock", os.O_RDWR), fcntl.LOCK_EX)""",
}


@attack(
    "never ends: sleeps, ignores signals, stops itself, closes its streams, waits for itself",
    meets="the wall clock, which takes the whole tree",
)
@pytest.mark.parametrize("code", FOREVER.values(), ids=FOREVER)
def test_never_ending(arena: Arena, code: str) -> None:
    begun = "import fcntl, signal, time\nprint('begun', flush=True)\n"
    done = arena.run(begun + code, limits=BRIEF)
    assert (done.exit.reason, done.exit.code, done.stdout) == ("wall_clock", None, b"begun\n")


@attack("burns processor time and ignores the warning", meets="the limit on it; the end is reported as `cpu`")
@pytest.mark.parametrize("ignored", [False, True], ids=["heeding", "ignoring"])
def test_processor_time(arena: Arena, ignored: bool) -> None:
    code = "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\n" * ignored
    done = arena.run(code + "while True: pass", limits=replace(TIGHT, cpu_seconds=1))
    assert (done.exit.reason, done.exit.code) == ("cpu", None)


BURNING = {
    "side by side": """
for _ in range(3): os.fork()
while True: pass""",
    "one after another": """
while True:
    if os.fork() == 0:
        end = time.monotonic() + 0.3
        while time.monotonic() < end: pass
        os._exit(0)
    os.wait()""",
    "one after another, orphaned": """
while True:
    if os.fork() == 0:
        if os.fork() == 0:
            end = time.monotonic() + 0.3
            while time.monotonic() < end: pass
        os._exit(0)
    os.wait(); time.sleep(0.1)""",
}


@attack(
    "burns processor time in many processes, each below its limit", meets="a limit on what all use together"
)
@pytest.mark.parametrize("code", BURNING.values(), ids=BURNING)
def test_processor_time_of_many(arena: Arena, code: str) -> None:
    done = arena.run("import time\n" + code, limits=replace(TIGHT, cpu_seconds=1))
    assert (done.exit.reason, done.exit.code) == ("cpu", None)


@attack("leaves a daemon of its own session behind, deaf and mute", meets="the end of all it started")
def test_a_daemon(arena: Arena) -> None:
    code = """
import signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(1, 65): outcome(lambda: signal.signal(number, signal.SIG_IGN))
        os.closerange(0, 100)
        time.sleep(1000)
    os._exit(0)
os.wait()
print("the parent ends")
"""
    assert arena.said(code) == "the parent ends\n"


@attack("kills whatever it can reach, its first process too", meets="a process namespace of its own")
def test_signals_to_all(arena: Arena, gateway: Listener) -> None:
    code = """
import signal, socket
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGHUP):
    for target in (-1, 1): outcome(lambda: os.kill(target, number))
print(socket.create_connection(("9.9.9.9", 99), 50).recv(9))
"""
    gateway.reply = b"served"
    assert arena.said(code, gateway=gateway.path) == "b'served'\n"


@attack("asks for more than its share of the processor", meets="no right to a better or a real-time priority")
def test_priorities(arena: Arena) -> None:
    code = """
sys.stdout.write(" ".join(str(outcome(act)) for act in (
    lambda: os.nice(-1) and "given",
    lambda: os.setpriority(os.PRIO_USER, os.getuid(), -5) or "given",
    lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)) or "given",
    lambda: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1)) or "given",
)))
print(libc.syscall(251, 1, 0, 1 << 13 | 4))  # ioprio_set: this process, real-time class
"""
    words = arena.said(code).split()
    assert "given" not in " ".join(words)
    assert words[-1].endswith("-1")


@attack("opens connections without end", meets="a shim that takes one after another and goes on serving")
def test_a_connection_flood(arena: Arena, gateway: Listener) -> None:
    code = """
import socket
kept = []
for n in range(1500):
    s = socket.socket(); s.setblocking(False)
    s.connect_ex(("5.6.7.8", 1000 + n))
    if n % 20: s.close()
    else: kept.append(s)
with socket.create_connection(("9.9.9.9", 999), 80) as s: print(s.recv(100).decode())
"""
    gateway.reply = b"still here"
    assert arena.said(code, gateway=gateway.path) == "still here\n"
    seen = gateway.until("ip", "9.9.9.9")
    assert {"5.6.7.8"} == {one["ip"] for one in seen[:-1]}


@attack("asks for names without end, some of them malformed", meets="bounded reports; names stay answered")
def test_a_name_flood(arena: Arena, gateway: Listener) -> None:
    code = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in range(3000):
    name = b"%06d" % n
    s.sendto(b"ab\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\6" + name + b"\\0\\0\\1\\0\\1"[: 5 - n % 2], ("8.8.8.8", 53))
for _ in range(60):  # its own flood may have to be answered first
    if works(lambda: socket.gethostbyname("api.test")): break
print(socket.create_connection(("api.test", 99), 80).recv(99).decode())
"""
    gateway.reply = b"still here"
    assert arena.said(code, gateway=gateway.path) == "still here\n"
    assert len(gateway.until("kind", "tcp")) <= 3100


@attack("hands a message of a gigabyte to a harness that reads lines", meets="the limit on output")
def test_a_line_without_end(arena: Arena) -> None:
    process = arena.start("import os\nwhile True: os.write(1, b'{' * 65536)")
    line = process.stdout.readline()
    assert len(line) == TIGHT.output_bytes
    assert process.wait(60).reason == "output"
    process.stdin.close()
    process.stdout.close()


@attack("does not read what the harness says to it", meets="a harness that gives up at the wall clock")
def test_a_process_that_reads_nothing(arena: Arena) -> None:
    process = arena.start("import time; time.sleep(1000)", limits=BRIEF)
    began = time.monotonic()
    with pytest.raises(BrokenPipeError):
        process.stdin.write(bytes(64 << 20))
    assert process.wait(60).reason == "wall_clock"
    assert time.monotonic() - began < 60
    process.stdin.close()
    process.stdout.close()
