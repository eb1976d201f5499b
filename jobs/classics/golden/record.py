#!/usr/bin/env python3
"""Records again what mrjob's own examples give: PYTHON golden/record.py, with mrjob installed.

Runs each case of cases.json with mrjob's inline runner and writes its lines, sorted, to NAME.txt beside
it. Then it writes how many lines the log sampler takes, which characters Python counts as part of a
word, and with which versions all that was recorded.
"""
import json
import os
import platform
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from unicodedata import category, unidata_version

GOLDEN = Path(__file__).resolve().parent
CRATE = GOLDEN.parent


def main():
    for case in json.loads((GOLDEN / "cases.json").read_text()):
        options = case.get("mrjob_options", case["options"])
        lines = run(case["mrjob"], options, files(CRATE / case["inputs"]))
        write(case["name"], sorted(lines))
    write("log-sampler-sizes", sizes())
    write("characters", characters())
    write("versions", versions())


def run(example, options, inputs):
    """The lines that one of mrjob's examples writes."""
    words = [sys.executable, "-m", "mrjob.examples." + example, "--no-conf", "-q", "-r", "inline"]
    output = subprocess.run(
        words + options + inputs,
        cwd=CRATE,
        # Sets have an order that differs with each run, otherwise.
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    return output.decode("utf-8").split("\n")[:-1]


def files(path):
    """The files of a folder, or the file itself, as mrjob's command line takes them."""
    found = sorted(path.iterdir()) if path.is_dir() else [path]
    return [str(file.relative_to(CRATE)) for file in found]


def sizes():
    """How many lines are taken, for samples of some sizes."""
    for size in [1, 2, 10, 82, 83, 84, 1000]:
        lines = run("mr_log_sampler", [f"--sample-size={size}"], ["data/access.log"])
        yield f"{size}\t{len(lines)}"


def characters():
    """Ranges of characters, in hexadecimal: those of a word, and all others that Python knows."""
    word = re.compile(r"[\w']").match
    known = [code for code in range(sys.maxunicode + 1) if category(chr(code)) not in ("Cn", "Cs")]
    yield "word: " + ranges(code for code in known if word(chr(code)))
    yield "other: " + ranges(code for code in known if not word(chr(code)))


def ranges(codes):
    found = []  # first and last of each
    for code in codes:
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return " ".join(f"{a:x}-{b:x}" if a < b else f"{a:x}" for a, b in found)


def versions():
    yield f"Python {platform.python_version()}"
    yield f"mrjob {version('mrjob')}"
    yield f"Unicode {unidata_version}"


def write(name, lines):
    text = "".join(line + "\n" for line in lines)
    (GOLDEN / f"{name}.txt").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
