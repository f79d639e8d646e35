//! Literals, as they stand in keys, in parameters and in filters.
//!
//! In: a run of characters without blanks, or the values found by `token.rs`. Out: a [`Literal`].
//! How literals compare with values of rows is `compare.rs`'s.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Number, Value};
use uuid::Uuid;

/// A value written in a URL.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::rehearse) enum Literal {
    /// `null`; also an alias that the query gives no value, as the protocol has it.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// `5`, `-1.5`, `1e3`.
    Number(Number),
    /// `'it''s'`; also the member of an enumeration, `Microsoft.Dynamics.CRM.Kind'Member'`.
    Text(String),
    /// A bare GUID.
    Id(Uuid),
    /// `2026-11-24`.
    Day(Date),
    /// `2026-11-24T01:08:11Z`; without an offset it is UTC.
    Moment(Timestamp),
    /// `['a','b']`.
    List(Vec<Literal>),
    /// `{"@odata.id":"..."}`, as a function's parameter takes it.
    Json(Value),
}

impl Literal {
    /// Reads what begins with a digit or a minus sign: a GUID, a day, a moment or a number.
    pub(in crate::rehearse) fn from_run(run: &str) -> Option<Self> {
        if let Some(id) = id_of(run) {
            return Some(Self::Id(id));
        }
        if let Some(moment) = moment_of(run) {
            return Some(Self::Moment(moment));
        }
        if let Some(day) = day_of(run) {
            return Some(Self::Day(day));
        }
        let number = (run.parse::<i64>().map(Number::from))
            .or_else(|_| run.parse::<u64>().map(Number::from))
            .ok()
            .or_else(|| Number::from_f64(run.parse::<f64>().ok()?))?;
        Some(Self::Number(number))
    }

    /// The same as JSON: a GUID in small letters without braces, days and moments as text.
    pub(in crate::rehearse) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.clone()),
            Self::Id(id) => Value::String(id.to_string()),
            Self::Day(day) => Value::String(day.to_string()),
            Self::Moment(moment) => Value::String(moment.to_string()),
            Self::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Self::Json(value) => value.clone(),
        }
    }
}

/// The GUID that a text is, with hyphens, with or without braces.
pub(in crate::rehearse) fn id_of(text: &str) -> Option<Uuid> {
    // Other lengths are forms of a GUID that no service writes, but that a name might be.
    if text.len() == 36 || (text.len() == 38 && text.starts_with('{')) {
        Uuid::try_parse(text).ok()
    } else {
        None
    }
}

/// The instant that a text with a date and a time is.
pub(in crate::rehearse) fn moment_of(text: &str) -> Option<Timestamp> {
    if text.len() < 16 || text.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    match text.parse::<Timestamp>() {
        Ok(moment) => Some(moment),
        Err(_) => in_utc(text.parse::<DateTime>().ok()?),
    }
}

/// The day that a text is.
fn day_of(text: &str) -> Option<Date> {
    if text.len() == 10 && text.as_bytes().get(4) == Some(&b'-') {
        text.parse().ok()
    } else {
        None
    }
}

/// The instant at which a day begins.
pub(in crate::rehearse) fn beginning_of(day: Date) -> Option<Timestamp> {
    in_utc(day.at(0, 0, 0, 0))
}

/// The instant that a text is which may leave out the time.
pub(in crate::rehearse) fn day_or_moment_of(text: &str) -> Option<Timestamp> {
    moment_of(text).or_else(|| beginning_of(day_of(text)?))
}

/// A date and time taken as UTC.
fn in_utc(moment: DateTime) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(moment).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::rehearse::odata::literal::Literal;

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn runs() {
        check("5",                    Some(json!(5)));
        check("-5",                   Some(json!(-5)));
        check("18446744073709551615", Some(json!(18_446_744_073_709_551_615_u64)));
        check("1.50",                 Some(json!(1.5)));
        check("1e3",                  Some(json!(1000.0)));
        check("1e999",                None);
        check("-inf",                 None);
        check("-",                    None);
        check("5x",                   None);
        check("84450080-0AF2-4BF1-96F4-43DD74A70B55", Some(json!("84450080-0af2-4bf1-96f4-43dd74a70b55")));
        check("84450080-0AF2-4BF1-96F4-43DD74A70B5",  None);
        check("2026-11-24",           Some(json!("2026-11-24")));
        check("2026-13-24",           None);
        check("2026-11-24T01:08:11Z", Some(json!("2026-11-24T01:08:11Z")));
        check("2026-11-24T01:08:11+02:00", Some(json!("2026-11-23T23:08:11Z")));
        check("2026-11-24T01:08:11",  Some(json!("2026-11-24T01:08:11Z")));
        check("2026-11-24T25:08:11Z", None);
    }

    /// The only place in this file that calls the code under test.
    #[track_caller]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a row of the table stays a line"
    )]
    fn check(run: &str, expected: Option<Value>) {
        let found = Literal::from_run(run).map(|literal| literal.to_value());
        assert_eq!(found, expected, "run: {run}");
    }
}
