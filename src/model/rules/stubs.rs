//! Rules about stub users: can they be made, and with which role.
//!
//! Data only; see [`Rule`] for what each field says.

use crate::model::rules::{Code, Rule, Severity};

pub(super) const STB001: Rule = Rule {
    code: Code::Stb001,
    severity: Severity::Note,
    title: "stub user will be created: cannot sign in, be enabled or be synchronised",
    what: "For each person whom references name and who is not in the environment, the plan \
          makes a stub user: disabled, in the root business unit, with the default role.",
    why: "A stub user keeps records under the right name and is nothing else. It never becomes \
          the real user: who comes later gets a user of their own, and the records have to be \
          handed on.",
    example: "`old.timer@contoso.com` owns 310 accounts in the export and is not in `users`.",
    cure: "Nothing, where the person has left. Whoever shall work here must be made and \
          licensed in the Microsoft 365 admin centre first and appear in `users`; then load \
          and plan again.",
    source: "S79 S80",
    guards: false,
    keep_out: false,
};

pub(super) const STB002: Rule = Rule {
    code: Code::Stb002,
    severity: Severity::Error,
    title: "not enough is known to make a stub user (which columns)",
    what: "A stub user needs a name, and a UPN or a mail (the one that is known serves as \
          both). The reference and its row in the users exports give less.",
    why: "The service requires both `domainname` and `internalemailaddress`. Inventing them \
          would make a person that nobody can find again.",
    example: "The owner is `Old Timer`, and no users export has a UPN or mail for that name.",
    cure: "Fill in the columns named (UPN or mail, first and last name) in a users export under \
          `[[users]]`, or rule on the reference in column `ruling` of `owners.csv`.",
    source: "P1.2",
    guards: false,
    keep_out: true,
};

pub(super) const STB003: Rule = Rule {
    code: Code::Stb003,
    severity: Severity::Error,
    title: "default role is missing in the environment (foreign key `system_user_roles`)",
    what: "The role that each stub user gets must exist in the root business unit: \
          `Salesperson` where Dynamics 365 Sales is present, else `Basic User`, formerly \
          `Common Data Service User`; or the one named by `default_role`. The service answers \
          with a broken foreign key `system_user_roles` (observed; `0x80040237` is an \
          assumed code).",
    why: "No stub user can be made at all, and no record of theirs can be assigned.",
    example: "`kind = \"dynamics365\"`, and `roles` has no `Salesperson`: it was deleted, or Sales \
          is not installed.",
    cure: "Set `kind = \"powerapps\"` or `default_role =` under `[environment]` in \
          `cutover.toml` to a role that is there, or have an administrator make a role of that \
          name in the root business unit; then load again.",
    source: "S82 P1.3",
    guards: true,
    keep_out: false,
};

pub(super) const STB004: Rule = Rule {
    code: Code::Stb004,
    severity: Severity::Error,
    title: "made by `api`, and roles may not go to disabled users",
    what: "With `stubs = \"api\"` the default role is given after the stub user is made, as any \
          other role; that needs the setting `AllowRoleAssignmentOnDisabledUsers`, which is \
          off unless `settings` says otherwise. The refusal is observed, its code `0x80040225` \
          an assumed code.",
    why: "The stub users would stand there without a role, and no record could be assigned to \
          them.",
    example: "`stubs = \"api\"` in `cutover.toml`, and `settings` has no row \
          `AllowRoleAssignmentOnDisabledUsers` = `true`.",
    cure: "Set `stubs = \"import\"` under `[environment]` in `cutover.toml` (the import gives \
          the role itself), or have an administrator switch the setting on, and off again \
          afterwards, and load again.",
    source: "S43 S83 P1.6",
    guards: true,
    keep_out: false,
};

pub(super) const STB005: Rule = Rule {
    code: Code::Stb005,
    severity: Severity::Error,
    title: "UPN or mail is already taken",
    what: "No user of the environment, of any kind, and no other planned stub user may have the \
          UPN or the primary mail of a stub user. The service has a code for it (`0x80041d2c`, \
          here an assumed code), and in part lets the second one through.",
    why: "Two users with one address can never be merged, and from then on each look-up by it \
          finds two. One account belongs to one person.",
    example: "The stub users `a.costa@old.com` and `ana@old.com` both have the mail \
          `sales@old.com`; or an application user has it already.",
    cure: "If it is the same person, rule for the existing user in column `ruling` of \
          `owners.csv`; otherwise correct UPN or mail in the users export.",
    source: "S29 P1.4",
    guards: true,
    keep_out: false,
};

pub(super) const STB006: Rule = Rule {
    code: Code::Stb006,
    severity: Severity::Error,
    title: "the person is in the directory and only not synchronised yet: synchronise \
          first, or a duplicate arises that can never be merged",
    what: "Somebody for whom a stub user is planned is in the directory by UPN or mail, \
          not deleted and with a licence. No stub user is planned then, and the rows \
          that need it stop. Somebody without a licence is not going to be synchronised; \
          there a stub user takes nobody's place.",
    why: "When the real person arrives there are two users, the records hang on the one \
          that can never sign in, and the two cannot be merged.",
    example: "The accounts name `gus@contoso.com`, who has a licence since Monday and is \
          not in `users` yet.",
    cure: "Have the person synchronised (ACC007 has the steps), add to the security group \
          or let in whoever the finding says is kept out, and load `users` again. For a \
          leaver take the licence away and load `directory` again. Or set `STB006 = \
          \"keep out\"` under `[accept]` in `cutover.toml`.",
    source: "S04 P1.4",
    guards: false,
    keep_out: true,
};

pub(super) const STB007: Rule = Rule {
    code: Code::Stb007,
    severity: Severity::Error,
    title: "live target, stub users planned, no directory loaded: a stub cannot be told from a real person",
    what: "The environment is a live one, stub users are to be made in it, and nothing was loaded of the directory. A \
           live environment does not tell who is in the directory; a pull takes that from the folder that `from` names.",
    why: "Somebody of whom the directory knows and the environment does not yet would get a stub user, and never be \
          one with it: when the real person arrives there are two, which cannot be merged (STB006).",
    example: "`url` names the environment, 40 owners are in nobody's user list, and `from` names no folder.",
    cure: "Lay the directory's export as `directory.csv` into the folder that `from` under `[environment]` names, and \
           pull again. Where you know that all of them have left, set `unchecked = [\"STB006\"]` under `[accept]` in \
           `cutover.toml`.",
    source: "P1.4",
    guards: false,
    keep_out: false,
};

pub(super) const STB008: Rule = Rule {
    code: Code::Stb008,
    severity: Severity::Error,
    title: "a stub is to be enabled or licensed",
    what: "A row of a users file wishes an access mode for a stub user that is there.",
    why: "A stub user cannot sign in, be enabled or be synchronised, so no access mode \
          will ever matter for it. The wish is meant for a person, who has to be another \
          user.",
    example: "Row 5 wishes `read-write` for `old.timer@contoso.com`, who is a stub user.",
    cure: "Have the person made and licensed in the directory, move the stub user's \
          records to that user by a records file, and drop the row.",
    source: "S80",
    guards: false,
    keep_out: false,
};

pub(super) const STB009: Rule = Rule {
    code: Code::Stb009,
    severity: Severity::Warning,
    title: "a stub's person now exists as a real user: reclaim",
    what: "A user who is a person has the UPN or mail of a stub user in the environment.",
    why: "The stub user's records belong to that person and will never move by \
          themselves.",
    example: "Stub user Gus Berg, made in the first wave, and `gus@contoso.com`, \
          synchronised since.",
    cure: "Name the person as owner in a records file for the stub user's records, plan \
          and apply.",
    source: "S79 P1.9",
    guards: false,
    keep_out: false,
};
