//! Draws an R-MAT graph with the parameters of Graph 500: few nodes with many links, many with few.

use std::collections::HashSet;
use std::io::Write;

use crate::output::stdout;

/// How likely an edge lies in each quarter of the matrix: 0.57, 0.19, 0.19, and the rest.
const QUARTERS: [f64; 3] = [0.57, 0.76, 0.95];

/// Writes so many different edges between 2^`scale` nodes, `FROM TAB TO` in the order in which they are drawn.
pub(crate) fn run(scale: u32, edges: usize, seed: u64) -> crate::Outcome {
    if scale > 30 || edges as u64 > 1 << (2 * scale) >> 4 {
        return Err("more edges than such a graph easily has, or a scale above 30".into());
    }
    let mut random = Random(seed);
    let mut drawn = HashSet::with_capacity(edges);
    let mut out = stdout();
    while drawn.len() < edges {
        let edge = draw(scale, &mut random);
        if drawn.insert(edge) {
            let [from, to] = edge.map(|node| label(node, scale));
            writeln!(out, "{from}\t{to}")?;
        }
    }
    Ok(out.flush()?)
}

fn draw(scale: u32, random: &mut Random) -> [u32; 2] {
    let (mut from, mut to) = (0, 0);
    for _ in 0..scale {
        let number = random.next();
        let quarter = QUARTERS.iter().filter(|&&bound| number >= bound).count() as u32;
        from = from << 1 | quarter >> 1;
        to = to << 1 | quarter & 1;
    }
    [from, to]
}

/// Another number for a node, so that the one with the most links is not 0: a multiplication by an odd number can be
/// undone, and so no two nodes get the same.
fn label(node: u32, scale: u32) -> u32 {
    (node.wrapping_mul(0x9e37_79b1) ^ 0x5bd1_e995) & ((1 << scale) - 1)
}

/// `SplitMix64`.
struct Random(u64);

impl Random {
    /// From 0 to less than 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_all_different() {
        let labels: HashSet<u32> = (0..1 << 12).map(|node| label(node, 12)).collect();
        assert_eq!(labels.len(), 1 << 12);
        assert!(labels.iter().all(|&label| label < 1 << 12));
    }

    #[test]
    fn edges_prefer_the_first_quarter() {
        let mut random = Random(1);
        let low = (0..10_000).filter(|_| draw(10, &mut random).iter().all(|node| node >> 9 == 0));
        assert!((5_500..5_900).contains(&low.count()));
    }
}
