//! Sentences: whom they name, and what they quote.
//!
//! In: a sentence of a finding or of an outcome. Out: the same with tokens for people. Whoever is known is looked for
//! first, in the whole of it: a name may hold whatever else has a meaning here. What then stands in backticks is data
//! and is taken for somebody unless it is known to name nobody; elsewhere it is addresses with the names before them.
//! A backtick is always the product's own: data comes into messages without any (`model/quoted.rs`).

use crate::model::TICK;
use crate::report::anonymise::known::{split_named, split_near};
use crate::report::anonymise::{Anonymiser, is_token};

/// Whether a text can be what stands after the `@` of an address.
pub(super) fn is_domain(text: &str) -> bool {
    let is_sign = |sign: char| sign.is_alphanumeric() || matches!(sign, '.' | '-');
    !text.is_empty() && text.chars().all(is_sign) && !text.starts_with('.')
}

/// A part of a sentence.
#[derive(Clone, Copy)]
enum Part<'a> {
    /// Somebody, or something that is known to name nobody.
    Known(&'a str),
    /// Anything else.
    Other(&'a str),
}

impl<'a> Part<'a> {
    fn text(self) -> &'a str {
        match self {
            Self::Known(text) | Self::Other(text) => text,
        }
    }
}

impl Anonymiser {
    /// A sentence.
    pub fn prose(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut quoted: Option<Vec<Part<'_>>> = None;
        for part in self.parts(text) {
            let Part::Other(other) = part else {
                match &mut quoted {
                    Some(parts) => parts.push(part),
                    None => self.known_part(part.text(), &mut out),
                }
                continue;
            };
            for (place, piece) in other.split('`').enumerate() {
                if place > 0 {
                    quoted = match quoted.take() {
                        Some(parts) => {
                            out.push_str(&self.quoted(&parts));
                            None
                        }
                        None => Some(Vec::new()),
                    };
                    out.push('`');
                }
                match &mut quoted {
                    Some(_) if piece.is_empty() => {}
                    Some(parts) => parts.push(Part::Other(piece)),
                    None => self.addresses(piece, &mut out),
                }
            }
        }
        // What was begun and does not end is data too.
        if let Some(parts) = quoted {
            out.push_str(&self.quoted(&parts));
        }
        out
    }

    /// The parts of a sentence, in order.
    fn parts<'a>(&self, text: &'a str) -> Vec<Part<'a>> {
        let mut parts = Vec::new();
        let mut rest = 0;
        for (start, end) in self.known.places(text) {
            if start > rest {
                parts.push(Part::Other(&text[rest..start]));
            }
            parts.push(Part::Known(&text[start..end]));
            rest = end;
        }
        if rest < text.len() {
            parts.push(Part::Other(&text[rest..]));
        }
        parts
    }

    fn known_part(&self, text: &str, out: &mut String) {
        if self.known.identity(text).is_none() || self.allowed.names(text) {
            out.push_str(text);
        } else {
            out.push_str(&self.whole(text));
        }
    }

    /// What stands in backticks: one text that names somebody or nobody. `missing = "stub"` keeps its key.
    fn quoted(&self, parts: &[Part<'_>]) -> String {
        let text: String = parts.iter().map(|part| part.text()).collect();
        if self.allowed.names(&text) && self.known.identity(&text).is_none() {
            return text;
        }
        match text.split_once(" = ") {
            Some((key, _)) if is_key(key) => {
                let mut out = String::new();
                for part in parts {
                    match part {
                        Part::Known(known) => self.known_part(known, &mut out),
                        Part::Other(other) => self.addresses(other, &mut out),
                    }
                }
                out
            }
            _ => self.cell(&text),
        }
    }

    /// A text that quotes nothing: whoever is known, and addresses.
    pub(super) fn people(&self, text: &str, out: &mut String) {
        for part in self.parts(text) {
            match part {
                Part::Known(known) => self.known_part(known, out),
                Part::Other(other) => self.addresses(other, out),
            }
        }
    }

    /// A text in which nobody is known: addresses, each with the name before it.
    fn addresses(&self, text: &str, out: &mut String) {
        let mut rest = text;
        while let Some((start, end)) = first_address(rest) {
            if is_token(&rest[start..end]) {
                out.push_str(&rest[..end]);
                rest = &rest[end..];
                continue;
            }
            let start = start - within_brackets(rest, start, end);
            let (before, address) = (&rest[..start], &rest[start..end]);
            match before.strip_suffix(" <") {
                Some(named) if rest[end..].starts_with('>') => {
                    let name = &named[name_before(named)..];
                    out.push_str(&named[..named.len() - name.len()]);
                    if !name.is_empty() {
                        out.push_str(&self.whole(name));
                    }
                    out.push_str(" <");
                }
                _ => out.push_str(before),
            }
            out.push_str(&self.whole(address));
            rest = &rest[end..];
        }
        out.push_str(rest);
    }

    /// Somebody as reports name them: `Ana Costa <ana@contoso.com>`, a name, an address; teams and ids stay.
    pub(in crate::report) fn person(&self, text: &str) -> String {
        if self.known.identity(text).is_some() {
            return self.cell(text);
        }
        let (named, near) = split_near(text);
        let near = self.prose(near);
        match split_named(named) {
            Some((name, address)) => {
                format!("{} <{}>{near}", self.whole(name), self.whole(address))
            }
            None => format!("{}{near}", self.cell(named)),
        }
    }
}

/// Where the name begins that ends a text: after the last sign that parts names. A comma parts none, as in `Costa,
/// Ana`, and neither does a bracket that is closed again: `Ana Costa (Sales)`.
fn name_before(text: &str) -> usize {
    let mut closed = 0_usize;
    let mut from = 0;
    for (place, sign) in text.char_indices().rev() {
        match sign {
            ')' => closed += 1,
            '(' if closed > 0 => closed -= 1,
            '(' | ';' | ':' | '>' => {
                from = place + sign.len_utf8();
                break;
            }
            _ => {}
        }
    }
    let name = text[from..].trim_start_matches([',', ' ']);
    text.len() - name.len()
}

/// Whether a text is a key of the manifest or a rule's code.
fn is_key(text: &str) -> bool {
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '.');
    !text.is_empty() && text.chars().all(is_sign)
}

/// How much of an address in `<>` stands before what looks like one: whatever was typed there is of it.
fn within_brackets(text: &str, start: usize, end: usize) -> usize {
    let before = &text[..start];
    let bracket = before.rfind('<').filter(|_| text[end..].starts_with('>'));
    let begun = bracket.map_or("", |place| &before[place + 1..]);
    if begun.contains('>') { 0 } else { begun.len() }
}

/// Where the first mail address of a text begins and ends.
fn first_address(text: &str) -> Option<(usize, usize)> {
    let is_local = |sign: char| {
        sign.is_alphanumeric()
            || matches!(sign, '.' | '_' | '%' | '+' | '-' | '\'' | '#' | '&')
            || matches!(sign, '!' | '^' | '~' | '$' | TICK)
    };
    for (at, _) in text.match_indices('@') {
        let before = text[..at].trim_end_matches(is_local);
        let after = &text[at + 1..];
        let length = after
            .find(|sign: char| !(sign.is_alphanumeric() || matches!(sign, '.' | '-')))
            .unwrap_or(after.len());
        let domain = after[..length].trim_end_matches(['.', '-']);
        if before.len() < at && is_domain(domain) {
            return Some((before.len(), at + 1 + domain.len()));
        }
    }
    None
}
