"""Joins by DuckDB: join_duckdb.py PATHS PACKAGES OUT FOLDER"""

import sys

import duckdb

paths, packages, out, folder = sys.argv[1:]


def table(file: str, columns: list[str]) -> str:
    types = ", ".join(f"'{column}': 'VARCHAR'" for column in columns)
    return (
        f"read_csv('{file}', columns = {{{types}}}, delim = '\t', quote = '', escape = '', header = false,"
        " auto_detect = false)"
    )


database = duckdb.connect()
database.execute("SET threads = 2")
database.execute("SET preserve_insertion_order = false")
database.execute(f"SET temp_directory = '{folder}'")
database.execute(f"""
    COPY (
        SELECT package, path, section, size, maintainer
        FROM {table(paths, ["package", "path"])} AS paths
        JOIN {table(packages, ["package", "section", "size", "maintainer"])} AS packages USING (package)
    ) TO '{out}' (DELIMITER '\t', HEADER false, QUOTE '', ESCAPE '')
""")
