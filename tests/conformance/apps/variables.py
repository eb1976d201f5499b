"""Mapper: reads all, then tells the variables of its environment that are named."""
import os
import sys

sys.stdin.read()
for name in sys.argv[1:]:
    print(f"{name}={os.environ[name]}" if name in os.environ else f"{name} unset")
