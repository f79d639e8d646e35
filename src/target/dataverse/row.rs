//! Cells of the Web API's rows: what a column holds, or why it cannot be read.
//!
//! In: a row as JSON. Out: ids, texts, numbers and flags; a null is none of them. A column that is missing or of
//! another kind is an error that names it: an environment that is read wrongly is worse than none.

use serde_json::Value;
use uuid::Uuid;

/// A row.
pub(super) struct Row<'a>(pub(super) &'a Value);

/// What cannot be read of a row, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unreadable(pub(super) String);

impl Row<'_> {
    fn cell(&self, column: &str) -> &Value {
        self.0.get(column).unwrap_or(&Value::Null)
    }

    /// An id that every row has.
    pub(super) fn id(&self, column: &str) -> Result<Uuid, Unreadable> {
        let id = self.maybe_id(column)?;
        id.ok_or_else(|| Unreadable(format!("a row without `{column}`")))
    }

    /// An id, where there is one.
    pub(super) fn maybe_id(&self, column: &str) -> Result<Option<Uuid>, Unreadable> {
        match self.cell(column) {
            Value::Null => Ok(None),
            Value::String(text) => match Uuid::parse_str(text) {
                Ok(id) => Ok(Some(id)),
                Err(_) => Err(other(column, self.cell(column), "an id")),
            },
            found => Err(other(column, found, "an id")),
        }
    }

    /// A text, where there is one that is not blank.
    pub(super) fn text(&self, column: &str) -> Result<Option<String>, Unreadable> {
        match self.cell(column) {
            Value::Null => Ok(None),
            Value::String(text) if text.trim().is_empty() => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            found => Err(other(column, found, "a text")),
        }
    }

    /// A flag, where the row has one.
    pub(super) fn flag(&self, column: &str) -> Result<Option<bool>, Unreadable> {
        match self.cell(column) {
            Value::Null => Ok(None),
            Value::Bool(flag) => Ok(Some(*flag)),
            found => Err(other(column, found, "true or false")),
        }
    }

    /// A small number, where there is one.
    pub(super) fn number(&self, column: &str) -> Result<Option<u8>, Unreadable> {
        match self.cell(column) {
            Value::Null => Ok(None),
            found => {
                let number = found.as_u64().and_then(|number| u8::try_from(number).ok());
                let wrong = || other(column, found, "a number from 0 to 255");
                number.map(Some).ok_or_else(wrong)
            }
        }
    }

    /// A whole number of any size, where there is one.
    pub(super) fn whole_number(&self, column: &str) -> Result<Option<i64>, Unreadable> {
        match self.cell(column) {
            Value::Null => Ok(None),
            found => {
                let wrong = || other(column, found, "a whole number");
                found.as_i64().map(Some).ok_or_else(wrong)
            }
        }
    }

    /// A whole number that every row has.
    pub(super) fn needed_number(&self, column: &str) -> Result<i64, Unreadable> {
        let number = self.whole_number(column)?;
        number.ok_or_else(|| Unreadable(format!("a row without `{column}`")))
    }

    /// A number that stands for something.
    pub(super) fn choice<T>(
        &self,
        column: &str,
        of: impl Fn(u8) -> Option<T>,
    ) -> Result<Option<T>, Unreadable> {
        let Some(number) = self.number(column)? else {
            return Ok(None);
        };
        let wrong = || {
            Unreadable(format!(
                "`{column}` is {number}, which stands for nothing known"
            ))
        };
        of(number).map(Some).ok_or_else(wrong)
    }
}

fn other(column: &str, found: &Value, expected: &str) -> Unreadable {
    let kind = match found {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "another text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    Unreadable(format!("`{column}` holds {kind}, expected {expected}"))
}
