//! Rules about records: which record is meant, and is it there.
//!
//! Data only; see [`Rule`] for what each field says.

use crate::model::rules::{Code, Rule, Severity};

pub(super) const REC001: Rule = Rule {
    code: Code::Rec001,
    severity: Severity::Error,
    title: "id malformed; or a foreign id without key",
    what: "id malformed; or a foreign id without key.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: true,
};

pub(super) const REC002: Rule = Rule {
    code: Code::Rec002,
    severity: Severity::Error,
    title: "record is not in the environment (0x80040217), or its table was not loaded",
    what: "record is not in the environment (0x80040217), or its table was not loaded.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "P3.6",
    guards: true,
    keep_out: true,
};

pub(super) const REC003: Rule = Rule {
    code: Code::Rec003,
    severity: Severity::Error,
    title: "record twice with different owners",
    what: "record twice with different owners.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: true,
};

pub(super) const REC004: Rule = Rule {
    code: Code::Rec004,
    severity: Severity::Note,
    title: "record twice with the same owner",
    what: "record twice with the same owner.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: false,
};

pub(super) const REC005: Rule = Rule {
    code: Code::Rec005,
    severity: Severity::Error,
    title: "table cannot be owned by users or teams",
    what: "table cannot be owned by users or teams.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "P4.4",
    guards: true,
    keep_out: false,
};

pub(super) const REC006: Rule = Rule {
    code: Code::Rec006,
    severity: Severity::Error,
    title: "key value found in several records",
    what: "key value found in several records.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: true,
};
