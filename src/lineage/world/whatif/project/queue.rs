//! The nodes that a question still has to look at, in the order in which they were bound; each comes once.

/// A set of ranks, smallest first.
pub(super) struct Queue {
    waiting: Vec<u64>,
    met: Vec<u64>,
    /// No word before this one holds a rank.
    from: usize,
}

const BITS: u32 = u64::BITS;

impl Queue {
    pub(super) fn new(ranks: usize) -> Self {
        let words = ranks.div_ceil(BITS as usize);
        Queue { waiting: vec![0; words], met: vec![0; words], from: words }
    }

    /// Adds a rank that was not there before; one that was stays away.
    pub(super) fn push(&mut self, rank: u32) {
        let (word, bit) = ((rank / BITS) as usize, 1 << (rank % BITS));
        if self.met[word] & bit == 0 {
            self.met[word] |= bit;
            self.waiting[word] |= bit;
            self.from = self.from.min(word);
        }
    }

    pub(super) fn pop(&mut self) -> Option<u32> {
        while let Some(word) = self.waiting.get_mut(self.from) {
            if *word != 0 {
                let bit = word.trailing_zeros();
                *word &= *word - 1;
                return Some(u32::try_from(self.from).unwrap_or(u32::MAX) * BITS + bit);
            }
            self.from += 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Queue;

    #[test]
    fn the_smallest_comes_first_and_none_twice() {
        let mut queue = Queue::new(200);
        for rank in [70, 3, 199, 64, 3] {
            queue.push(rank);
        }
        assert_eq!((queue.pop(), queue.pop()), (Some(3), Some(64)));
        queue.push(2);
        queue.push(64);
        assert_eq!((queue.pop(), queue.pop(), queue.pop(), queue.pop()), (Some(2), Some(70), Some(199), None));
        queue.push(0);
        assert_eq!((queue.pop(), queue.pop()), (Some(0), None));
    }
}
