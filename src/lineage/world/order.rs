//! Which node comes after which.

/// Nodes whose reads become known one by one, in waves: each wave reads only what waves before it have done. A cycle is
/// cut at the node that waits for the fewest others, so that nothing hangs and as little as possible is bound too early.
pub(super) struct Schedule {
    state: Vec<State>,
    /// For how many others a node waits.
    waiting: Vec<u32>,
    readers: Vec<Vec<u32>>,
    ready: Vec<u32>,
    left: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// What it reads is not known yet.
    Closed,
    Waiting,
    Ready,
    Done,
}

impl Schedule {
    pub(super) fn new(count: usize) -> Self {
        Schedule {
            state: vec![State::Closed; count],
            waiting: vec![0; count],
            readers: vec![Vec::new(); count],
            ready: Vec::new(),
            left: count,
        }
    }

    /// What a node reads is now known.
    pub(super) fn open(&mut self, node: u32, needs: impl Iterator<Item = u32>) {
        let mut needs: Vec<u32> = needs.filter(|n| *n != node).collect();
        needs.sort_unstable();
        needs.dedup();
        needs.retain(|n| self.state[*n as usize] != State::Done);
        self.state[node as usize] = State::Waiting;
        self.waiting[node as usize] = u32::try_from(needs.len()).unwrap_or(u32::MAX);
        for other in &needs {
            self.readers[*other as usize].push(node);
        }
        if needs.is_empty() {
            self.make_ready(node);
        }
    }

    /// All nodes that need not wait any longer, in order.
    pub(super) fn take(&mut self) -> Vec<u32> {
        let mut wave = std::mem::take(&mut self.ready);
        wave.sort_unstable();
        wave
    }

    pub(super) fn done(&mut self, node: u32) {
        self.state[node as usize] = State::Done;
        self.left -= 1;
        for reader in std::mem::take(&mut self.readers[node as usize]) {
            let waiting = &mut self.waiting[reader as usize];
            *waiting = waiting.saturating_sub(1);
            if *waiting == 0 && self.state[reader as usize] == State::Waiting {
                self.make_ready(reader);
            }
        }
    }

    /// Cuts one cycle, when there is nothing else to do; false when all is done. Every node has to be open.
    pub(super) fn cut(&mut self) -> bool {
        if self.left == 0 {
            return false;
        }
        let waits = |n: &u32| self.state[*n as usize] == State::Waiting;
        let weakest = (0u32..).take(self.state.len()).filter(waits).min_by_key(|n| self.waiting[*n as usize]);
        if let Some(node) = weakest {
            self.make_ready(node);
        }
        weakest.is_some()
    }

    fn make_ready(&mut self, node: u32) {
        self.state[node as usize] = State::Ready;
        self.ready.push(node);
    }
}

/// Nodes in levels by what they need: each level needs only levels before it.
pub(super) fn levels(needs: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let mut schedule = Schedule::new(needs.len());
    for (node, list) in (0u32..).zip(needs) {
        schedule.open(node, list.iter().copied());
    }
    let mut out = Vec::new();
    loop {
        let level = schedule.take();
        if level.is_empty() {
            if schedule.cut() {
                continue;
            }
            return out;
        }
        for node in &level {
            schedule.done(*node);
        }
        out.push(level);
    }
}

#[cfg(test)]
mod tests {
    use super::{Schedule, levels};

    #[test]
    fn levels_follow_needs_and_cycles_end() {
        assert_eq!(levels(&[vec![], vec![0], vec![0, 1], vec![]]), vec![vec![0, 3], vec![1], vec![2]]);
        assert_eq!(levels(&[vec![0]]), vec![vec![0]], "a node that reads itself waits for nobody");
        let cycle = levels(&[vec![1], vec![0], vec![1]]);
        assert_eq!(cycle.iter().map(Vec::len).sum::<usize>(), 3);
        assert_eq!(cycle[0], vec![0]);
        assert!(levels(&[]).is_empty());
    }

    #[test]
    fn a_node_whose_reads_are_not_known_yet_holds_up_its_readers_only() {
        let mut schedule = Schedule::new(3);
        schedule.open(1, [0].into_iter());
        schedule.open(2, std::iter::empty());
        assert_eq!(schedule.take(), [2]);
        schedule.done(2);
        assert!(schedule.take().is_empty());
        schedule.open(0, [2].into_iter());
        assert_eq!(schedule.take(), [0]);
        schedule.done(0);
        assert_eq!(schedule.take(), [1]);
        schedule.done(1);
        assert!(!schedule.cut());
    }
}
