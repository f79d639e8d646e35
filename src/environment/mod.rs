//! The environment file: what the target holds, as one `SQLite` file.
//!
//! In: a folder of exports ([`load()`]), or facts as a live target streams them ([`Writer`]). Out:
//! the file, its facts with plain indexes ([`Facts`]), and its records ([`Owners`], [`Keys`]). The XML that keeps an
//! organisation's settings is read here too ([`organisation_settings()`]), for all who meet it.
//! Nothing here judges: effective privileges, refusals and side effects belong to `check/` and
//! `service/`, each for itself.

mod error;
mod facts;
mod file;
mod key_words;
mod load;
mod open;
mod organisation_settings;
mod people;
mod pulled;
mod records;
mod schema;
mod values;
mod writer;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use error::EnvironmentError;
pub use facts::Facts;
pub use file::{EnvironmentFile, Moment};
pub use key_words::KeyWords;
pub use load::{
    BESIDE, Beside, Given, LoadError, LoadSummary, Problem, Problems, beside_fingerprint,
    folder_fingerprint, load,
};
pub use organisation_settings::{BrokenSettings, organisation_settings};
pub use pulled::Pulled;
pub use records::{Keys, Owners};
pub use writer::Writer;
