"""Instruction counts of the hot paths on small inputs, which hardly depend on what else a machine does.

valgrind's callgrind counts them. They are compared with `instructions.json`, which has the counts of the
toolchain that it names: another compiler makes other instructions, and no count of it says anything here.
"""

from __future__ import annotations

import dataclasses
import json
import platform
import random
import re
import subprocess
import tempfile
from pathlib import Path

from . import rows, tools
from .failure import Failed, progress
from .measuring import run
from .running import environment, filled, places, scratch

BASELINE = tools.REPOSITORY / "bench/instructions.json"
SCHEMA = "howdah.bench-instructions/1"
# Runs of the same programs differ by less than 0.1 %, since hashes have seeds and threads meet as they
# come; the same sources built in another folder by up to 0.4 %.
MOST_GROWTH = 0.02
RENEW = "scripts/bench --instructions --renew"
ONE_WORKER = "-w 1 --memory 64M"

COMMANDS = {
    "word-count map": "{howdah}/word-count map --tokens whitespace <{text} >{out}",
    "word-count run": rows.count_words("{text}", "-o {out}", ONE_WORKER),
    "word-count, no combiner": rows.count_words("{text}", "-o {out}", f"{ONE_WORKER} --no-combiner"),
    "streaming sort": rows.sort_by_streaming("{records}", ONE_WORKER),
    "join, shuffled": rows.join("{left}", "{right}", "shuffled", ONE_WORKER),
    "join, broadcast": rows.join("{left}", "{right}", "broadcast", ONE_WORKER),
    "pagerank, one round": rows.rank("{edges}", 1, ONE_WORKER),
}


@dataclasses.dataclass(frozen=True)
class Change:
    """A row's count now, and in the baseline; nothing there, if the row is new."""

    name: str
    now: int | None
    before: int | None

    def outcome(self, most_growth: float) -> str:
        if self.now is None:
            return "GONE"
        if self.before is None:
            return "NEW"
        if self.now > self.before * (1 + most_growth):
            return "GREW"
        return "shrank" if self.now < self.before * (1 - most_growth) else "same"

    def line(self, most_growth: float) -> str:
        growth = f"{self.now / self.before - 1:+.2%}" if self.now and self.before else ""
        counts = [f"{count:,}" if count else "-" for count in (self.now, self.before)]
        return (
            f"  {self.name:24} {counts[0]:>15} {counts[1]:>15} {growth:>9}  {self.outcome(most_growth)}"
        )


def main(renew: bool, programs: Path | None) -> int:
    if not tools.SystemProgram("valgrind").is_here():
        raise Failed("there is no valgrind", "apt-get install valgrind")
    baseline = None if renew else read_baseline()
    counts = count_all(programs.resolve() if programs else tools.build_ours())
    if baseline is None:
        BASELINE.write_text(json.dumps(new_baseline(counts), indent=2) + "\n")
        progress(f"written: {BASELINE.relative_to(tools.REPOSITORY)}")
        return 0
    return compared(baseline, counts)


def compared(baseline: dict, counts: dict[str, int]) -> int:
    most = baseline["most_growth"]
    names = list(counts) + [name for name in baseline["rows"] if name not in counts]
    changes = [Change(name, counts.get(name), baseline["rows"].get(name)) for name in names]
    print(f"  {'instructions of':24} {'now':>15} {'before':>15} {'growth':>9}")
    for change in changes:
        print(change.line(most))
    bad = [change.name for change in changes if change.outcome(most) in ("GREW", "GONE", "NEW")]
    if bad:
        raise Failed(
            f"{', '.join(bad)}: not as {BASELINE.name} has it, nor at most {most:.0%} above",
            f"`valgrind --tool=callgrind` on the command shows where they go; if it is meant, {RENEW}",
        )
    if any(change.outcome(most) == "shrank" for change in changes):
        print(f"a row shrank: {RENEW} keeps it so")
    return 0


def read_baseline() -> dict:
    try:
        baseline = json.loads(BASELINE.read_text())
    except (OSError, ValueError) as error:
        raise Failed(f"{BASELINE} cannot be read: {error}", f"{RENEW} writes it") from None
    here = this_toolchain()
    if baseline["toolchain"] != here:
        raise Failed(
            f"{BASELINE.name} is of {baseline['toolchain']}, and this is {here}",
            f"RUSTUP_TOOLCHAIN chooses another toolchain, {RENEW} measures with this one",
        )
    return baseline


def new_baseline(counts: dict[str, int]) -> dict:
    return {
        "schema": SCHEMA,
        "renewed_by": RENEW,
        "toolchain": this_toolchain(),
        "beside": f"{output_of(['valgrind', '--version'])}, {' '.join(platform.libc_ver())}",
        "most_growth": MOST_GROWTH,
        "rows": counts,
    }


def this_toolchain() -> str:
    verbose = output_of(["rustc", "-vV"])
    host = re.search(r"^host: (.*)$", verbose, re.M)
    return f"{verbose.splitlines()[0]} for {host[1] if host else 'an unknown host'}"


def output_of(command: list[str]) -> str:
    try:
        return subprocess.run(
            command, cwd=tools.REPOSITORY, check=True, capture_output=True, text=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failed(f"{command[0]} does not say what it is: {error}") from None


# ---- counting -----------------------------------------------------------------------------------------


def count_all(howdah: Path) -> dict[str, int]:
    with tempfile.TemporaryDirectory(prefix="howdah-bench-") as work:
        words = places(write_inputs(Path(work)), howdah)
        return {name: count(name, command, words, Path(work)) for name, command in COMMANDS.items()}


def count(name: str, command: str, words: dict[str, str], work: Path) -> int:
    progress(f"counting: {name}")
    with scratch(work) as folder:
        counted = folder / "callgrind"
        command = filled(command, words | {"out": str(folder / "out"), "tmp": str(folder)})
        valgrind = f"valgrind --quiet --tool=callgrind --callgrind-out-file={counted}"
        run(f"{valgrind} {command}", folder, environment(folder), most_seconds=600)
        total = re.search(r"^totals: (\d+)$", counted.read_text(), re.M)
    if not total:
        raise Failed(f"callgrind counted nothing of {name}")
    return int(total[1])


def write_inputs(folder: Path) -> dict[str, Path]:
    """Small inputs, always the same: words and nodes of which few are frequent."""
    pick = Picker()
    rows_of = {
        "text": (" ".join(f"word{pick.below(40_000)}" for _ in range(10)) for _ in range(25_000)),
        "left": (f"key{pick.below(3_000)}\tthe/path/of/file{number}" for number in range(50_000)),
        "right": (f"key{number}\tsection{number % 50}\t{number * 37}" for number in range(2_500)),
        "edges": sorted({f"node{pick.below(3_000)}\tnode{pick.below(3_000)}" for _ in range(20_000)}),
    }
    inputs = {}
    for name, lines in rows_of.items():
        inputs[name] = folder / f"{name}.txt"
        inputs[name].write_text("".join(f"{line}\n" for line in lines))
    inputs["records"] = folder / "records.txt"
    with open(inputs["records"], "wb") as file:
        script = tools.REPOSITORY / "scripts/lib/sort_records.py"
        subprocess.run(["python3", script, "30000"], stdout=file, check=True)
    return inputs


class Picker:
    """Numbers of which the small ones come most often, always the same."""

    def __init__(self) -> None:
        self.random = random.Random(1)

    def below(self, bound: int) -> int:
        return int(bound * self.random.random() ** 4)
