"""Mapper: reads all, then tells its arguments as one JSON list."""
import json
import sys

sys.stdin.read()
print(json.dumps(sys.argv[1:]))
