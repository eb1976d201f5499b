"""Ranks nodes by polars: ranks_polars.py names|numbers ITERATIONS EDGES OUT

What nodes without links have is given to all alike. Each edge comes once.
"""

import sys

import polars

kind, iterations, edges_file, out = sys.argv[1:]
DAMPING = 0.85

node_type = polars.Int64 if kind == "numbers" else polars.String
edges = polars.read_csv(
    edges_file,
    has_header=False,
    separator="\t",
    quote_char=None,
    schema={"from": node_type, "to": node_type},
)
nodes = polars.concat([edges["from"], edges["to"]]).unique().alias("node")
names = polars.DataFrame({"node": nodes}).with_row_index("id")
if kind == "names":
    # Joins of numbers are quicker than joins of texts.
    edges = (
        edges.join(names.rename({"id": "from_id"}), left_on="from", right_on="node")
        .join(names.rename({"id": "to_id"}), left_on="to", right_on="node")
        .select(polars.col("from_id").alias("from"), polars.col("to_id").alias("to"))
    )
    ranks = names.select(polars.col("id").alias("node"))
else:
    ranks = names.select("node")

count = ranks.height
edges = edges.join(edges.group_by("from").len("links"), on="from")
loose = ranks.join(edges.select("from").unique(), left_on="node", right_on="from", how="anti")
ranks = ranks.with_columns(rank=polars.lit(1.0 / count))
for _ in range(int(iterations)):
    given = ranks.join(loose, on="node", how="semi")["rank"].sum()
    shares = (
        edges.join(ranks, left_on="from", right_on="node")
        .select("to", share=polars.col("rank") / polars.col("links"))
        .group_by("to")
        .agg(polars.col("share").sum())
    )
    ranks = (
        ranks.select("node")
        .join(shares, left_on="node", right_on="to", how="left")
        .select(
            "node",
            rank=(1.0 - DAMPING + DAMPING * given) / count
            + DAMPING * polars.col("share").fill_null(0.0),
        )
    )
if kind == "names":
    ranks = names.join(ranks, left_on="id", right_on="node").select("node", "rank")
ranks.write_csv(out, separator="\t", include_header=False, quote_style="never")
