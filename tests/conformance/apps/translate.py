"""Mapper: replaces a character by another; `\\n` stands for a newline. Counts its lines.

First it looks whether the variables are there that a mapper of Hadoop's own tests looks for.
"""
import os
import sys

TEXT = "org.apache.hadoop.io.Text"
EXPECTED = {
    "mapreduce_task_ismap": "true",
    "mapreduce_map_output_key_class": TEXT,
    "mapreduce_map_output_value_class": TEXT,
    "map_input_file": os.environ.get("mapreduce_map_input_file"),
    "map_input_length": os.environ.get("mapreduce_map_input_length"),
}
for name, value in EXPECTED.items():
    if value is None or os.environ.get(name) != value:
        sys.exit(f"{name} is {os.environ.get(name)}, not {value}")
for name in ["mapreduce_cluster_local_dir", "mapreduce_task_attempt_id", "mapreduce_task_io_sort_factor"]:
    if name not in os.environ:
        sys.exit(f"{name} is not set")

old, new = (argument.replace("\\n", "\n") for argument in sys.argv[1:3])
for line in sys.stdin:
    print(line.rstrip("\n").replace(old, new))
    print("reporter:counter:UserCounters,InputLines,1", file=sys.stderr)
