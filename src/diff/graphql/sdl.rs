//! Type system definitions and their extensions -> `Schema`. Nothing here recurses but constant values, which are limited.

use super::lex::{Lexer, Token};
use super::model::{Directive, Field, Kind, Schema, Type, TypeRef, Word};
use std::collections::btree_map::Entry;

pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    ahead: Token<'a>,
}

/// What the directives that stand on something say about it.
#[derive(Default)]
struct Applied {
    deprecated: Option<String>,
    specified_by: Option<String>,
    one_of: bool,
}

/// Adds the definitions of one document.
pub(super) fn read(text: &str, schema: &mut Schema) -> Result<(), String> {
    let mut parser = Parser::new(text)?;
    while parser.ahead != Token::End {
        parser.definition(schema)?;
    }
    Ok(())
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, String> {
        let mut parser = Parser { lexer: Lexer::new(text), ahead: Token::End };
        parser.take()?;
        Ok(parser)
    }

    pub(super) fn line(&self) -> usize {
        self.lexer.line()
    }

    pub(super) fn take(&mut self) -> Result<Token<'a>, String> {
        let next = self.lexer.next().map_err(|e| format!("line {}: {e}", self.lexer.line()))?;
        Ok(std::mem::replace(&mut self.ahead, next))
    }

    pub(super) fn eat(&mut self, punct: u8) -> Result<bool, String> {
        let there = self.ahead == Token::Punct(punct);
        if there {
            self.take()?;
        }
        Ok(there)
    }

    fn eat_name(&mut self, name: &str) -> Result<bool, String> {
        let there = self.ahead == Token::Name(name);
        if there {
            self.take()?;
        }
        Ok(there)
    }

    pub(super) fn expect(&mut self, punct: u8) -> Result<(), String> {
        match self.take()? {
            Token::Punct(p) if p == punct => Ok(()),
            other => self.unexpected(&other, &format!("`{}`", char::from(punct))),
        }
    }

    pub(super) fn name(&mut self) -> Result<String, String> {
        match self.take()? {
            Token::Name(name) => Ok(name.to_owned()),
            other => self.unexpected(&other, "a name"),
        }
    }

    pub(super) fn unexpected<T>(&self, got: &Token<'_>, wanted: &str) -> Result<T, String> {
        let shown = match got {
            Token::Punct(p) => format!("`{}`", char::from(*p)),
            Token::Name(word) | Token::Number(word) => format!("`{word}`"),
            Token::Text(_) => "a text".to_owned(),
            Token::End => "the end".to_owned(),
        };
        Err(format!("line {}: expected {wanted}, found {shown}", self.line()))
    }

    fn description(&mut self) -> Result<Option<String>, String> {
        if !matches!(self.ahead, Token::Text(_)) {
            return Ok(None);
        }
        match self.take()? {
            Token::Text(text) => Ok(Some(text.into_owned())),
            other => self.unexpected(&other, "a description"),
        }
    }

    fn definition(&mut self, schema: &mut Schema) -> Result<(), String> {
        let description = self.description()?;
        let extends = description.is_none() && self.eat_name("extend")?;
        let word = self.name()?;
        let kind = match word.as_str() {
            "schema" => return self.roots(schema, description),
            "directive" if !extends => return self.directive(schema, description),
            "scalar" => Kind::Scalar,
            "type" => Kind::Object,
            "interface" => Kind::Interface,
            "union" => Kind::Union,
            "enum" => Kind::Enum,
            "input" => Kind::Input,
            other => return self.unexpected(&Token::Name(other), "a type system definition"),
        };
        let name = self.name()?;
        let mut ty = Type { description, ..Type::of(kind) };
        self.body(&mut ty)?;
        if extends {
            // What is extended may be defined further down, or in another file.
            schema.extensions.push((name, ty));
            return Ok(());
        }
        match schema.types.entry(name) {
            Entry::Vacant(place) => drop(place.insert(ty)),
            Entry::Occupied(place) => {
                return Err(format!("line {}: type `{}` is defined twice", self.line(), place.key()));
            }
        }
        Ok(())
    }

    fn body(&mut self, ty: &mut Type) -> Result<(), String> {
        if matches!(ty.kind, Kind::Object | Kind::Interface) && self.eat_name("implements")? {
            ty.interfaces = self.words(b'&')?;
        }
        let applied = self.applied()?;
        (ty.one_of, ty.specified_by) = (applied.one_of, applied.specified_by);
        match ty.kind {
            Kind::Scalar => {}
            Kind::Object | Kind::Interface | Kind::Input => {
                if self.eat(b'{')? {
                    ty.fields = self.fields(b'}')?;
                }
            }
            Kind::Union => {
                if self.eat(b'=')? {
                    ty.members = self.words(b'|')?;
                }
            }
            Kind::Enum => {
                if self.eat(b'{')? {
                    while !self.eat(b'}')? {
                        let description = self.description()?;
                        let name = self.name()?;
                        let deprecated = self.applied()?.deprecated;
                        ty.values.push(Word { name, description, deprecated });
                    }
                }
            }
        }
        Ok(())
    }

    /// Names with a separator between them, and maybe one before the first.
    fn words(&mut self, separator: u8) -> Result<Vec<Word>, String> {
        self.eat(separator)?;
        let mut out = vec![Word { name: self.name()?, ..Word::default() }];
        // Old documents list interfaces without a separator.
        while self.eat(separator)? || (separator == b'&' && matches!(self.ahead, Token::Name(_)) && !self.starts()) {
            out.push(Word { name: self.name()?, ..Word::default() });
        }
        Ok(out)
    }

    /// Does the next token start a definition?
    fn starts(&self) -> bool {
        let words =
            ["schema", "extend", "directive", "scalar", "type", "interface", "union", "enum", "input"].map(Token::Name);
        words.contains(&self.ahead)
    }

    /// Fields, input fields or arguments up to their closing bracket.
    fn fields(&mut self, close: u8) -> Result<Vec<Field>, String> {
        let mut out = Vec::new();
        while !self.eat(close)? {
            let description = self.description()?;
            let name = self.name()?;
            let mut args = Vec::new();
            if close == b'}' && self.eat(b'(')? {
                args = self.fields(b')')?;
            }
            self.expect(b':')?;
            let ty = self.type_ref()?;
            let default = if self.eat(b'=')? { Some(self.value()?) } else { None };
            let deprecated = self.applied()?.deprecated;
            out.push(Field { name, description, args, ty, default, deprecated });
        }
        Ok(out)
    }

    fn type_ref(&mut self) -> Result<TypeRef, String> {
        let mut lists = 0;
        while self.eat(b'[')? {
            lists += 1;
        }
        let name = self.name()?;
        let mut required = vec![self.eat(b'!')?];
        for _ in 0..lists {
            self.expect(b']')?;
            required.push(self.eat(b'!')?);
        }
        required.reverse();
        Ok(TypeRef { name, required })
    }

    fn applied(&mut self) -> Result<Applied, String> {
        let mut out = Applied::default();
        while self.eat(b'@')? {
            let name = self.name()?;
            let mut given = Vec::new();
            if self.eat(b'(')? {
                while !self.eat(b')')? {
                    let arg = self.name()?;
                    self.expect(b':')?;
                    given.push((arg, self.value()?));
                }
            }
            let text = |wanted: &str| {
                let (_, value) = given.iter().find(|(arg, _)| arg == wanted)?;
                serde_json::from_str::<String>(value).ok()
            };
            match name.as_str() {
                "deprecated" => {
                    out.deprecated = Some(text("reason").unwrap_or_else(|| "No longer supported".to_owned()));
                }
                "specifiedBy" => out.specified_by = text("url"),
                "oneOf" => out.one_of = true,
                // What else is applied does not reach clients.
                _ => {}
            }
        }
        Ok(out)
    }

    fn roots(&mut self, schema: &mut Schema, description: Option<String>) -> Result<(), String> {
        self.applied()?;
        schema.description = description.or(schema.description.take());
        if self.eat(b'{')? {
            while !self.eat(b'}')? {
                let root = self.name()?;
                self.expect(b':')?;
                let name = self.name()?;
                schema.roots.insert(root, name);
            }
        }
        Ok(())
    }

    fn directive(&mut self, schema: &mut Schema, description: Option<String>) -> Result<(), String> {
        self.expect(b'@')?;
        let name = self.name()?;
        let args = if self.eat(b'(')? { self.fields(b')')? } else { Vec::new() };
        let repeatable = self.eat_name("repeatable")?;
        if !self.eat_name("on")? {
            let got = self.take()?;
            return self.unexpected(&got, "`on`");
        }
        let locations = self.words(b'|')?;
        let directive = Directive { description, args, repeatable, locations };
        match schema.directives.insert(name.clone(), directive) {
            None => Ok(()),
            Some(_) => Err(format!("line {}: directive `@{name}` is defined twice", self.line())),
        }
    }
}
