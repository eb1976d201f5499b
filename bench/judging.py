"""From runs to figures: medians, ratios, how something grows, and whether a goal is met."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Sequence

from .contestants import CPU, PEAK, WALL, Goal, Growth, Limit, Ratio, Row
from .measuring import Run

NAMES = {CPU: "CPU", WALL: "wall", PEAK: "memory"}

Runs = dict[str, list[Run]]


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A goal, and what was measured; nothing, where a contestant did not run."""

    what: str
    value: float | None
    most: float
    aim: float | None
    unit: str

    @property
    def is_met(self) -> bool | None:
        return None if self.value is None else self.value <= self.most

    @property
    def outcome(self) -> str:
        if self.value is None:
            return "not measured"
        if self.value > self.most:
            return "MISSED"
        return "met, and the aim" if self.aim is not None and self.value <= self.aim else "met"


def typical(runs: Sequence[Run], figure: str) -> float:
    """The median; of memory, of which a sample may miss the peak, the most."""
    values = [getattr(run, figure) for run in runs]
    return max(values) if figure == PEAK else statistics.median(values)


def ratio(ours: Sequence[Run], theirs: Sequence[Run], figure: str) -> float:
    """How many times theirs ours took. The clock of CPU time has steps of its own: none is below 1 ms."""
    return typical(ours, figure) / max(typical(theirs, figure), 0.001)


def exponent(amounts: Sequence[float], values: Sequence[float]) -> float:
    """The power of its input with which something grows: the slope of the line through the logarithms."""
    x, y = [math.log(amount) for amount in amounts], [math.log(max(value, 0.001)) for value in values]
    return statistics.linear_regression(x, y).slope


def judge(row: Row, runs: Runs) -> list[Verdict]:
    times = {contestant.name: contestant.times for contestant in row.contestants}
    return [verdict(goal, runs, times) for goal in row.goals]


def verdict(goal: Goal, runs: Runs, times: dict[str, float]) -> Verdict:
    name = NAMES[goal.figure]
    value = None
    match goal:
        case Ratio(of, to, most, figure, aim):
            if of in runs and to in runs:
                value = ratio(runs[of], runs[to], figure)
            return Verdict(f"{of} : {to}, {name}", value, most, aim, "x")
        case Limit(of, most, figure):
            if of in runs:
                value = typical(runs[of], figure)
            return Verdict(f"{of}, {name}", value, most, None, "MiB" if figure == PEAK else "s")
        case Growth(of, most, figure):
            if all(each in runs for each in of):
                value = exponent(
                    [times[each] for each in of], [typical(runs[each], figure) for each in of]
                )
            return Verdict(f"{of[0]} to {of[-1]}, {name}", value, most, None, "power")
