//! Rules about roles: who gets or loses which role.
//!
//! Data only; see [`Rule`] for what each field says.

use crate::model::rules::{Code, Rule, Severity};

pub(super) const ROL001: Rule = Rule {
    code: Code::Rol001,
    severity: Severity::Error,
    title: "unknown role (near misses); a directory role in the security-role column is named as \
          such",
    what: "The role named in a row of a roles file must be a security role of the environment. \
          Names that resemble it are listed; the name of a directory role is told apart. A \
          business unit named in the row must be there too.",
    why: "Directory roles such as `Global Administrator` rule the subscription, not what \
          somebody may do in the environment: they cannot be given here.",
    example: "Row 12: role `Sales Persn`; near: `Salesperson`. Row 13: `User Administrator` is a \
          directory role.",
    cure: "Correct the role in the roles file, make the role in the environment and load again, \
          or set `ROL001 = \"keep out\"` under `[accept]` in `cutover.toml`.",
    source: "S38 S51 S89",
    guards: false,
    keep_out: true,
};

pub(super) const ROL002: Rule = Rule {
    code: Code::Rol002,
    severity: Severity::Error,
    title: "several roles of that name",
    what: "Two different roles (not copies of one role in several business units) bear the name \
          in a row, and the row names no business unit that tells them apart.",
    why: "They bear one name and hold different privileges. To take the first is to guess what \
          somebody may do.",
    example: "`Sales Manager` was made in the root business unit and once more in `Europe`.",
    cure: "Fill in the column `business unit` of the row, or rename one of the roles in the \
          environment and load again.",
    source: "P3.1",
    guards: false,
    keep_out: true,
};

pub(super) const ROL003: Rule = Rule {
    code: Code::Rol003,
    severity: Severity::Error,
    title: "user is disabled, and roles may not go to disabled users",
    what: "A role is to be given to a disabled user (stub users always are) while the setting \
          `AllowRoleAssignmentOnDisabledUsers` is off, which it is unless `settings` says \
          otherwise. The refusal is observed, its code `0x80040225` an assumed code.",
    why: "The service refuses the role, and where the user needed it to own records, these \
          too.",
    example: "`ben@contoso.com` is disabled in `users`; row 31 of the roles file gives him \
          `Salesperson`.",
    cure: "Have the user enabled (licence, and membership of the environment's security group), \
          or have an administrator switch the setting on, and off again afterwards; load \
          again. Or drop the row, or set `ROL003 = \"keep out\"` under `[accept]` in \
          `cutover.toml`.",
    source: "S43 S44 P3.6",
    guards: true,
    keep_out: true,
};

pub(super) const ROL004: Rule = Rule {
    code: Code::Rol004,
    severity: Severity::Error,
    title: "no copy of the role in the user's business unit (`0x80041409`), unless ownership \
          across units is on",
    what: "A user or team can hold only the copy of a role that belongs to their own business \
          unit; stub users are in the root unit. With the setting \
          `EnableOwnershipAcrossBusinessUnits` on, any copy will do. For a team the service \
          answers `0x8004140d`.",
    why: "A role made in one business unit is copied to the units below it and to no other. \
          Taking the first role of that name is the commonest fault of scripts, and the \
          service refuses it.",
    example: "`Europe Sales` was made in `Europe`; Ana Costa is in `Asia`.",
    cure: "Give a role that has a copy in that business unit, make the role in the root unit, \
          or move the user first; then load again. Or set `ROL004 = \"keep out\"` under \
          `[accept]` in `cutover.toml`.",
    source: "S39 P3.4",
    guards: true,
    keep_out: true,
};

pub(super) const ROL005: Rule = Rule {
    code: Code::Rol005,
    severity: Severity::Error,
    title: "user of the row not found or ambiguous",
    what: "The user or team named in a row of a roles file is looked up as any owner reference \
          is. Nobody fits, or several do.",
    why: "A role in the wrong hands lets somebody read what they should not.",
    example: "Row 5 of the roles file: user `J. Smith`; two users fit.",
    cure: "Write the UPN into the user column of the row, or rule on the reference in column \
          `ruling` of `owners.csv`; or set `ROL005 = \"keep out\"` under `[accept]` in \
          `cutover.toml`.",
    source: "design 7",
    guards: false,
    keep_out: true,
};

pub(super) const ROL006: Rule = Rule {
    code: Code::Rol006,
    severity: Severity::Note,
    title: "given already",
    what: "The user or team has the role that a row gives; for a stub user its default role \
          counts.",
    why: "Nothing has to be written; the row is counted as no change needed.",
    example: "Row 9 gives `Salesperson` to Ana Costa, and `user_roles` has that pair.",
    cure: "Nothing.",
    source: "design 8",
    guards: false,
    keep_out: false,
};

pub(super) const ROL007: Rule = Rule {
    code: Code::Rol007,
    severity: Severity::Note,
    title: "twice in the file",
    what: "A row of a roles file says of the same user and role what an earlier row said.",
    why: "The role is given once; the second row is counted as repeated.",
    example: "Rows 9 and 40 both give `Salesperson` to Ana Costa.",
    cure: "Nothing; or delete the row.",
    source: "design 2",
    guards: false,
    keep_out: false,
};

pub(super) const ROL008: Rule = Rule {
    code: Code::Rol008,
    severity: Severity::Error,
    title: "would remove a user's last role: no way to take access away",
    what: "After all roles of the plan are given and removed a user would have no role of their \
          own. All removals from one user are looked at together.",
    why: "A user without a role is locked out of the apps, and yet keeps the licence and stays \
          enabled: access is not taken away, it is broken. Licence or security group are the \
          way.",
    example: "Ben Okoro has `Salesperson` alone, and row 17 of the roles file removes it.",
    cure: "Drop the removal, or give another role by a row of the roles file. To take access \
          away, take the licence or the membership of the environment's security group in the \
          directory.",
    source: "S46",
    guards: false,
    keep_out: false,
};

pub(super) const ROL009: Rule = Rule {
    code: Code::Rol009,
    severity: Severity::Warning,
    title: "only roles that come with the licence: they open the app and read no data",
    what: "After the plan an enabled person has roles, and all of them are automatic (the \
          setting `automatic_roles` names them, separated by `;`) or have no privilege \
          to read a table whose rows people can own. A role that reads a table of which \
          nothing is known is taken for one that reads data.",
    why: "Such a role arrives with a licence and an installed app, and only opens the \
          app: the person sees empty lists.",
    example: "Ben Okafor has `Customer Service app access` alone, which came with his \
          licence.",
    cure: "Give a role that reads data by a row of a `[[roles]]` file.",
    source: "S32 S33 S34",
    guards: false,
    keep_out: false,
};

pub(super) const ROL010: Rule = Rule {
    code: Code::Rol010,
    severity: Severity::Warning,
    title: "roles only through a team",
    what: "After the plan an enabled person has roles that read data through teams alone.",
    why: "The roles of a team do not replace a role of one's own: some data stays \
          invisible, and other trouble follows.",
    example: "Cleo Lind is in the team Key Accounts, which has `Sales Manager`, and has \
          no role herself.",
    cure: "Give a role of her own by a row of a `[[roles]]` file.",
    source: "S31 S35 S36",
    guards: false,
    keep_out: false,
};

pub(super) const ROL011: Rule = Rule {
    code: Code::Rol011,
    severity: Severity::Error,
    title: "administrator role, or one that can give roles, not named in `[accept] \
          administrators`",
    what: "A row of a roles file, or the default role of stub users, gives System Administrator or a role \
          with `prvAssignRole` to somebody whom `administrators` under `[accept]` does not name: by UPN, by a \
          mail that is nobody else's, or by a name that is nobody else's.",
    why: "Whoever can give roles can give himself all of them. In a file of thousands of \
          rows one such role is easily passed over, so it takes a word of its own.",
    example: "Row 214: `System Administrator` for `temp.consultant@contoso.com`.",
    cure: "Drop the row, or name who is meant: `administrators = [\"ana@contoso.com\"]` \
          under `[accept]` in `cutover.toml`. For stub users, name a role that only works with data: \
          `default_role` under `[environment]`.",
    source: "S45 S48",
    guards: false,
    keep_out: false,
};

pub(super) const ROL012: Rule = Rule {
    code: Code::Rol012,
    severity: Severity::Error,
    title: "access team cannot hold roles (`0x80048331`)",
    what: "A row of a roles file gives a role to a team of type access.",
    why: "An access team only shares records; the service refuses the role.",
    example: "Row 3 gives `Salesperson` to the team `Deal 17 access`, type `access` in `teams`.",
    cure: "Give the role to the members or to an owner team, or drop the row.",
    source: "P3.3",
    guards: true,
    keep_out: false,
};

pub(super) const ROL013: Rule = Rule {
    code: Code::Rol013,
    severity: Severity::Error,
    title: "the caller may not give this role (not System Administrator, above his own, \
          outside his unit)",
    what: "The user who applies the plan (the setting `caller`) must hold `prvAssignRole` \
          as deep as the business unit of whoever gets or loses the role, and of a role \
          to be given every privilege at least as deep; so also for the default role of a stub \
          user that is made with `stubs = \"api\"`. A System Administrator may give all; so \
          may a caller who is not named. Refused with `0x80040220`, for these writes an assumed \
          code.",
    why: "Nobody gives away more than he has: the service refuses it.",
    example: "The caller has `Sales Manager`; row 8 gives `System Customizer`.",
    cure: "Name a System Administrator as `caller` in `settings`, or give the caller the \
          rights that the finding names, and load again; of a live environment pull again, \
          or sign in as somebody else; or drop the row.",
    source: "S45 P3.6",
    guards: true,
    keep_out: false,
};

pub(super) const ROL014: Rule = Rule {
    code: Code::Rol014,
    severity: Severity::Note,
    title: "automatic role of a licence: never planned, removed or compared",
    what: "A row of a roles file gives or removes a role that the setting \
          `automatic_roles` names: one that comes with a licence where its app is \
          installed. The row changes nothing and is counted as no change needed.",
    why: "The service gives and takes such roles by itself; what a plan gave would be no \
          more, and what it took would come back.",
    example: "Row 9 gives `Customer Service app access`, which came with the Customer \
          Service licence.",
    cure: "Nothing; or delete the row. Where the role does not come by itself, take it \
          out of the setting.",
    source: "S33 P3.1",
    guards: false,
    keep_out: false,
};

pub(super) const ROL015: Rule = Rule {
    code: Code::Rol015,
    severity: Severity::Error,
    title: "role given and removed in one plan",
    what: "Two rows name the same user or team and the same copy of a role, one to give it, one \
          to remove it.",
    why: "Nothing says which row is right; doing both would end with whatever runs last.",
    example: "`ana@contoso.com;Sales Manager;give` in row 4 and `ana@contoso.com;Sales \
          Manager;remove` in row 31.",
    cure: "Delete the row that is not meant, or set `ROL015 = \"keep out\"` under `[accept]` in \
          `cutover.toml`: then neither is done.",
    source: "design 2",
    guards: false,
    keep_out: true,
};

pub(super) const ROL016: Rule = Rule {
    code: Code::Rol016,
    severity: Severity::Error,
    title: "support user is given no role",
    what: "A row of a roles file gives a role to a user whose access mode is `support` \
          (`0x80041d51`).",
    why: "That is Microsoft's own account in the environment, and the service refuses to \
          give it roles.",
    example: "Row 12 gives `Salesperson` to `crmoln@microsoft.com`.",
    cure: "Drop the row.",
    source: "P2 P3.6",
    guards: true,
    keep_out: false,
};

pub(super) const ROL017: Rule = Rule {
    code: Code::Rol017,
    severity: Severity::Error,
    title: "directory administrator keeps System Administrator",
    what: "A row of a roles file removes System Administrator from somebody whose person \
          has a directory role that gives it: global (once company) administrator, \
          Dynamics 365 (service) administrator, Power Platform administrator \
          (`0x80041d64`).",
    why: "The service gives the role to such people by itself and refuses to take it.",
    example: "Row 3 removes `System Administrator` from `ana@contoso.com`, who is Global \
          Administrator.",
    cure: "Drop the row, or have the directory role taken first and load `directory` \
          again.",
    source: "S48 P3.6",
    guards: true,
    keep_out: false,
};

pub(super) const ROL018: Rule = Rule {
    code: Code::Rol018,
    severity: Severity::Error,
    title: "a role of team privileges only for a team that follows a group of the directory",
    what: "A row gives such a team a role whose inheritance is team privileges only (`0x80048350`).",
    why: "Members of these teams come and go by the directory, so their roles have to reach the members \
          as their own; the service refuses the others.",
    example: "Row 5 gives `Overseer`, of team privileges only, to `Sales Group`, a team of a security group.",
    cure: "Set the role's inheritance to direct user and team, or give the role to an owner team.",
    source: "P3.6",
    guards: true,
    keep_out: true,
};
