//! SQL text -> statements in our own flat IR, by guarded parsing. Pure. Everything that recurses (the parser, its syntax
//! trees) lives and dies inside [`parse`] on a wide stack; what comes out is flat. Reading order: `parse` (the way),
//! `split`, `limits`, `repair`, `dialects`, `lower` (syntax tree -> IR), `ir` (what comes out), `scan` (the last resort).

mod dialects;
mod embed;
pub mod hash;
pub mod ir;
mod lex;
mod limits;
mod lower;
mod mentions;
mod parse;
mod repair;
mod scan;
mod split;
mod tokens;
mod wide;

pub use limits::Limits;
pub use mentions::Mention;
pub use parse::{Parsed, Script, internal, parse, starts};
pub use scan::Scan;
pub use wide::{STACK_BYTES, contained, mark_wide, on_wide_stack};

#[cfg(test)]
mod tests;
