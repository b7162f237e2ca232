//! .proto text of proto2, proto3 and editions -> a raw file. One pass, one token ahead; nesting is bounded, so that no
//! text can exhaust a stack.

use super::lex::{Lexer, Token};
use super::raw::{Body, Import, Options, RawFile, RawMethod, RawService, Syntax, Wrong, wrong};

/// Messages in messages (protoc stops at 32).
const DEEPEST: u32 = 64;

pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    pub(super) next: Token<'a>,
    /// The line of `next`.
    pub(super) line: u32,
    pub(super) syntax: Syntax,
    depth: u32,
}

pub(super) fn file(path: &str, text: &str) -> Result<RawFile, Wrong> {
    let mut lexer = Lexer::new(text);
    let next = lexer.next()?;
    let line = lexer.line;
    let mut parser = Parser { lexer, next, line, syntax: Syntax::Proto2, depth: 0 };
    let mut file = RawFile { path: path.to_owned(), ..RawFile::default() };
    parser.syntax_line()?;
    file.syntax = parser.syntax;
    while parser.next != Token::End {
        parser.top(&mut file)?;
    }
    Ok(file)
}

impl<'a> Parser<'a> {
    pub(super) fn step(&mut self) -> Result<Token<'a>, Wrong> {
        let next = self.lexer.next()?;
        self.line = self.lexer.line;
        Ok(std::mem::replace(&mut self.next, next))
    }

    /// Takes the punctuation if it is next.
    pub(super) fn take(&mut self, punct: u8) -> Result<bool, Wrong> {
        let found = self.next == Token::Punct(punct);
        if found {
            self.step()?;
        }
        Ok(found)
    }

    pub(super) fn word(&mut self, word: &str) -> Result<bool, Wrong> {
        let found = self.next == Token::Name(word);
        if found {
            self.step()?;
        }
        Ok(found)
    }

    pub(super) fn need(&mut self, punct: u8) -> Result<(), Wrong> {
        if self.take(punct)? { Ok(()) } else { self.expected(&format!("`{}`", char::from(punct))) }
    }

    pub(super) fn expected<T>(&self, what: &str) -> Result<T, Wrong> {
        wrong(self.line, format!("expected {what}, found {}", self.next.shown()))
    }

    pub(super) fn name(&mut self, what: &str) -> Result<String, Wrong> {
        match self.next {
            Token::Name(name) => {
                self.step()?;
                Ok(name.to_owned())
            }
            _ => self.expected(what),
        }
    }

    /// `a.b.c`, with a leading dot where one is allowed.
    pub(super) fn path(&mut self, what: &str) -> Result<String, Wrong> {
        let mut out = String::new();
        if self.take(b'.')? {
            out.push('.');
        }
        out.push_str(&self.name(what)?);
        while self.take(b'.')? {
            out.push('.');
            out.push_str(&self.name("a name after the dot")?);
        }
        Ok(out)
    }

    /// One or more quoted texts.
    pub(super) fn text(&mut self) -> Result<Vec<u8>, Wrong> {
        let mut out = Vec::new();
        let mut some = false;
        while let Token::Text(quoted) = self.next {
            out.append(&mut super::lex::decode(quoted, self.line)?);
            some = true;
            self.step()?;
        }
        if some { Ok(out) } else { self.expected("a quoted text") }
    }

    pub(super) fn string(&mut self) -> Result<String, Wrong> {
        let line = self.line;
        String::from_utf8(self.text()?).or_else(|_| wrong(line, "this text is not UTF-8"))
    }

    /// Runs `work` one level deeper.
    pub(super) fn nested<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Wrong>) -> Result<T, Wrong> {
        if self.depth == DEEPEST {
            return wrong(
                self.line,
                format!("messages are nested deeper than {DEEPEST}: define the inner ones outside"),
            );
        }
        self.depth += 1;
        let out = work(self);
        self.depth -= 1;
        out
    }

    fn syntax_line(&mut self) -> Result<(), Wrong> {
        let line = self.line;
        if self.word("syntax")? {
            self.need(b'=')?;
            self.syntax = match self.string()?.as_str() {
                "proto2" => Syntax::Proto2,
                "proto3" => Syntax::Proto3,
                other => return wrong(line, format!("unknown syntax `{other}`: use proto2, proto3 or `edition = …`")),
            };
            self.need(b';')?;
        } else if self.word("edition")? {
            self.need(b'=')?;
            self.syntax = match self.string()?.as_str() {
                "2023" => Syntax::Edition(2023),
                "2024" => Syntax::Edition(2024),
                other => return wrong(line, format!("unknown edition `{other}`: 2023 and 2024 are known")),
            };
            self.need(b';')?;
        }
        Ok(())
    }

    fn top(&mut self, file: &mut RawFile) -> Result<(), Wrong> {
        let line = self.line;
        match self.next {
            Token::Punct(b';') => {
                self.step()?;
            }
            Token::Name("package") => {
                self.step()?;
                if !file.package.is_empty() {
                    return wrong(line, "a second `package`: a file has one");
                }
                file.package = self.path("a package name")?;
                if file.package.starts_with('.') {
                    return wrong(line, "a package name does not begin with a dot");
                }
                self.need(b';')?;
            }
            Token::Name("import") => {
                self.step()?;
                let public = self.word("public")?;
                let option = !public && !self.word("weak")? && self.word("option")?;
                file.imports.push(Import { path: self.string()?, public, option, line });
                self.need(b';')?;
            }
            Token::Name("option") => self.option_line(&mut file.options)?,
            Token::Name("service") => file.body.services.push(self.service()?),
            Token::Name("syntax" | "edition") => {
                return wrong(line, "`syntax` and `edition` stand once, before everything else");
            }
            _ => {
                if !self.definition(&mut file.body)? {
                    return self.expected("`message`, `enum`, `service`, `extend`, `import`, `package` or `option`");
                }
            }
        }
        Ok(())
    }

    /// `message`, `enum` or `extend`, at the top or in a message; false when something else comes.
    pub(super) fn definition(&mut self, body: &mut Body) -> Result<bool, Wrong> {
        if matches!(self.syntax, Syntax::Edition(year) if year >= 2024) && !self.word("export")? {
            self.word("local")?;
        }
        match self.next {
            Token::Name("message") => {
                let line = self.line;
                self.step()?;
                let name = self.name("the message's name")?;
                let message = self.nested(|p| p.message(name, line))?;
                body.messages.push(message);
            }
            Token::Name("enum") => body.enums.push(self.enumeration()?),
            Token::Name("extend") => self.extend(body)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn service(&mut self) -> Result<RawService, Wrong> {
        let line = self.line;
        self.step()?;
        let mut service = RawService { name: self.name("the service's name")?, line, methods: Vec::new() };
        self.need(b'{')?;
        while !self.take(b'}')? {
            match self.next {
                Token::Punct(b';') => {
                    self.step()?;
                }
                Token::Name("option") => self.option_line(&mut Options::default())?,
                Token::Name("rpc") => service.methods.push(self.method()?),
                _ => return self.expected("`rpc`, `option` or `}`"),
            }
        }
        Ok(service)
    }

    fn method(&mut self) -> Result<RawMethod, Wrong> {
        let mut method = RawMethod { line: self.line, ..RawMethod::default() };
        self.step()?;
        method.name = self.name("the rpc's name")?;
        (method.client_streaming, method.input) = self.rpc_type()?;
        if !self.word("returns")? {
            return self.expected("`returns`");
        }
        (method.server_streaming, method.output) = self.rpc_type()?;
        if self.take(b'{')? {
            while !self.take(b'}')? {
                match self.next {
                    Token::Punct(b';') => {
                        self.step()?;
                    }
                    Token::Name("option") => self.option_line(&mut method.options)?,
                    _ => return self.expected("`option` or `}`"),
                }
            }
            self.take(b';')?;
        } else {
            self.need(b';')?;
        }
        Ok(method)
    }

    /// `(stream a.B)`; a message may be called `stream`.
    fn rpc_type(&mut self) -> Result<(bool, String), Wrong> {
        self.need(b'(')?;
        let mut name = self.path("a message's name")?;
        let streaming = name == "stream" && self.next != Token::Punct(b')');
        // `stream .a.B` reads as one path.
        let absolute = name.strip_prefix("stream.").map(|rest| format!(".{rest}"));
        let out = match absolute {
            Some(rest) => (true, rest),
            None => {
                if streaming {
                    name = self.path("a message's name")?;
                }
                (streaming, name)
            }
        };
        self.need(b')')?;
        Ok(out)
    }
}
