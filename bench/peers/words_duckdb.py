"""Counts words by DuckDB: words_duckdb.py TEXT OUT FOLDER"""

import sys

import duckdb

text, out, folder = sys.argv[1:]
database = duckdb.connect()
database.execute("SET threads = 2")
database.execute("SET memory_limit = '4GB'")
database.execute(f"SET temp_directory = '{folder}'")
# One column: no line of these texts has the control character 1, and quotes are text.
database.execute(f"""
    COPY (
        SELECT word, count(*)
        FROM (
            SELECT unnest(string_split(translate(line, chr(9) || chr(13), '  '), ' ')) AS word
            FROM read_csv(
                '{text}', columns = {{'line': 'VARCHAR'}}, delim = '\x01', quote = '', escape = '',
                header = false, auto_detect = false, strict_mode = false
            )
        )
        WHERE word <> ''
        GROUP BY word
        ORDER BY word
    ) TO '{out}' (DELIMITER '\t', HEADER false, QUOTE '', ESCAPE '')
""")
