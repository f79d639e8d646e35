//! Wanted against present: what has to be written, in stages, sealed, as a folder on disk.
//!
//! In: rows, their resolution, and the environment. Out: a [`Draft`] for `check/` to judge, then a
//! [`SealedPlan`] that anybody can read and nobody can change unseen.
//! Whether a plan may be applied is `check/`'s to say; this room judges nothing that the service
//! would.

mod build;
mod document;
mod draft;
mod fields;
mod folder;
mod rows;
mod wishes;

pub use build::{Wanted, build};
pub use document::*;
pub use draft::*;
pub use fields::{FieldRow, Fields, Moved, SubjectRows};
pub use folder::{
    CHANGES_FOLDER, DOCUMENT_FILE, FINDINGS_FILE, HAND_OVER_FOLDER, HOLDINGS_FILE, Holding,
    OWNERS_FILE, PRINCIPALS_FILE, PlaceRow, PlanError, PrincipalStanding, READINESS_FILE,
    ReadinessRow, SealedPlan, StageFile, ToSeal, schema, seal,
};
pub use rows::*;
pub use wishes::*;
