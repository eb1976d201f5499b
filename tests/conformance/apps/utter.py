"""Mapper or reducer: reads all, then writes the bytes of its hexadecimal argument."""
import sys

sys.stdin.buffer.read()
sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]))
