"""Writes records to sort: sort_records.py COUNT >FILE

Each is 100 bytes, in the manner of the well-known sort benchmark: ten random printable characters, a
TAB, the record's number in 32 hex digits, and filler that a codec neither loves nor hates. The same
count always gives the same bytes.
"""

import hashlib
import sys

RANDOM_BYTES_EACH = 10 + 13  # for the key, for the filler
BATCH = 50_000

# Printable, and neither blank nor TAB, so that a record has one key in every tool's eyes.
KEY_CHARACTERS = bytes(ord("!") + byte % 94 for byte in range(256))
FILLERS = [(b"%X" % (byte % 16)) * 4 for byte in range(256)]


def records(first, count):
    random = hashlib.shake_128(b"howdah sort records %d" % first).digest(count * RANDOM_BYTES_EACH)
    keys = random[: count * 10].translate(KEY_CHARACTERS)
    fillers = random[count * 10 :]
    for index in range(count):
        key = keys[index * 10 : index * 10 + 10]
        filler = b"".join([FILLERS[byte] for byte in fillers[index * 13 : index * 13 + 13]])
        yield b"%b\t%032X  %b..\n" % (key, first + index, filler)


def main():
    count = int(sys.argv[1])
    for first in range(0, count, BATCH):
        sys.stdout.buffer.write(b"".join(records(first, min(BATCH, count - first))))


main()
