//! Laws by random commands (`laws`), and each rule and refusal as a story in `fixtures/workflow` (`stories`).

mod laws;
mod stories;
mod support;
