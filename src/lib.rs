//! `cutover` brings people and their records into Dynamics 365 / Dataverse: it plans, checks,
//! applies, verifies and undoes who owns what, who has which role, and who must be made first.
//!
//! The rooms stand in the order in which a datum meets them; which room may name which is a table
//! in `tests/it/tidy.rs`.

pub mod apply;
pub mod check;
pub mod cli;
pub mod environment;
pub mod model;
pub mod plan;
pub mod project;
pub mod read;
pub mod report;
pub mod resolve;
pub mod run;
pub mod service;
pub mod target;
