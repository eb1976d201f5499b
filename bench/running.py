"""One row: its contestants in turn, round by round, and each round in another order, so that what else
the machine does falls on all of them alike.

Every contestant's first output is compared with that of the one that ran first. A row whose outputs
differ has no times, and fails.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from . import comparing, tools
from .contestants import Contestant, Row
from .failure import Failed, progress
from .judging import Runs
from .measuring import Run, run

PEERS = tools.REPOSITORY / "bench/peers"


@dataclasses.dataclass(frozen=True)
class Options:
    data: Path
    work: Path  # for scratch folders
    howdah: Path  # the folder of howdah and the jobs
    small: bool
    most_seconds: float  # of one run
    rounds: int | None  # instead of the row's own


@dataclasses.dataclass(frozen=True)
class Measured:
    row: Row
    contestants: Sequence[Contestant]
    inputs: dict[str, Path]
    runs: Runs


def measure(row: Row, contestants: Sequence[Contestant], options: Options) -> Measured:
    inputs = inputs_of(row, options)
    with scratch(options.work) as folder:
        runs = Runner(row, contestants, inputs, folder, options).all_rounds()
    return Measured(row, contestants, inputs, runs)


def inputs_of(row: Row, options: Options) -> dict[str, Path]:
    """The row's input files, once each is read so that the system has it in memory."""
    inputs = {}
    for name, wanted in row.inputs.items():
        file = options.data / wanted.name(options.small)
        if not file.exists():
            part = wanted.fetched_by(options.small)
            raise Failed(f"{file} is missing", f"scripts/fetch-data {part} --to {options.data}")
        inputs[name] = file
    for file in inputs.values():
        with open(file, "rb", buffering=0) as stream:
            while stream.read(1 << 20):
                pass
    return inputs


class Runner:
    def __init__(
        self,
        row: Row,
        contestants: Sequence[Contestant],
        inputs: dict[str, Path],
        folder: Path,
        options: Options,
    ) -> None:
        self.row, self.contestants, self.inputs, self.options = row, contestants, inputs, options
        self.folder = folder
        self.prepared = folder / "prepared"
        self.expected = folder / "expected"
        self.first = ""  # whose output is the expected one
        self.sizes: dict[str, int] = {}

    def all_rounds(self) -> Runs:
        self.prepare()
        runs: Runs = {contestant.name: [] for contestant in self.contestants}
        for number in range(max(self.rounds_of(contestant) for contestant in self.contestants)):
            order = [each for each in self.contestants if number < self.rounds_of(each)]
            random.Random(number).shuffle(order)
            for contestant in order:
                one = self.one(contestant)
                runs[contestant.name].append(one)
                progress(f"  round {number + 1}: {contestant.name}: {one.cpu_seconds:.2f} s of CPU")
        return runs

    def rounds_of(self, contestant: Contestant) -> int:
        rounds = self.options.rounds or self.row.rounds
        return 1 if contestant.is_slow else rounds

    def prepare(self) -> None:
        self.prepared.mkdir()
        for command in self.row.prepare:
            with scratch(self.folder) as folder:
                self.run(command, folder)

    def one(self, contestant: Contestant) -> Run:
        with scratch(self.folder) as folder:
            one = self.run(contestant.command, folder)
            out = folder / "out"
            if not out.exists():
                raise Failed(f"{contestant.name} wrote nothing")
            size = comparing.output_bytes(out)
            if contestant.name not in self.sizes:
                self.sizes[contestant.name] = size
                self.compare(contestant, out, folder / "comparable")
            elif size != self.sizes[contestant.name] and not self.row.tolerance:
                raise Failed(f"{contestant.name} wrote another output than before")
        return one

    def compare(self, contestant: Contestant, out: Path, comparable: Path) -> None:
        comparing.write_comparable(out, contestant.reads, self.row.in_order, comparable)
        if not self.first:
            if comparable.stat().st_size == 0:
                raise Failed(f"{contestant.name} wrote nothing, so there is nothing to compare")
            self.first = contestant.name
            shutil.move(comparable, self.expected)
        elif difference := comparing.first_difference(comparable, self.expected, self.row.tolerance):
            raise Failed(
                f"{contestant.name} and {self.first} differ at {difference}",
                "no time of this row means anything until they agree",
            )

    def run(self, command: str, folder: Path) -> Run:
        words = self.places(folder)
        return run(filled(command, words), folder, environment(folder), self.options.most_seconds)

    def places(self, folder: Path) -> dict[str, str]:
        return places(self.inputs, self.options.howdah) | {
            "out": str(folder / "out"),
            "tmp": str(folder),
            "prepared": str(self.prepared),
        }


def places(inputs: dict[str, Path], howdah: Path) -> dict[str, str]:
    """The names that stand in braces in commands, but for the folders of a run."""
    return {name: str(path) for name, path in inputs.items()} | {
        "howdah": str(howdah),
        "peers": str(PEERS),
        "python": str(tools.PYTHON),
        "python3": sys.executable,
        "jars": str(tools.JARS),
    }


def filled(command: str, words: dict[str, str]) -> str:
    """A command with paths for the names in braces; other braces are the command's own."""

    def path(name: re.Match) -> str:
        return shlex.quote(words[name[1]]) if name[1] in words else name[0]

    return re.sub(r"\{(\w+)\}", path, command)


def environment(folder: Path) -> dict[str, str]:
    """The same for all contestants: bytes are bytes, two threads, temporary files where they are removed."""
    # Python's own default: with it set, the rows in Python would measure system calls.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return inherited | {
        "LC_ALL": "C",
        "PATH": f"{tools.BY_HAND_FOLDER}:{os.environ['PATH']}",
        "POLARS_MAX_THREADS": "2",
        "PYTHONUTF8": "1",
        "TMPDIR": str(folder),
    }


@contextlib.contextmanager
def scratch(parent: Path) -> Iterator[Path]:
    """A folder for one run: its output, its temporary files and what it says."""
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        yield Path(folder)
