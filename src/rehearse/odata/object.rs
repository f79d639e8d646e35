//! Rows for tests: JSON objects with their related rows inside, as an expanded answer has them.
//!
//! In: an object. Out: what a filter asks of it.
//! Rows of an environment are given to filters by the caller.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::rehearse::odata::row::Row;

/// A row that is borrowed is a row.
impl<Of: Row + ?Sized> Row for &Of {
    fn value(&self, property: &str) -> Cow<'_, Value> {
        (**self).value(property)
    }

    fn related(&self, navigation: &str) -> Vec<Box<dyn Row + '_>> {
        (**self).related(navigation)
    }
}

/// An object with its related rows inside, as an expanded answer has them.
impl Row for Map<String, Value> {
    fn value(&self, property: &str) -> Cow<'_, Value> {
        self.get(property)
            .map_or(Cow::Owned(Value::Null), Cow::Borrowed)
    }

    fn related(&self, navigation: &str) -> Vec<Box<dyn Row + '_>> {
        let rows = match self.get(navigation) {
            Some(Value::Array(rows)) => rows.as_slice(),
            Some(row) => std::slice::from_ref(row),
            None => &[],
        };
        rows.iter()
            .filter_map(Value::as_object)
            .map(|row| Box::new(row) as Box<dyn Row + '_>)
            .collect()
    }
}
