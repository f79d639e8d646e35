//! Rules about roles: who gets or loses which role.
//!
//! Data only; see [`Rule`] for what each field says.

use crate::model::rules::{Code, Rule, Severity};

pub(super) const ROL001: Rule = Rule {
    code: Code::Rol001,
    severity: Severity::Error,
    title: "unknown role (near misses); a directory role in the security-role column is named as such",
    what: "unknown role (near misses); a directory role in the security-role column is named as such.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "S38 S51",
    guards: false,
    keep_out: true,
};

pub(super) const ROL002: Rule = Rule {
    code: Code::Rol002,
    severity: Severity::Error,
    title: "several roles of that name",
    what: "several roles of that name.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "P3.1",
    guards: false,
    keep_out: true,
};

pub(super) const ROL003: Rule = Rule {
    code: Code::Rol003,
    severity: Severity::Error,
    title: "user is disabled, and roles may not go to disabled users",
    what: "user is disabled, and roles may not go to disabled users.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "S43 S44 P3.6",
    guards: true,
    keep_out: true,
};

pub(super) const ROL004: Rule = Rule {
    code: Code::Rol004,
    severity: Severity::Error,
    title: "no copy in the user's business unit (0x80041409), unless ownership across units is on",
    what: "no copy in the user's business unit (0x80041409), unless ownership across units is on.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "S39 P3.4",
    guards: true,
    keep_out: true,
};

pub(super) const ROL005: Rule = Rule {
    code: Code::Rol005,
    severity: Severity::Error,
    title: "user of the row not found or ambiguous",
    what: "user of the row not found or ambiguous.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: true,
};

pub(super) const ROL006: Rule = Rule {
    code: Code::Rol006,
    severity: Severity::Note,
    title: "given already",
    what: "given already.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: false,
};

pub(super) const ROL007: Rule = Rule {
    code: Code::Rol007,
    severity: Severity::Note,
    title: "twice in the file",
    what: "twice in the file.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "design 5",
    guards: false,
    keep_out: false,
};

pub(super) const ROL008: Rule = Rule {
    code: Code::Rol008,
    severity: Severity::Error,
    title: "would remove a user's last role: no way to take access away",
    what: "would remove a user's last role: no way to take access away.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "S46",
    guards: false,
    keep_out: false,
};

pub(super) const ROL012: Rule = Rule {
    code: Code::Rol012,
    severity: Severity::Error,
    title: "access team cannot hold roles (0x80048331)",
    what: "access team cannot hold roles (0x80048331).",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "P3.3",
    guards: true,
    keep_out: false,
};

pub(super) const ROL015: Rule = Rule {
    code: Code::Rol015,
    severity: Severity::Error,
    title: "role given and removed in one plan",
    what: "Two rows name the same user and the same copy of a role, one to give it, one to remove it.",
    why: "Nobody says which row is right; doing both would end with whatever runs last.",
    example: "`ana@contoso.com;Sales Manager;give` in row 4 and `ana@contoso.com;Sales Manager;remove` \
              in row 31.",
    cure: "Delete the row that is not meant.",
    source: "design 2",
    guards: false,
    keep_out: true,
};
