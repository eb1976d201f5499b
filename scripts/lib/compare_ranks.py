"""Compares ranks that the job pagerank has made with those of networkx.

usage: compare_ranks.py EDGES FOLDER DAMPING MOST

EDGES has lines of FROM TAB TO, FOLDER the part files with lines of "NODE" TAB RANK. Exits with 1 if the
nodes are not the same, or if a rank differs by more than MOST.
"""

import json
import pathlib
import sys

import networkx


def read_ranks(folder):
    for part in sorted(pathlib.Path(folder).glob("part-*")):
        with open(part, encoding="utf-8") as lines:
            for line in lines:
                node, rank = line.rstrip("\n").split("\t")
                yield json.loads(node), float(rank)


def main(edges, folder, damping, most):
    graph = networkx.read_edgelist(
        edges, comments="#", delimiter="\t", create_using=networkx.DiGraph, data=False
    )
    expected = networkx.pagerank(graph, alpha=float(damping), max_iter=1000, tol=1e-16)
    found = dict(read_ranks(folder))
    if found.keys() != expected.keys():
        print(f"error: {len(found)} nodes are ranked, and the graph has {len(expected)}")
        return 1
    worst = max(found, key=lambda node: abs(found[node] - expected[node]))
    difference = abs(found[worst] - expected[worst])
    print(
        f"{len(found)} ranks of networkx {networkx.__version__}: the largest difference is "
        f"{difference:.2e}, at {worst}; all of ours are {sum(found.values()):.15f}"
    )
    return 0 if difference <= float(most) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
