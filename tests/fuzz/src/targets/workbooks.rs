//! Workbooks: whatever is in them, a table or words that say why not.
//!
//! In: a workbook, or its parts as text, which are put into a zip whose sums are right. Out: a panic
//! where rows stand out of order or differ with the threads.

use super::packing::{parts, zip};
use super::reading::{put, spec};
use super::tables::read;

/// The bytes as `.xlsx`.
pub(crate) fn xlsx(bytes: &[u8]) {
    packed("workbook.xlsx", bytes);
}

fn packed(name: &str, bytes: &[u8]) {
    let parts = parts(bytes);
    if parts.is_empty() {
        whole(name, bytes);
    } else {
        whole(name, &zip(&parts));
    }
}

fn whole(name: &str, bytes: &[u8]) {
    put(name, bytes);
    let (read, _) = read(&spec(name));
    if let Ok((_, rows)) = read {
        let ascends = rows.windows(2).all(|pair| pair[0].0 < pair[1].0);
        assert!(ascends, "rows are numbered downwards");
        let same = rows.iter().all(|row| row.0 == row.1);
        assert!(same, "a sheet's rows are its lines");
    }
}
