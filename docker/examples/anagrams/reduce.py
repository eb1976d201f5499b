#!/usr/bin/env python3
"""Gives the letters that more than one word has, with these words."""

import itertools
import sys

sys.stdin.reconfigure(encoding="utf-8")
sys.stdout.reconfigure(encoding="utf-8")

records = (line.rstrip("\n").split("\t") for line in sys.stdin)
for letters, group in itertools.groupby(records, key=lambda record: record[0]):
    words = {word for _, word in group}
    if len(words) > 1:
        print(letters, " ".join(sorted(words)), sep="\t")
        # Hadoop counts what is said so.
        print("reporter:counter:Anagrams,groups,1", file=sys.stderr)
