"""What is shown of rows: a table for people, a document for programs."""

from __future__ import annotations

import dataclasses
import os
import platform
import re
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from . import tools
from .contestants import CPU, PEAK, WALL
from .judging import Verdict, judge, ratio, typical
from .running import Measured

SCHEMA = "howdah.bench/2"


def verdicts(measured: Measured) -> list[Verdict]:
    return judge(measured.row, measured.runs)


# ---- for people ---------------------------------------------------------------------------------------


def table(name: str, measured: Measured) -> str:
    """A row: what each contestant took, how ours stand to the others, and the goals."""
    return "\n".join([*heading(name, measured), *figures(measured), *ratios(measured), *goals(measured)])


def heading(name: str, measured: Measured) -> Iterator[str]:
    files = ", ".join(
        f"{path.name} ({path.stat().st_size / 1e6:.1f} MB)" for path in measured.inputs.values()
    )
    yield f"\n{name}: {measured.row.title}"
    yield f"  {files}"


def figures(measured: Measured) -> Iterator[str]:
    yield (
        f"  {'':20} {'CPU s':>8} {'(min..max)':>17} {'wall s':>8} {'(min..max)':>17}"
        f" {'peak MiB':>9} {'others':>7} {'rounds':>7}"
    )
    for contestant in measured.contestants:
        runs = measured.runs[contestant.name]
        columns = []
        for figure in (CPU, WALL):
            values = [getattr(run, figure) for run in runs]
            spread = f"({seconds(min(values))}..{seconds(max(values))})"
            columns.append(f"{seconds(typical(runs, figure)):>8} {spread:>17}")
        yield (
            f"  {contestant.name:20} {' '.join(columns)} {typical(runs, PEAK):9.1f}"
            f" {typical(runs, 'others_cpu_seconds'):7.2f} {len(runs):7}"
        )


def ratios(measured: Measured) -> Iterator[str]:
    runs = measured.runs
    for ours in measured.contestants:
        for peer in measured.contestants:
            if ours.is_ours and not peer.is_ours:
                figures = ", ".join(
                    f"{name} {number(ratio(runs[ours.name], runs[peer.name], figure))}"
                    for name, figure in (("CPU", CPU), ("wall", WALL), ("memory", PEAK))
                )
                yield f"  {ours.name + ' : ' + peer.name:30} {figures}"


def goals(measured: Measured) -> Iterator[str]:
    for verdict in verdicts(measured):
        yield f"  goal  {verdict_line(verdict)}"


def verdict_line(verdict: Verdict) -> str:
    value = "" if verdict.value is None else f"{number(verdict.value)} {verdict.unit}"
    aim = f", aim {number(verdict.aim)}" if verdict.aim is not None else ""
    return f"{verdict.what:32} {value:12} at most {number(verdict.most)}{aim}: {verdict.outcome}"


def summary(rows: dict[str, Measured], failed: list[str]) -> str:
    """All goals at a glance, and what has no figures."""
    found = {name: verdicts(measured) for name, measured in rows.items()}
    everything = [verdict for group in found.values() for verdict in group]
    counts = [
        (sum(verdict.is_met is True for verdict in everything), "met"),
        (sum(verdict.is_met is False for verdict in everything), "missed"),
        (sum(verdict.is_met is None for verdict in everything), "not measured"),
    ]
    lines = [f"\ngoals: {', '.join(f'{count} {what}' for count, what in counts)}"]
    for name, group in found.items():
        lines += [
            f"  {name:17} {verdict_line(verdict)}" for verdict in group if verdict.is_met is not None
        ]
    if failed:
        lines.append(f"no figures for: {', '.join(failed)}")
    return "\n".join(lines)


def seconds(value: float) -> str:
    return f"{value:.3f}" if value < 1 else f"{value:.2f}"


def number(value: float) -> str:
    """Three figures that count."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}" if value < 1 else f"{value:.2f}"


# ---- for programs -------------------------------------------------------------------------------------


def document(rows: dict[str, Measured], failed: list[str]) -> dict:
    return {
        "schema": SCHEMA,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(),
        "rows": {name: row_document(measured) for name, measured in rows.items()},
        "without_figures": failed,
    }


def row_document(measured: Measured) -> dict:
    return {
        "title": measured.row.title,
        "inputs": [
            {"name": path.name, "bytes": path.stat().st_size} for path in measured.inputs.values()
        ],
        "contestants": [
            {
                "name": contestant.name,
                "is_ours": contestant.is_ours,
                "command": contestant.command,
                "versions": {
                    name: tools.version(name) for name in contestant.needs if tools.version(name)
                },
                "runs": [dataclasses.asdict(run) for run in measured.runs[contestant.name]],
            }
            for contestant in measured.contestants
        ],
        "goals": [
            {
                "what": verdict.what,
                "value": verdict.value,
                "most": verdict.most,
                "aim": verdict.aim,
                "unit": verdict.unit,
                "is_met": verdict.is_met,
            }
            for verdict in verdicts(measured)
        ],
    }


def fastest_peers(earlier: dict) -> dict[str, str]:
    """The peer of each row that took the least CPU, as an earlier document has it."""
    fastest = {}
    for name, row in earlier["rows"].items():
        peers = [each for each in row["contestants"] if not each["is_ours"]]
        if peers:
            fastest[name] = min(peers, key=median_cpu)["name"]
    return fastest


def median_cpu(contestant: dict) -> float:
    return statistics.median(run[CPU] for run in contestant["runs"])


def machine() -> dict:
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu": cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "load_average": os.getloadavg()[0],
    }


def machine_line() -> str:
    facts = machine()
    return (
        f"{facts['cpu']}, {facts['cores']} cores, {facts['memory_mib'] / 1024:.0f} GiB, {facts['system']};"
        f" load average {facts['load_average']:.1f}"
    )


def cpu_name() -> str:
    names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    return names[0] if names else platform.processor()
