//! Rules about files: what is wrong with an export as a file.
//!
//! Data only; see [`Rule`] for what each field says.

use crate::model::rules::{Code, Rule, Severity};

pub(super) const FIL001: Rule = Rule {
    code: Code::Fil001,
    severity: Severity::Fatal,
    title: "file cannot be read as what it is (missing, junk, cut off, password-protected, over a limit)",
    what: "file cannot be read as what it is (missing, junk, cut off, password-protected, over a limit).",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: false,
};

pub(super) const FIL002: Rule = Rule {
    code: Code::Fil002,
    severity: Severity::Note,
    title: "encoding or delimiter was inferred (which, from what)",
    what: "encoding or delimiter was inferred (which, from what).",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: false,
};

pub(super) const FIL003: Rule = Rule {
    code: Code::Fil003,
    severity: Severity::Error,
    title: "ragged row, unterminated quote, undecodable bytes in a used cell",
    what: "ragged row, unterminated quote, undecodable bytes in a used cell.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: true,
};

pub(super) const FIL004: Rule = Rule {
    code: Code::Fil004,
    severity: Severity::Fatal,
    title: "a needed column is not there (what was looked for, what was found)",
    what: "a needed column is not there (what was looked for, what was found).",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: false,
};

pub(super) const FIL005: Rule = Rule {
    code: Code::Fil005,
    severity: Severity::Warning,
    title: "repeated or blank header",
    what: "repeated or blank header.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: false,
};

pub(super) const FIL006: Rule = Rule {
    code: Code::Fil006,
    severity: Severity::Error,
    title: "row without id; total line taken for a row",
    what: "row without id; total line taken for a row.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: true,
};

pub(super) const FIL007: Rule = Rule {
    code: Code::Fil007,
    severity: Severity::Warning,
    title: "formula error or mangled number in a used cell (1.0E+15)",
    what: "formula error or mangled number in a used cell (1.0E+15).",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: false,
};

pub(super) const FIL008: Rule = Rule {
    code: Code::Fil008,
    severity: Severity::Note,
    title: "sheet or member chosen among several",
    what: "sheet or member chosen among several.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: false,
};
