"""What goes wrong, in words for the person who reads it."""

from __future__ import annotations

import sys


class Failed(Exception):
    """What went wrong and where; `hint` says what to do next."""

    def __init__(self, message: str, hint: str = ""):
        super().__init__(message)
        self.hint = hint


def tell(failure: Failed) -> None:
    print(f"error: {failure}", file=sys.stderr)
    if failure.hint:
        print(f"hint: {failure.hint}", file=sys.stderr)


def progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
