"""Joins by polars: join_polars.py PATHS PACKAGES OUT"""

import sys

import polars

paths, packages, out = sys.argv[1:]


def table(file: str, columns: list[str]) -> polars.LazyFrame:
    return polars.scan_csv(
        file, has_header=False, separator="\t", quote_char=None, new_columns=columns, infer_schema=False
    )


joined = table(paths, ["package", "path"]).join(
    table(packages, ["package", "section", "size", "maintainer"]), on="package"
)
joined.sink_csv(out, separator="\t", include_header=False, quote_style="never")
