"""Counts words by polars: words_polars.py TEXT OUT"""

import sys

import polars

text, out = sys.argv[1:]
# One column: no line of these texts has the control character 1, and quotes are text.
lines = polars.scan_csv(
    text, has_header=False, separator="\x01", quote_char=None, new_columns=["line"], infer_schema=False
)
words = (
    lines.select(
        polars.col("line").str.replace_all(r"[\t\r]", " ").str.split(" ").explode().alias("word")
    )
    .filter(polars.col("word").is_not_null() & (polars.col("word") != ""))
    .group_by("word")
    .len()
    .sort("word")
)
words.collect(engine="streaming").write_csv(
    out, separator="\t", include_header=False, quote_style="never"
)
