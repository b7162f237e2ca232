//! Constant values in one spelling: fields of objects by name, texts quoted alike. Depth is limited, not trusted.

use super::lex::Token;
use super::sdl::Parser;

const LEVELS: usize = 200;

impl Parser<'_> {
    pub(super) fn value(&mut self) -> Result<String, String> {
        self.value_within(LEVELS)
    }

    fn value_within(&mut self, left: usize) -> Result<String, String> {
        if left == 0 {
            return Err(format!("line {}: a value is nested deeper than {LEVELS} levels", self.line()));
        }
        match self.take()? {
            Token::Number(word) => Ok(word.to_owned()),
            Token::Name(word) => Ok(word.to_owned()),
            Token::Text(text) => Ok(serde_json::Value::from(text.as_ref()).to_string()),
            Token::Punct(b'$') => Ok(format!("${}", self.name()?)),
            Token::Punct(b'[') => {
                let mut items = Vec::new();
                while !self.eat(b']')? {
                    items.push(self.value_within(left - 1)?);
                }
                Ok(format!("[{}]", items.join(", ")))
            }
            Token::Punct(b'{') => {
                let mut fields = Vec::new();
                while !self.eat(b'}')? {
                    let name = self.name()?;
                    self.expect(b':')?;
                    fields.push(format!("{name}: {}", self.value_within(left - 1)?));
                }
                fields.sort();
                Ok(format!("{{{}}}", fields.join(", ")))
            }
            other => self.unexpected(&other, "a value"),
        }
    }
}
