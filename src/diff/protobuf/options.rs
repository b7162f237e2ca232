//! Options and their values. What no judgment looks at is read past without being built, whatever its depth.

use super::lex::{Token, number};
use super::parse::Parser;
use super::raw::{Constant, Options, RawField, Wrong, wrong};

impl Parser<'_> {
    /// `option name = value;`
    pub(super) fn option_line(&mut self, into: &mut Options) -> Result<(), Wrong> {
        self.step()?;
        let name = self.option_name()?;
        self.need(b'=')?;
        self.value(&name, into)?;
        self.need(b';')
    }

    /// `[name = value, …]`
    pub(super) fn options(&mut self, into: &mut Options) -> Result<(), Wrong> {
        self.need(b'[')?;
        loop {
            let name = self.option_name()?;
            self.need(b'=')?;
            self.value(&name, into)?;
            if !self.take(b',')? {
                return self.need(b']');
            }
        }
    }

    /// As `options`, where `default` and `json_name` are no options of a descriptor.
    pub(super) fn field_options(&mut self, field: &mut RawField) -> Result<(), Wrong> {
        self.need(b'[')?;
        loop {
            let (name, line) = (self.option_name()?, self.line);
            self.need(b'=')?;
            match name.as_str() {
                "default" => field.default = Some(self.constant()?),
                "json_name" => {
                    field.json_name = Some(self.string()?);
                    if field.extendee.is_some() {
                        return wrong(line, "an extension has no `json_name`");
                    }
                }
                _ => self.value(&name, &mut field.options)?,
            }
            if !self.take(b',')? {
                return self.need(b']');
            }
        }
    }

    /// `a.(b.c).d`
    fn option_name(&mut self) -> Result<String, Wrong> {
        let mut out = String::new();
        loop {
            if self.take(b'(')? {
                let inner = self.path("an extension's name")?;
                self.need(b')')?;
                out.push_str(&format!("({})", inner.trim_start_matches('.')));
            } else {
                out.push_str(&self.name("an option's name")?);
            }
            if !self.take(b'.')? {
                return Ok(out);
            }
            out.push('.');
        }
    }

    fn value(&mut self, name: &str, into: &mut Options) -> Result<(), Wrong> {
        if self.next != Token::Punct(b'{') {
            let value = self.constant()?;
            into.set(name.to_owned(), value);
            return Ok(());
        }
        if name == "features" || name.starts_with("features.") {
            return self.nested(|p| p.aggregate(name, into));
        }
        self.past()
    }

    /// A feature set written as a message: its leaves become options of their own.
    fn aggregate(&mut self, prefix: &str, into: &mut Options) -> Result<(), Wrong> {
        self.need(b'{')?;
        while !self.take(b'}')? {
            let name = if self.take(b'[')? {
                let inner = self.path("an extension's name")?;
                self.need(b']')?;
                format!("{prefix}.({inner})")
            } else {
                format!("{prefix}.{}", self.name("a feature's name or `}`")?)
            };
            let colon = self.take(b':')?;
            match self.next {
                Token::Punct(b'{') => self.nested(|p| p.aggregate(&name, into))?,
                _ if colon => {
                    let value = self.constant()?;
                    into.set(name, value);
                }
                _ => return self.expected("`:` or `{`"),
            }
            if !self.take(b',')? {
                self.take(b';')?;
            }
        }
        Ok(())
    }

    /// Reads past a message in braces: any tokens, as long as the brackets close.
    fn past(&mut self) -> Result<(), Wrong> {
        let start = self.line;
        let mut open = Vec::new();
        loop {
            match self.step()? {
                Token::Punct(b'{') => open.push(b'}'),
                Token::Punct(b'[') => open.push(b']'),
                Token::Punct(b'<') => open.push(b'>'),
                Token::Punct(close @ (b'}' | b']' | b'>')) if open.pop() != Some(close) => {
                    return wrong(self.line, "the brackets of an option's value do not close in order");
                }
                Token::End => return wrong(start, "an option's value that begins here does not end"),
                _ => {}
            }
            if open.is_empty() {
                return Ok(());
            }
        }
    }

    pub(super) fn constant(&mut self) -> Result<Constant, Wrong> {
        if let Token::Text(_) = self.next {
            return Ok(Constant::Text(self.text()?));
        }
        let minus = self.take(b'-')?;
        if !minus {
            self.take(b'+')?;
        }
        let value = match self.next {
            Token::Name("inf" | "infinity") => Constant::Float(f64::INFINITY),
            Token::Name("nan") => Constant::Float(f64::NAN),
            Token::Name(_) if !minus => Constant::Word(self.path("a value")?),
            Token::Number(word) => match number(word) {
                Some(value) => value,
                None => return wrong(self.line, format!("{} is not a number", self.next.shown())),
            },
            _ => return self.expected("a value"),
        };
        if !matches!(value, Constant::Word(_)) {
            self.step()?;
        }
        Ok(match value {
            Constant::Int(n) if minus => Constant::Int(-n),
            Constant::Float(n) if minus => Constant::Float(-n),
            other => other,
        })
    }
}
