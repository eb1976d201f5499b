"""Reducer: how many values each key has. Arguments: the separator (TAB), and how many fields make the key (1)."""
import itertools
import sys

separator = sys.argv[1] if len(sys.argv) > 1 else "\t"
fields = int(sys.argv[2]) if len(sys.argv) > 2 else 1
keys = (separator.join(line.rstrip("\n").split(separator)[:fields]) for line in sys.stdin)
for key, group in itertools.groupby(keys):
    print(key, sum(1 for _ in group), sep="\t")
