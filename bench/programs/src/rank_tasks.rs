//! `PageRank` as mappers and reducers with a sort between them.
//!
//! A state has lines of `NODE TAB RANK TAB LINK,LINK,…`; before the first round the rank is missing. Totals are a file
//! of one line: how many nodes there are, and the rank that those without links give away.

use std::io::Write;

use crate::output::{each_line, split, stdout};
use crate::rank::{DAMPING, base_rank};

/// What a mapper puts before a node's links, to tell them from shares.
const LINKS: u8 = b'|';

#[derive(Clone, Copy)]
struct Totals {
    nodes: u64,
    given: f64,
}

impl Totals {
    fn read(path: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let text = std::fs::read_to_string(path)?;
        let (nodes, given) = text.trim_end().split_once(' ').ok_or("the totals are incomplete")?;
        Ok(Self { nodes: nodes.parse()?, given: given.parse()? })
    }

    fn write(self, path: &str) -> std::io::Result<()> {
        std::fs::write(path, format!("{} {:e}\n", self.nodes, self.given))
    }

    fn first_rank(self) -> f64 {
        1.0 / self.nodes as f64
    }
}

/// Writes each edge, and each node that is linked to.
pub(crate) fn map_links() -> crate::Outcome {
    let mut out = stdout();
    each_line(|line| {
        let (_, to) = split(line);
        out.write_all(line)?;
        out.write_all(b"\n")?;
        out.write_all(to)?;
        Ok(out.write_all(b"\t\n")?)
    })?;
    Ok(out.flush()?)
}

/// Makes the first state of sorted edges.
pub(crate) fn gather_links(totals: &str) -> crate::Outcome {
    let mut out = stdout();
    let (mut nodes, mut loose) = (0_u64, 0_u64);
    each_group(
        |links: &mut Vec<u8>, link| {
            if !link.is_empty() {
                if !links.is_empty() {
                    links.push(b',');
                }
                links.extend_from_slice(link);
            }
            Ok(())
        },
        |node, links| {
            nodes += 1;
            loose += u64::from(links.is_empty());
            for part in [node, b"\t\t", links, b"\n"] {
                out.write_all(part)?;
            }
            Ok(())
        },
    )?;
    out.flush()?;
    Ok(Totals { nodes, given: loose as f64 / nodes.max(1) as f64 }.write(totals)?)
}

/// Sends a node's rank along its links, and its links to itself.
pub(crate) fn map_ranks(totals: &str) -> crate::Outcome {
    let first = Totals::read(totals)?.first_rank();
    let mut out = stdout();
    let mut share = Vec::new();
    each_line(|line| {
        let (node, rest) = split(line);
        let (rank, links) = split(rest);
        for part in [node, b"\t", &[LINKS], links, b"\n"] {
            out.write_all(part)?;
        }
        if !links.is_empty() {
            let rank = if rank.is_empty() { first } else { number(rank)? };
            let count = memchr::memchr_iter(b',', links).count() + 1;
            share.clear();
            writeln!(share, "\t{:e}", rank / count as f64)?;
            for link in links.split(|&byte| byte == b',') {
                out.write_all(link)?;
                out.write_all(&share)?;
            }
        }
        Ok(())
    })?;
    Ok(out.flush()?)
}

/// Makes the next state of what has arrived at each node.
pub(crate) fn sum_ranks(totals: &str, next: &str) -> crate::Outcome {
    let totals = Totals::read(totals)?;
    let base = base_rank(totals.given, totals.nodes);
    let mut out = stdout();
    let mut given = 0.0;
    each_group(
        |arrived: &mut (f64, Vec<u8>), value| {
            match value.split_first() {
                Some((&LINKS, links)) => arrived.1.extend_from_slice(links),
                _ => arrived.0 += number(value)?,
            }
            Ok(())
        },
        |node, (sum, links)| {
            let rank = base + DAMPING * sum;
            if links.is_empty() {
                given += rank;
            }
            out.write_all(node)?;
            write!(out, "\t{rank:e}\t")?;
            out.write_all(links)?;
            Ok(out.write_all(b"\n")?)
        },
    )?;
    out.flush()?;
    Ok(Totals { nodes: totals.nodes, given }.write(next)?)
}

/// Calls `add` with every value of sorted lines, and `finish` with what that has made of each key's.
fn each_group<T: Default>(
    add: impl Fn(&mut T, &[u8]) -> crate::Outcome,
    mut finish: impl FnMut(&[u8], &T) -> crate::Outcome,
) -> crate::Outcome {
    let mut group: Option<(Vec<u8>, T)> = None;
    each_line(|line| {
        let (key, value) = split(line);
        if let Some((same, all)) = &mut group
            && same == key
        {
            return add(all, value);
        }
        let mut all = T::default();
        add(&mut all, value)?;
        if let Some((key, all)) = group.replace((key.to_vec(), all)) {
            finish(&key, &all)?;
        }
        Ok(())
    })?;
    group.map_or(Ok(()), |(key, all)| finish(&key, &all))
}

fn number(text: &[u8]) -> Result<f64, Box<dyn std::error::Error>> {
    Ok(str::from_utf8(text)?.parse()?)
}
