//! All tests that look at the product from outside its rooms.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounting;
mod anonymous;
mod anonymous_failures;
mod awkward_texts;
mod backticks;
mod bad_input;
mod beside;
mod broken_off;
mod copies;
mod corpus;
mod data_import;
mod determinism;
mod foretell;
mod globs;
mod live;
mod meddled;
mod outcomes;
mod planted;
mod races;
mod readme;
mod real_workbooks;
mod reconciliation;
mod rehearsal;
mod report;
mod rules;
mod samples;
mod scripted;
mod sequences;
mod service_cases;
mod sheets;
mod shown;
mod sign_in;
mod statements;
mod support;
mod switches;
mod tidy;
mod undone;
mod whole_way;
mod wiring;
mod workbook;
mod worlds;
