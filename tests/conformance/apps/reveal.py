"""Mapper: all bytes of the input as one hexadecimal word, to show exactly what was fed."""
import sys

print(sys.stdin.buffer.read().hex())
