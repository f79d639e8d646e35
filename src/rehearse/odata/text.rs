//! Percent-decoding, and splitting a text where no quote or parenthesis is open.
//!
//! In: parts of a URL. Out: decoded text, and pieces of it.
//! What a piece means is left to `path.rs`, `options.rs` and `token.rs`.

use percent_encoding::percent_decode_str;

use crate::rehearse::odata::error::UrlError;

/// Decodes a piece of a path; a `%` that starts no escape stays.
pub(in crate::rehearse) fn decoded(part: &str, text: &str) -> Result<String, UrlError> {
    match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(UrlError::NotText {
            part: part.to_owned(),
        }),
    }
}

/// Decodes a piece of a query, in which `+` is a blank.
pub(in crate::rehearse) fn decoded_query(part: &str, text: &str) -> Result<String, UrlError> {
    decoded(part, &text.replace('+', " "))
}

/// Splits at each separator that stands outside quotes, parentheses, brackets and braces.
///
/// A doubled quote closes and opens again, so it needs no case of its own.
pub(in crate::rehearse) fn split(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    let mut open = 0_usize;
    let mut at_top = |character: char| {
        match character {
            '\'' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => open += 1,
            ')' | ']' | '}' if !quoted => open = open.saturating_sub(1),
            _ => {}
        }
        !quoted && open == 0
    };
    text.split(|character| at_top(character) && character == separator)
        .collect()
}

/// Takes `name(inside)` apart; `None` where a parenthesis opens and the text does not end with `)`.
pub(in crate::rehearse) fn called(text: &str) -> Option<(&str, Option<&str>)> {
    match text.split_once('(') {
        None => Some((text, None)),
        Some((name, rest)) => Some((name, Some(rest.strip_suffix(')')?))),
    }
}

/// Whether a character may stand in the name of a set, a column, a type or a function.
pub(in crate::rehearse) fn in_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '.'
}

/// Whether a text is a name.
pub(in crate::rehearse) fn is_name(text: &str) -> bool {
    !text.starts_with(|first: char| first.is_numeric() || first == '.')
        && !text.is_empty()
        && text.chars().all(in_name)
}

#[cfg(test)]
mod tests {
    use crate::rehearse::odata::text::split;

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn splits_outside_quotes_and_parentheses() {
        check("a,b",                  ',', &["a", "b"]);
        check("a('x,y'),b",           ',', &["a('x,y')", "b"]);
        check("f('it''s;',2);g",      ';', &["f('it''s;',2)", "g"]);
        check("s(k='a/b')/n(1)/$ref", '/', &["s(k='a/b')", "n(1)", "$ref"]);
        check("')(',a",               ',', &["')('", "a"]);
        check("a),b",                 ',', &["a)", "b"]);
        check("",                     ',', &[""]);
    }

    /// The only place in this file that calls the code under test.
    #[track_caller]
    fn check(text: &str, separator: char, expected: &[&str]) {
        assert_eq!(split(text, separator), expected, "text: {text}");
    }
}
