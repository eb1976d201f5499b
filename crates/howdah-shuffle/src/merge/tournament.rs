//! A tournament of readers: the one with the lowest key wins, and only its matches are played again when it
//! moves on.
//!
//! ```text
//! nodes[0]        the winner
//! nodes[1]        the loser of the final          each match compares the readers' first eight key bytes as
//! nodes[2..4]     the losers of the semifinals    one integer first, and whole keys only on a tie
//! …
//! ```

use std::cmp::Ordering;

use howdah_codec::block::BlockCoder;
use howdah_plan::{SortedRecords, TaskError};
use howdah_streaming::comparator::KeyComparator;

use crate::error::ShuffleError;
use crate::spill::SegmentReader;

/// Many segments of a partition as one sorted stream. Of equal keys, the earlier segment's come first.
#[allow(missing_debug_implementations)] // holds a codec's state
pub struct Merge {
    players: Vec<Player>,
    nodes: Vec<Entrant>,
    order: KeyComparator,
    coder: BlockCoder,
    /// The key of the group at hand; kept because its reader may have moved on.
    group_key: Vec<u8>,
    group_prefix: u64,
    starts_group: bool,
    began: bool,
}

struct Player {
    reader: SegmentReader,
    /// Its key in a match.
    prefix: u64,
    ended: bool,
}

/// A player in a match, with all that decides most of them: the lower prefix wins, and of equal ones the whole keys
/// tell.
#[derive(Debug, Clone, Copy, Default)]
struct Entrant {
    /// The key's first eight bytes as an integer, zeros after its end; none in an order of one's own. A player that
    /// has ended has the highest.
    prefix: u64,
    player: u32,
}

impl Merge {
    pub(crate) fn new(readers: Vec<SegmentReader>, order: KeyComparator) -> Self {
        let players: Vec<_> =
            readers.into_iter().map(|reader| Player { reader, prefix: 0, ended: false }).collect();
        Merge {
            nodes: vec![Entrant::default(); players.len()],
            players,
            order,
            coder: BlockCoder::new(),
            group_key: Vec::new(),
            group_prefix: 0,
            starts_group: false,
            began: false,
        }
    }

    /// Moves one player on to its next record.
    #[inline]
    fn move_on(&mut self, player: usize) -> Result<(), ShuffleError> {
        let player = &mut self.players[player];
        player.ended = !player.reader.advance(&mut self.coder)?;
        if player.ended {
            player.prefix = u64::MAX;
        } else if !player.reader.same_key() && matches!(self.order, KeyComparator::Bytes) {
            player.prefix = prefix_of(player.reader.key());
        }
        Ok(())
    }

    #[inline]
    fn entrant(&self, player: u32) -> Entrant {
        Entrant { prefix: self.players[player as usize].prefix, player }
    }

    /// Whether the first one goes before the second.
    #[inline]
    fn beats(&self, first: Entrant, second: Entrant) -> bool {
        if first.prefix == second.prefix {
            return self.beats_on_tie(first.player, second.player);
        }
        first.prefix < second.prefix
    }

    fn beats_on_tie(&self, first: u32, second: u32) -> bool {
        let (a, b) = (&self.players[first as usize], &self.players[second as usize]);
        if a.ended || b.ended {
            return !a.ended || (b.ended && first < second);
        }
        match self.order.compare(a.reader.key(), b.reader.key()) {
            Ordering::Less => true,
            Ordering::Equal => first < second,
            Ordering::Greater => false,
        }
    }

    /// Plays the matches of a subtree and gives its winner; leaves are numbered behind the inner nodes.
    fn play_all(&mut self, node: usize) -> Entrant {
        let count = self.players.len();
        if node >= count {
            return self.entrant((node - count) as u32);
        }
        let (left, right) = (self.play_all(2 * node), self.play_all(2 * node + 1));
        let left_wins = self.beats(left, right);
        self.nodes[node] = if left_wins { right } else { left };
        if left_wins { left } else { right }
    }

    /// Plays the winner's matches again, from its leaf to the final.
    #[inline]
    fn replay(&mut self, winner: u32) {
        let leaf = self.players.len() + winner as usize;
        let mut node = leaf / 2;
        let mut winner = self.entrant(winner);
        while node > 0 {
            let challenger = self.nodes[node];
            if self.beats(challenger, winner) {
                self.nodes[node] = winner;
                winner = challenger;
            }
            node /= 2;
        }
        self.nodes[0] = winner;
    }

    fn begin(&mut self) -> Result<(), ShuffleError> {
        self.began = true;
        for player in 0..self.players.len() {
            self.move_on(player)?;
        }
        self.nodes[0] = self.play_all(1);
        Ok(())
    }

    /// Moves to the next record; `false` after the last.
    #[inline]
    pub(crate) fn next_record(&mut self) -> Result<bool, ShuffleError> {
        // Where keys have many records, most of these follow one of their own key.
        if let Some(winner) = self.nodes.first()
            && let Some(player) = self.players.get_mut(winner.player as usize)
            && player.reader.advance_in_key()
        {
            self.starts_group = false;
            return Ok(true);
        }
        self.next_by_match()
    }

    #[inline(never)] // or what it keeps in registers is saved for each record above
    fn next_by_match(&mut self) -> Result<bool, ShuffleError> {
        if self.players.is_empty() {
            return Ok(false);
        }
        let first = !self.began;
        if first {
            self.begin()?;
        } else {
            let winner = self.nodes[0].player;
            self.move_on(winner as usize)?;
            let player = self.winner();
            if !player.ended && player.reader.same_key() {
                // The same key again: it still wins, since of equal keys the earlier reader's come first.
                self.starts_group = false;
                return Ok(true);
            }
            self.replay(winner);
        }
        if self.winner().ended {
            return Ok(false);
        }
        self.mark_group(first);
        Ok(true)
    }

    fn winner(&self) -> &Player {
        &self.players[self.nodes[0].player as usize]
    }

    /// Notes whether the record at hand begins a group: whether its key has other bytes than the one before it.
    ///
    /// That is so for every order. What Hadoop asks when it groups is `KeyFieldBasedComparator.compare` of two objects,
    /// which compares whole keys and no fields of them; so keys that a sort takes for equal are groups of their own.
    fn mark_group(&mut self, first: bool) {
        let Merge { players, nodes, group_key, .. } = self;
        let Entrant { prefix, player } = nodes[0];
        let key = players[player as usize].reader.key();
        // Keys with other prefixes are others; the prefix is at hand.
        self.starts_group = first || prefix != self.group_prefix || key != group_key.as_slice();
        if self.starts_group {
            self.group_prefix = prefix;
            group_key.clear();
            group_key.extend_from_slice(key);
        }
    }
}

impl SortedRecords for Merge {
    #[inline]
    fn advance(&mut self) -> Result<bool, TaskError> {
        Ok(self.next_record()?)
    }

    #[inline]
    fn key(&self) -> &[u8] {
        self.winner().reader.key()
    }

    #[inline]
    fn value(&self) -> &[u8] {
        self.winner().reader.value()
    }

    #[inline]
    fn starts_group(&self) -> bool {
        self.starts_group
    }
}

#[inline]
fn prefix_of(key: &[u8]) -> u64 {
    if let Some(word) = key.first_chunk() {
        return u64::from_be_bytes(*word);
    }
    let bytes = key.iter().fold(0, |word, &byte| word << u8::BITS | u64::from(byte));
    bytes.checked_shl(u64::BITS - u8::BITS * key.len() as u32).unwrap_or(0)
}
