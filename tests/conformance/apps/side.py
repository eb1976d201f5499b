"""Mapper or reducer: copies its input, and writes a file (side.txt) beside its part. Second argument: its exit code."""
import os
import sys
import urllib.parse

folder = urllib.parse.urlparse(os.environ["mapreduce_task_output_dir"]).path
path = os.path.join(folder, sys.argv[1] if len(sys.argv) > 1 else "side.txt")
os.makedirs(os.path.dirname(path), exist_ok=True)
with open(path, "w") as side:
    side.write("beside " + os.environ["mapreduce_task_partition"] + "\n")
for line in sys.stdin:
    sys.stdout.write(line)
sys.exit(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
