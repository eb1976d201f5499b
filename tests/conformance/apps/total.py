"""Reducer or combiner: the sum of each key's numbers."""
import itertools
import sys

pairs = (line.rstrip("\n").split("\t", 1) for line in sys.stdin)
for key, group in itertools.groupby(pairs, key=lambda pair: pair[0]):
    print(key, sum(int(value) for _, value in group), sep="\t")
