#!/usr/bin/env python3
"""Gives each word under its letters in order: "listen" and "silent" both under "eilnst"."""

import re
import sys

# The same on every machine, whatever its locale says.
sys.stdin.reconfigure(encoding="utf-8", errors="replace")
sys.stdout.reconfigure(encoding="utf-8")

for line in sys.stdin:
    for word in re.findall(r"[^\W\d_]{3,}", line.lower()):
        print("".join(sorted(word)), word, sep="\t")
