//! Data in sentences: what a message quotes from an export, an environment or the manifest.
//!
//! In: data. Out: words for a message, in which every backtick begins or ends what is quoted. Whoever reads messages
//! (`report/anonymise` to put tokens in place of people, the page to set quotes in type) takes that for granted, so
//! data comes into a message through here alone; `tests/it/tidy/quotes.rs` and `tests/it/backticks.rs` see to it.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Write as _;

/// What stands for a backtick of data, as in ``O`Brien``: a sign that looks the same and is canonically equivalent, so
/// that a name copied out of a message still has the comparison key of the one in the export.
pub const TICK: char = '\u{1fef}';

/// Data between backticks.
#[derive(Debug)]
pub struct Quoted<'a, T: ?Sized>(&'a T);

/// Data as messages quote it: in backticks, with none inside.
pub fn quoted<T: fmt::Display + ?Sized>(data: &T) -> Quoted<'_, T> {
    Quoted(data)
}

impl<T: fmt::Display + ?Sized> fmt::Display for Quoted<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_char('`')?;
        write!(Unticked(formatter), "{}", self.0)?;
        formatter.write_char('`')
    }
}

/// Each of several, in backticks.
pub fn quoted_list<T: fmt::Display>(data: impl IntoIterator<Item = T>) -> String {
    let all = data.into_iter().map(|one| quoted(&one).to_string());
    all.collect::<Vec<_>>().join(", ")
}

/// Data as messages name it without quotes: a label such as `Ana Costa <ana@contoso.com>`.
pub fn unticked(data: &str) -> Cow<'_, str> {
    if data.contains('`') {
        Cow::Owned(data.replace('`', TICK.encode_utf8(&mut [0; 4])))
    } else {
        Cow::Borrowed(data)
    }
}

/// Hands on what is written, without backticks.
struct Unticked<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl fmt::Write for Unticked<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_str(&unticked(text))
    }
}

#[cfg(test)]
mod tests {
    use super::{quoted, unticked};
    use crate::model::comparison_key;

    #[test]
    fn backticks_of_data_end_no_quote() {
        for text in ["", "Ana", "O`Brien", "`", "``x`", "a ` b"] {
            let told = quoted(text).to_string();
            assert_eq!(told.matches('`').count(), 2, "{told}");
            assert_eq!(told, format!("`{}`", unticked(text)));
            let key = comparison_key(&unticked(text));
            assert_eq!(key, comparison_key(text), "{text} is found again");
        }
        assert_eq!(quoted(&12).to_string(), "`12`");
    }
}
