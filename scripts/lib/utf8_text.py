"""Makes text that every tool takes: utf8_text.py <TEXT >TEXT

What is not UTF-8 becomes U+FFFD, and control characters are left out, but for those that stand between
words and lines: some tools refuse such texts, and some take such a character for a separator.
"""

import codecs
import sys

BETWEEN_WORDS = b"\t\n\f\r"
CONTROLS = bytes(byte for byte in range(32) if byte not in BETWEEN_WORDS)


def main():
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    while block := sys.stdin.buffer.read(1 << 20):
        sys.stdout.buffer.write(decode(block.translate(None, CONTROLS)).encode())
    sys.stdout.buffer.write(decode(b"", final=True).encode())


main()
