"""Mapper: each word of the input with 1."""
import sys

for line in sys.stdin:
    for word in line.split():
        print(word, 1, sep="\t")
