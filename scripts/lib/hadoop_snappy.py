"""Compresses as Hadoop's SnappyCodec does: hadoop_snappy.py LIBRARY <FILE >FILE.snappy

LIBRARY is libsnappy.so, called through its C interface. Hadoop frames what it compresses in blocks: four
bytes big-endian with the block's own length, four with the length of its compressed form, and that form.
A block is as long as Hadoop makes it: its buffer of 256 KiB, less what the worst case would add.
"""

import ctypes
import struct
import sys

BUFFER = 256 * 1024
BLOCK = BUFFER - (BUFFER // 6 + 32)


def load(path):
    library = ctypes.CDLL(path)
    library.snappy_max_compressed_length.restype = ctypes.c_size_t
    library.snappy_max_compressed_length.argtypes = [ctypes.c_size_t]
    library.snappy_compress.restype = ctypes.c_int
    library.snappy_compress.argtypes = [
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_char_p,
        ctypes.POINTER(ctypes.c_size_t),
    ]
    return library


def main():
    snappy = load(sys.argv[1])
    room = snappy.snappy_max_compressed_length(BLOCK)
    compressed = ctypes.create_string_buffer(room)
    while block := sys.stdin.buffer.read(BLOCK):
        length = ctypes.c_size_t(room)
        status = snappy.snappy_compress(block, len(block), compressed, ctypes.byref(length))
        if status != 0:
            sys.exit(f"error: libsnappy gave status {status}")
        sys.stdout.buffer.write(struct.pack(">II", len(block), length.value))
        sys.stdout.buffer.write(compressed.raw[: length.value])


main()
