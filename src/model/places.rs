//! The places of a finding, of which there can be as many as rows: 16 bytes for each run of neighbours.
//!
//! In: places, in any order. Out: the same places; sorted, in the order of files and rows.

use crate::model::{FileId, Place};

/// Places of one finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// As few as can be: one that follows the last place of the run before it is part of that run.
    runs: Vec<Run>,
    len: u32,
    /// Cells as written, in the order met; several places can share one.
    cells: Vec<(u32, Box<str>)>,
}

/// Places of which each is one row and one line below the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// The index of its first place.
    first: u32,
    place: Packed,
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

impl Packed {
    /// The place so many rows and lines further down.
    fn below(self, passed: u32) -> Self {
        Self {
            row: self.row.saturating_add(passed),
            line: self.line.saturating_add(passed),
            ..self
        }
    }

    /// Whether `next` is so many rows and lines further down.
    fn is_above(self, next: Self, passed: u32) -> bool {
        self.row.checked_add(passed) == Some(next.row)
            && self.line.checked_add(passed) == Some(next.line)
            && (self.file, self.column) == (next.file, next.column)
    }

    fn key(self) -> (u16, Self) {
        (self.file, self)
    }

    fn place(self) -> Place {
        Place {
            file: FileId(self.file),
            row: self.row.into(),
            line: self.line.into(),
            column: (self.column > 0).then_some(self.column),
            cell: None,
        }
    }
}

impl Places {
    /// Adds a place.
    pub fn push(&mut self, place: Place) {
        let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        if let Some(cell) = place.cell {
            self.cells.push((self.len, cell.into()));
        }
        self.add(Packed {
            row: narrow(place.row),
            line: narrow(place.line),
            file: place.file.0,
            column: place.column.unwrap_or(0),
        });
    }

    fn add(&mut self, place: Packed) {
        self.add_run(place, 1);
    }

    fn add_run(&mut self, place: Packed, count: u32) {
        let first = self.len;
        let last = self.runs.last();
        if !last.is_some_and(|run| run.place.is_above(place, first - run.first)) {
            self.runs.push(Run { first, place });
        }
        self.len += count;
    }

    /// Adds the places of `more` behind these.
    pub fn append(&mut self, more: Self) {
        let before = self.len;
        for (at, run) in more.runs.iter().enumerate() {
            self.add_run(run.place, more.end(at) - run.first);
        }
        let cells = more.cells.into_iter();
        self.cells
            .extend(cells.map(|(index, cell)| (before + index, cell)));
    }

    /// The index behind the last place of a run.
    fn end(&self, run: usize) -> u32 {
        self.runs.get(run + 1).map_or(self.len, |next| next.first)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The place at an index.
    ///
    /// # Panics
    ///
    /// Where there is no such place.
    pub fn get(&self, index: usize) -> Place {
        let place = self.range(index, 1).next();
        place.unwrap_or_else(|| panic!("no place {index} among {}", self.len))
    }

    /// At most `count` of them, in order, from that index on.
    pub fn range(&self, start: usize, count: usize) -> impl ExactSizeIterator<Item = Place> {
        let start = start.min(self.len());
        let end = self.len().min(start.saturating_add(count));
        let mut run = self
            .runs
            .partition_point(|run| run.first as usize <= start)
            .saturating_sub(1);
        let mut cell = self
            .cells
            .partition_point(|(index, _)| (*index as usize) < start);
        (start..end).map(move |index| {
            run += usize::from(index >= self.end(run) as usize);
            let has_cell = self
                .cells
                .get(cell)
                .is_some_and(|(of, _)| *of as usize == index);
            let text = has_cell.then(|| self.cells[cell].1.to_string());
            cell += usize::from(has_cell);
            Place {
                cell: text,
                ..self.packed(run, index).place()
            }
        })
    }

    /// The same as [`Places::range`], runs of neighbours at once: the first of each without the text of its
    /// cell, and how many there are, each one row and one line below the one before.
    pub fn runs(&self, start: usize, count: usize) -> impl Iterator<Item = (Place, usize)> {
        let start = start.min(self.len());
        let end = self.len().min(start.saturating_add(count));
        let after = self.runs.partition_point(|run| run.first as usize <= start);
        let met = (after.saturating_sub(1)..self.runs.len())
            .take_while(move |run| (self.runs[*run].first as usize) < end);
        met.map(move |run| {
            let first = start.max(self.runs[run].first as usize);
            let behind = end.min(self.end(run) as usize);
            (self.packed(run, first).place(), behind - first)
        })
        .filter(|(_, neighbours)| *neighbours > 0)
    }

    /// The texts of cells among them, each with the index of its place, counted from `start`.
    pub fn cells(&self, start: usize, count: usize) -> impl Iterator<Item = (usize, &str)> {
        let end = start.saturating_add(count);
        let first = self
            .cells
            .partition_point(|(index, _)| (*index as usize) < start);
        let cells = self.cells[first..].iter();
        cells
            .map(|(index, cell)| (*index as usize, &**cell))
            .take_while(move |(index, _)| *index < end)
            .map(move |(index, cell)| (index - start, cell))
    }

    /// The place at an index, which is in that run.
    fn packed(&self, run: usize, index: usize) -> Packed {
        let run = &self.runs[run];
        let passed = index - run.first as usize;
        run.place.below(u32::try_from(passed).unwrap_or(u32::MAX))
    }

    /// All, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Place> {
        self.range(0, self.len())
    }

    /// Puts them into the order of files, rows and columns.
    pub fn sort(&mut self) {
        let last = |at: usize| self.packed(at, self.end(at) as usize - 1);
        let ends = (0..self.runs.len()).map(last);
        let mut next = self.runs.iter().skip(1).zip(ends);
        if next.all(|(run, end)| end.key() <= run.place.key()) {
            return;
        }
        if self.cells.is_empty() {
            let mut places: Vec<Packed> = self.all().collect();
            places.sort_unstable_by_key(|place| place.key());
            *self = Self::default();
            for place in places {
                self.add(place);
            }
            return;
        }
        let mut all: Vec<Place> = self.iter().collect();
        all.sort_unstable();
        *self = all.into_iter().collect();
    }

    fn all(&self) -> impl Iterator<Item = Packed> {
        let runs = self.runs.iter().enumerate();
        runs.flat_map(|(at, run)| {
            (0..self.end(at) - run.first).map(|passed| run.place.below(passed))
        })
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
            prop_assert_eq!(&places, &first.iter().cloned().collect(), "one way to keep them");
            for start in 0..=first.len() {
                let some = places.range(start, 3).collect::<Vec<_>>();
                prop_assert_eq!(&some, &first[start..first.len().min(start + 3)]);
                let mut by_run: Vec<Place> = Vec::new();
                for (place, neighbours) in places.runs(start, 3) {
                    by_run.extend((0..neighbours as u64).map(|passed| Place {
                        row: place.row + passed,
                        line: place.line + passed,
                        ..place.clone()
                    }));
                }
                for (index, cell) in places.cells(start, 3) {
                    by_run[index].cell = Some(cell.to_owned());
                }
                prop_assert_eq!(by_run, some);
            }
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

    #[test]
    fn neighbours_share_an_entry() {
        let row = |row| Place::row(FileId(1), row, row + 3);
        let mut places: Places = (7..1_000).map(row).collect();
        places.append((1_000..2_000).map(row).collect());
        assert_eq!((places.len(), places.runs.len()), (1_993, 1));
        places.push(row(2_001));
        places.push(Place {
            line: 2_006,
            ..row(2_002)
        });
        places.push(Place {
            file: FileId(2),
            line: 2_007,
            ..row(2_003)
        });
        assert_eq!((places.len(), places.runs.len()), (1_996, 4));
        assert_eq!(places.get(1_000), row(1_007));
        assert_eq!(places.get(1_994).line, 2_006);
    }
}
