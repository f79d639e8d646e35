//! All tests that look at the product from outside its rooms.

mod service_cases;
