//! Cells of workbooks as text: numbers without a needless fraction, dates as ISO 8601.
//!
//! In: values as the workbook holds them. Out: the texts that the rest of the room knows. Whether a text can be
//! used is said where it is.

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
        DataRef::Int(value) => text.push_str(&value.to_string()),
        DataRef::Float(value) => text.push_str(&number(*value)),
        DataRef::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        DataRef::DateTime(value) => text.push_str(&date(*value)),
        DataRef::Error(error) => text.push_str(&error.to_string()),
        DataRef::Empty => {}
    }
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
    (value.is_finite() && !(is_whole && value >= EXACT_BELOW)).then(|| number(value))
}

/// Such a number is shown as Excel shows it, so that it is met as mangled wherever it stands.
fn number(value: f64) -> String {
    if value.abs() < EXACT_BELOW {
        return value.to_string();
    }
    format!("{value:E}").replace('E', "E+")
}

fn date(value: ExcelDateTime) -> String {
    if value.is_duration() {
        let seconds = (value.as_f64() * 86_400.0).round();
        let (hours, rest) = ((seconds / 3600.0).floor(), seconds % 3600.0);
        return format!(
            "{hours:.0}:{:02.0}:{:02.0}",
            (rest / 60.0).floor(),
            rest % 60.0
        );
    }
    let (year, month, day, hour, minute, second, _) = value.to_ymd_hms_milli();
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    match (value.as_f64() < 1.0, (hour, minute, second) == (0, 0, 0)) {
        (true, _) => time,
        (false, true) => format!("{year:04}-{month:02}-{day:02}"),
        (false, false) => format!("{year:04}-{month:02}-{day:02}T{time}"),
    }
}
