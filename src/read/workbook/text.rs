//! Cells of workbooks as text: numbers without a needless fraction, dates as ISO 8601.
//!
//! In: values as the workbook holds them. Out: the texts that the rest of the room knows. Whether a text can be
//! used is said where it is.

use std::fmt::{self, Write};

use calamine::{DataRef, ExcelDateTime};

/// From here on Excel itself no longer knows all digits of a number.
const EXACT_BELOW: f64 = 1e15;

/// Adds a cell's text.
pub(super) fn write_value(text: &mut String, value: &DataRef<'_>) {
    match value {
        DataRef::String(value) | DataRef::DateTimeIso(value) | DataRef::DurationIso(value) => {
            text.push_str(value);
        }
        DataRef::SharedString(value) => text.push_str(value),
        DataRef::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        DataRef::Int(value) => add(text, format_args!("{value}")),
        DataRef::Float(value) => write_number(text, *value),
        DataRef::DateTime(value) => write_date(text, *value),
        DataRef::Error(error) => add(text, format_args!("{error}")),
        DataRef::Empty => {}
    }
}

fn add(text: &mut String, more: fmt::Arguments<'_>) {
    let written = text.write_fmt(more);
    debug_assert!(written.is_ok(), "a text takes whatever is added");
}

/// Whether there is nothing in it.
pub(super) fn is_empty(value: &DataRef<'_>) -> bool {
    match value {
        DataRef::Empty => true,
        DataRef::String(text) => text.is_empty(),
        DataRef::SharedString(text) => text.is_empty(),
        _ => false,
    }
}

/// A number that a file holds as text, told as other workbooks' numbers are; `None` where its text says
/// it better: a whole number of more digits than Excel knows, which Excel did not write.
pub(super) fn written_number(text: &str) -> Option<String> {
    let text = text.trim();
    let value: f64 = text.parse().ok()?;
    let is_whole = text.bytes().all(|byte| byte.is_ascii_digit());
    let says_it_all = value.is_finite() && !(is_whole && value >= EXACT_BELOW);
    says_it_all.then(|| {
        let mut told = String::new();
        write_number(&mut told, value);
        told
    })
}

/// A large number is shown as Excel shows it, so that it is met as mangled wherever it stands.
fn write_number(text: &mut String, value: f64) {
    if value.abs() < EXACT_BELOW {
        return add(text, format_args!("{value}"));
    }
    text.push_str(&format!("{value:E}").replace('E', "E+"));
}

fn write_date(text: &mut String, value: ExcelDateTime) {
    if value.is_duration() {
        let seconds = (value.as_f64() * 86_400.0).round();
        let (hours, rest) = ((seconds / 3600.0).floor(), seconds % 3600.0);
        let (minutes, seconds) = ((rest / 60.0).floor(), rest % 60.0);
        return add(
            text,
            format_args!("{hours:.0}:{minutes:02.0}:{seconds:02.0}"),
        );
    }
    let (year, month, day, hour, minute, second, _) = value.to_ymd_hms_milli();
    let is_time_alone = value.as_f64() < 1.0;
    let has_time = (hour, minute, second) != (0, 0, 0);
    if !is_time_alone {
        if year > 9_999 {
            add(text, format_args!("{year}"));
        } else {
            push_two(text, u8::try_from(year / 100).unwrap_or_default());
            push_two(text, u8::try_from(year % 100).unwrap_or_default());
        }
        text.push('-');
        push_two(text, month);
        text.push('-');
        push_two(text, day);
    }
    if has_time && !is_time_alone {
        text.push('T');
    }
    if has_time || is_time_alone {
        push_two(text, hour);
        text.push(':');
        push_two(text, minute);
        text.push(':');
        push_two(text, second);
    }
}

/// Two digits of a date; a million dates would take long to be formatted.
fn push_two(text: &mut String, number: u8) {
    text.push(char::from(b'0' + number / 10 % 10));
    text.push(char::from(b'0' + number % 10));
}
