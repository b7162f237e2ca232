//! Guards that look at tokens before the parser does. A stack overflow is an abort that nothing can catch, so text that
//! could cause one is refused here, with a diagnostic.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// What one statement may be. The defaults fit the stacks of [`crate::on_wide_stack`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one text.
    pub text: usize,
    /// Open brackets of any kind at one place.
    pub nesting: usize,
    pub joins: usize,
    /// Tokens that can lengthen a chain of operators; literals, commas and brackets do not count.
    pub links: usize,
    /// The parser's own recursion limit.
    pub recursion: usize,
    /// Depth of the lowered tree.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { text: 5_000_000, nesting: 200, joins: 1_000, links: 300_000, recursion: 300, depth: 2_000 }
    }
}

/// Which limit a statement breaks, if any.
pub(crate) fn check(tokens: &[TokenWithSpan], limits: &Limits) -> Option<(String, usize)> {
    let (mut depth, mut joins, mut links) = (0usize, 0usize, 0usize);
    for (at, token) in tokens.iter().enumerate() {
        match &token.token {
            Token::LParen | Token::LBracket | Token::LBrace => {
                depth += 1;
                if depth > limits.nesting {
                    return Some((format!("nested more than {} levels deep", limits.nesting), at));
                }
            }
            Token::RParen | Token::RBracket | Token::RBrace => depth = depth.saturating_sub(1),
            Token::Word(word) if word.keyword == Keyword::JOIN => {
                joins += 1;
                if joins > limits.joins {
                    return Some((format!("more than {} joins", limits.joins), at));
                }
                links += 1;
            }
            Token::Whitespace(_)
            | Token::Comma
            | Token::Period
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::EOF => {}
            _ => {
                links += 1;
                if links > limits.links {
                    return Some((format!("more than {} words and operators", limits.links), at));
                }
            }
        }
    }
    None
}
