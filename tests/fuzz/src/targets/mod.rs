//! What every reader must hold for any bytes whatever, one function a target.
//!
//! In: the bytes of one case. Out: nothing, or a panic that says what does not hold. The fuzzer's
//! program and the test that replays the corpus share these; where cases come from is theirs.

mod packing;
mod plans;
mod project;
mod reading;
mod records;
mod tables;
mod workbooks;

/// A target: what it is called, and what it does with one case.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// Every target, in the order in which they are run.
pub(crate) const TARGETS: &[Target] = &[
    ("records", records::records),
    ("blocks", records::blocks),
    ("users", records::users),
    ("roles", records::roles),
    ("table", tables::table),
    ("packed", packing::packed),
    ("layers", packing::layers),
    ("encodings", packing::encodings),
    ("xlsx", workbooks::xlsx),
    ("xlsb", workbooks::xlsb),
    ("xls", workbooks::xls),
    ("ods", workbooks::ods),
    ("xml", workbooks::xml),
    ("manifest", project::manifest),
    ("owners", project::owners),
    ("plan", plans::plan),
];
