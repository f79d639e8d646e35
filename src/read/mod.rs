//! Exports to rows: an adapter per kind of file behind one trait.
//!
//! In: files as the manifest names them. Out: typed rows with their places, and findings.

mod csv;
mod encoding;
mod error;
mod source;
mod split;

pub use error::ReadError;
