//! The graph: lines of text become nodes with their links.

use howdah::{Counter, Flow, Fold, Out, Pairs, Reducer, Result, Values, clap};

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
                (Some((from, to)), Format::Edges) => link(from, &[to], out),
                (Some((from, to)), Format::Adjacency) => {
                    let to: Vec<&str> = to.split(',').filter(|to| !to.is_empty()).collect();
                    link(from, &to, out);
                }
                (None, Format::Adjacency) => link(line, &[], out),
                (None, Format::Edges) => out.reject("it has no TAB between two nodes", line),
            }
        })
        .combine_fold(Links)
        .reduce(Links)
}

fn link(from: &str, to: &[&str], out: &mut Out<String, Vec<String>>) {
    for to in to {
        out.emit(*to, &[][..] as &[&str]);
    }
    out.emit(from, to);
}

/// All links of a node, each once.
#[derive(Clone)]
struct Links;

impl Fold<Vec<String>> for Links {
    type Acc = Vec<String>;
    type Out = Vec<String>;
    const LIFT_IS_IDENTITY: bool = true;
    const GROWS: bool = true;

    fn lift(&self, links: Vec<String>) -> Result<Vec<String>> {
        Ok(links)
    }

    fn merge(&self, all: &mut Vec<String>, mut links: Vec<String>) -> Result {
        all.append(&mut links);
        Ok(())
    }

    fn finish(&self, mut all: Vec<String>) -> Result<Vec<String>> {
        all.sort_unstable();
        all.dedup();
        Ok(all)
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
        let links = self.of(lists)?;
        out.count(&NODES, 1);
        out.count(&DANGLING, i64::from(links.is_empty()));
        out.emit(name, (0, links));
        Ok(())
    }
}
