//! What a cell's text gives away: a formula's error, a number that a spreadsheet mangled, a total.
//!
//! In: trimmed texts. Out: what they are. What follows from it is said where the cell is used.

use crate::model::comparison_key;

/// What Excel writes where a formula failed; some of them as other languages write them.
const FORMULA_ERRORS: &[&str] = &[
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#DIV/0!",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#DATA!",
    "#GETTING_DATA",
    "#SPILL!",
    "#CALC!",
    "#FIELD!",
    "#BLOCKED!",
    "#CONNECT!",
    "#BUSY!",
    "#UNKNOWN!",
    "#PYTHON!",
    "#NV",
    "#BEZUG!",
    "#WERT!",
];

/// Words that a line of totals begins with.
const TOTAL_WORDS: &[&str] = &[
    "total",
    "totals",
    "grand total",
    "subtotal",
    "sum",
    "count",
    "record count",
    "summe",
    "gesamt",
    "gesamtsumme",
    "anzahl",
    "zwischensumme",
];

/// Whether the cell holds a formula's error, or a number of which digits were lost: `1.0E+15`.
pub(super) fn is_strange(text: &str) -> bool {
    let first = text.as_bytes().first();
    match first {
        Some(b'#') => FORMULA_ERRORS.contains(&text),
        Some(b'E') => text.strip_prefix("Err:").is_some_and(is_digits),
        Some(b'0'..=b'9' | b'+' | b'-') => is_mangled_number(text),
        _ => false,
    }
}

fn is_mangled_number(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let mantissa = mantissa.trim_start_matches(['+', '-']);
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    exponent
        .strip_prefix('+')
        .is_some_and(|digits| [whole, fraction, digits].into_iter().all(is_digits))
}

/// Whether the cell is a number with a fraction, which no id is.
pub(super) fn is_fraction(text: &str) -> bool {
    let parts = text.split_once('.');
    parts.is_some_and(|(whole, fraction)| is_digits(whole) && is_digits(fraction))
}

/// Whether the cell is a bare number, as counts at the end of a list are.
pub(super) fn is_count(text: &str) -> bool {
    let digits = |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | ',' | ' ');
    text.contains(|letter: char| letter.is_ascii_digit()) && text.chars().all(digits)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the cell begins a line of totals: `Total`, `Grand Total: 17`, `Summe (3)`.
pub(super) fn is_total(text: &str) -> bool {
    let Some(first) = text.chars().next() else {
        return false;
    };
    if !first.is_alphabetic() || text.len() > 64 {
        return false;
    }
    let key = comparison_key(text);
    let words = key.trim_end_matches(|letter: char| !letter.is_alphabetic());
    TOTAL_WORDS.contains(&words)
}

#[cfg(test)]
mod tests {
    use super::{is_strange, is_total};

    #[test]
    #[rustfmt::skip]
    fn strange_cells() {
        check_strange("1.0E+15",       true);
        check_strange("1,23E+10",      true);
        check_strange("2E+05",         true);
        check_strange("#N/A",          true);
        check_strange("#REF!",         true);
        check_strange("#FIELD!",       true);
        check_strange("Err:508",       true);
        check_strange("Erik:5",        false);
        check_strange("#1 sales team", false);
        check_strange("1E5",           false);
        check_strange("12E+",          false);
        check_strange("123456",        false);
        check_strange("3e8a1c2d-0000-4000-8000-00000000e001", false);
        check_strange("",              false);
    }

    #[track_caller]
    fn check_strange(text: &str, expected: bool) {
        assert_eq!(is_strange(text), expected, "case: {text}");
    }

    #[test]
    #[rustfmt::skip]
    fn totals() {
        check_total("Total",            true);
        check_total("GRAND TOTAL: 17",  true);
        check_total("Summe (3)",        true);
        check_total("Count = 5",        true);
        check_total("Total Energies",   false);
        check_total("Totally Ltd",      false);
        check_total("17",               false);
        check_total("",                 false);
    }

    #[track_caller]
    fn check_total(text: &str, expected: bool) {
        assert_eq!(is_total(text), expected, "case: {text}");
    }
}
