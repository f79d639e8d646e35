//! How texts are compared, and how they are made harmless in a spreadsheet.
//!
//! In: cell texts. Out: comparison keys, guarded cells. Nothing here knows what a text means.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// The key under which two texts are the same to this product: trimmed, NFKC, case-folded, inner
/// white space as single blanks.
pub fn comparison_key(text: &str) -> String {
    let text = text.trim();
    if text.is_ascii()
        && !text.as_bytes().windows(2).any(|pair| pair == b"  ")
        && !has_odd_space(text)
    {
        return text.to_ascii_lowercase();
    }
    plain_key(text).unwrap_or_else(|| folded_key(text))
}

fn has_odd_space(text: &str) -> bool {
    text.bytes()
        .any(|byte| byte.is_ascii_whitespace() && byte != b' ')
}

/// The key of a trimmed text of Western and Central European letters, which most names are; `None` where
/// something in it takes [`folded_key`], which composes and folds letter by letter.
fn plain_key(text: &str) -> Option<String> {
    let mut key = String::with_capacity(text.len());
    let mut before = ' ';
    for letter in text.chars() {
        let folded = match letter {
            ' ' if before == ' ' => continue,
            ' '..='~' => letter.to_ascii_lowercase(),
            // They compose with nothing in these ranges and fold to two letters or to what is no letter.
            'ß' | 'İ' | 'Ĳ' | 'ĳ' | 'Ŀ' | 'ŀ' | 'ŉ' | 'ſ' => return None,
            '\u{c0}'..='\u{17f}' => letter.to_lowercase().next()?,
            _ => return None,
        };
        key.push(folded);
        before = letter;
    }
    Some(key)
}

fn folded_key(text: &str) -> String {
    let folded = caseless::default_case_fold_str(&text.nfkc().collect::<String>());
    let again: String = folded.nfkc().collect();
    again.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The key under which two owner references are the same: [`comparison_key`], save for Salesforce
/// ids. Case tells those apart (two people's 15-character ids may differ in nothing else), so they
/// are compared as written.
pub fn reference_key(text: &str) -> String {
    salesforce_id(text).map_or_else(|| comparison_key(text), str::to_owned)
}

/// The 15 telling characters of what looks like the Salesforce id of a user (`005`) or of a queue
/// or group (`00G`), whether written with 15 characters or with 18 (platform facts, 8.6).
pub fn salesforce_id(text: &str) -> Option<&str> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let owner = bytes.starts_with(b"005") || bytes.starts_with(b"00G");
    let sized = matches!(bytes.len(), 15 | 18) && bytes.iter().all(u8::is_ascii_alphanumeric);
    let suffix_fits = || {
        let mut suffix = bytes[15..].iter();
        suffix.all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'5'))
    };
    (owner && sized && suffix_fits()).then(|| &text[..15])
}

/// The key under which the old system's id of a record is found: [`comparison_key`], save for
/// Salesforce ids. Those of two records may differ in case alone, and are written with 15 characters
/// or with 18, of which the last three say the case of the others (platform facts, 8.6).
pub fn record_key(text: &str) -> String {
    let text = text.trim();
    let bytes = text.as_bytes();
    let telling = matches!(bytes.len(), 15 | 18)
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && bytes.iter().any(u8::is_ascii_digit);
    if telling && (bytes.len() == 15 || case_suffix(&bytes[..15]) == bytes[15..]) {
        text[..15].to_owned()
    } else {
        comparison_key(text)
    }
}

/// Salesforce's own: a letter for every five characters, by which of them are capitals.
fn case_suffix(id: &[u8]) -> Vec<u8> {
    let letter = |five: &[u8]| {
        let capitals = (0..)
            .zip(five)
            .filter(|(_, byte)| byte.is_ascii_uppercase());
        let number = capitals.fold(0, |bits: usize, (place, _): (u32, _)| bits | 1 << place);
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[number]
    };
    id.chunks(5).map(letter).collect()
}

/// A cell for a file that a spreadsheet may open: what would start a formula gets a `'` before it.
pub fn guard_cell(text: &str) -> Cow<'_, str> {
    match text.as_bytes().first() {
        Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\'') => Cow::Owned(format!("'{text}")),
        _ => Cow::Borrowed(text),
    }
}

/// The text behind [`guard_cell`]: one leading `'` is taken off.
pub fn unguard_cell(text: &str) -> &str {
    text.strip_prefix('\'').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::{comparison_key, folded_key, guard_cell, plain_key, record_key};
    use super::{reference_key, unguard_cell};
    use proptest::prelude::*;

    #[test]
    fn keys_that_are_equal() {
        check(
            "case and blanks",
            " Ana.Costa@Contoso.com ",
            "ana.costa@contoso.com",
        );
        check("composed and decomposed", "Zoe\u{308}", "Zoë");
        check("sharp s", "STRASSE", "straße");
        check("full width", "Ａｎａ", "ana");
        check(
            "double and no-break blanks",
            "Ana  \u{a0}Costa",
            "ana costa",
        );
    }

    #[track_caller]
    fn check(case: &str, left: &str, right: &str) {
        assert_eq!(comparison_key(left), comparison_key(right), "case: {case}");
    }

    #[test]
    fn the_short_way_to_a_key_is_the_long_way_for_every_letter() {
        let letters = ('\0'..='\u{2ff}').filter(|letter| !letter.is_whitespace());
        let keys = letters.filter_map(|letter| {
            let text = format!("A {letter}e");
            let plain = plain_key(&text)?;
            assert_eq!(plain, folded_key(&text), "letter: {letter:?}");
            Some(plain)
        });
        // 94 of ASCII without the blank, 192 beyond it but for eight.
        assert_eq!(keys.count(), 94 + 192 - 8);
        assert_eq!(plain_key("Ana  Öz").as_deref(), Some("ana öz"));
        assert_eq!(plain_key("Ana\u{308}"), None, "it composes");
    }

    #[test]
    fn salesforce_ids_are_told_apart_by_case() {
        let key = |text: &str| reference_key(text);
        assert_eq!(key("005bm00000NCJmQ"), key(" 005bm00000NCJmQAAX"));
        assert_ne!(key("005bm00000NCJmQ"), key("005bm00000NCJmq"));
        assert_eq!(key("410888000000264002"), "410888000000264002");
        assert_eq!(key("005 Ana"), "005 ana");
    }

    #[test]
    fn salesforce_ids_of_records_are_told_apart_by_case() {
        let key = record_key;
        assert_eq!(key("0015g00000NCJmQ"), key(" 0015g00000NCJmQAAX "));
        assert_ne!(key("0015g00000NCJmQ"), key("0015g00000NCJmq"));
        assert_ne!(key("0015g00000NCJmQAAX"), key("0015g00000NCJmqAAH"));
        assert_eq!(key("a0B5g00000NCJmQABC"), "a0b5g00000ncjmqabc", "no suffix");
        assert_eq!(key("Key 17"), "key 17");
        assert_eq!(key("ACCOUNTSANDMORE"), "accountsandmore", "no digit");
        assert_eq!(key("Zo\u{eb}345678901234"), "zo\u{eb}345678901234");
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(text in "\\PC{0,24}") {
            let key = comparison_key(&text);
            prop_assert_eq!(comparison_key(&key), key);
        }

        #[test]
        fn a_key_is_the_same_the_short_way(text in "[ -~À-ſ]{0,16}") {
            let text = text.trim();
            prop_assert_eq!(comparison_key(text), folded_key(text));
        }

        #[test]
        fn guarding_is_undone_by_unguarding(text in "[-=+@'\t]?\\PC{0,12}") {
            let guarded = guard_cell(&text).into_owned();
            prop_assert_eq!(unguard_cell(&guarded), text.as_str());
            prop_assert!(!guarded.starts_with(['=', '+', '-', '@', '\t']));
        }
    }
}
