//! What a filter asks of a row.
//!
//! In: a row of the environment, or of its metadata. Out: values and related rows, by name.
//! The caller gives its own rows the trait, and follows navigations as its tables have them.

use std::borrow::Cow;

use serde_json::Value;

/// A row that a filter can look at.
pub(in crate::rehearse) trait Row {
    /// The value of a column, under the name that the Web API gives it; null where there is none.
    fn value(&self, property: &str) -> Cow<'_, Value>;

    /// The rows that a navigation leads to; one at most where it is single-valued.
    fn related(&self, navigation: &str) -> Vec<Box<dyn Row + '_>>;
}
