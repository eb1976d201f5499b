"""Mapper and reducer: reads all, then tells the variables of its environment that are named, with HERE for its folder,
USER for who runs it and N for the numbers of a job, which are others each time. Of `NAME?` only whether it is set."""
import os
import pwd
import re
import sys

sys.stdin.read()
user = pwd.getpwuid(os.getuid()).pw_name
for name in sys.argv[1:]:
    value = os.environ.get(name.rstrip("?"))
    if value is None:
        print(f"{name.rstrip('?')} unset")
    elif name.endswith("?"):
        print(f"{name.rstrip('?')} is set")
    else:
        value = "USER" if value == user else value
        print(f"{name}=" + re.sub(r"local\d+_\d{4}", "localN_NNNN", value.replace(os.getcwd(), "HERE")))
