"""What a row consists of: contestants that do the same work, and goals that say how fast is fast enough."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from .comparing import Reader, plain

CPU = "cpu_seconds"
WALL = "wall_seconds"
PEAK = "peak_mib"


@dataclasses.dataclass(frozen=True)
class Contestant:
    """One way to do a row's work: a command for bash that writes `{out}`, a file or a folder of parts."""

    name: str
    command: str  # with names in braces: those of the row's inputs, and of `running.Places`
    needs: Sequence[str] = ()  # names of tools
    reads: Reader = plain
    is_ours: bool = False
    is_slow: bool = False  # one round is enough
    is_optional: bool = False  # runs only if it is asked for
    times: float = 1  # how much of the row's input it reads, where contestants differ in that


@dataclasses.dataclass(frozen=True)
class Input:
    """A file of `scripts/fetch-data`, and the small one that stands for it with --small."""

    file: str
    small: str
    part: str  # of scripts/fetch-data
    small_part: str = ""

    def name(self, small: bool) -> str:
        return self.small if small else self.file

    def fetched_by(self, small: bool) -> str:
        return self.small_part if small and self.small_part else self.part


@dataclasses.dataclass(frozen=True)
class Ratio:
    """`of` takes at most this many times what `to` takes."""

    of: str
    to: str
    most: float
    figure: str = CPU
    aim: float | None = None  # better still, and told beside it


@dataclasses.dataclass(frozen=True)
class Limit:
    """`of` takes at most so much."""

    of: str
    most: float
    figure: str = WALL


@dataclasses.dataclass(frozen=True)
class Growth:
    """What `of` take grows with their input at most to this power."""

    of: tuple[str, ...]
    most: float
    figure: str = CPU


Goal = Ratio | Limit | Growth


@dataclasses.dataclass(frozen=True)
class Row:
    title: str
    inputs: dict[str, Input]
    contestants: Sequence[Contestant]
    goals: Sequence[Goal]
    prepare: Sequence[str] = ()  # commands whose files, in {prepared}, are there for all and in no time
    in_order: bool = False  # the order of the output's lines counts
    tolerance: float = 0.0  # by which numbers in outputs may differ
    rounds: int = 3

    def __post_init__(self) -> None:
        names = [contestant.name for contestant in self.contestants]
        mentioned = {name for goal in self.goals for name in contestants_of(goal)}
        if len(set(names)) < len(names) or not mentioned <= set(names):
            raise ValueError(f"{self.title}: contestants {names}, goals of {sorted(mentioned)}")


def contestants_of(goal: Goal) -> tuple[str, ...]:
    """The contestants that a goal is about."""
    match goal:
        case Ratio():
            return (goal.of, goal.to)
        case Limit():
            return (goal.of,)
        case Growth():
            return goal.of
