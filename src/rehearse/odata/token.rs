//! Words, literals and marks of a decoded part of a URL, and reading along them.
//!
//! In: the text of a filter, or of what stands between a segment's parentheses; the query's
//! aliases. Out: tokens one after the other, and literals with aliases put in.
//! The grammar of filters is `filter.rs`'s, that of paths `path.rs`'s.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::rehearse::odata::error::{NESTING_MAX, UrlError, shortened};
use crate::rehearse::odata::literal::{Literal, id_of};
use crate::rehearse::odata::text::in_name;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::rehearse) enum Token {
    /// An operator, a function, or a name, with its dots.
    Word(String),
    /// A value.
    Literal(Literal),
    /// `@p1`, with its sign.
    Alias(String),
    /// A single character of the grammar.
    Mark(char),
    /// After the last one.
    End,
}

/// The tokens of one part, and how far they are read.
pub(in crate::rehearse) struct Tokens<'url> {
    part: &'url str,
    text: &'url str,
    aliases: &'url BTreeMap<String, String>,
    /// Each token with the byte at which it begins; the last one is the end.
    list: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
}

impl<'url> Tokens<'url> {
    /// Takes a text apart. Names of aliases begin with `@`; other entries there do no harm.
    pub(in crate::rehearse) fn new(
        part: &'url str,
        text: &'url str,
        aliases: &'url BTreeMap<String, String>,
        depth: usize,
    ) -> Result<Self, UrlError> {
        let mut tokens = Self {
            part,
            text,
            aliases,
            list: Vec::new(),
            next: 0,
            depth,
        };
        let mut at = 0;
        while let Some(rest) = tokens.text.get(at..) {
            let blanks = rest.len() - rest.trim_start().len();
            let rest = rest.trim_start();
            at += blanks;
            let Some(first) = rest.chars().next() else {
                break;
            };
            let (token, length) =
                token(rest, first).map_err(|expected| tokens.error_at(at, expected))?;
            tokens.list.push((at, token));
            at += length;
        }
        tokens.list.push((text.len(), Token::End));
        Ok(tokens)
    }

    /// The token that comes next.
    pub(in crate::rehearse) fn peek(&self) -> &Token {
        self.list
            .get(self.next)
            .map_or(&Token::End, |(_, token)| token)
    }

    /// The token after the next one.
    pub(in crate::rehearse) fn peek_second(&self) -> &Token {
        self.list
            .get(self.next + 1)
            .map_or(&Token::End, |(_, token)| token)
    }

    /// Steps over the next token.
    pub(in crate::rehearse) fn step(&mut self) {
        self.next += 1;
    }

    /// Steps over a mark, if it comes next.
    pub(in crate::rehearse) fn accept(&mut self, mark: char) -> bool {
        self.accept_token(&Token::Mark(mark))
    }

    /// Steps over a word, if it comes next.
    pub(in crate::rehearse) fn accept_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Word(found) if found == word);
        if found {
            self.step();
        }
        found
    }

    /// Steps over a mark that has to come next.
    pub(in crate::rehearse) fn expect(
        &mut self,
        mark: char,
        expected: &'static str,
    ) -> Result<(), UrlError> {
        if self.accept(mark) {
            Ok(())
        } else {
            Err(self.wrong(expected))
        }
    }

    /// Refuses whatever is left.
    pub(in crate::rehearse) fn end(&mut self, expected: &'static str) -> Result<(), UrlError> {
        if self.accept_token(&Token::End) {
            Ok(())
        } else {
            Err(self.wrong(expected))
        }
    }

    /// A word that has to come next.
    pub(in crate::rehearse) fn word(&mut self, expected: &'static str) -> Result<String, UrlError> {
        let Token::Word(word) = self.peek() else {
            return Err(self.wrong(expected));
        };
        let word = word.clone();
        self.step();
        Ok(word)
    }

    /// Whether a literal, a list or an alias comes next.
    pub(in crate::rehearse) fn at_literal(&self) -> bool {
        matches!(
            self.peek(),
            Token::Literal(_) | Token::Alias(_) | Token::Mark('[')
        )
    }

    /// A literal, a list of them, or an alias's value.
    pub(in crate::rehearse) fn literal(
        &mut self,
        expected: &'static str,
    ) -> Result<Literal, UrlError> {
        match self.peek().clone() {
            Token::Literal(literal) => {
                self.step();
                Ok(literal)
            }
            Token::Alias(name) => {
                self.step();
                self.alias(&name)
            }
            Token::Mark('[') => {
                self.step();
                self.list_items()
            }
            _ => Err(self.wrong(expected)),
        }
    }

    /// `name=literal,...` up to the end of a key or of parameters; `closed` says what ends it.
    pub(in crate::rehearse) fn named(
        &mut self,
        closed: &Token,
    ) -> Result<Vec<(String, Literal)>, UrlError> {
        let mut named = Vec::new();
        if self.accept_token(closed) {
            return Ok(named);
        }
        loop {
            let name = self.word("`name=value`")?;
            self.expect('=', "`=` after the name")?;
            named.push((name, self.literal("a literal after `=`")?));
            if self.accept_token(closed) {
                return Ok(named);
            }
            self.expect(',', "`,` or the end of the list")?;
        }
    }

    /// Counts one more level; the caller has to come up again with [`Tokens::rise`].
    pub(in crate::rehearse) fn sink(&mut self) -> Result<(), UrlError> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(self.too_deep());
        }
        Ok(())
    }

    /// Counts one level less.
    pub(in crate::rehearse) fn rise(&mut self) {
        self.depth -= 1;
    }

    /// The error of nesting too deep here.
    pub(in crate::rehearse) fn too_deep(&self) -> UrlError {
        UrlError::TooDeep {
            part: self.part.to_owned(),
        }
    }

    /// The error that the next token is not what was expected.
    pub(in crate::rehearse) fn wrong(&self, expected: &'static str) -> UrlError {
        let at = self.list.get(self.next).map_or(self.text.len(), |it| it.0);
        self.error_at(at, expected)
    }

    /// The same at a byte of the text.
    fn error_at(&self, at: usize, expected: &'static str) -> UrlError {
        let (before, rest) = self.text.split_at_checked(at).unwrap_or((self.text, ""));
        let word = rest.find([' ', ',', ')']).unwrap_or(rest.len());
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let found = match rest.get(..word.max(first)) {
            None | Some("") => "the end".to_owned(),
            Some(found) => format!("`{}`", shortened(found)),
        };
        UrlError::Unexpected {
            part: self.part.to_owned(),
            found,
            at: before.chars().count() + 1,
            expected,
        }
    }

    /// Steps over a token, if it comes next; the end stays.
    fn accept_token(&mut self, token: &Token) -> bool {
        let found = self.peek() == token;
        if found && *token != Token::End {
            self.step();
        }
        found
    }

    /// The value of an alias, in which no other alias may stand.
    fn alias(&self, name: &str) -> Result<Literal, UrlError> {
        let Some(text) = self.aliases.get(name) else {
            return Ok(Literal::Null);
        };
        let none = BTreeMap::new();
        let mut tokens = Tokens::new(name, text, &none, 0)?;
        if matches!(tokens.peek(), Token::Alias(_)) {
            return Err(tokens.wrong("a literal"));
        }
        let literal = tokens.literal("a literal")?;
        tokens.end("nothing after the literal")?;
        Ok(literal)
    }

    /// The rest of a list, after its bracket.
    fn list_items(&mut self) -> Result<Literal, UrlError> {
        self.sink()?;
        let mut items = Vec::new();
        if !self.accept(']') {
            loop {
                items.push(self.literal("a literal in the list")?);
                if self.accept(']') {
                    break;
                }
                self.expect(',', "`,` or `]`")?;
            }
        }
        self.rise();
        Ok(Literal::List(items))
    }
}

/// The token at the beginning of a text that begins with no blank, and its length in bytes.
fn token(text: &str, first: char) -> Result<(Token, usize), &'static str> {
    match first {
        '(' | ')' | ',' | '/' | ':' | '=' | '[' | ']' => Ok((Token::Mark(first), 1)),
        '\'' => {
            let (value, length) = quoted(text)?;
            Ok((Token::Literal(Literal::Text(value)), length))
        }
        '"' | '{' => json(text),
        '@' => {
            let name = text.get(1..).unwrap_or("");
            let length = 1 + run_length(name, in_name);
            match length {
                1 => Err("the name of an alias"),
                _ => Ok((Token::Alias(text[..length].to_owned()), length)),
            }
        }
        '0'..='9' | '-' => {
            let in_run =
                |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | ':' | '+' | '-');
            let length = run_length(text, in_run);
            match Literal::from_run(&text[..length]) {
                Some(literal) => Ok((Token::Literal(literal), length)),
                None => Err("a number, a date or a GUID"),
            }
        }
        _ if first.is_alphabetic() || first == '_' => word(text),
        _ => Err("a name, a literal or an operator"),
    }
}

/// A GUID, `true`, `false`, `null`, the member of an enumeration, or a word.
fn word(text: &str) -> Result<(Token, usize), &'static str> {
    const GUID_BYTES: usize = 36;
    let length = run_length(text, in_name);
    if run_length(text, |it| in_name(it) || it == '-') == GUID_BYTES
        && let Some(id) = id_of(&text[..GUID_BYTES])
    {
        return Ok((Token::Literal(Literal::Id(id)), GUID_BYTES));
    }
    let (word, rest) = text.split_at(length);
    if rest.starts_with('\'') {
        let (value, quoted_length) = quoted(rest)?;
        return Ok((Token::Literal(Literal::Text(value)), length + quoted_length));
    }
    let token = match word {
        "true" => Token::Literal(Literal::Bool(true)),
        "false" => Token::Literal(Literal::Bool(false)),
        "null" => Token::Literal(Literal::Null),
        word => Token::Word(word.to_owned()),
    };
    Ok((token, length))
}

/// The text in single quotes, and how long it is with them; two quotes in it are one.
fn quoted(text: &str) -> Result<(String, usize), &'static str> {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character != '\'' {
            value.push(character);
        } else if characters.next_if(|(_, next)| *next == '\'').is_some() {
            value.push('\'');
        } else {
            return Ok((value, at + 1));
        }
    }
    Err("a closing quote")
}

/// The object or the text in double quotes at the beginning of a text.
fn json(text: &str) -> Result<(Token, usize), &'static str> {
    // The JSON reader has a limit of its own for nesting.
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match values.next() {
        Some(Ok(Value::String(value))) => {
            Ok((Token::Literal(Literal::Text(value)), values.byte_offset()))
        }
        Some(Ok(value)) => Ok((Token::Literal(Literal::Json(value)), values.byte_offset())),
        _ => Err("JSON"),
    }
}

/// How many bytes at the beginning of a text are of a kind.
fn run_length(text: &str, is_in: impl Fn(char) -> bool) -> usize {
    text.find(|character| !is_in(character))
        .unwrap_or(text.len())
}
