//! All tests that look at the product from outside its rooms.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod broken_off;
mod readme;
mod rules;
mod samples;
mod sequences;
mod service_cases;
mod support;
mod tidy;
