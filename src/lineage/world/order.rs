//! Which node comes after which.

/// Nodes in levels: each level needs only levels before it. `needs[i]` lists what node `i` reads. A cycle is cut at the
/// node that waits for the fewest others, so that nothing hangs and as little as possible is bound too early.
pub(super) fn levels(needs: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut waiting: Vec<usize> = vec![0; needs.len()];
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); needs.len()];
    for (node, list) in needs.iter().enumerate() {
        let mut list: Vec<usize> = list.iter().copied().filter(|n| *n != node && *n < needs.len()).collect();
        list.sort_unstable();
        list.dedup();
        waiting[node] = list.len();
        for other in list {
            readers[other].push(node);
        }
    }
    let mut done = vec![false; needs.len()];
    let mut ready: Vec<usize> = (0..needs.len()).filter(|n| waiting[*n] == 0).collect();
    let mut out = Vec::new();
    let mut left = needs.len();
    while left > 0 {
        if ready.is_empty() {
            let weakest = (0..needs.len()).filter(|n| !done[*n]).min_by_key(|n| waiting[*n]);
            ready.extend(weakest);
        }
        let mut next = Vec::new();
        for node in &ready {
            done[*node] = true;
        }
        left -= ready.len();
        for node in &ready {
            for reader in &readers[*node] {
                waiting[*reader] = waiting[*reader].saturating_sub(1);
                if waiting[*reader] == 0 && !done[*reader] && !next.contains(reader) {
                    next.push(*reader);
                }
            }
        }
        out.push(std::mem::replace(&mut ready, next));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::levels;

    #[test]
    fn levels_follow_needs_and_cycles_end() {
        assert_eq!(levels(&[vec![], vec![0], vec![0, 1], vec![]]), vec![vec![0, 3], vec![1], vec![2]]);
        assert_eq!(levels(&[vec![0]]), vec![vec![0]], "a node that reads itself waits for nobody");
        let cycle = levels(&[vec![1], vec![0], vec![1]]);
        assert_eq!(cycle.iter().map(Vec::len).sum::<usize>(), 3);
        assert_eq!(cycle[0], vec![0]);
        assert!(levels(&[]).is_empty());
    }
}
