//! Plan and outcomes to people: text for the terminal, CSV for a spreadsheet, JSON for programs, a page for clients.
//!
//! In: a sealed plan's document, the rule table, outcomes. Out: text on a writer; colours are written
//! as escape codes, and the writer of `cli/` takes them off where nobody sees them.
//! Nothing is decided here: every number shown is in the plan.

mod anonymise;
mod compare;
mod csv;
mod explain;
mod findings;
mod grid;
mod html;
mod listing;
mod names;
mod one;
mod outcome;
mod page;
mod past;
mod people;
mod reconciliation;
mod sheets;
mod summary;
mod table;
mod xlsx;

pub use anonymise::{Anonymiser, AnonymousKey};
pub use compare::{
    Comparison, Digest, compare, compared_plans, compared_plans_csv, compared_plans_json,
};
pub use csv::*;
pub use explain::*;
pub use findings::*;
pub use html::{PAGE_FILE, write_html};
pub use listing::{sheet_csv, sheet_json, sheet_text};
pub use names::Names;
pub use one::{
    Asked, OwnerView, RecordView, SheetNote, UserView, owner_view, record_view, user_view,
};
pub use outcome::*;
pub use page::{Page, shell_word, with_folder};
pub use past::{PastPlan, PastState, past_csv, past_json, past_text};
pub use people::{
    hand_over, hand_over_csv, people, readiness_csv, readiness_json, steps, steps_csv,
};
pub use reconciliation::{reconciliation_csv, reconciliation_json, reconciliation_text};
pub use sheets::{Known, RowSink, SheetCell, SheetColumn, SheetKind, SheetName, Sheets};
pub use summary::*;
pub use table::thousands;
pub use xlsx::{WORKBOOK_FILE, WorkbookOf, write_xlsx};
