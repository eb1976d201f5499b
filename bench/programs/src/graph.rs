//! A graph in memory: nodes with numbers, and who links to each.

use crate::hash::Map;
use crate::output::split;

pub(crate) struct Graph<'t> {
    pub(crate) names: Vec<&'t [u8]>,
    /// How many links each node has.
    pub(crate) links: Vec<u32>,
    /// Those that link to a node lie in `from`, from here to where those of the next begin.
    pub(crate) starts: Vec<u32>,
    pub(crate) from: Vec<u32>,
}

impl<'t> Graph<'t> {
    /// Reads lines of `FROM TAB TO`, each edge once.
    pub(crate) fn read(text: &'t [u8]) -> Self {
        let mut names = Vec::new();
        let mut numbers: Map<&[u8], u32> = Map::default();
        let mut number = |name: &'t [u8]| {
            *numbers.entry(name).or_insert_with(|| {
                names.push(name);
                // Nodes are far below 2³².
                names.len() as u32 - 1
            })
        };
        let rows = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        let edges: Vec<(u32, u32)> = rows
            .map(|row| {
                let (from, to) = split(row);
                (number(from), number(to))
            })
            .collect();
        let (mut links, mut starts) = (vec![0; names.len()], vec![0; names.len() + 1]);
        for &(from, to) in &edges {
            links[from as usize] += 1;
            starts[to as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let (mut next, mut from) = (starts.clone(), vec![0; edges.len()]);
        for (source, to) in edges {
            let place = &mut next[to as usize];
            from[*place as usize] = source;
            *place += 1;
        }
        Self { names, links, starts, from }
    }
}
