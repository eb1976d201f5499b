"""Mapper: passes its input on, then copies a file to the standard error."""
import sys

sys.stdout.buffer.write(sys.stdin.buffer.read())
sys.stdout.flush()
with open(sys.argv[1], "rb") as file:
    sys.stderr.buffer.write(file.read())
