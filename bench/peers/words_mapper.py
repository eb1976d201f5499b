"""Counts words by Hadoop Streaming or a pipe, the mapper: each word with a 1."""

import sys

write = sys.stdout.buffer.write
for line in sys.stdin.buffer:
    for word in line.rstrip(b"\n").replace(b"\t", b" ").replace(b"\r", b" ").split(b" "):
        if word:
            write(word + b"\t1\n")
