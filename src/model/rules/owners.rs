//! Rules about owners: who is meant by a reference, and may they own.
//!
//! Data only; see [`Rule`] for what each field says.

use crate::model::rules::{Code, Rule, Severity};

pub(super) const OWN001: Rule = Rule {
    code: Code::Own001,
    severity: Severity::Error,
    title: "owner is blank (policy blank)",
    what: "owner is blank (policy blank).",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: true,
};

pub(super) const OWN002: Rule = Rule {
    code: Code::Own002,
    severity: Severity::Error,
    title: "several principals fit (candidates), or several users-export rows",
    what: "several principals fit (candidates), or several users-export rows.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "P1.5",
    guards: false,
    keep_out: true,
};

pub(super) const OWN003: Rule = Rule {
    code: Code::Own003,
    severity: Severity::Error,
    title: "identifiers disagree: one points at A, another at B; a team and a person bear the name",
    what: "identifiers disagree: one points at A, another at B; a team and a person bear the name.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "P1.5",
    guards: false,
    keep_out: true,
};

pub(super) const OWN004: Rule = Rule {
    code: Code::Own004,
    severity: Severity::Error,
    title: "matched by full name alone, not confirmed (policy by_name)",
    what: "matched by full name alone, not confirmed (policy by_name).",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "P1.5",
    guards: false,
    keep_out: true,
};

pub(super) const OWN005: Rule = Rule {
    code: Code::Own005,
    severity: Severity::Error,
    title: "an id that neither users exports nor environment know",
    what: "an id that neither users exports nor environment know.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: true,
};

pub(super) const OWN006: Rule = Rule {
    code: Code::Own006,
    severity: Severity::Error,
    title: "ruling names nobody, or contradicts itself",
    what: "ruling names nobody, or contradicts itself.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: false,
};

pub(super) const OWN007: Rule = Rule {
    code: Code::Own007,
    severity: Severity::Error,
    title: "nobody found, and policy missing is error",
    what: "nobody found, and policy missing is error.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "S79",
    guards: false,
    keep_out: true,
};

pub(super) const OWN008: Rule = Rule {
    code: Code::Own008,
    severity: Severity::Error,
    title: "access team cannot own (0x80048340)",
    what: "access team cannot own (0x80048340).",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "P3.3",
    guards: true,
    keep_out: false,
};

pub(super) const OWN009: Rule = Rule {
    code: Code::Own009,
    severity: Severity::Error,
    title: "principal cannot read the table in the state the plan leads to (0x80040299): own roles, team roles by inheritance mode and depth; activities need prvReadActivity",
    what: "principal cannot read the table in the state the plan leads to (0x80040299): own roles, team roles by inheritance mode and depth; activities need prvReadActivity.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "P3.3 P4.2 P4.3",
    guards: true,
    keep_out: false,
};

pub(super) const OWN010: Rule = Rule {
    code: Code::Own010,
    severity: Severity::Error,
    title: "principal has no role at all (0x80042f09, team 0x80042f0a)",
    what: "principal has no role at all (0x80042f09, team 0x80042f0a).",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "P3.6",
    guards: true,
    keep_out: false,
};

pub(super) const OWN011: Rule = Rule {
    code: Code::Own011,
    severity: Severity::Warning,
    title: "owner is a built-in, support or application user",
    what: "owner is a built-in, support or application user.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "S77 P2",
    guards: false,
    keep_out: false,
};

pub(super) const OWN012: Rule = Rule {
    code: Code::Own012,
    severity: Severity::Note,
    title: "near misses, not taken",
    what: "near misses, not taken.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: false,
};

pub(super) const OWN013: Rule = Rule {
    code: Code::Own013,
    severity: Severity::Note,
    title: "owner is disabled: allowed",
    what: "owner is disabled: allowed.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "S63 P4.2",
    guards: false,
    keep_out: false,
};
