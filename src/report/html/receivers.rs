//! Who gets the most records, and what is left with people who have left.
//!
//! In: every row of the sheet of reconciliation, which has all rows of one owner together. Out: the first few
//! owners by records received, and sums. What it holds does not grow with the plan.

use serde::Serialize;

use crate::report::html::bar::bar;
use crate::report::html::link::{FILLED, link};
use crate::report::html::view::Figure;
use crate::report::{SheetCell, SheetName};

/// Owners shown.
const SHOWN: usize = 10;

/// One owner, all tables together.
#[derive(Clone, Default)]
struct Owner {
    id: String,
    name: String,
    standing: String,
    before: Option<u64>,
    come: u64,
    after: Option<u64>,
}

/// The rows seen so far.
#[derive(Default)]
pub(super) struct Receivers {
    most: Vec<Owner>,
    current: Option<Owner>,
    receiving: u64,
    left: u64,
    left_rows: u64,
}

impl Receivers {
    /// Sees a row.
    pub(super) fn look(&mut self, row: &[SheetCell]) {
        let columns = SheetName::Reconciliation.columns();
        let cell = |key: &str| {
            let place = columns.iter().position(|column| column.key == key);
            place.and_then(|place| row.get(place))
        };
        let text = |key| match cell(key) {
            Some(SheetCell::Text(text)) => text.as_str(),
            _ => "",
        };
        let number = |key| match cell(key) {
            Some(SheetCell::Number(number)) => Some(*number),
            _ => None,
        };
        if let Some(left) = number("left_with_leaver") {
            self.left += left;
            self.left_rows += 1;
        }
        let is_same = |owner: &Owner| owner.id == text("id");
        if !self.current.as_ref().is_some_and(is_same) {
            self.end_of_owner();
            self.current = Some(Owner {
                id: text("id").to_owned(),
                name: text("name").to_owned(),
                standing: text("standing").to_owned(),
                before: Some(0),
                come: 0,
                after: Some(0),
            });
        }
        if let Some(owner) = &mut self.current {
            let sum = |one: Option<u64>, more: Option<u64>| Some(one? + more?);
            owner.before = sum(owner.before, number("before"));
            owner.after = sum(owner.after, number("after"));
            owner.come += number("come").unwrap_or(0);
        }
    }

    fn end_of_owner(&mut self) {
        let Some(owner) = self.current.take().filter(|owner| owner.come > 0) else {
            return;
        };
        self.receiving += 1;
        // Of two who get as many, the first by name comes first.
        let place = self.most.partition_point(|one| one.come >= owner.come);
        self.most.insert(place, owner);
        self.most.truncate(SHOWN);
    }

    /// What the page shows.
    pub(super) fn view(mut self) -> ReceiversView {
        self.end_of_owner();
        let most = self.most.first().map_or(0, |owner| owner.come);
        let left = link(
            SheetName::Reconciliation,
            &[(FILLED, "left_with_leaver"), ("sort", "-left_with_leaver")],
        );
        ReceiversView {
            receiving: self.receiving,
            shown: self.most.iter().map(|owner| shown(owner, most)).collect(),
            all: link(SheetName::Reconciliation, &[("sort", "-come")]),
            left: Figure::behind(self.left, left),
            left_rows: self.left_rows,
        }
    }
}

fn shown(owner: &Owner, most: u64) -> ReceiverView {
    ReceiverView {
        name: owner.name.clone(),
        standing: owner.standing.clone(),
        before: owner.before,
        come: Figure::behind(
            owner.come,
            link(SheetName::Reconciliation, &[("id", &owner.id)]),
        ),
        after: owner.after,
        bar: bar(&[("go", owner.come)], most),
    }
}

/// Who gets how many records.
#[derive(Serialize)]
pub(super) struct ReceiversView {
    /// How many owners get any.
    receiving: u64,
    shown: Vec<ReceiverView>,
    all: String,
    left: Figure,
    left_rows: u64,
}

#[derive(Serialize)]
struct ReceiverView {
    name: String,
    standing: String,
    before: Option<u64>,
    come: Figure,
    after: Option<u64>,
    bar: String,
}
