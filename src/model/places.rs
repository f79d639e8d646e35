//! The places of a finding, of which there can be as many as rows: 12 bytes each.
//!
//! In: places, in any order. Out: the same places; sorted, in the order of files and rows.

use crate::model::{FileId, Place};

/// Places of one finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    list: Vec<Packed>,
    /// Cells as written, in the order met; several places can share one.
    cells: Vec<(u32, Box<str>)>,
}

/// A place without the text of its cell. Rows and lines beyond four thousand million are not told
/// apart. The order of the fields is that of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Packed {
    row: u32,
    line: u32,
    file: u16,
    /// 0 where the row as a whole is meant.
    column: u16,
}

impl Places {
    /// Adds a place.
    pub fn push(&mut self, place: Place) {
        let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        if let Some(cell) = place.cell {
            let index = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
            self.cells.push((index, cell.into()));
        }
        self.list.push(Packed {
            row: narrow(place.row),
            line: narrow(place.line),
            file: place.file.0,
            column: place.column.unwrap_or(0),
        });
    }

    /// Adds the places of `more` behind these.
    pub fn append(&mut self, more: Self) {
        let before = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let cells = more.cells.into_iter();
        self.cells
            .extend(cells.map(|(index, cell)| (before.saturating_add(index), cell)));
        self.list.extend(more.list);
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The place at an index.
    ///
    /// # Panics
    ///
    /// Where there is no such place.
    pub fn get(&self, index: usize) -> Place {
        let packed = self.list[index];
        let wanted = u32::try_from(index).unwrap_or(u32::MAX);
        let cell = self.cells.binary_search_by_key(&wanted, |cell| cell.0);
        Place {
            file: FileId(packed.file),
            row: packed.row.into(),
            line: packed.line.into(),
            column: (packed.column > 0).then_some(packed.column),
            cell: cell.ok().map(|at| self.cells[at].1.to_string()),
        }
    }

    /// At most `count` of them, in order, from that index on.
    pub fn range(&self, start: usize, count: usize) -> impl ExactSizeIterator<Item = Place> {
        let start = start.min(self.len());
        (start..self.len().min(start + count)).map(|index| self.get(index))
    }

    /// All, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Place> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Puts them into the order of files, rows and columns.
    pub fn sort(&mut self) {
        let key = |packed: &Packed| (packed.file, *packed);
        if self.list.is_sorted_by_key(key) {
            return;
        }
        if self.cells.is_empty() {
            self.list.sort_unstable_by_key(key);
            return;
        }
        let mut all: Vec<Place> = self.iter().collect();
        all.sort_unstable();
        *self = all.into_iter().collect();
    }
}

impl FromIterator<Place> for Places {
    fn from_iter<I: IntoIterator<Item = Place>>(places: I) -> Self {
        let mut all = Self::default();
        places.into_iter().for_each(|place| all.push(place));
        all
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn some_place() -> impl Strategy<Value = Place> {
        let column = prop::option::of(1_u16..4);
        let cell = prop::option::of("[a-c]{0,2}");
        (0_u16..3, 0_u64..9, 0_u64..3, column, cell).prop_map(|(file, row, more, column, cell)| {
            Place {
                file: FileId(file),
                row,
                line: row + more,
                column,
                cell,
            }
        })
    }

    proptest! {
        #[test]
        fn places_come_back_in_order(
            mut first in prop::collection::vec(some_place(), 0..12),
            second in prop::collection::vec(some_place(), 0..12),
        ) {
            let mut places: Places = first.iter().cloned().collect();
            places.append(second.iter().cloned().collect());
            first.extend(second);
            prop_assert_eq!(places.iter().collect::<Vec<_>>(), first.clone());
            places.sort();
            // Places that differ in their cells alone may stand in either order.
            let key = |place: &Place| Place { cell: None, ..place.clone() };
            let sorted: Vec<Place> = places.iter().collect();
            prop_assert!(sorted.is_sorted_by_key(key));
            first.sort();
            let mut again = sorted;
            again.sort();
            prop_assert_eq!(again, first);
        }
    }
}
