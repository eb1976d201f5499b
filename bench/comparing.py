"""Whether contestants have done the same work: their outputs, brought to one form, line by line.

The form is a line of `key TAB value` for each record, sorted where the order is free. What a contestant
writes otherwise (JSON, `uniq -c`) is undone by a reader, a function from lines to lines.
"""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from .failure import Failed

Lines = Iterator[bytes]
Reader = Callable[[Lines], Lines]

# ---- readers ------------------------------------------------------------------------------------------


def plain(lines: Lines) -> Lines:
    return lines


def uniq(lines: Lines) -> Lines:
    """`   3 word`, as `uniq -c` writes it, as `word TAB 3`."""
    for line in lines:
        count, word = line.lstrip(b" ").rstrip(b"\n").split(b" ", 1)
        yield b"%b\t%b\n" % (word, count)


def json_keys(lines: Lines) -> Lines:
    """`"key" TAB value` as `key TAB value`."""
    for line in lines:
        yield unquoted(line)


ESCAPED_BYTE = re.compile(rb"\\x([0-9a-f]{2})")


def word_count(lines: Lines) -> Lines:
    """A word of the job word-count as the bytes that it had in the file: JSON and `\\xNN` undone."""
    for line in map(unquoted, lines):
        yield ESCAPED_BYTE.sub(byte_of, line) if b"\\" in line else line


def byte_of(escape: re.Match[bytes]) -> bytes:
    return bytes.fromhex(escape[1].decode())


def unquoted(line: bytes) -> bytes:
    if b"\\" not in line:
        return line.replace(b'"\t', b"\t", 1)[1:] if line.startswith(b'"') else line
    key, separator, value = line.partition(b"\t")
    return (json.loads(key).encode() if key.startswith(b'"') else key) + separator + value


def without_trailing_tab(lines: Lines) -> Lines:
    """Hadoop writes a key and an empty value with the TAB between them."""
    for line in lines:
        yield line.rstrip(b"\t\n") + b"\n"


def counts_divided_by(times: int, reader: Reader) -> Reader:
    """Counts of a text that was read `times` over, as those of the text."""

    def read(lines: Lines) -> Lines:
        for line in reader(lines):
            word, count = line.rsplit(b"\t", 1)
            once, rest = divmod(int(count), times)
            yield b"%b\t%d\n" % (word, once) if rest == 0 else line

    return read


# ---- outputs ------------------------------------------------------------------------------------------


def output_files(out: Path) -> list[Path]:
    """An output is a file, or the part files of a folder in their order."""
    return sorted(out.glob("part-*")) if out.is_dir() else [out]


def output_bytes(out: Path) -> int:
    return sum(file.stat().st_size for file in output_files(out))


def output_lines(out: Path) -> Lines:
    for file in output_files(out):
        with open(file, "rb") as lines:
            yield from lines


def write_comparable(out: Path, reader: Reader, in_order: bool, to: Path) -> None:
    """Writes an output in the form that is compared. A process of its own sorts it: it may be large."""
    lines = reader(output_lines(out))
    with open(to, "wb") as file:
        if in_order:
            file.writelines(lines)
            return
        sort = subprocess.Popen(
            ["sort", "-S", "256M", "-T", to.parent],
            stdin=subprocess.PIPE,
            stdout=file,
            env={**os.environ, "LC_ALL": "C"},
        )
        try:
            sort.stdin.writelines(lines)
            sort.stdin.close()
        except BaseException:
            sort.kill()
            raise
        finally:
            status = sort.wait()
    if status != 0:
        raise Failed(f"sort ended with {status} on {out}", "is the disk full?")


def first_difference(left: Path, right: Path, tolerance: float = 0.0) -> str | None:
    """Where two files in that form differ, or None. With a tolerance, values are numbers, and may differ
    by that part of the larger one."""
    with open(left, "rb") as ours, open(right, "rb") as theirs:
        number = 0
        while True:
            number += 1
            mine, its = ours.readline(), theirs.readline()
            if mine != its and not (tolerance and are_close(mine, its, tolerance)):
                return f"line {number}: {shown(mine)} against {shown(its)}"
            if not mine:
                return None


def are_close(left: bytes, right: bytes, tolerance: float) -> bool:
    (left_key, _, left_value), (right_key, _, right_value) = (
        left.rpartition(b"\t"),
        right.rpartition(b"\t"),
    )
    try:
        return left_key == right_key and math.isclose(
            float(left_value), float(right_value), rel_tol=tolerance
        )
    except ValueError:
        return False


def shown(line: bytes) -> str:
    return repr(line[:80])[1:] if line else "the end"
