//! Why a URL cannot be read.
//!
//! In: the part of the URL, what stood there, what was expected. Out: words for the answer's body.
//! The code and the status of the answer are the caller's.

/// How deep parentheses, lambdas, lists and `$expand` may nest, taken together.
pub(in crate::rehearse) const NESTING_MAX: usize = 50;

/// What is wrong with a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::rehearse) enum UrlError {
    /// Percent-decoding gave bytes that are no text.
    #[error("{part}: is not UTF-8 once percent-decoded")]
    NotText {
        /// The part of the URL.
        part: String,
    },
    /// An address that is not below the root of the API.
    #[error("`{found}` is outside the Web API; expected `/api/data/` and v9.0, v9.1 or v9.2")]
    Outside {
        /// The beginning of the address.
        found: String,
    },
    /// Something stood where the grammar wants something else.
    #[error("{part}: found {found} at character {at}, expected {expected}")]
    Unexpected {
        /// The part of the URL.
        part: String,
        /// What stood there, in quotes, or `the end`.
        found: String,
        /// Where, counted from 1 in the decoded part.
        at: usize,
        /// What the grammar wants.
        expected: &'static str,
    },
    /// Nested deeper than any client needs.
    #[error("{part}: nests more than {NESTING_MAX} deep")]
    TooDeep {
        /// The part of the URL.
        part: String,
    },
    /// An option that the query gives twice.
    #[error("{part}: is given more than once")]
    Repeated {
        /// The option.
        part: String,
    },
}

impl UrlError {
    /// The whole of a part, or of an item in it, is not what was expected.
    pub(in crate::rehearse) fn whole(part: &str, found: &str, expected: &'static str) -> Self {
        let found = match found {
            "" => "the end".to_owned(),
            found => format!("`{}`", shortened(found)),
        };
        Self::Unexpected {
            part: part.to_owned(),
            found,
            at: 1,
            expected,
        }
    }
}

/// The beginning of a text, so that a message stays a line.
pub(in crate::rehearse) fn shortened(text: &str) -> String {
    const CHARACTERS_MAX: usize = 60;
    match text.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}
