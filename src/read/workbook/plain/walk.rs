//! Steps through XML that is written the plain way: start tags, texts, end tags, blanks between them.
//!
//! In: a piece of XML. Out: its tokens, one by one, as the caller expects them; or that it is not plain: comments,
//! instructions, CDATA, blanks where hardly anybody puts them. What tokens mean is not known here.

use memchr::memchr;

/// The piece is not written as is understood here. That says nothing of whether it is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotPlain;

/// A place in a piece.
pub(super) struct Walk<'a> {
    xml: &'a str,
    at: usize,
}

/// How a start tag ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Its content follows.
    Open,
    /// It has none.
    Closed,
}

impl<'a> Walk<'a> {
    /// At the beginning.
    pub(super) fn new(xml: &'a str) -> Self {
        Self { xml, at: 0 }
    }

    /// How many bytes lie behind.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Whether nothing follows.
    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.xml.len()
    }

    /// Passes over blanks.
    #[inline]
    pub(super) fn skip_blanks(&mut self) {
        let rest = &self.xml.as_bytes()[self.at..];
        let blanks = rest.iter().take_while(|byte| is_blank(**byte));
        self.at += blanks.count();
    }

    /// Passes over `expected` if it is next.
    #[inline]
    pub(super) fn take(&mut self, expected: &str) -> bool {
        let is_next = self.xml.as_bytes()[self.at..].starts_with(expected.as_bytes());
        if is_next {
            self.at += expected.len();
        }
        is_next
    }

    /// Passes over `expected`, which must be next.
    #[inline]
    pub(super) fn expect(&mut self, expected: &str) -> Result<(), NotPlain> {
        self.take(expected).then_some(()).ok_or(NotPlain)
    }

    /// Passes over the rest of a start tag, behind its name, and shows each attribute, as written.
    pub(super) fn attributes(
        &mut self,
        mut see: impl FnMut(&'a str, &'a str) -> Result<(), NotPlain>,
    ) -> Result<Ended, NotPlain> {
        let bytes = self.xml.as_bytes();
        loop {
            let before = self.at;
            self.skip_blanks();
            match bytes.get(self.at) {
                Some(b'>') => {
                    self.at += 1;
                    return Ok(Ended::Open);
                }
                Some(b'/') => {
                    self.expect("/>")?;
                    return Ok(Ended::Closed);
                }
                _ if self.at == before => return Err(NotPlain),
                _ => {}
            }
            let name = self.until(|byte| !is_of_name(byte))?;
            self.expect("=")?;
            let quote = *bytes.get(self.at).ok_or(NotPlain)?;
            if !matches!(quote, b'"' | b'\'') {
                return Err(NotPlain);
            }
            self.at += 1;
            see(name, self.value(quote)?)?;
        }
    }

    /// The value of an attribute, behind its first quote, as written.
    #[inline]
    pub(super) fn value(&mut self, quote: u8) -> Result<&'a str, NotPlain> {
        let begin = self.at;
        let bytes = self.xml.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(byte) if *byte == quote => break,
                Some(b'<') | None => return Err(NotPlain),
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        Ok(&self.xml[begin..self.at - 1])
    }

    /// The end of a start tag whose attributes were all met, if it follows.
    #[inline]
    pub(super) fn tag_end(&mut self) -> Option<Ended> {
        if self.take(">") {
            Some(Ended::Open)
        } else {
            self.take("/>").then_some(Ended::Closed)
        }
    }

    /// The text up to the next tag, as written.
    #[inline]
    pub(super) fn text(&mut self) -> Result<&'a str, NotPlain> {
        let rest = &self.xml[self.at..];
        let length = memchr(b'<', rest.as_bytes()).ok_or(NotPlain)?;
        self.at += length;
        Ok(&rest[..length])
    }

    /// Passes over everything up to and with `end`, and shows it.
    pub(super) fn through(&mut self, end: &str) -> Result<&'a str, NotPlain> {
        let rest = &self.xml[self.at..];
        let length = rest.find(end).ok_or(NotPlain)?;
        self.at += length + end.len();
        Ok(&rest[..length])
    }

    /// What lies before the next byte of which `is_end` holds; for short things.
    fn until(&mut self, is_end: impl Fn(u8) -> bool) -> Result<&'a str, NotPlain> {
        let rest = &self.xml[self.at..];
        let length = rest.bytes().position(is_end).ok_or(NotPlain)?;
        self.at += length;
        Ok(&rest[..length])
    }
}

/// What XML calls a blank.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-' | b'.')
}
