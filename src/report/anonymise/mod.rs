//! A plan without people: stable tokens for persons and mail domains, in every report.
//!
//! In: a key, which stays in the project folder, and a sealed plan, which says who there is (`known.rs`). Out: texts in
//! which each person is a token, the same one wherever they are met and in every plan made with that key, so that rows
//! still join; who has not the key cannot say whom a token means.
//! What is not known to be about nobody is taken for somebody: a cell of an export, or a text that a finding quotes,
//! stays as it is only where it names something of the environment or the project (`allowed.rs`).

mod allowed;
mod document;
mod failure;
mod known;
mod prose;
mod sheet;

#[cfg(test)]
mod tests;

use crate::model::{comparison_key, parse_guid, unticked};
use crate::plan::SealedPlan;
use crate::report::ReportError;
use crate::report::anonymise::allowed::Allowed;
use crate::report::anonymise::known::{Known, Sort, split_named};

/// What tokens are made with. Whoever has it can find out whom a token means by trying names.
#[derive(Clone)]
pub struct AnonymousKey([u8; 32]);

impl AnonymousKey {
    /// The key of 32 secret bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// Says nothing of itself.
impl std::fmt::Debug for AnonymousKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("AnonymousKey")
    }
}

/// Puts tokens in place of people.
#[derive(Debug)]
pub struct Anonymiser {
    tokens: Tokens,
    known: Known,
    allowed: Allowed,
}

impl Anonymiser {
    /// Learns who and what a plan names.
    pub fn of(plan: &SealedPlan, key: &AnonymousKey) -> Result<Self, ReportError> {
        let fields = plan.fields()?;
        let allowed = Allowed::of(plan.document(), &fields);
        Ok(Self {
            tokens: Tokens(key.clone()),
            known: Known::of(plan, &fields, &allowed)?,
            allowed,
        })
    }

    /// A text that is a person, an address or an id of the old system as a whole, and nothing else.
    fn whole(&self, text: &str) -> String {
        let trimmed = text.trim();
        if trimmed.is_empty() || parse_guid(trimmed).is_some() {
            return text.to_owned();
        }
        match (self.known.identity(trimmed), trimmed.rsplit_once('@')) {
            (identity, Some((local, domain))) if prose::is_domain(domain) => {
                let identity =
                    identity.map_or_else(|| comparison_key(local), |(known, _)| known.to_owned());
                let local = self.tokens.of("person", &identity);
                format!("{local}@{}", self.domain(domain))
            }
            (Some((identity, Sort::Name)), _) => {
                format!("Person {}", self.tokens.of("person", identity))
            }
            (Some((identity, Sort::Id)), _) => format!("Id {}", self.tokens.of("person", identity)),
            (None, _) => {
                let key = comparison_key(trimmed);
                format!("Text {}", self.tokens.of("text", &key))
            }
        }
    }

    /// A text about somebody, whatever it says.
    pub(in crate::report) fn personal(&self, text: &str) -> String {
        self.whole(text)
    }

    /// What something is called: a unit, a role, who has one. Nothing in it is a quote.
    pub fn label(&self, text: &str) -> String {
        self.prose(&unticked(text))
    }

    /// What somebody asks for, as reports tell it: a name, an address, both, or what a report told already.
    pub fn asked(&self, text: &str) -> String {
        let text = text.trim();
        let is_told = match split_named(text) {
            Some((name, address)) => is_name_token(name) && is_token(address),
            None => is_name_token(text) || is_token(text),
        };
        if is_told {
            text.to_owned()
        } else {
            self.person(text)
        }
    }

    /// A mail domain.
    fn domain(&self, domain: &str) -> String {
        let token = self.tokens.of("domain", &comparison_key(domain));
        format!("{token}.example")
    }

    /// A text that stands for something: as it is where it names nobody, else a token.
    fn cell(&self, text: &str) -> String {
        if self.known.identity(text).is_none() && self.allowed.names(text) {
            text.to_owned()
        } else {
            self.whole(text)
        }
    }
}

/// What tokens are written with: without letters that are taken for digits, and without vowels, so that no token is a
/// word.
const SIGNS: &[u8; 32] = b"0123456789bcdfghjkmnpqrstvwxyzBD";

/// How many of them.
const LENGTH: usize = 8;

/// Whether a text is a token and nothing else.
fn is_one(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|sign| SIGNS.contains(&sign))
}

/// Whether a name is a token already.
fn is_name_token(name: &str) -> bool {
    let sorts = ["Person ", "Id ", "Text "].iter();
    let mut tokens = sorts.filter_map(|sort| name.strip_prefix(sort));
    tokens.any(is_one)
}

/// Whether an address is a token already.
fn is_token(address: &str) -> bool {
    let parts = address
        .strip_suffix(".example")
        .and_then(|rest| rest.split_once('@'));
    parts.is_some_and(|(local, domain)| is_one(local) && is_one(domain))
}

/// Tokens of texts.
#[derive(Debug)]
struct Tokens(AnonymousKey);

impl Tokens {
    /// The token of an identity, which is of one sort: eight letters and digits of a keyed hash, so that of a hundred
    /// thousand people hardly two have one.
    fn of(&self, sort: &str, identity: &str) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.0.0);
        hasher.update(sort.as_bytes());
        hasher.update(b"\0");
        hasher.update(identity.as_bytes());
        let bytes = hasher.finalize();
        let signs = bytes.as_bytes().iter().take(LENGTH);
        signs
            .map(|byte| char::from(SIGNS[usize::from(byte % 32)]))
            .collect()
    }
}
