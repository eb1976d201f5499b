"""Counts words by Hadoop Streaming, the reducer: as tutorials show it."""

import sys
from itertools import groupby


def records(lines):
    for line in lines:
        yield line.rstrip("\n").split("\t", 1)


for word, counts in groupby(records(sys.stdin), key=lambda record: record[0]):
    print(word, sum(int(count) for _, count in counts), sep="\t")
