//! Watches XML before a parser sees it: no document type, no endless token, no endless depth.
//!
//! In: the bytes of a part, block by block. Out: each tag and text to who watches for more, or why no more
//! of it may be read. Whether the XML is well-formed, and what it means, is the parser's to say.

use memchr::{memchr, memmem};

use crate::model::quoted;
use crate::read::workbook::limits::{ASIDE_BYTES_MAX, DEPTH_MAX, Refusal, TOKEN_BYTES_MAX};

/// Looks at the tokens of one part.
pub(super) trait Watch {
    /// Whether every element must end where it should: the reader would look for its end for ever.
    const NESTED: bool = false;

    /// A start tag, without its brackets: `c r="A1" t="s"`; `closed` where it ends itself.
    fn start(&mut self, tag: &[u8], closed: bool) -> Result<(), Refusal>;

    /// The name of an end tag, with its prefix.
    fn end(&mut self, name: &[u8]) -> Result<(), Refusal>;

    /// Text between tags, as written, or within CDATA.
    fn text(&mut self, text: &[u8], is_cdata: bool) -> Result<(), Refusal>;
}

/// The guard of one part.
pub(super) struct XmlGuard<W> {
    /// The beginning of a token whose rest is in the next block.
    partial: Vec<u8>,
    begun: bool,
    depth: usize,
    /// Where it matters: the names of the elements that are open, each behind a blank.
    open: Vec<u8>,
    aside_bytes: usize,
    /// Who watches for more.
    pub watch: W,
}

impl<W: Watch> XmlGuard<W> {
    /// The guard of a part of which nothing was seen.
    pub(super) fn new(watch: W) -> Self {
        Self {
            partial: Vec::new(),
            begun: false,
            depth: 0,
            open: Vec::new(),
            aside_bytes: 0,
            watch,
        }
    }

    /// Looks at the next block.
    pub(super) fn feed(&mut self, block: &[u8]) -> Result<(), Refusal> {
        let mut joined = std::mem::take(&mut self.partial);
        let rest = if joined.is_empty() {
            self.tokens(block)?
        } else {
            joined.extend_from_slice(block);
            self.tokens(&joined)?
        };
        if rest.len() > TOKEN_BYTES_MAX {
            return Err(Refusal::over(format!(
                "a tag or text in it is longer than {TOKEN_BYTES_MAX} bytes"
            )));
        }
        self.partial = rest.to_vec();
        Ok(())
    }

    /// Looks at the end of the part.
    pub(super) fn finish(&self) -> Result<(), Refusal> {
        self.open.is_empty().then_some(()).ok_or_else(|| {
            let open = self.open.rsplit(|byte| *byte == b' ').next();
            not_ended(open.unwrap_or_default())
        })
    }

    fn tokens<'a>(&mut self, block: &'a [u8]) -> Result<&'a [u8], Refusal> {
        let mut rest = block;
        if !self.begun {
            if rest.len() < 4 {
                return Ok(rest);
            }
            check_beginning(rest)?;
            self.begun = true;
        }
        while let Some(length) = token(rest) {
            let (token, after) = rest.split_at(length);
            self.see(token)?;
            rest = after;
        }
        Ok(rest)
    }

    fn see(&mut self, token: &[u8]) -> Result<(), Refusal> {
        match token {
            [b'<', b'/', name @ .., b'>'] => {
                self.depth = self.depth.saturating_sub(1);
                if W::NESTED {
                    self.close(name)?;
                }
                self.watch.end(name.trim_ascii_end())
            }
            [b'<', b'?', ..] => check_declaration(token).and_then(|()| self.count_aside(token)),
            [b'<', b'!', b'-', b'-', ..] => self.count_aside(token),
            [b'<', b'!', b'[', ..] => {
                let begin = b"<![CDATA[".len();
                self.watch.text(&token[begin..token.len() - 3], true)
            }
            [b'<', b'!', ..] => Err(Refusal::damaged(
                "it holds a document type, which no workbook has",
            )),
            [b'<', tag @ .., b'/', b'>'] => self.watch.start(tag, true),
            [b'<', tag @ .., b'>'] => {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return Err(Refusal::damaged(format!(
                        "elements lie more than {DEPTH_MAX} deep within each other"
                    )));
                }
                if W::NESTED {
                    self.open.push(b' ');
                    self.open.extend_from_slice(whole_name(tag));
                    if self.open.len() > TOKEN_BYTES_MAX {
                        return Err(Refusal::damaged("the names of its elements have no end"));
                    }
                }
                self.watch.start(tag, false)
            }
            text => self.watch.text(text, false),
        }
    }
}

impl<W> XmlGuard<W> {
    /// The end of an element, which must be the one that was begun last.
    fn close(&mut self, name: &[u8]) -> Result<(), Refusal> {
        let begin = self.open.iter().rposition(|byte| *byte == b' ');
        let Some(begin) = begin else {
            return Err(Refusal::damaged("an element ends in it that never began"));
        };
        let open = &self.open[begin + 1..];
        if open != whole_name(name) {
            return Err(not_ended(open));
        }
        self.open.truncate(begin);
        Ok(())
    }

    /// Comments and instructions: readers may keep them for a while.
    fn count_aside(&mut self, token: &[u8]) -> Result<(), Refusal> {
        self.aside_bytes += token.len();
        if self.aside_bytes > ASIDE_BYTES_MAX {
            return Err(Refusal::over(format!(
                "comments in a part of it are longer than {ASIDE_BYTES_MAX} bytes"
            )));
        }
        Ok(())
    }
}

fn not_ended(name: &[u8]) -> Refusal {
    let name: String = String::from_utf8_lossy(name).chars().take(40).collect();
    Refusal::damaged(format!(
        "its element {name} does not end where it should",
        name = quoted(&name)
    ))
}

/// The name of a tag, with its prefix, up to what XML calls a blank.
fn whole_name(tag: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let end = tag.iter().position(is_blank);
    &tag[..end.unwrap_or(tag.len())]
}

/// Most tokens are shorter than what a wide search takes to begin.
const NEAR_BYTES: usize = 24;

fn find(wanted: u8, bytes: &[u8]) -> Option<usize> {
    let (near, far) = bytes.split_at(bytes.len().min(NEAR_BYTES));
    let found = near.iter().position(|byte| *byte == wanted);
    found.or_else(|| memchr(wanted, far).map(|at| near.len() + at))
}

/// The length of the first token, where its end is known.
fn token(rest: &[u8]) -> Option<usize> {
    if rest.first()? != &b'<' {
        return find(b'<', rest);
    }
    let until = |end: &[u8], from: usize| {
        let found = memmem::find(rest.get(from..)?, end)?;
        Some(from + found + end.len())
    };
    match rest.get(1)? {
        b'?' => until(b"?>", 2),
        b'!' => match (rest.get(2)?, rest.get(3)?) {
            (b'-', b'-') => until(b"-->", 4),
            (b'[', _) if rest.len() < 9 => None,
            (b'[', _) if rest.starts_with(b"<![CDATA[") => until(b"]]>", 9),
            // A document type: the guard need not know where it ends.
            _ => Some(2),
        },
        _ => tag_length(rest),
    }
}

/// The end of a tag; a `>` within quotes ends none.
fn tag_length(rest: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        let mut more = rest[at..].iter();
        at += more.position(|byte| matches!(byte, b'>' | b'"' | b'\''))?;
        if rest[at] == b'>' {
            return Some(at + 1);
        }
        at += 2 + find(rest[at], &rest[at + 1..])?;
    }
}

/// Other encodings than UTF-8 would show the parser another text than the one watched here.
fn check_beginning(beginning: &[u8]) -> Result<(), Refusal> {
    let wide = beginning.starts_with(b"\xff\xfe") || beginning.starts_with(b"\xfe\xff");
    if wide || beginning[..4].contains(&0) {
        return Err(Refusal::damaged("a part of it is not UTF-8"));
    }
    Ok(())
}

fn check_declaration(token: &[u8]) -> Result<(), Refusal> {
    if !token.starts_with(b"<?xml ") {
        return Ok(());
    }
    let encoding = attribute(&token[2..token.len() - 2], b"encoding");
    let known = encoding.is_none_or(|label| {
        [&b"utf-8"[..], b"utf8", b"us-ascii"]
            .iter()
            .any(|known| label.eq_ignore_ascii_case(known))
    });
    known
        .then_some(())
        .ok_or_else(|| Refusal::damaged("a part of it says that it is not UTF-8"))
}

/// The value of an attribute by its name without prefix, as written.
pub(super) fn attribute<'a>(tag: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut rest = tag;
    loop {
        let equals = find(b'=', rest)?;
        let key = rest[..equals].trim_ascii_end();
        let key_start = key.iter().rposition(u8::is_ascii_whitespace);
        let key = &key[key_start.map_or(0, |space| space + 1)..];
        let after = rest[equals + 1..].trim_ascii_start();
        let quote = *after.first()?;
        let value = &after[1..];
        let end = find(quote, value)?;
        if local(key) == name {
            return Some(&value[..end]);
        }
        rest = &value[end + 1..];
    }
}

/// The number that an attribute holds, if it has it.
pub(super) fn number_of(tag: &[u8], name: &[u8]) -> Result<Option<u64>, Refusal> {
    let Some(value) = attribute(tag, name) else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(value);
    let number = text.trim().parse::<u64>().ok();
    number.map(Some).ok_or_else(|| {
        let name = String::from_utf8_lossy(name);
        let shown: String = text.chars().take(40).collect();
        Refusal::damaged(format!(
            "{name} is {shown}, expected a number",
            name = quoted(&name),
            shown = quoted(&shown)
        ))
    })
}

/// The name of a tag without its prefix.
pub(super) fn tag_name(tag: &[u8]) -> &[u8] {
    let end = tag.iter().position(u8::is_ascii_whitespace);
    local(&tag[..end.unwrap_or(tag.len())])
}

/// A name without its prefix.
pub(super) fn local(name: &[u8]) -> &[u8] {
    let colon = name.iter().position(|byte| *byte == b':');
    colon.map_or(name, |colon| &name[colon + 1..])
}
