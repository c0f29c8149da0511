//! Matches: each position is looked up once in a small table of the last two that hash the same; what is found is compared
//! with what the next position finds, and grows to the front.

use std::hint::black_box;

use crate::blocks::CHUNK;
use crate::frequencies::Tally;
use crate::rfc1951::{distance_slot, END, MAX_MATCH, MIN_MATCH};
use crate::room::{boxed, Room, BEFORE};
use crate::sequences::Sequence;

/// The buckets of the table, a power of two.
const BUCKETS: usize = 1 << 15;

/// What the four bytes of a position are multiplied by for its bucket: 2^32 divided by the golden ratio.
const MULTIPLIER: u32 = 0x9E37_79B1;

/// Distances are taken modulo the size of deflate's window.
const WINDOW_MASK: u32 = (1 << 15) - 1;

/// The most bytes of a chunk, but for those of its last match.
const CHUNK_BYTES: usize = 64 << 10;

/// A match of so many bytes is taken without a look at the next position.
const GOOD: usize = 8;

/// Where both candidates have eight bytes and the nearer one has so many, the other is not measured.
const LONG: usize = 32;

/// After so many literals without a match, as a power of two, positions begin to be left out: one more after each such
/// number of literals.
const PATIENCE: u32 = 8;

/// The last bytes of a piece are literals: what is looked at is inside of it.
const TAIL: usize = 12;

/// The last two positions with one hash, modulo 2^16, the newer first.
type Bucket = [u16; 2];

/// Where the search stands.
pub(crate) struct Cursor {
    /// The next position to look at.
    pub(crate) at: usize,
    /// Where the run of literals before it begins.
    run: usize,
    /// From where on nothing is looked at.
    limit: usize,
    /// Where the input ends.
    end: usize,
}

impl Cursor {
    /// At the start of an input of so many bytes. The first byte is a literal, as nothing stands before it: position 0, where an
    /// empty table points, is never looked up.
    pub(crate) fn new(length: usize, room: &Room, tally: &mut Tally) -> Self {
        let limit = length.saturating_sub(TAIL);
        let at = usize::from(limit > 0);
        for &byte in room.input(0, at) {
            tally.literals[usize::from(byte)] += 1;
        }
        Self { at, run: 0, limit, end: length }
    }

    pub(crate) fn is_at_limit(&self) -> bool {
        self.at >= self.limit
    }

    /// The rest, as literals.
    pub(crate) fn tail(self, room: &Room, sequences: &mut [Sequence], tally: &mut Tally) -> usize {
        for &byte in room.input(self.at, self.end - self.at) {
            tally.literals[usize::from(byte)] += 1;
        }
        if self.run == self.end {
            return 0;
        }
        sequences[0] = Sequence::literals(self.end - self.run);
        1
    }
}

/// What stands in the table for a position.
struct Candidates {
    /// How far each is from as far as a match can reach back: the size of the window less the distance.
    nearness: [u32; 2],
    /// Eight bytes of it and of the position: zero where they are the same.
    differences: [u64; 2],
}

impl Candidates {
    #[inline(always)]
    fn new(room: &Room, bucket: Bucket, here: u64, at: usize) -> Self {
        let nearness = bucket.map(|position| u32::from(position).wrapping_sub(at as u32) & WINDOW_MASK);
        let differences = nearness.map(|nearness| room.word(at + nearness as usize) ^ here);
        Self { nearness, differences }
    }

    /// Whether one of them has four bytes. One branch for both: it is foreseen as seldom as either.
    #[inline(always)]
    fn is_match(&self) -> bool {
        !((self.differences[0] as u32 != 0) & (self.differences[1] as u32 != 0))
    }

    /// The one with more bytes, the nearer of two that have as many: how many, at most eight.
    #[inline(always)]
    fn better(&self) -> Match {
        let lengths = self.differences.map(|difference| difference.trailing_zeros() as usize >> 3);
        let other = usize::from(lengths[1] > lengths[0]);
        Match { length: if other == 1 { lengths[1] } else { lengths[0] }, nearness: self.nearness[other] }
    }

    /// The longer match.
    #[inline(always)]
    fn longest(&self, room: &Room, at: usize, end: usize) -> Match {
        let first = self.better();
        if first.length < 8 {
            return first;
        }
        let most = MAX_MATCH.min(end - at);
        let extend = |nearness| Match { length: extend(room, at, at + nearness as usize, most), nearness };
        let longer = extend(first.nearness);
        let other_may_be_longer = self.differences[1] == 0 && first.nearness == self.nearness[0];
        if other_may_be_longer && longer.length < LONG && longer.length < most {
            let other = extend(self.nearness[1]);
            if other.length > longer.length {
                return other;
            }
        }
        longer
    }
}

struct Match {
    length: usize,
    nearness: u32,
}

/// How many bytes at `at` and at the place `other` are the same, at most `most`. Eight are known to be.
#[inline(always)]
fn extend(room: &Room, at: usize, other: usize, most: usize) -> usize {
    let mut length = 8;
    while length < most {
        let difference = room.load(at + length) ^ room.word(other + length);
        if difference != 0 {
            return most.min(length + (difference.trailing_zeros() >> 3) as usize);
        }
        length += 8;
    }
    most
}

/// The table of positions. One goes in before it or a later one is looked up, and only once: else it would find itself.
pub(crate) struct Matcher {
    table: Box<[Bucket; BUCKETS]>,
}

impl Matcher {
    pub(crate) fn new() -> Self {
        Self { table: boxed([0; 2]) }
    }

    pub(crate) fn forget(&mut self) {
        self.table.fill([0; 2]);
    }

    /// Puts position `at` with the bytes `here` into the table, and tells what was there.
    #[inline(always)]
    fn swap(&mut self, here: u64, at: usize) -> Bucket {
        let hash = (here as u32).wrapping_mul(MULTIPLIER) >> (32 - BUCKETS.trailing_zeros());
        let bucket = &mut self.table[hash as usize];
        let before = *bucket;
        *bucket = [at as u16, before[0]];
        before
    }

    /// Puts positions of a match from `at` on into the table: the first two, every other one, the last. All of them would make
    /// the output 0.3 % smaller and the encoder 5 % slower; a match at one that is left out is mostly found from the next,
    /// as matches grow to the front.
    #[inline(always)]
    fn insert(&mut self, room: &Room, mut at: usize, end: usize) {
        self.swap(room.load(at), at);
        self.swap(room.load(at + 1), at + 1);
        at += 2;
        while at + 4 < end {
            self.swap(room.load(at), at);
            self.swap(room.load(at + 2), at + 2);
            at += 4;
        }
        self.swap(room.load(end - 1), end - 1);
    }

    /// Goes on for one chunk: writes its sequences, tells how many, and counts symbols.
    #[inline(never)]
    pub(crate) fn chunk(
        &mut self,
        room: &Room,
        cursor: &mut Cursor,
        sequences: &mut [Sequence],
        tally: &mut Tally,
    ) -> usize {
        let Cursor { mut at, mut run, limit, end } = *cursor;
        let full = limit.min(at + CHUNK_BYTES);
        let mut made = 0;
        for sequence in &mut sequences[..CHUNK] {
            let bucket = match self.search(room, &mut at, full, tally) {
                Some(bucket) => bucket,
                None => break,
            };
            // What follows is not to be computed ahead in the loop of the search.
            at = black_box(at);
            let mut found = Candidates::new(room, bucket, room.load(at), at).longest(room, at, end);
            let mut not_in = at + 1;
            // A longer one at the next position makes this one a literal.
            while found.length < GOOD && at + 1 < limit {
                let here = room.load(at + 1);
                let next = Candidates::new(room, self.swap(here, at + 1), here, at + 1);
                not_in = at + 2;
                if next.better().length <= found.length {
                    break;
                }
                tally.literals[room.load(at) as usize & 255] += 1;
                at += 1;
                found = next.longest(room, at, end);
            }
            let behind = at + found.length;
            // Literals before it that are the same become part of it.
            while at > run
                && found.length < MAX_MATCH
                && at + found.nearness as usize > BEFORE
                && room.load(at - 1) as u8 == room.word(at - 1 + found.nearness as usize) as u8
            {
                at -= 1;
                found.length += 1;
                tally.literals[room.load(at) as usize & 255] -= 1;
            }
            let (slot, extra) = distance_slot(!found.nearness & WINDOW_MASK);
            let length = (found.length - MIN_MATCH) & 255;
            *sequence = Sequence::new(at - run, length, slot, extra);
            made += 1;
            tally.literals[END + length] += 1;
            tally.distances[slot as usize & 31] += 1;
            if behind <= limit {
                self.insert(room, not_in, behind);
            }
            at = behind;
            run = at;
        }
        // A run in which a chunk ends becomes two.
        if at >= full && at > run && at < limit {
            sequences[made] = Sequence::literals(at - run);
            made += 1;
            run = at;
        }
        *cursor = Cursor { at, run, limit, end };
        made
    }

    /// The next position from `at` on, before `full`, where a match begins, with what stood in the table for it. The others are
    /// literals.
    #[inline(always)]
    fn search(&mut self, room: &Room, at: &mut usize, full: usize, tally: &mut Tally) -> Option<Bucket> {
        let start = *at;
        let mut stop = full.min(start + (1 << PATIENCE));
        loop {
            while *at < stop {
                let here = room.load(*at);
                let bucket = self.swap(here, *at);
                if Candidates::new(room, bucket, here, *at).is_match() {
                    return Some(bucket);
                }
                tally.literals[here as usize & 255] += 1;
                *at += 1;
            }
            if *at >= full {
                return None;
            }
            let skipped = full.min(*at + ((*at - start) >> PATIENCE));
            while *at < skipped {
                tally.literals[room.load(*at) as usize & 255] += 1;
                *at += 1;
            }
            stop = full.min(*at + 1);
        }
    }
}
