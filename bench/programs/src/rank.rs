//! `PageRank`: a node's rank is gathered from those that link to it. What nodes without links have goes to all alike.

use std::io::Write;

use crate::graph::Graph;
use crate::output::stdout;

pub(crate) const DAMPING: f64 = 0.85;

pub(crate) fn run(threads: usize, iterations: u32, edges: &str) -> crate::Outcome {
    let text = std::fs::read(edges)?;
    let graph = Graph::read(&text);
    let nodes = graph.names.len();
    let mut ranks = vec![1.0 / nodes as f64; nodes];
    for _ in 0..iterations {
        ranks = next(&graph, &ranks, threads);
    }
    let mut out = stdout();
    for (name, rank) in graph.names.iter().zip(ranks) {
        out.write_all(name)?;
        writeln!(out, "\t{rank:e}")?;
    }
    Ok(out.flush()?)
}

fn next(graph: &Graph<'_>, ranks: &[f64], threads: usize) -> Vec<f64> {
    let nodes = ranks.len();
    let mut given = 0.0;
    let mut shares = vec![0.0; nodes];
    for ((share, &rank), &links) in shares.iter_mut().zip(ranks).zip(&graph.links) {
        if links == 0 {
            given += rank;
        } else {
            *share = rank / f64::from(links);
        }
    }
    let base = base_rank(given, nodes as u64);
    let mut next = vec![0.0; nodes];
    let chunk = nodes.div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        for (part, first) in next.chunks_mut(chunk).zip((0..).step_by(chunk)) {
            let shares = &shares;
            scope.spawn(move || {
                for (rank, bounds) in part.iter_mut().zip(graph.starts[first..].windows(2)) {
                    let from = &graph.from[bounds[0] as usize..bounds[1] as usize];
                    let sum: f64 = from.iter().map(|&node| shares[node as usize]).sum();
                    *rank = base + DAMPING * sum;
                }
            });
        }
    });
    next
}

/// What a node has without any link to it.
pub(crate) fn base_rank(given: f64, nodes: u64) -> f64 {
    (1.0 - DAMPING + DAMPING * given) / nodes as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ranks_together_stay_1() {
        let graph = Graph::read(b"a\tb\nb\ta\nb\tc\na\tc\nd\ta\n");
        let mut ranks = vec![0.25; 4];
        for _ in 0..20 {
            ranks = next(&graph, &ranks, 2);
        }
        assert!((ranks.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{ranks:?}");
        // Nobody links to `d`, and `c` has all that `a` has and more.
        assert_eq!(graph.names[3], b"d");
        assert!(ranks[3] < ranks[1] && ranks[1] < ranks[2], "{ranks:?}");
    }
}
