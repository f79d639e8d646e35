//! One file a command, each one straight line through the rooms.
//!
//! In: a checked request from `cli/`. Out: an exit code, text on the writers, files on disk.
//! Only this room names all the others; it holds no rule, no format and no protocol of its own.

mod anonymous;
mod apply;
mod completed;
mod consent;
mod console;
#[cfg(test)]
mod contract;
mod exit;
mod explain;
mod hand_over;
mod init;
mod inputs;
mod live;
mod load;
mod outcome;
mod plan;
mod pull;
mod rehearse;
mod reports;
mod sheet;
mod show;
mod target;
mod timing;
mod undo;
mod verify;

pub use anonymous::without_people;
pub use apply::{ApplyRequest, apply};
pub use consent::Consent;
pub use console::{Answer, Console, Format};
pub use exit::{Exit, Failure};
pub use explain::explain;
pub use init::init;
pub use load::load;
pub use plan::plan;
pub use pull::pull;
pub use rehearse::{Limits, RehearseRequest, Share, Switch, rehearse};
pub use show::{What, show};
pub use undo::undo;
pub use verify::verify;
