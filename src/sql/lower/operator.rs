//! The parser's operators between two operands -> those that matter for types and reads.

use crate::ir::BinOp;
use sqlparser::ast::BinaryOperator;

pub(super) fn binary(op: &BinaryOperator) -> BinOp {
    use BinaryOperator as B;
    match op {
        B::Plus => BinOp::Add,
        B::Minus => BinOp::Sub,
        B::Multiply => BinOp::Mul,
        B::Divide => BinOp::Div,
        B::Modulo => BinOp::Mod,
        B::StringConcat => BinOp::Concat,
        B::DuckIntegerDivide | B::MyIntegerDivide => BinOp::IntDiv,
        B::And => BinOp::And,
        B::Or | B::Xor => BinOp::Or,
        B::PGExp => BinOp::Pow,
        B::BitwiseOr
        | B::BitwiseAnd
        | B::BitwiseXor
        | B::PGBitwiseXor
        | B::PGBitwiseShiftLeft
        | B::PGBitwiseShiftRight => BinOp::Bit,
        B::Gt
        | B::Lt
        | B::GtEq
        | B::LtEq
        | B::Spaceship
        | B::Eq
        | B::NotEq
        | B::Match
        | B::Regexp
        | B::Glob
        | B::PGOverlap
        | B::PGRegexMatch
        | B::PGRegexIMatch
        | B::PGRegexNotMatch
        | B::PGRegexNotIMatch
        | B::PGLikeMatch
        | B::PGILikeMatch
        | B::PGNotLikeMatch
        | B::PGNotILikeMatch
        | B::PGStartsWith
        | B::AtAt
        | B::AtArrow
        | B::ArrowAt
        | B::AtQuestion
        | B::Question
        | B::QuestionAnd
        | B::QuestionPipe
        | B::Overlaps
        | B::AndLt
        | B::AndGt
        | B::LtLtPipe
        | B::PipeGtGt
        | B::AndLtPipe
        | B::PipeAndGt
        | B::LtCaret
        | B::GtCaret
        | B::QuestionHash
        | B::QuestionDash
        | B::QuestionDashPipe
        | B::QuestionDoublePipe
        | B::TildeEq
        | B::Is
        | B::IsNot => BinOp::Compare,
        B::Arrow | B::HashArrow => BinOp::JsonGet,
        B::LongArrow | B::HashLongArrow => BinOp::JsonText,
        // `OPERATOR(pg_catalog.>)`
        B::PGCustomBinaryOperator(parts) => parts.last().map_or(BinOp::Other, |op| named(op)),
        B::Custom(_) | B::HashMinus | B::DoubleHash | B::LtDashGt | B::At | B::Assignment => BinOp::Other,
    }
}

/// An operator by its sign.
fn named(sign: &str) -> BinOp {
    match sign {
        "+" => BinOp::Add,
        "-" => BinOp::Sub,
        "*" => BinOp::Mul,
        "/" => BinOp::Div,
        "%" => BinOp::Mod,
        "||" => BinOp::Concat,
        "^" => BinOp::Pow,
        "=" | "<>" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "~*" | "!~" | "!~*" | "~~" | "~~*" | "!~~" | "!~~*"
        | "@>" | "<@" | "&&" | "?" | "?|" | "?&" | "@@" => BinOp::Compare,
        "&" | "|" | "#" | "<<" | ">>" => BinOp::Bit,
        "->" | "#>" => BinOp::JsonGet,
        "->>" | "#>>" => BinOp::JsonText,
        _ => BinOp::Other,
    }
}
