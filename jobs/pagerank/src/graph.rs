//! The graph: lines of text become nodes with their links.

use std::collections::BTreeSet;

use howdah::{Combiner, Counter, Flow, Out, Pairs, Reducer, Result, ValueOut, Values, clap};

use crate::rounds::Node;

/// Nodes of the graph.
pub(crate) const NODES: Counter = Counter::new("Graph", "nodes");
/// Nodes without a link to another.
pub(crate) const DANGLING: Counter = Counter::new("Graph", "nodes without links");

/// How the graph is written.
#[derive(clap::ValueEnum, Clone, Copy)]
pub(crate) enum Format {
    /// `FROM TAB TO`, a link a line.
    Edges,
    /// `FROM TAB TO,TO,…`, a node a line.
    Adjacency,
}

/// The nodes of the graph that the job reads, each with its links, once, in order. A node that is only linked to has
/// none. Lines that begin with `#` are comments.
pub(crate) fn nodes(format: Format) -> Flow<Pairs<String, Node>> {
    Flow::lines()
        .map_fn(move |line, out: &mut Out<String, Vec<String>>| {
            if line.starts_with('#') || line.is_empty() {
                return;
            }
            match (line.split_once('\t'), format) {
                (Some((from, to)), Format::Edges) => link(from, [to], out),
                (Some((from, to)), Format::Adjacency) => {
                    link(from, to.split(',').filter(|to| !to.is_empty()), out);
                }
                (None, Format::Adjacency) => link(line, [], out),
                (None, Format::Edges) => out.reject("it has no TAB between two nodes", line),
            }
        })
        .combine(Links)
        .reduce(Links)
}

fn link<'l>(from: &str, to: impl IntoIterator<Item = &'l str>, out: &mut Out<String, Vec<String>>) {
    let to: Vec<&str> = to.into_iter().collect();
    for to in &to {
        out.emit(*to, &[][..] as &[&str]);
    }
    out.emit(from, to);
}

/// All links of a node, each once.
#[derive(Clone)]
struct Links;

impl Links {
    fn of(lists: Values<Vec<String>>) -> Vec<String> {
        let links: BTreeSet<String> = lists.flatten().collect();
        links.into_iter().collect()
    }
}

impl Combiner<String, Vec<String>> for Links {
    fn combine(
        &mut self,
        _: &String,
        lists: Values<Vec<String>>,
        out: &mut ValueOut<Vec<String>>,
    ) -> Result {
        out.emit(Links::of(lists));
        Ok(())
    }
}

impl Reducer<String, Vec<String>> for Links {
    type Key = String;
    type Value = Node;

    fn reduce(
        &mut self,
        name: &String,
        lists: Values<Vec<String>>,
        out: &mut Out<String, Node>,
    ) -> Result {
        let links = Links::of(lists);
        out.count(&NODES, 1);
        out.count(&DANGLING, i64::from(links.is_empty()));
        out.emit(name, (0, links));
        Ok(())
    }
}
