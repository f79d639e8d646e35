//! How two values compare, as the service's database compares them.
//!
//! In: two values of rows, or one and a literal. Out: an order, if they have one.
//! Texts compare without case and without blanks at their end; GUIDs without case and braces,
//! moments as instants, numbers and flags by value. What null means is `evaluate.rs`'s for
//! filters; in an order it comes first.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Number, Value};
use uuid::Uuid;

use crate::rehearse::odata::literal::{Literal, beginning_of, day_or_moment_of, id_of, moment_of};

/// A value as far as comparing sees it, in the order of kinds.
#[derive(Clone, Copy, Debug)]
pub(in crate::rehearse) enum Scalar<'value> {
    /// No value.
    Null,
    /// A flag.
    Bool(bool),
    /// A number.
    Number(&'value Number),
    /// A GUID that is known to be one.
    Id(Uuid),
    /// An instant that is known to be one.
    Moment(Timestamp),
    /// A text, which may be a GUID or an instant too.
    Text(&'value str),
    /// A list or an object, which compares with nothing.
    Other,
}

impl<'value> From<&'value Value> for Scalar<'value> {
    fn from(value: &'value Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(text),
            Value::Array(_) | Value::Object(_) => Self::Other,
        }
    }
}

impl<'value> From<&'value Literal> for Scalar<'value> {
    fn from(literal: &'value Literal) -> Self {
        match literal {
            Literal::Null => Self::Null,
            Literal::Bool(flag) => Self::Bool(*flag),
            Literal::Number(number) => Self::Number(number),
            Literal::Text(text) => Self::Text(text),
            Literal::Id(id) => Self::Id(*id),
            Literal::Day(day) => beginning_of(*day).map_or(Self::Other, Self::Moment),
            Literal::Moment(moment) => Self::Moment(*moment),
            Literal::List(_) => Self::Other,
            Literal::Json(value) => Self::from(value),
        }
    }
}

/// The order of two values in `$orderby`: null first, then by kind, then by value.
pub(in crate::rehearse) fn compare(left: &Value, right: &Value) -> Ordering {
    // A text's kind is decided alone, not in the pair: otherwise the order would not be one.
    let (left, right) = (sharpened(left), sharpened(right));
    match (left, right) {
        (Scalar::Text(left), Scalar::Text(right)) => compare_texts(left, right),
        _ => rank(left)
            .cmp(&rank(right))
            .then_with(|| related(left, right).unwrap_or(Ordering::Equal)),
    }
}

/// How two values of a filter stand to each other; `None` where their kinds do not compare.
pub(in crate::rehearse) fn related(left: Scalar<'_>, right: Scalar<'_>) -> Option<Ordering> {
    match (left, right) {
        (Scalar::Bool(left), Scalar::Bool(right)) => Some(left.cmp(&right)),
        (Scalar::Number(left), Scalar::Number(right)) => Some(compare_numbers(left, right)),
        (Scalar::Id(left), Scalar::Id(right)) => Some(left.cmp(&right)),
        (Scalar::Moment(left), Scalar::Moment(right)) => Some(left.cmp(&right)),
        (Scalar::Text(left), Scalar::Text(right)) => Some(compare_texts_or_more(left, right)),
        (Scalar::Number(left), Scalar::Text(text)) => match Literal::from_run(text)? {
            Literal::Number(right) => Some(compare_numbers(left, &right)),
            _ => None,
        },
        (left, Scalar::Text(text)) => related(left, read_as(left, text)?),
        (Scalar::Text(_), right) => related(right, left).map(Ordering::reverse),
        _ => None,
    }
}

/// A text read as the kind of the value that it meets.
///
/// The values of `In(...)` are texts whatever the column is, and rows hold GUIDs and moments as
/// texts.
fn read_as(kind: Scalar<'_>, text: &str) -> Option<Scalar<'static>> {
    match kind {
        Scalar::Id(_) => id_of(text).map(Scalar::Id),
        Scalar::Moment(_) => day_or_moment_of(text).map(Scalar::Moment),
        Scalar::Bool(_) => match text {
            "true" | "1" => Some(Scalar::Bool(true)),
            "false" | "0" => Some(Scalar::Bool(false)),
            _ => None,
        },
        _ => None,
    }
}

/// Two texts: as GUIDs or instants if both are, otherwise letter by letter.
fn compare_texts_or_more(left: &str, right: &str) -> Ordering {
    let sharp = |text| match sharpened_text(text) {
        Scalar::Text(_) => None,
        scalar => Some(scalar),
    };
    sharp(left)
        .and_then(|left| related(left, sharp(right)?))
        .unwrap_or_else(|| compare_texts(left, right))
}

/// Letter by letter, without case and without blanks at the end.
fn compare_texts(left: &str, right: &str) -> Ordering {
    fn letters(text: &str) -> impl Iterator<Item = char> {
        let text = text.trim_end_matches(' ');
        text.chars().flat_map(char::to_lowercase)
    }
    letters(left).cmp(letters(right))
}

/// By value; whole numbers exactly.
fn compare_numbers(left: &Number, right: &Number) -> Ordering {
    // Both parts of the key keep the order, so their pair does too; the second tells apart whole
    // numbers that are one as floating point.
    let (left, right) = (number_key(left), number_key(right));
    left.partial_cmp(&right).unwrap_or(Ordering::Equal)
}

/// A number as floating point, and its whole part.
fn number_key(number: &Number) -> (f64, i128) {
    let float = number.as_f64().unwrap_or(0.0);
    let whole = (number.as_i64().map(i128::from)).or_else(|| number.as_u64().map(i128::from));
    #[expect(clippy::cast_possible_truncation, reason = "the whole part is wanted")]
    let whole = whole.unwrap_or(float as i128);
    (float, whole)
}

/// A value of a row, with texts that are GUIDs or instants told from others.
fn sharpened(value: &Value) -> Scalar<'_> {
    match value {
        Value::String(text) => sharpened_text(text),
        value => Scalar::from(value),
    }
}

/// A text as a GUID or an instant if it is one.
fn sharpened_text(text: &str) -> Scalar<'_> {
    if let Some(id) = id_of(text) {
        Scalar::Id(id)
    } else if let Some(moment) = moment_of(text) {
        Scalar::Moment(moment)
    } else {
        Scalar::Text(text)
    }
}

/// The place of a kind in an order.
fn rank(scalar: Scalar<'_>) -> u8 {
    match scalar {
        Scalar::Null => 0,
        Scalar::Bool(_) => 1,
        Scalar::Number(_) => 2,
        Scalar::Id(_) => 3,
        Scalar::Moment(_) => 4,
        Scalar::Text(_) => 5,
        Scalar::Other => 6,
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering::{self, Equal, Greater, Less};

    use serde_json::{Value, json};

    use crate::rehearse::odata::compare::compare;

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn orders() {
        check(json!(null),   json!(null),   Equal);
        check(json!(null),   json!(false),  Less);
        check(json!(null),   json!(""),     Less);
        check(json!(false),  json!(true),   Less);
        check(json!(2),      json!(10),     Less);
        check(json!(2),      json!(2.0),    Equal);
        check(json!(2),      json!(2.5),    Less);
        check(json!(-2.5),   json!(-2),     Less);
        check(json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992_i64), Greater);
        check(json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992.0), Greater);
        check(json!("Ada"),  json!("ada "), Equal);
        check(json!("ada"),  json!("Bob"),  Less);
        check(json!("10"),   json!("9"),    Less);
        check(json!("ÄRGER"), json!("ärger"), Equal);
        check(json!("{84450080-0AF2-4BF1-96F4-43DD74A70B55}"), json!("84450080-0af2-4bf1-96f4-43dd74a70b55"), Equal);
        check(json!("2026-11-24T01:08:11Z"), json!("2026-11-24T02:08:11+01:00"), Equal);
        check(json!("2026-11-24T01:08:11.5Z"), json!("2026-11-24T01:08:11Z"), Greater);
        check(json!([1]),    json!([2]),    Equal);
    }

    /// The only place in this file that calls the code under test.
    #[track_caller]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a row of the table stays a line"
    )]
    fn check(left: Value, right: Value, expected: Ordering) {
        assert_eq!(compare(&left, &right), expected, "{left} and {right}");
        assert_eq!(
            compare(&right, &left),
            expected.reverse(),
            "{right} and {left}"
        );
    }
}
