//! The nouns of the product, in the order in which a datum meets them, the rule table, and what every room may need.
//!
//! In: nothing. Out: types that the other rooms speak in. This room does no input or output, asks
//! for no time, and names no other room.

mod change;
mod directory;
mod facts;
mod finding;
mod guard;
mod hand_over;
mod ids;
mod ledger;
mod matching;
mod name_order;
mod outcome;
mod owner_line;
mod place;
mod places;
mod policy;
mod profile;
mod progress;
mod quoted;
mod readiness;
mod records;
mod reference;
mod rows;
mod rules;
mod stop;
mod tables;
mod text;
mod text_column;
mod user_change;

pub use change::*;
pub use directory::*;
pub use facts::*;
pub use finding::*;
pub use guard::*;
pub use hand_over::*;
pub use ids::*;
pub use ledger::*;
pub use matching::*;
pub use name_order::*;
pub use outcome::*;
pub use owner_line::*;
pub use place::*;
pub use places::*;
pub use policy::*;
pub use profile::*;
pub use progress::*;
pub use quoted::*;
pub use readiness::*;
pub use records::*;
pub use reference::*;
pub use rows::*;
pub use rules::{Code, Rule, Severity, UnknownCode};
pub use stop::*;
pub use tables::*;
pub use text::*;
pub use text_column::*;
pub use user_change::*;
