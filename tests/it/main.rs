//! All tests that look at the product from outside its rooms.

mod foretell;
mod readme;
mod rules;
mod samples;
mod service_cases;
mod support;
mod tidy;
mod worlds;
