"""Mapper, combiner or reducer of records that need be no lines: `pairs.py IN OUT VERB`.

IN and OUT are `text`, `raw` or `typed`. A key or value is bytes; that of typed bytes is the whole sequence. VERB is

- `pass`: each record as it is,
- `swap`: key and value exchanged,
- `words`: each word of the value, with a 1,
- `sum`: the sum of the values of a key whose records follow one another,
- `count`: how many records of a key follow one another,
- `vary`: typed bytes of many types, chosen by the record's bytes.
"""
import itertools
import struct
import sys
import zlib

FIXED = {1: 1, 2: 1, 3: 4, 4: 8, 5: 4, 6: 8}


def read_text():
    for line in sys.stdin.buffer:
        key, _, value = line.rstrip(b"\n").partition(b"\t")
        yield key, value


def read_raw():
    while length := sys.stdin.buffer.read(4):
        key = sys.stdin.buffer.read(int.from_bytes(length, "big"))
        yield key, sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(4), "big"))


def sequence():
    """The next typed value as it stands; empty at the end."""
    code = sys.stdin.buffer.read(1)
    if not code or code[0] == 255:
        return code
    if code[0] in FIXED:
        return code + sys.stdin.buffer.read(FIXED[code[0]])
    if code[0] == 9:
        return code + b"".join(iter(sequence, b"\xff")) + b"\xff"
    length = sys.stdin.buffer.read(4)
    number = int.from_bytes(length, "big")
    if code[0] in (8, 10):
        return code + length + b"".join(sequence() for _ in range(2 * number if code[0] == 10 else number))
    return code + length + sys.stdin.buffer.read(number)


def read_typed():
    while key := sequence():
        yield key, sequence()


def write(form, key, value):
    if form == "text":
        key, value = key + b"\t", value + b"\n"
    elif form == "raw":
        key, value = (struct.pack(">i", len(part)) + part for part in (key, value))
    sys.stdout.buffer.write(key + value)


def typed(code, content):
    return bytes([code]) + struct.pack(">i", len(content)) + content


def content(form, part):
    """The bytes of a text."""
    return part[5:] if form == "typed" else part


def number(form, part):
    """A number as an integer."""
    return int.from_bytes(part[1:], "big", signed=True) if form == "typed" else int(part)


def of_bytes(form, part):
    return typed(7, part) if form == "typed" else part


def of_number(form, amount):
    return b"\x04" + struct.pack(">q", amount) if form == "typed" else b"%d" % amount


def varied(part, simple=False):
    """Typed bytes of a type and value that the bytes choose."""
    dice = zlib.crc32(part)
    kind, dice = dice % (8 if simple else 14), dice // 14
    numbers = [0, 1, -1, 7, 127, 128, 255, 256, 65536, -(2**31), 2**31 - 1]
    whole = numbers[dice % len(numbers)]
    floats = [0.0, -0.0, 1.0, 1.5, -2.25, 0.1, 1e10, 1e-5, 1e7, float("nan"), float("inf"), -float("inf"), 3.0e38]
    number = floats[dice % len(floats)]
    word = part[:6].decode("utf-8", "replace").encode()
    return [
        lambda: typed(7, word),
        lambda: b"\x03" + struct.pack(">i", whole),
        lambda: b"\x04" + struct.pack(">q", whole * 3),
        lambda: b"\x01" + struct.pack(">b", dice % 256 - 128),
        lambda: b"\x02" + bytes([dice % 2]),
        lambda: b"\x05" + struct.pack(">f", number),
        lambda: b"\x06" + struct.pack(">d", number),
        lambda: typed(0, part[:5]),
        lambda: typed(7, b""),
        lambda: b"\x08" + struct.pack(">i", 2) + varied(part[1:], True) + varied(part[2:], True),
        lambda: b"\x09" + varied(part[1:], True) * (dice % 3) + b"\xff",
        lambda: b"\x0a" + struct.pack(">i", 1) + typed(7, word) + varied(part[1:], True),
        lambda: typed(50 + dice % 3 * 75, part[:4]) if dice % 3 else typed(7, word),
        lambda: typed(50, typed(7, b"org.apache.hadoop.io.IntWritable")[1:] + struct.pack(">i", whole)),
    ][kind]()


def main():
    form_in, form_out, verb = sys.argv[1:4]
    records = {"text": read_text, "raw": read_raw, "typed": read_typed}[form_in]()
    if verb in ("sum", "count"):
        for key, group in itertools.groupby(records, key=lambda record: record[0]):
            amounts = (1 if verb == "count" else number(form_in, value) for _, value in group)
            key = key if form_in == form_out else of_bytes(form_out, content(form_in, key))
            write(form_out, key, of_number(form_out, sum(amounts)))
        return
    for key, value in records:
        if verb == "pass":
            if form_in != form_out:
                key, value = (of_bytes(form_out, content(form_in, part)) for part in (key, value))
            write(form_out, key, value)
        elif verb == "swap":
            write(form_out, value, key)
        elif verb == "words":
            for word in content(form_in, value).split():
                write(form_out, of_bytes(form_out, word), of_number(form_out, 1))
        elif verb == "vary":
            line = content(form_in, value)
            middle = len(line) // 2
            write(form_out, varied(line[:middle][:3]), varied(line[middle:]))


main()
