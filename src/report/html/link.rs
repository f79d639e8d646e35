//! Addresses within the page: a sheet with what of it is wanted, behind `#`.
//!
//! In: a sheet, and the filters that the script of the page knows. Out: a link. Every sign that has a meaning in
//! an address or in HTML is written by its number, so that a name may hold anything.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::report::SheetName;

/// Only cells with something in them: the column's key follows.
pub(super) const FILLED: &str = "filled";
/// Of the findings, those of one family: the first letters of its codes follow.
pub(super) const FAMILY: &str = "family";
/// Of the owners, those who are named in the exports of one kind.
pub(super) const NAMED_IN: &str = "named_in";

/// What of a cell with several things in it one must be.
pub(super) fn one_of(column: &str) -> String {
    format!("has.{column}")
}

/// The rows of a sheet that fit all filters; several values of one column mean any of them.
pub(super) fn link(sheet: SheetName, filters: &[(&str, &str)]) -> String {
    let mut link = format!("#{}", sheet.key());
    for (index, (column, value)) in filters.iter().enumerate() {
        link.push(if index == 0 { '?' } else { '&' });
        link.push_str(column);
        link.push('=');
        link.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_hold_any_name() {
        check("a sheet", SheetName::StubUsers, &[], "#stub-users");
        check(
            "signs",
            SheetName::Owners,
            &[("by", "e-mail 2"), ("reference", "<O'B&=\">")],
            "#owners?by=e%2Dmail%202&reference=%3CO%27B%26%3D%22%3E",
        );
    }

    #[track_caller]
    fn check(case: &str, sheet: SheetName, filters: &[(&str, &str)], expected: &str) {
        assert_eq!(link(sheet, filters), expected, "case: {case}");
    }
}
