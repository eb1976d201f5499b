"""The options of scripts/bench, and what follows from them."""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import instructions, plot, report, tools
from .contestants import Contestant, Row
from .failure import Failed, progress, tell
from .measuring import become_subreaper
from .rows import ROWS
from .running import Measured, Options, measure

DESCRIPTION = """\
Measures howdah beside what people would use in its place, on the same data.

All contestants of a row run in turn, round by round and each round in another order, so that what else
the machine does falls on all of them alike. Before any time is shown, every contestant's output is
compared; a row whose outputs differ has no figures and fails the run.

CPU seconds are those of the whole process tree. Peak memory is the most that all its processes held at a
time, pages of files left out; it is sampled, so a very short peak is not seen. A ratio is howdah's median
by the peer's: below 1, howdah is the better one. Differences of a few per cent are noise, and where
"others" (the CPU that the rest of the machine used meanwhile) is not near 0 so are larger ones.
"""


def main(words: Sequence[str]) -> int:
    arguments = command_line().parse_args(words)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    try:
        become_subreaper()
        if arguments.instructions:
            return instructions.main(arguments.renew, arguments.programs)
        return bench(arguments)
    except Failed as failure:
        tell(failure)
        return 1
    except KeyboardInterrupt:
        print("interrupted; nothing of it is left", file=sys.stderr)
        return 130


def interrupted(number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def bench(arguments: argparse.Namespace) -> int:
    check_folders(arguments)
    chosen = chosen_contestants(arguments)
    needed = {name for contestants in chosen.values() for each in contestants for name in each.needs}
    if arguments.install:
        tools.install(needed)
    data = arguments.data.resolve()
    howdah = arguments.programs.resolve() if arguments.programs else tools.build_ours()
    if any(re.search(r"\bby-hand ", each.command) for group in chosen.values() for each in group):
        tools.build_by_hand()
    print(report.machine_line())
    rows: dict[str, Measured] = {}
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=data if data.is_dir() else None) as work:
        for name, contestants in chosen.items():
            progress(f"{name}: {ROWS[name].title}")
            rounds = arguments.rounds.get(name, arguments.rounds.get(""))
            options = Options(data, Path(work), howdah, arguments.small, arguments.timeout, rounds)
            try:
                check_tools(contestants)
                rows[name] = measure(ROWS[name], contestants, options)
                print(report.table(name, rows[name]), flush=True)
            except Failed as failure:
                failed.append(name)
                tell(failure)
            except OSError as error:
                failed.append(name)
                tell(Failed(str(error), f"outputs go to {data}: is there room?"))
            # After each row: a long run that is interrupted leaves the figures that it has.
            write_files(arguments, rows, failed)
    print(report.summary(rows, failed))
    return 1 if failed else 0


def check_folders(arguments: argparse.Namespace) -> None:
    """Before hours have gone by."""
    for file in (arguments.json, arguments.svg):
        if file and not file.parent.is_dir():
            raise Failed(f"{file} cannot be written: its folder is missing", f"mkdir -p {file.parent}")


def check_tools(contestants: Sequence[Contestant]) -> None:
    for contestant in contestants:
        for name in tools.missing(set(contestant.needs)):
            raise Failed(
                f"{name} is not here, which {contestant.name} needs",
                f"scripts/bench --install gets it, --without {contestant.name} leaves it out",
            )


def write_files(arguments: argparse.Namespace, rows: dict[str, Measured], failed: list[str]) -> None:
    if arguments.json:
        arguments.json.write_text(json.dumps(report.document(rows, failed), indent=2) + "\n")
    if arguments.svg:
        arguments.svg.write_text(plot.svg(rows))


# ---- who takes part -----------------------------------------------------------------------------------


def chosen_contestants(arguments: argparse.Namespace) -> dict[str, list[Contestant]]:
    """The rows that were asked for, each with ours and the peers that were asked for."""
    fastest = None
    if arguments.fastest:
        fastest = report.fastest_peers(read_document(arguments.fastest))
    chosen = {}
    for name in arguments.rows or ROWS:
        peers = arguments.peer
        if fastest is not None:
            peers = [fastest[name]] if name in fastest else []
        contestants = taking_part(ROWS[name], peers, arguments.without, arguments.with_python)
        has_peers = any(not each.is_ours for each in contestants)
        if arguments.peer and not has_peers:
            if arguments.rows:
                raise Failed(f"{name} has none of the peers {', '.join(arguments.peer)}", peers_of(name))
            continue
        chosen[name] = contestants
    return chosen


def taking_part(
    row: Row, peers: Sequence[str] | None, without: Sequence[str], with_python: bool
) -> list[Contestant]:
    """Ours always; of the others those that are named or, if none is, all that are not optional."""

    def takes_part(each: Contestant) -> bool:
        if each.is_ours or each.name in without:
            return each.is_ours
        if peers is not None:
            return each.name in peers
        return not each.is_optional or with_python

    return [each for each in row.contestants if takes_part(each)]


def peers_of(name: str) -> str:
    return "its peers are " + ", ".join(each.name for each in ROWS[name].contestants if not each.is_ours)


def read_document(file: Path) -> dict:
    try:
        document = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise Failed(f"{file} cannot be read: {error}") from None
    if not isinstance(document, dict) or document.get("schema") != report.SCHEMA:
        raise Failed(
            f"{file} is not of the schema {report.SCHEMA}", "scripts/bench --json FILE writes one"
        )
    return document


# ---- options ------------------------------------------------------------------------------------------


def command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description=DESCRIPTION,
        epilog="rows:\n" + "\n".join(f"  {name:17} {row.title}" for name, row in ROWS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("rows", metavar="ROW", nargs="*", type=row_name, help="all of them, if none is named")
    add(
        "--peer",
        metavar="NAME",
        action="append",
        type=peer_name,
        help="only this peer; may be given again",
    )
    add(
        "--without",
        metavar="NAME",
        action="append",
        default=[],
        type=peer_name,
        help="not this peer; may be given again",
    )
    add(
        "--fastest",
        metavar="FILE",
        type=Path,
        help="of each row only the peer that was fastest in FILE, which --json wrote",
    )
    add("--with-python", action="store_true", help="the Python pipeline in `words` too, which is slow")
    add(
        "--rounds",
        metavar="[ROW=]N",
        action=Rounds,
        default={},
        type=rounds,
        help="rounds of a row, or of all (default: what the row says, mostly 3); slow peers have one",
    )
    add(
        "--data",
        type=Path,
        default=tools.REPOSITORY / "data",
        metavar="DIR",
        help="where scripts/fetch-data put its files (default: data/); outputs go there too, and are "
        "removed",
    )
    add("--small", action="store_true", help="about a tenth of the data: to see whether all works")
    add(
        "--programs",
        type=Path,
        metavar="DIR",
        help="measure howdah and the jobs in DIR, instead of building them first",
    )
    add("--install", action="store_true", help="get what the peers need, if it is missing")
    add(
        "--timeout",
        type=positive,
        default=1800,
        metavar="SECONDS",
        help="end a run that takes longer, and fail its row (default: 1800)",
    )
    add("--json", type=Path, metavar="FILE", help="write every run to FILE")
    add("--svg", type=Path, metavar="FILE", help="draw the rows into FILE")
    add(
        "--instructions",
        action="store_true",
        help="instead of all that: count the instructions of the hot paths on small inputs, and compare "
        "them with bench/instructions.json",
    )
    add("--renew", action="store_true", help="with --instructions: write that file anew")
    return parser


class Rounds(argparse.Action):
    """Gathers the numbers of rounds by row; that of all rows is under the empty name."""

    def __call__(self, _parser, namespace, value, _option=None):
        setattr(namespace, self.dest, getattr(namespace, self.dest) | dict([value]))


def rounds(text: str) -> tuple[str, int]:
    name, separator, number = text.rpartition("=")
    return (row_name(name) if separator else "", positive(number))


def row_name(text: str) -> str:
    if text not in ROWS:
        raise argparse.ArgumentTypeError(f"no row is called {text}; the rows are {', '.join(ROWS)}")
    return text


def peer_name(text: str) -> str:
    names = sorted({each.name for row in ROWS.values() for each in row.contestants if not each.is_ours})
    if text not in names:
        raise argparse.ArgumentTypeError(f"no peer is called {text}; the peers are {', '.join(names)}")
    return text


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number of 1 or more")
    return int(text)
