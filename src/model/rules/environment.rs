//! Rules about the environment as a whole: what the caller may do, and what is left switched on.
//!
//! Data only; see [`Rule`] for what each field says.

use crate::model::rules::{Code, Rule, Severity};

pub(super) const ENV002: Rule = Rule {
    code: Code::Env002,
    severity: Severity::Error,
    title: "caller lacks a privilege (named)",
    what: "The user who applies the plan (the setting `caller`) must hold `prvCreateUser` \
          where stub users are made, `prvWriteUser` where users are changed, and \
          `prvAssign`, `prvRead` and `prvWrite` of each table whose records are \
          assigned, by own roles or through teams as they reach members, before the \
          plan. A System Administrator may do everything; so may a caller who is not \
          named. Refused with `0x80040220`, for these writes an assumed code.",
    why: "Every single change of that kind would be refused, all night.",
    example: "The setting `caller` names `# Migration`, whose role has no \
          `prvAssignAccount`.",
    cure: "Give the caller a role with it, or name a System Administrator as `caller` in \
          `settings`, and load again.",
    source: "S45 S68 P3.6 P4.2",
    guards: true,
    keep_out: false,
};

pub(super) const ENV003: Rule = Rule {
    code: Code::Env003,
    severity: Severity::Warning,
    title: "a day's request entitlement is exceeded",
    what: "Every change is one request, batched or not. An identity without a licence of \
          its own shares a day's pool of 500,000 requests, 5,000 more for each seat of \
          Dynamics 365 that `licences` lists, 10,000,000 at most; 25,000 where there are \
          only Power Apps.",
    why: "Above the share the service may slow everything down, for others too. It is not \
          enforced everywhere, so this is a warning.",
    example: "The plan assigns 1,200,000 records; with 40 seats the day's share is \
          700,000.",
    cure: "Apply on two days or more, buy an add-on of requests, or tell Microsoft's \
          support beforehand.",
    source: "P6.3",
    guards: false,
    keep_out: false,
};

pub(super) const ENV006: Rule = Rule {
    code: Code::Env006,
    severity: Severity::Warning,
    title: "`AllowRoleAssignmentOnDisabledUsers` is on: switch it back",
    what: "The setting is on in the environment.",
    why: "It is meant for the time of a migration, when roles go to disabled and stub \
          users. Left on, it lets roles pile up on people who have left, and whoever is \
          enabled again has them all.",
    example: "`settings` holds `AllowRoleAssignmentOnDisabledUsers` with the value \
          `true`.",
    cure: "Have an administrator switch it off when the plan is applied and verified.",
    source: "S44 P3.5",
    guards: false,
    keep_out: false,
};

pub(super) const ENV007: Rule = Rule {
    code: Code::Env007,
    severity: Severity::Warning,
    title: "caller's access mode reaches no customer data, and records are to be assigned",
    what: "The user who applies the plan (the setting `caller`) is of access mode administrative, and the \
           plan assigns records.",
    why: "Such an account is meant for settings and has no sight of customer data; no source tells what the \
          service answers when it assigns some, so this is no refusal that is foretold.",
    example: "The setting `caller` names `it.admin@contoso.com`, who is administrative, and 4,000 accounts are to \
              be assigned.",
    cure: "Let an application user, a non-interactive or a read-write user apply the plan.",
    source: "S86",
    guards: false,
    keep_out: false,
};

pub(super) const ENV008: Rule = Rule {
    code: Code::Env008,
    severity: Severity::Error,
    title: "caller may not change access modes",
    what: "Access modes are to be changed, and the user who applies the plan (the setting `caller`) is no \
           System Administrator, or is administrative or read (`0x80048d2f`).",
    why: "No privilege helps here: the service lets System Administrators of full access change access modes, \
          and nobody else.",
    example: "The setting `caller` names `migration@contoso.com`, whose role `Migration` holds `prvWriteUser`, and \
              a row makes somebody non-interactive.",
    cure: "Name a System Administrator who is read-write or non-interactive as `caller` in `settings`, and load \
           again, or hand the access modes over to one.",
    source: "P3.6",
    guards: true,
    keep_out: false,
};
