//! Rules about owners: who is meant by a reference, and may they own.
//!
//! Data only; see [`Rule`] for what each field says.

use crate::model::rules::{Code, Rule, Severity};

pub(super) const OWN001: Rule = Rule {
    code: Code::Own001,
    severity: Severity::Error,
    title: "owner is blank (policy `blank`)",
    what: "The owner cell of a row is blank, and `blank` under `[owners]` is `\"error\"`.",
    why: "Somebody has to own the record. Other tools give it to whoever runs the import, and \
          nobody notices until that person is asked about it.",
    example: "Row 212 of `exports/accounts.csv`: `Owner` is blank.",
    cure: "Fill in the owner, or set `blank = \"fallback\"` or `blank = \"leave\"` under \
          `[owners]`, or `OWN001 = \"keep out\"` under `[accept]` in `cutover.toml`.",
    source: "design 5",
    guards: false,
    keep_out: true,
};

pub(super) const OWN002: Rule = Rule {
    code: Code::Own002,
    severity: Severity::Error,
    title: "several principals fit (candidates), or several rows of the users exports",
    what: "A reference fits several users or teams of the environment on the rung that decides, \
          or several rows of the users exports; candidates are listed.",
    why: "Whichever is picked, it is the wrong one for some records. The import wizard gives \
          such records to the user who runs it; nothing here ever picks one of several.",
    example: "The owner is `John Smith`; `john.smith@contoso.com` and `jsmith2@contoso.com` both \
          bear that name.",
    cure: "Write the UPN of the one who is meant into column `ruling` of `owners.csv`, once for \
          all records of that reference; or `fallback`, `stub` or `leave`. `ambiguous = \
          \"fallback\"` under `[owners]` does it for all.",
    source: "P1.5",
    guards: false,
    keep_out: true,
};

pub(super) const OWN003: Rule = Rule {
    code: Code::Own003,
    severity: Severity::Error,
    title: "identifiers disagree: one points at A, another at B; or a team and a person bear the \
          name",
    what: "Everything known of a reference (its own text, and the facts of its row in the users \
          exports) is looked up. Where one identifier points at one principal and another at \
          somebody else, nobody is chosen.",
    why: "Addresses are handed on: the mail of somebody who left may belong to the successor \
          today. Following the one identifier or the other is a guess.",
    example: "The users export says UPN `a.costa@contoso.com` and mail `sales@contoso.com`; the \
          UPN is Ana Costa, the mail belongs to Ben Okoro.",
    cure: "Write the UPN, or for a team its name, into column `ruling` of `owners.csv`, or \
          correct the row of the users export.",
    source: "P1.5",
    guards: false,
    keep_out: true,
};

pub(super) const OWN004: Rule = Rule {
    code: Code::Own004,
    severity: Severity::Error,
    title: "matched by full name alone, not confirmed (policy `by_name`)",
    what: "A reference was found by full name and by nothing else, and `by_name` under \
          `[owners]` is `\"confirm\"`.",
    why: "A name is no identifier: the Ana Costa of the target may be another person than the \
          one of the old system. Exports of Dynamics hold just the display name, so this comes \
          often.",
    example: "The owner is `Ana Costa`; one user of that name exists, and no users export says \
          more about her.",
    cure: "Confirm with the UPN in column `ruling` of `owners.csv`; or add a users export with \
          UPN or mail under `[[users]]`; or set `by_name = \"accept\"` under `[owners]` where \
          names are unique.",
    source: "P1.5",
    guards: false,
    keep_out: true,
};

pub(super) const OWN005: Rule = Rule {
    code: Code::Own005,
    severity: Severity::Error,
    title: "an id that neither the users exports nor the environment know",
    what: "The reference is a GUID, and neither a row of the users exports nor a user or team \
          of the environment bears it.",
    why: "An id is exact. To go on by something else would mean to replace what is known by \
          what resembles it.",
    example: "The owner is `274589c3-2dbf-465b-938a-4992a24fea5b`, an id of the old environment, \
          and no users export is named.",
    cure: "Add the users export of the old system under `[[users]]` in `cutover.toml` (it says \
          who the id meant), or rule on the reference in column `ruling` of `owners.csv`.",
    source: "design 7",
    guards: false,
    keep_out: true,
};

pub(super) const OWN006: Rule = Rule {
    code: Code::Own006,
    severity: Severity::Error,
    title: "ruling names nobody, or contradicts itself",
    what: "Each cell in column `ruling` of `owners.csv` must be a UPN, mail, id or team of the \
          environment that fits exactly one principal, or `stub`, `fallback` or `leave`; two \
          rows for one reference must say the same; `fallback` needs a fallback owner.",
    why: "A ruling is what the consultant decided. One that cannot be carried out is not \
          replaced by anything else.",
    example: "Row 7 of `owners.csv`: the ruling is `ana.costa@contso.com`, and no user has that \
          UPN or mail.",
    cure: "Correct the cell in column `ruling` of `owners.csv`; for `fallback`, name the owner \
          with `fallback =` under `[owners]` in `cutover.toml`.",
    source: "design 5 and 7",
    guards: false,
    keep_out: false,
};

pub(super) const OWN007: Rule = Rule {
    code: Code::Own007,
    severity: Severity::Error,
    title: "nobody found, and policy `missing` is `error`",
    what: "No user or team of the environment fits a reference on any rung, and `missing` under \
          `[owners]` is `\"error\"`.",
    why: "The person left, or was never made in the target. The service needs an owner for \
          each record and would make a stub user or take somebody else.",
    example: "The owner is `Old Timer`; nobody in the environment or the users exports bears that \
          name.",
    cure: "Rule in column `ruling` of `owners.csv` (a UPN, `stub`, `fallback` or `leave`), or \
          set `missing = \"stub\"`, `\"fallback\"` or `\"leave\"` under `[owners]` in \
          `cutover.toml`.",
    source: "S79",
    guards: false,
    keep_out: true,
};

pub(super) const OWN008: Rule = Rule {
    code: Code::Own008,
    severity: Severity::Error,
    title: "access team cannot own (`0x80048340`)",
    what: "The principal that records would go to is a team of type access.",
    why: "An access team only shares records. The service refuses to make it an owner, \
          whichever roles its members have.",
    example: "The ruling is the team `Deal 17 access`, type `access` in `teams`.",
    cure: "Rule for an owner team or a user in column `ruling` of `owners.csv`, or name another \
          `fallback` under `[owners]` in `cutover.toml`.",
    source: "P3.3",
    guards: true,
    keep_out: false,
};

pub(super) const OWN009: Rule = Rule {
    code: Code::Own009,
    severity: Severity::Error,
    title: "principal cannot read the table in the state that the plan leads to (`0x80040299`)",
    what: "Whoever shall own a record needs the privilege to read its table once users are made \
          and roles are given. For a user: through an own role at any depth, through a role of \
          a team that members inherit (`direct-user`), or through a `team-only` role that \
          reads the whole organisation. For a team: through its own roles. Activities (task, \
          phone call, e-mail and so on) need `prvReadActivity`.",
    why: "The service refuses each of these records, and they stay with the present owner. \
          Roles that come with a licence open the app and read no data, so the user looks \
          ready and is not.",
    example: "Ana Costa has only `Knowledge Reader`, which has no `prvReadAccount`; 1,204 accounts \
          would go to her.",
    cure: "Give a role that reads the table by a row of a `[[roles]]` file, or add the \
          privilege to a role that the principal has and load the environment again; or rule \
          for another owner in `owners.csv`.",
    source: "P3.3 P4.2 P4.3 S93",
    guards: true,
    keep_out: false,
};

pub(super) const OWN010: Rule = Rule {
    code: Code::Own010,
    severity: Severity::Error,
    title: "principal has no role at all (`0x80042f09`, team `0x80042f0a`)",
    what: "Whoever shall own a record must have a role once users are made and roles are given: \
          a user an own one or one through a team, a team one of its own.",
    why: "The service refuses each of these records. Enabled and licensed is not enough: a \
          role is what lets a user own.",
    example: "Ben Okoro is enabled and licensed, and `user_roles` has no row for him; he is in no \
          team.",
    cure: "Give a role that reads the tables concerned by a row of a `[[roles]]` file, or rule \
          for another owner in column `ruling` of `owners.csv`.",
    source: "P3.6",
    guards: true,
    keep_out: false,
};

pub(super) const OWN011: Rule = Rule {
    code: Code::Own011,
    severity: Severity::Warning,
    title: "owner is a built-in, support or application user",
    what: "A reference leads to a user that is no person: one of the service itself, a support \
          or delegated administrator account, or an application user.",
    why: "What an application made is done as its application user. Records that a person \
          shall work on do not belong there, and nobody looks into that user's views.",
    example: "The owner is `# Data Migration`, an application user (`application_id` is filled \
          in).",
    cure: "Check whether the old owner really was a program. Otherwise rule for a person or \
          team in column `ruling` of `owners.csv`.",
    source: "S77 P2",
    guards: false,
    keep_out: false,
};

pub(super) const OWN012: Rule = Rule {
    code: Code::Own012,
    severity: Severity::Note,
    title: "near misses, not taken",
    what: "Nobody fits a reference, but the identifiers of somebody resemble it: one letter \
          apart, another domain, first and last name swapped.",
    why: "It may be a slip of the pen, and it may be another person. It is shown and never \
          taken.",
    example: "The reference is `ana.costa@contso.com`; Ana Costa has `ana.costa@contoso.com`.",
    cure: "If it is the same person, write the UPN into column `ruling` of `owners.csv`; for a \
          whole domain add it to `domains` under `[owners]` in `cutover.toml`.",
    source: "design 7",
    guards: false,
    keep_out: false,
};

pub(super) const OWN013: Rule = Rule {
    code: Code::Own013,
    severity: Severity::Note,
    title: "owner is disabled: allowed",
    what: "A reference leads to a user who is disabled in the environment. Records may go to a \
          disabled user who can read their table.",
    why: "The records are kept under the right name, and nobody works on them until the user \
          is enabled or they are handed on.",
    example: "The owner `old.timer@contoso.com` has `disabled` = `true` in `users`.",
    cure: "Nothing, where the history shall stay with that person. Otherwise rule for the \
          successor in column `ruling` of `owners.csv`.",
    source: "S63 P4.2",
    guards: false,
    keep_out: false,
};

pub(super) const OWN014: Rule = Rule {
    code: Code::Own014,
    severity: Severity::Warning,
    title: "ruling without effect: no export holds its reference, or another file is read",
    what: "Each ruling is about an owner reference that some export holds. One whose reference no \
          cell of the exports has (any more), and one in `owners.csv` while `rulings` under \
          `[owners]` names a workbook, decides nothing.",
    why: "Somebody took a decision, and nothing comes of it: because the person has no records any \
          more, or because of a slip of the pen in the reference, or because the ruling was \
          written into the wrong file.",
    example: "Row 9 of `owners.csv`: the ruling `stub` on `Jon Smith`; the exports only know \
          `John Smith`.",
    cure: "Correct the reference, or copy the ruling into the file that is read. Where it is \
          of no use any more, empty the cell; the rows of `owners.csv` stay until then.",
    source: "design 5",
    guards: false,
    keep_out: false,
};
