"""Counts words by Hadoop Streaming or a pipe, the reducer: the sum of each word's counts."""

import sys
from itertools import groupby

for word, lines in groupby(sys.stdin.buffer, lambda line: line.split(b"\t", 1)[0]):
    total = sum(int(line.split(b"\t", 1)[1]) for line in lines)
    sys.stdout.buffer.write(b"%b\t%d\n" % (word, total))
