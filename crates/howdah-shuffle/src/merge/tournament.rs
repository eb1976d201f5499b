//! A tournament of readers: the one with the lowest key wins, and only its matches are played again when it
//! moves on.
//!
//! ```text
//! nodes[0]        the winner
//! nodes[1]        the loser of the final          each match compares the readers' first eight key bytes as
//! nodes[2..4]     the losers of the semifinals    one integer first, on a tie how far they go with the key that
//! …                                               left last, and keys only where both go equally far
//! ```
//!
//! Players know how many bytes their key has in common with the key that left last, whoever it was of: a reader tells
//! it of the record behind that one, and whoever loses a match learns it of the key that won. The keys to come are not
//! lower than the one that left; so of two with the same first bytes the one that has more in common with it is the
//! lower, whatever else is in them. (The literature calls this offset-value coding.) The final winner's says, besides,
//! whether a new group begins. All that holds for keys in the order of their bytes: in another order, and where a
//! combiner has changed keys and left their order, whole keys are compared.
//!
//! What leaves is entered into a book, and each group's key is compared with the one before: so neither a mistake in all
//! this nor a byte that memory has changed goes unseen.

use std::cmp::Ordering;

use howdah_codec::block::BlockCoder;
use howdah_plan::{SortedRecords, TaskError};
use howdah_streaming::comparator::KeyComparator;

use crate::books::{Book, KeyHash};
use crate::error::ShuffleError;
use crate::room::{self, Buffer};
use crate::spill::{LEAST_SHARED_BYTES, SegmentReader, common_beginning};

/// What a player has of its key in a match.
const PREFIX_BYTES: usize = size_of::<u64>();

/// Many segments of a partition as one sorted stream. Of equal keys, the earlier segment's come first.
#[allow(missing_debug_implementations)] // holds a codec's state
pub struct Merge {
    players: Vec<Player>,
    nodes: Vec<Entrant>,
    order: KeyComparator,
    /// Whether what keys share tells their order: all segments are in the order of their bytes.
    ascends: bool,
    coder: BlockCoder,
    group: Group,
    starts_group: bool,
    began: bool,
    account: Account,
}

/// What leaves, and what is to leave.
struct Account {
    partition: u32,
    /// Whether keys must leave in order. Those that a combiner has given may not be.
    in_order: bool,
    /// What has left.
    book: Book,
    /// What is to leave, if that is known.
    expected: Option<Book>,
}

struct Player {
    reader: SegmentReader,
    /// Its key in a match.
    prefix: u64,
    ended: bool,
}

/// A player in a match, with all that decides most of them: the lower prefix wins, of equal ones the one that shares
/// more, and of these the keys tell.
#[derive(Debug, Clone, Copy, Default)]
struct Entrant {
    /// The key's first eight bytes as an integer, zeros after its end; none in an order of one's own. A player that
    /// has ended has the highest.
    prefix: u64,
    player: u32,
    /// How many bytes the key has in common with the one that left last; fewer than [`LEAST_SHARED_BYTES`] count as
    /// none. Without meaning where the segments do not ascend.
    shared: u32,
}

/// The group at hand.
#[derive(Debug, Default)]
struct Group {
    prefix: u64,
    key: Buffer<u8>,
    hash: KeyHash,
}

impl Merge {
    /// A merge of a partition's segments; whether their keys are in order, as they must be unless a combiner has given
    /// them.
    pub(crate) fn new(
        readers: Vec<SegmentReader>,
        order: &KeyComparator,
        partition: u32,
        is_sorted: bool,
    ) -> Self {
        let by_bytes = matches!(order, KeyComparator::Bytes);
        let ascends = by_bytes && readers.iter().all(SegmentReader::ascends);
        let players: Vec<_> =
            readers.into_iter().map(|reader| Player { reader, prefix: 0, ended: false }).collect();
        Merge {
            nodes: vec![Entrant::default(); players.len()],
            players,
            order: order.clone(),
            ascends,
            coder: BlockCoder::new(),
            group: Group::default(),
            starts_group: false,
            began: false,
            account: Account {
                partition,
                in_order: is_sorted || ascends,
                book: Book::default(),
                expected: None,
            },
        }
    }

    /// The same merge, which ends with an error unless exactly this has left.
    pub(crate) fn balanced_by(mut self, expected: Book) -> Self {
        self.account.expected = Some(expected);
        self
    }

    /// What has left so far.
    pub(crate) fn book(&self) -> Book {
        self.account.book
    }

    /// Moves one player on to its next record.
    #[inline]
    fn move_on(&mut self, player: usize) -> Result<(), ShuffleError> {
        let player = &mut self.players[player];
        player.ended = !player.reader.advance(&mut self.coder)?;
        if player.ended {
            player.prefix = u64::MAX;
        } else if player.goes_elsewhere() && matches!(self.order, KeyComparator::Bytes) {
            player.prefix = prefix_of(player.reader.key());
        }
        Ok(())
    }

    #[inline]
    fn entrant(&self, number: u32) -> Entrant {
        let player = &self.players[number as usize];
        // A key's length is below 4 GiB: the collector refuses others.
        let shared = if player.ended { 0 } else { player.reader.shared() as u32 };
        Entrant { prefix: player.prefix, player: number, shared }
    }

    /// Whether the first one goes before the second. The loser learns what it shares with the winner.
    #[inline]
    fn beats(&self, first: &mut Entrant, second: &mut Entrant) -> bool {
        if first.prefix == second.prefix {
            let (wins, shared) = self.beats_on_tie(*first, *second);
            let loser = if wins { second } else { first };
            loser.shared = shared;
            return wins;
        }
        // The higher of two prefixes is not that of the key that left last: its player shares nothing, and still does.
        first.prefix < second.prefix
    }

    /// The same where the prefixes do not tell; and how much the loser shares with the winner.
    fn beats_on_tie(&self, first: Entrant, second: Entrant) -> (bool, u32) {
        let (a, b) = (&self.players[first.player as usize], &self.players[second.player as usize]);
        let is_before = |order: Ordering| order.then(first.player.cmp(&second.player)).is_lt();
        if a.ended || b.ended {
            return (is_before(a.ended.cmp(&b.ended)), 0);
        }
        let (a, b) = (a.reader.key(), b.reader.key());
        if !self.ascends {
            return (is_before(self.order.compare(a, b)), 0);
        }
        if first.shared != second.shared {
            // The loser has as much in common with the winner as with the key that both come after.
            return (first.shared > second.shared, first.shared.min(second.shared));
        }
        let from = first.shared as usize;
        let common = from + common_beginning(&a[from..], &b[from..]);
        let shared = if common < LEAST_SHARED_BYTES { 0 } else { common as u32 };
        (is_before(a.get(common).cmp(&b.get(common))), shared)
    }

    /// Plays the matches of a subtree and gives its winner; leaves are numbered behind the inner nodes.
    fn play_all(&mut self, node: usize) -> Entrant {
        let count = self.players.len();
        if node >= count {
            return self.entrant((node - count) as u32);
        }
        let (mut left, mut right) = (self.play_all(2 * node), self.play_all(2 * node + 1));
        let left_wins = self.beats(&mut left, &mut right);
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
            let mut challenger = self.nodes[node];
            if self.beats(&mut challenger, &mut winner) {
                self.nodes[node] = winner;
                winner = challenger;
            } else {
                self.nodes[node] = challenger;
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
            self.account.book.enter(self.group.hash, player.reader.value());
            return Ok(true);
        }
        self.next_by_match()
    }

    #[inline(never)] // or what it keeps in registers is saved for each record above
    fn next_by_match(&mut self) -> Result<bool, ShuffleError> {
        if self.players.is_empty() {
            return self.account.close();
        }
        let first = !self.began;
        if first {
            self.begin()?;
        } else {
            let winner = self.nodes[0].player;
            self.move_on(winner as usize)?;
            let player = &self.players[winner as usize];
            if !player.ended && player.reader.same_key() {
                // The same key again: it still wins, since of equal keys the earlier reader's come first.
                self.account.book.enter(self.group.hash, player.reader.value());
                self.starts_group = false;
                return Ok(true);
            }
            self.replay(winner);
        }
        if self.winner().ended {
            return self.account.close();
        }
        self.mark_group(first);
        if self.starts_group {
            self.begin_group(first)?;
        }
        let winner = &self.players[self.nodes[0].player as usize];
        self.account.book.enter(self.group.hash, winner.reader.value());
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
        let Entrant { prefix, player, shared } = self.nodes[0];
        let key = self.players[player as usize].reader.key();
        let is_same = if self.ascends {
            // What is not in the prefix is shared with the key that left last, if the key is the same.
            prefix == self.group.prefix
                && key.len() == self.group.key.len()
                && (key.len() <= PREFIX_BYTES || shared as usize == key.len())
        } else {
            key == self.group.key.as_slice()
        };
        self.starts_group = first || !is_same;
    }

    /// Takes note of another group's key, which must come behind the one before.
    fn begin_group(&mut self, first: bool) -> Result<(), ShuffleError> {
        let Merge { players, nodes, group, .. } = self;
        let Entrant { prefix, player, .. } = nodes[0];
        let key = players[player as usize].reader.key();
        let is_behind = if self.ascends {
            prefix > group.prefix || (prefix == group.prefix && key > group.key.as_slice())
        } else {
            !self.account.in_order || self.order.compare(&group.key, key).is_le()
        };
        if !is_behind && !first {
            let Account { partition, book: Book { records, .. }, .. } = self.account;
            return Err(ShuffleError::Disorder { partition, records });
        }
        group.prefix = prefix;
        room::replace(&mut group.key, key);
        group.hash = KeyHash::of(self.account.partition, key);
        Ok(())
    }
}

impl Account {
    /// The end: there are no more records, if what has left is what was to leave.
    fn close(&self) -> Result<bool, ShuffleError> {
        let Account { partition, book: came_out, expected, .. } = *self;
        match expected {
            Some(handed_on) if handed_on != came_out => {
                Err(ShuffleError::Unbalanced { partition, handed_on, came_out })
            }
            _ => Ok(false),
        }
    }
}

impl Player {
    /// Whether the key has another beginning than the one before, or may have.
    #[inline]
    fn goes_elsewhere(&self) -> bool {
        !self.reader.same_key() && self.reader.shared() < PREFIX_BYTES
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
