"""One command and its whole process tree: how long, how much CPU, how much memory.

This process makes itself the one that orphans fall to, so a daemon that a command leaves behind is
waited for and counted like any other child, and none outlives the run.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import os
import select
import signal
import subprocess
import time
from pathlib import Path

from .failure import Failed

PR_SET_CHILD_SUBREAPER = 36
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# How often the memory is looked at. A shorter peak is not seen.
FIRST_SAMPLES_SECONDS = 0.005
LATER_SAMPLES_SECONDS = 0.05
# How long what a command leaves running may take to end by itself.
GRACE_SECONDS = 15.0
# How long what is asked to end may take, before it is ended by force.
POLITE_SECONDS = 2.0


@dataclasses.dataclass(frozen=True)
class Run:
    """What one run of a command took."""

    wall_seconds: float
    cpu_seconds: float  # user and system, of all processes of the tree
    peak_mib: float  # the most that all its processes together held at a time, mapped files left out
    others_cpu_seconds: float  # what the rest of the machine used meanwhile


def become_subreaper() -> None:
    """From now on, orphans among our descendants become our children. Called once, at the start."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise Failed(f"this process cannot become a subreaper: {os.strerror(ctypes.get_errno())}")


def run(command: str, folder: Path, environment: dict[str, str], most_seconds: float) -> Run:
    """Runs `command` in bash, waits for its whole process tree, and fails if it fails.

    What it says goes to `folder/stderr`. It has a session of its own: Ctrl-C reaches us, and we end it.
    """
    with open(folder / "stderr", "wb") as stderr:
        busy, own, started = busy_cpu_seconds(), time.process_time(), time.perf_counter()
        child = subprocess.Popen(
            ["bash", "-o", "pipefail", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env=environment,
            start_new_session=True,
        )
    tree = Tree()
    try:
        peak_bytes = watch(child.pid, tree, started + most_seconds)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        cpu = usage.ru_utime + usage.ru_stime + orphans_cpu_seconds()
    except BaseException:
        tree.end()
        child.poll()
        raise
    if child.returncode != 0:
        raise Failed(f"this ended with {child.returncode}:\n  {command}\n{last_words(folder)}".rstrip())
    others = busy_cpu_seconds() - busy - cpu - (time.process_time() - own)
    return Run(wall, cpu, peak_bytes / 2**20, max(0.0, others))


def watch(pid: int, tree: Tree, deadline: float) -> int:
    """Looks at the tree's memory until process `pid` has ended; the most that was seen, in bytes."""
    ended = select.poll()
    handle = os.pidfd_open(pid)
    try:
        ended.register(handle, select.POLLIN)
        peak, samples = 0, 0
        while True:
            peak = max(peak, tree.held_bytes())
            pause = FIRST_SAMPLES_SECONDS if samples < 20 else LATER_SAMPLES_SECONDS
            samples += 1
            if ended.poll(pause * 1000):
                return peak
            if time.perf_counter() > deadline:
                raise Failed("the command took too long and was ended", "--timeout SECONDS allows more")
    finally:
        os.close(handle)


def orphans_cpu_seconds() -> float:
    """Waits for all that the command has left running; the CPU that it has used."""
    seconds, deadline = 0.0, time.monotonic() + GRACE_SECONDS
    while True:
        try:
            pid, _, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return seconds
        if pid:
            seconds += usage.ru_utime + usage.ru_stime
        elif time.monotonic() > deadline:
            raise Failed(f"the command left processes that did not end within {GRACE_SECONDS:.0f} s")
        else:
            time.sleep(0.01)


class Tree:
    """All processes that descend from this one.

    A process is looked at closely once: it is ours if its parent is. Those that are not are remembered,
    so that a look costs little on a machine with many processes.
    """

    def __init__(self) -> None:
        self.ours: set[int] = set()
        self.foreign: set[int] = {os.getpid()}

    def refresh(self) -> None:
        present = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        self.ours &= present
        self.foreign &= present
        # A parent has mostly, but not always, the lower number: look until nothing new is found.
        unknown, found = present - self.ours - self.foreign, True
        while unknown and found:
            parents = {pid: parent_of(pid) for pid in unknown}
            found = {
                pid for pid, parent in parents.items() if parent == os.getpid() or parent in self.ours
            }
            self.ours |= found
            unknown -= found
        self.foreign |= unknown

    def held_bytes(self) -> int:
        """The memory that nobody else could have: what is resident, without pages of files."""
        self.refresh()
        return sum(held_bytes_of(pid) for pid in self.ours)

    def end(self) -> None:
        """Ends all of them: politely, then by force. Waits until they are gone."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + POLITE_SECONDS
            while time.monotonic() < deadline:
                self.refresh()
                if not self.ours:
                    return
                for pid in self.ours:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, number)
                time.sleep(0.02)
                reap()


def reap() -> None:
    """Takes note of every child that has ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def parent_of(pid: int) -> int | None:
    try:
        # The name, which comes before, may have blanks and parentheses.
        return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[1])
    except (OSError, IndexError):
        return None


def held_bytes_of(pid: int) -> int:
    try:
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_bytes().split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * PAGE_BYTES


def busy_cpu_seconds() -> float:
    """What all processes of this machine have used."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields)
    return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND


def last_words(folder: Path) -> str:
    """What the command said, without the middle of a long story."""
    lines = (folder / "stderr").read_text(errors="replace").strip().splitlines()
    return "\n".join(lines if len(lines) <= 20 else [*lines[:8], "...", *lines[-11:]])
