//! A round: ranks go along the links, and what arrives is the new rank.

use std::num::NonZeroU32;

use howdah::{
    Counter, Error, Flow, Fold, Mapper, Next, Out, Pairs, Property, Reducer, Result, Round, Unread,
    Values,
};

use crate::graph::{DANGLING, NODES};
use crate::units;

/// A node's rank in units, and its links. Before the first round the rank is 0, and [`FIRST`] is meant.
///
/// Only the mapper looks at the links: on their way to it nobody reads them.
pub(crate) type Node = (u64, Unread<Vec<String>>);
/// What arrives at a node: shares of others' ranks, and the node itself.
type Arrived = (u64, Option<Node>);

/// How much the ranks changed, in units.
const CHANGE: Counter = Counter::new("Ranks", "change");
/// The rank of all nodes without links, in units.
const LOOSE: Counter = Counter::new("Ranks", "of nodes without links");

/// How many nodes there are.
const COUNT: Property<u64> = Property::new("pagerank.nodes");
/// Each node's rank before the first round, in units.
const FIRST: Property<u64> = Property::new("pagerank.first");
/// What nodes without links have to give away in this round, in units.
const GIVEN: Property<u64> = Property::new("pagerank.given");

/// Sets what the first round needs, when the nodes are counted.
pub(crate) fn begin(graph: &mut Round) {
    let nodes = graph.counter(&NODES).unsigned_abs().max(1);
    let first = units::ONE / nodes;
    graph.set(&COUNT, nodes);
    graph.set(&FIRST, first);
    graph.set(&GIVEN, first * graph.counter(&DANGLING).unsigned_abs());
    graph.say(format!("{nodes} nodes"));
}

/// One round.
pub(crate) fn round(nodes: Flow<Pairs<String, Node>>, step: Damped) -> Flow<Pairs<String, Node>> {
    nodes.map(Spread { first: 0 }).combine_fold(Gather).reduce(step)
}

/// When the rounds are done.
#[derive(Clone)]
pub(crate) struct Rounds {
    pub(crate) tolerance: f64,
    pub(crate) most: NonZeroU32,
}

impl Rounds {
    pub(crate) fn decide(&self, round: &mut Round) -> Next {
        let change = units::to_f64(round.counter(&CHANGE).unsigned_abs());
        round.set(&GIVEN, round.counter(&LOOSE).unsigned_abs());
        round.say(format!("the ranks changed by {change:.3e}"));
        if change < self.tolerance || round.number() >= self.most.get() {
            Next::Stop
        } else {
            Next::Again
        }
    }
}

/// Sends a node's rank along its links, and the node to itself.
#[derive(Clone)]
struct Spread {
    first: u64,
}

impl Mapper<Pairs<String, Node>> for Spread {
    type Key = String;
    type Value = Arrived;

    fn start(&mut self, out: &mut Out<String, Arrived>) -> Result {
        self.first = out.need(&FIRST)?;
        Ok(())
    }

    fn map(
        &mut self,
        (name, (rank, links)): (&String, &Node),
        out: &mut Out<String, Arrived>,
    ) -> Result {
        let rank = if *rank == 0 { self.first } else { *rank };
        if !links.is_empty() {
            let mut links = links.elements()?;
            let share = units::share(rank, links.len());
            while let Some(link) = links.next_str()? {
                out.emit(link, (share, None::<&Node>));
            }
        }
        out.emit(name, (0, Some((rank, links.as_is()))));
        Ok(())
    }
}

/// Adds up what arrives at a node.
#[derive(Clone)]
struct Gather;

impl Fold<Arrived> for Gather {
    type Acc = Arrived;
    type Out = Arrived;
    const LIFT_IS_IDENTITY: bool = true;

    fn lift(&self, arrived: Arrived) -> Result<Arrived> {
        Ok(arrived)
    }

    fn merge(&self, all: &mut Arrived, arrived: Arrived) -> Result {
        all.0 += arrived.0;
        all.1 = all.1.take().or(arrived.1);
        Ok(())
    }

    fn finish(&self, all: Arrived) -> Result<Arrived> {
        Ok(all)
    }
}

/// Makes a node's new rank of what arrived.
#[derive(Clone)]
pub(crate) struct Damped {
    damping: f64,
    /// What each node gets without a link, in units.
    base: u64,
}

impl Damped {
    pub(crate) fn new(damping: f64) -> Self {
        Damped { damping, base: 0 }
    }
}

impl Reducer<String, Arrived> for Damped {
    type Key = String;
    type Value = Node;

    fn start(&mut self, out: &mut Out<String, Node>) -> Result {
        let given = units::to_f64(out.need(&GIVEN)?);
        let all = 1.0 - self.damping + self.damping * given;
        self.base = units::each(all, out.need(&COUNT)?);
        Ok(())
    }

    fn reduce(
        &mut self,
        name: &String,
        arrived: Values<Arrived>,
        out: &mut Out<String, Node>,
    ) -> Result {
        let (shares, node) = Gather.of(arrived)?;
        let (before, links) = node.ok_or_else(|| Error::new("the graph lacks this node"))?;
        let rank = self.base + units::from_f64(self.damping * units::to_f64(shares));
        out.count(&CHANGE, rank.abs_diff(before).cast_signed());
        if links.is_empty() {
            out.count(&LOOSE, rank.cast_signed());
        }
        out.emit(name, (rank, links));
        Ok(())
    }
}
