//! Ranks the nodes of a graph: the rank of a node is what the nodes that link to it give away of theirs.
//!
//! A first step gathers the links of each node. Then rounds follow: each node sends an equal share of its rank along
//! each of its links, and a node's new rank is what arrives, damped. Nodes without links give theirs to all. It is
//! done when the ranks hardly change.
//!
//! All sums are of whole numbers, see [`units`]: the ranks are the same bits for any number of workers, splits and
//! combiners.

mod graph;
mod rounds;
mod units;

use std::num::NonZeroU32;

use howdah::{
    Bytewise, Desc, Flow, Identity, Job, Out, Pairs, Plan, Reducer, Result, Values, clap,
};

use crate::graph::Format;
use crate::rounds::{Damped, Node, Rounds};

/// Rank the nodes of a graph by who links to them
#[derive(clap::Args, Clone)]
struct PageRank {
    /// How the graph is written: `edges`, lines of FROM TAB TO; `adjacency`, lines of FROM TAB TO,TO,…
    #[arg(long, value_enum, default_value_t = Format::Edges)]
    format: Format,
    /// The part of a rank that follows the links; the rest goes to all nodes alike
    #[arg(long, default_value_t = 0.85, value_parser = part)]
    damping: f64,
    /// Stop when all changes of a round together are less than this
    #[arg(long, default_value_t = 1e-6)]
    tolerance: f64,
    /// Stop after so many rounds at the latest
    #[arg(long, default_value = "100")]
    iterations: NonZeroU32,
    /// How the ranks are sorted: by node within each part file, or all by rank, the highest first
    #[arg(long, value_enum, default_value_t = Order::Node)]
    sort: Order,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq)]
enum Order {
    Node,
    Rank,
}

impl Job for PageRank {
    fn plan(&self) -> Plan {
        let rounds = Rounds { tolerance: self.tolerance, most: self.iterations };
        let step = Damped::new(self.damping);
        let nodes = graph::nodes(self.format)
            .after(rounds::begin)
            .repeat(|nodes| rounds::round(nodes, step), move |round| rounds.decide(round));
        match self.sort {
            Order::Node => by_node(nodes).plan(),
            Order::Rank => by_rank(nodes).plan(),
        }
    }
}

fn by_node(nodes: Flow<Pairs<String, Node>>) -> Flow<Pairs<String, f64>> {
    nodes
        .map_fn(|(name, node), out: &mut Out<String, f64>| out.emit(name, units::to_f64(node.0)))
        .reduce(Identity)
}

fn by_rank(nodes: Flow<Pairs<String, Node>>) -> Flow<Pairs<String, f64>> {
    nodes
        .map_fn(|(name, node), out: &mut Out<Desc<u64>, Bytewise>| {
            out.emit(Desc(node.0), Bytewise(name.clone()));
        })
        .sort_values()
        .reducers(1)
        .reduce(Ranked)
}

/// Turns records of ranks and names back into such of names and ranks.
#[derive(Clone)]
struct Ranked;

impl Reducer<Desc<u64>, Bytewise> for Ranked {
    type Key = String;
    type Value = f64;

    fn reduce(
        &mut self,
        rank: &Desc<u64>,
        names: Values<Bytewise>,
        out: &mut Out<String, f64>,
    ) -> Result {
        for name in names {
            out.emit(name.0, units::to_f64(rank.0));
        }
        Ok(())
    }
}

fn part(text: &str) -> std::result::Result<f64, String> {
    match text.parse() {
        Ok(part) if (0.0..1.0).contains(&part) => Ok(part),
        _ => Err("a part is a number from 0 to less than 1".to_owned()),
    }
}

howdah::main!(PageRank);
