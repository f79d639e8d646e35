//! Merged areas of a sheet: their first cell holds the text, the others none.
//!
//! In: areas as the workbook lists them. Out: for one column, which rows are covered by an area whose text is
//! elsewhere. What that means for a row is said where the cell is used.

/// One merged area; rows and columns from 0, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read) struct Merge {
    /// First and last row.
    pub rows: (u32, u32),
    /// First and last column.
    pub columns: (u32, u32),
}

/// The rows of one column that are covered: disjoint, in order, both ends included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::read) struct Covered(Vec<(u64, u64)>);

impl Covered {
    /// The rows of `column`, from 0, that `merges` cover. Rows count from 1, as those of exports do.
    pub(in crate::read) fn of(merges: &[Merge], column: usize) -> Self {
        let column = u32::try_from(column).unwrap_or(u32::MAX);
        let mut spans: Vec<(u64, u64)> = merges
            .iter()
            .filter(|merge| merge.columns.0 <= column && column <= merge.columns.1)
            .map(|merge| {
                let holds_text = merge.columns.0 == column;
                let first = u64::from(merge.rows.0) + 1 + u64::from(holds_text);
                (first, u64::from(merge.rows.1) + 1)
            })
            .filter(|(first, last)| first <= last)
            .collect();
        spans.sort_unstable();
        let mut disjoint: Vec<(u64, u64)> = Vec::with_capacity(spans.len());
        for (first, last) in spans {
            match disjoint.last_mut() {
                Some(before) if first <= before.1 => before.1 = before.1.max(last),
                _ => disjoint.push((first, last)),
            }
        }
        Self(disjoint)
    }

    /// Whether any cell below `row` is covered.
    pub(in crate::read) fn reaches_below(&self, row: u64) -> bool {
        self.0.last().is_some_and(|(_, last)| *last > row)
    }

    /// Whether the cell in `row` is covered.
    pub(in crate::read) fn contains(&self, row: u64) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= row);
        after
            .checked_sub(1)
            .is_some_and(|index| row <= self.0[index].1)
    }
}

#[cfg(test)]
mod tests {
    use super::{Covered, Merge};

    #[test]
    #[rustfmt::skip]
    fn the_first_cell_of_an_area_is_not_covered() {
        let merges = [
            Merge { rows: (1, 3), columns: (2, 2) },
            Merge { rows: (7, 7), columns: (0, 4) },
            Merge { rows: (2, 5), columns: (2, 3) },
        ];
        check(&merges, 2, &[3, 4, 5, 6, 8]);
        check(&merges, 0, &[]);
        check(&merges, 3, &[3, 4, 5, 6, 8]);
        check(&merges, 4, &[8]);
        check(&merges, 5, &[]);
    }

    #[track_caller]
    fn check(merges: &[Merge], column: usize, expected: &[u64]) {
        let covered = Covered::of(merges, column);
        let rows: Vec<u64> = (0..12).filter(|row| covered.contains(*row)).collect();
        assert_eq!(rows, expected, "column {column}");
    }
}
