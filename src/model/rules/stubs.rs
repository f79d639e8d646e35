//! Rules about stub users: can they be made, and with which role.
//!
//! Data only; see [`Rule`] for what each field says.

use crate::model::rules::{Code, Rule, Severity};

pub(super) const STB001: Rule = Rule {
    code: Code::Stb001,
    severity: Severity::Note,
    title: "stub user will be created: cannot sign in, be enabled or be synchronised",
    what: "stub user will be created: cannot sign in, be enabled or be synchronised.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "S79 S80",
    guards: false,
    keep_out: false,
};

pub(super) const STB002: Rule = Rule {
    code: Code::Stb002,
    severity: Severity::Error,
    title: "not enough is known to make one (which columns)",
    what: "not enough is known to make one (which columns).",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "P1.2",
    guards: false,
    keep_out: true,
};

pub(super) const STB003: Rule = Rule {
    code: Code::Stb003,
    severity: Severity::Error,
    title: "default role is missing in the environment (foreign key system_user_roles)",
    what: "default role is missing in the environment (foreign key system_user_roles).",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "S82 P1.3",
    guards: true,
    keep_out: false,
};

pub(super) const STB004: Rule = Rule {
    code: Code::Stb004,
    severity: Severity::Error,
    title: "made by api, and roles may not go to disabled users",
    what: "made by api, and roles may not go to disabled users.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "S43 S83 P1.6",
    guards: true,
    keep_out: false,
};

pub(super) const STB005: Rule = Rule {
    code: Code::Stb005,
    severity: Severity::Error,
    title: "UPN or mail is already taken",
    what: "UPN or mail is already taken.",
    why: "see the title",
    example: "see the title",
    cure: "see the title",
    source: "S29 P1.4",
    guards: true,
    keep_out: false,
};
