//! URLs of the Web API: what a client asks for, with its query options, and what a `$filter` means.
//!
//! In: a URL as it was sent, and rows through the trait [`Row`]. Out: an [`Asked`], whether a row
//! passes an [`Expression`], and the order of two values.
//! Nothing here knows a table: whether a set, a column or a navigation exists is the caller's to
//! say, and so is the status of the answer.

mod compare;
mod error;
mod evaluate;
mod expression;
mod filter;
mod literal;
#[cfg(test)]
mod object;
mod options;
mod path;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod random;
mod row;
mod text;
mod token;

pub(in crate::rehearse) use compare::compare;
pub(in crate::rehearse) use expression::Expression;
pub(in crate::rehearse) use options::Options;
pub(in crate::rehearse) use path::{Key, Resource};
pub(in crate::rehearse) use row::Row;

/// A URL, read.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::rehearse) struct Asked {
    /// What the path names.
    pub(in crate::rehearse) resource: Resource,
    /// What the query says.
    pub(in crate::rehearse) options: Options,
}

/// Reads a URL: absolute, from the root, or relative to the API's root.
pub(in crate::rehearse) fn read(url: &str) -> Result<Asked, error::UrlError> {
    let inside = path::inside(url)?;
    let (path, query) = inside.split_once('?').unwrap_or((inside, ""));
    // The query comes first: the path may name its aliases.
    let options = options::read(query)?;
    let resource = path::read(path, &options.others)?;
    Ok(Asked { resource, options })
}
