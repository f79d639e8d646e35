//! All tests that look at the product from outside its rooms.

mod bad_input;
mod determinism;
mod readme;
mod rules;
mod samples;
mod service_cases;
mod support;
mod tidy;
mod whole_way;
mod wiring;
