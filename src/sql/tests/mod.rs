//! Splitting, guards, repairs and the last resort; and that no text whatever makes the crate panic.

mod laws;
mod lex;
mod reading;
