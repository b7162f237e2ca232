//! The quarantine's bookkeeping: what a start concludes from how earlier ones ended.

use super::*;

fn texts(names: &[&str]) -> Vec<Text> {
    names.iter().map(|n| Text { print: (*n).to_owned(), sql: Arc::from(""), dialect: Dialect::Postgres }).collect()
}

fn running(names: &[&str]) -> Book {
    Book { running: names.iter().map(|n| (*n).to_owned()).collect(), ..Book::default() }
}

/// A whole life: the daemon dies over the bomb wherever it meets it, and meets it ever more closely.
#[test]
fn a_bomb_is_found_in_a_few_deaths_and_nothing_else_is_set_aside() {
    let all: Vec<String> = (0..300).map(|n| format!("t{n}")).collect();
    let bomb = "t200".to_owned();
    let mut book = Book { running: all.iter().cloned().collect(), ..Book::default() };
    let mut now: Vec<String> = Vec::new();
    let mut deaths = 0;
    loop {
        let hot = book.found(&now);
        now.clear();
        if book.set_aside.contains(&bomb) {
            break;
        }
        let suspects: Vec<String> = book.running.union(&hot).cloned().collect();
        let (hot, rest): (Vec<String>, Vec<String>) = suspects.into_iter().partition(|t| hot.contains(t));
        let mut groups = hot.chunks(1).chain(rest.chunks(GROUP));
        now = groups.find(|group| group.contains(&bomb)).expect("the bomb is among the suspects").to_vec();
        deaths += 1;
        assert!(deaths < 6, "{book:?}");
    }
    assert_eq!(book.set_aside, BTreeSet::from([bomb]));
}

#[test]
fn one_death_for_another_reason_sets_nothing_aside() {
    let mut book = running(&["a", "b"]);
    assert_eq!(book.found(&["a".to_owned()]), BTreeSet::from(["a".to_owned()]));
    book.survived(&texts(&["a", "b"]));
    assert_eq!(book, Book::default());
}

/// What kills only in company cannot be told from its neighbours; the daemon must stand all the same.
#[test]
fn deaths_that_no_text_explains_end() {
    let mut book = running(&["a", "b"]);
    for _ in 1..DEATHS {
        book.found(&[]);
        assert!(book.set_aside.is_empty());
    }
    book.found(&[]);
    assert_eq!((book.set_aside.len(), book.running.len()), (2, 0));
}

#[test]
fn another_text_is_another_chance() {
    assert_ne!(print_of(Dialect::Postgres, "SELECT 1"), print_of(Dialect::Postgres, "SELECT 2"));
    assert_ne!(print_of(Dialect::Postgres, "SELECT 1"), print_of(Dialect::DuckDb, "SELECT 1"));
}
