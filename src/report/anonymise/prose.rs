//! Sentences: whom they name, and what they quote.
//!
//! In: a sentence of a finding or of an outcome. Out: the same with tokens for people. What stands in backticks is data
//! and is taken for somebody unless it is known to name nobody; elsewhere it is names and addresses.

use crate::report::anonymise::Anonymiser;
use crate::report::anonymise::known::{split_named, split_near};

/// Signs that end a name before its address: `(Anna Schmidt <anna@contoso.com>)`.
const BEFORE_NAMES: &[char] = &['(', ';', ':', ','];

/// Whether a text can be what stands after the `@` of an address.
pub(super) fn is_domain(text: &str) -> bool {
    let is_sign = |sign: char| sign.is_alphanumeric() || matches!(sign, '.' | '-');
    !text.is_empty() && text.chars().all(is_sign) && !text.starts_with('.')
}

impl Anonymiser {
    /// A sentence.
    pub fn prose(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for (place, part) in text.split('`').enumerate() {
            if place > 0 {
                out.push('`');
            }
            if place % 2 == 1 {
                out.push_str(&self.quoted(part));
            } else {
                self.plain(part, &mut out);
            }
        }
        out
    }

    /// What stands in backticks: `missing = "stub"` keeps its key.
    fn quoted(&self, text: &str) -> String {
        match text.split_once(" = ") {
            Some((key, value)) if is_key(key) && !self.allowed.names(text) => {
                let mut out = format!("{key} = ");
                self.plain(value, &mut out);
                out
            }
            _ => self.cell(text),
        }
    }

    /// What stands between backticks: names that are known, then addresses, each with the name before it.
    fn plain(&self, text: &str, out: &mut String) {
        let mut rest = 0;
        for (start, end) in self.known.places(text) {
            if start >= rest {
                self.addresses(&text[rest..start], out);
                let named = &text[start..end];
                if self.allowed.names(named) {
                    out.push_str(named);
                } else {
                    out.push_str(&self.whole(named));
                }
                rest = end;
            }
        }
        self.addresses(&text[rest..], out);
    }

    fn addresses(&self, text: &str, out: &mut String) {
        let mut rest = text;
        while let Some((start, end)) = first_address(rest) {
            let (before, address) = (&rest[..start], &rest[start..end]);
            match before.strip_suffix(" <") {
                Some(named) if rest[end..].starts_with('>') => {
                    let from = named.rfind(BEFORE_NAMES).map_or(0, |place| place + 1);
                    let name = named[from..].trim_start();
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
    pub(super) fn person(&self, text: &str) -> String {
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

/// Whether a text is a key of the manifest or a rule's code.
fn is_key(text: &str) -> bool {
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '.');
    !text.is_empty() && text.chars().all(is_sign)
}

/// Where the first mail address of a text begins and ends.
fn first_address(text: &str) -> Option<(usize, usize)> {
    let is_local = |sign: char| {
        sign.is_alphanumeric() || matches!(sign, '.' | '_' | '%' | '+' | '-' | '\'' | '#' | '&')
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
