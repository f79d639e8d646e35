//! The project folder: what a consultant writes and what the product keeps beside it.
//!
//! In: files of the project folder. Out: the owners sheet, with its rulings.
//! What a ruling means is found out in `resolve/`.

mod owners;

pub use owners::*;
