"""Reads a distribution's package index and writes which package needs which, FROM TAB TO:
dependency_edges.py <Packages >EDGES

A package needs every package that it names in Depends, Pre-Depends and Recommends, all alternatives
included. The edges come in the index's order, some of them twice.
"""

import re
import sys

FIELDS = (b"Depends: ", b"Pre-Depends: ", b"Recommends: ")
END_OF_NAME = re.compile(rb"[\s(:\[<]")


def main():
    package = b""
    for line in sys.stdin.buffer:
        if line.startswith(b"Package: "):
            package = line.split(b": ", 1)[1].strip()
        elif line.startswith(FIELDS):
            for wanted in re.split(rb"[,|]", line.split(b": ", 1)[1]):
                name = END_OF_NAME.split(wanted.strip(), maxsplit=1)[0]
                if name:
                    sys.stdout.buffer.write(b"%b\t%b\n" % (package, name))


main()
