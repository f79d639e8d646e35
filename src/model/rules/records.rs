//! Rules about records: which record is meant, and is it there.
//!
//! Data only; see [`Rule`] for what each field says.

use crate::model::rules::{Code, Rule, Severity};

pub(super) const REC001: Rule = Rule {
    code: Code::Rec001,
    severity: Severity::Error,
    title: "id malformed; or a foreign id without `key`",
    what: "The id of a row must be a GUID; an id of the old system is one only where the \
          manifest says by `key` in which field of the target it is found.",
    why: "Without it nothing says which record of the target is meant.",
    example: "The id is `0015g00000Xyz12AAB`, a Salesforce id, and the `[[records]]` of that file \
          has no `key`.",
    cure: "Set `key = { column = \"Id\", field = \"new_legacyid\" }` (your columns) under that \
          `[[records]]` in `cutover.toml`, with that field in `records-<table>` of the \
          environment folder; or correct the id; or `REC001 = \"keep out\"` under `[accept]`.",
    source: "design 5",
    guards: false,
    keep_out: true,
};

pub(super) const REC002: Rule = Rule {
    code: Code::Rec002,
    severity: Severity::Error,
    title: "record is not in the environment (`0x80040217`), or its table was not loaded",
    what: "The record of each row must be among the loaded records of its table, by id or by \
          `key`. Where that table was not loaded, none of its rows can be confirmed.",
    why: "The service answers that it does not exist. Where many are missing, the records were \
          not migrated yet, the ids are those of the old system, or it is the wrong \
          environment.",
    example: "Row 19 names account `1f0c...`; `records-account` holds no such id.",
    cure: "Import the records first and load the environment again with `records-<table>` in \
          the folder that `from` names; use `key` where the ids are the old system's; or set \
          `REC002 = \"keep out\"` under `[accept]` in `cutover.toml`.",
    source: "P3.6",
    guards: true,
    keep_out: true,
};

pub(super) const REC003: Rule = Rule {
    code: Code::Rec003,
    severity: Severity::Error,
    title: "record twice with different owners",
    what: "Two rows, in one file or in several, name the same record and lead to different \
          owners; or one leads to another owner than today's, and the other leaves the record where it is, or \
          is not decided: nobody was chosen for it, and it may be kept out.",
    why: "Whichever is written last would win, and that is chance.",
    example: "Row 40 gives an account to Ana Costa, row 900 the same account to Ben Okoro.",
    cure: "Delete the row that is wrong, or rule whom an undecided row means; or set `REC003 = \"keep out\"` under \
          `[accept]` in `cutover.toml`: then neither is written.",
    source: "design 2",
    guards: false,
    keep_out: true,
};

pub(super) const REC004: Rule = Rule {
    code: Code::Rec004,
    severity: Severity::Note,
    title: "record twice with the same owner",
    what: "Two rows name the same record and lead to the same owner.",
    why: "It is written once; the later row is counted as repeated.",
    example: "Rows 40 and 41 both give one account to Ana Costa, once by mail and once by UPN.",
    cure: "Nothing.",
    source: "design 2",
    guards: false,
    keep_out: false,
};

pub(super) const REC005: Rule = Rule {
    code: Code::Rec005,
    severity: Severity::Error,
    title: "table cannot be owned by users or teams",
    what: "The ownership of the table in `entities` must be `user` or `team`. Where that was \
          not loaded, a table whose loaded records have owners is one that can be owned. The \
          service answers `0x80040203`, an assumed code.",
    why: "Rows of such a table belong to the organisation or to a business unit, and have no \
          owner that could be set.",
    example: "`table = \"product\"` under `[[records]]`, and `entities` says `organisation`.",
    cure: "Take that file out of `cutover.toml`, or correct `table =` where another table was \
          meant.",
    source: "P4.4",
    guards: true,
    keep_out: false,
};

pub(super) const REC006: Rule = Rule {
    code: Code::Rec006,
    severity: Severity::Error,
    title: "key value found in several records",
    what: "The value in the `key` column of a row stands in the key field of several records of \
          the target.",
    why: "One of them is meant. To take the first, or all, is to guess.",
    example: "Key `A-1002` stands in `new_legacyid` of two accounts: the import ran twice.",
    cure: "Remove the duplicate from the target and load again, choose a `key` field whose \
          values are unique, or set `REC006 = \"keep out\"` under `[accept]` in \
          `cutover.toml`.",
    source: "design 5",
    guards: false,
    keep_out: true,
};

pub(super) const REC007: Rule = Rule {
    code: Code::Rec007,
    severity: Severity::Warning,
    title: "records outside the plan follow by cascade (which tables; how many, where \
          loaded); E where the cascade reaches a table that was not loaded and undo \
          could not restore it, unless accepted",
    what: "Assigning a record takes its child records along where `cascades` says `all`, \
          `active` or `user-owned`. Named are the tables, at any depth, and how many of \
          their loaded records no row names. Which child belongs to which record is not \
          known here, so that is the most that can follow. The error is REC010.",
    why: "Records change hands that nobody signed off. Rows that name children are \
          written after their parents and so win.",
    example: "`account,contact,all`: 300 accounts are assigned, and 904 of 1,204 contacts \
          are named by no row.",
    cure: "Name the children in a records file of their own, so that it is said who gets \
          them; or go on where it is meant.",
    source: "P4.4",
    guards: false,
    keep_out: false,
};

pub(super) const REC008: Rule = Rule {
    code: Code::Rec008,
    severity: Severity::Warning,
    title: "the previous owner keeps a share (`sharetopreviousowneronassign`)",
    what: "The setting is on, and records are assigned.",
    why: "Whoever gives a record away still sees and edits it, and each share is a row in \
          the environment: a million records, a million shares.",
    example: "`settings` holds `sharetopreviousowneronassign` with the value `true`.",
    cure: "Have an administrator switch the setting off for the time of the migration, \
          and on again afterwards, unless the shares are wanted.",
    source: "P4.2",
    guards: false,
    keep_out: false,
};

pub(super) const REC009: Rule = Rule {
    code: Code::Rec009,
    severity: Severity::Warning,
    title: "SYSTEM or INTEGRATION owns it now",
    what: "Records that are to be assigned belong to one of the two users of the service \
          itself.",
    why: "Nobody made such a record by hand: a solution, a flow or a synchronisation did, \
          and may look for it where it was.",
    example: "12 of the accounts belong to `SYSTEM`.",
    cure: "Ask what made them before they are assigned; leave their rows out where that \
          is not known.",
    source: "S77 P2",
    guards: false,
    keep_out: false,
};

pub(super) const REC010: Rule = Rule {
    code: Code::Rec010,
    severity: Severity::Error,
    title: "the cascade reaches a table that was not loaded, so undo could not restore it",
    what: "Assigning rows of a table takes along rows of tables whose records were not \
          loaded (see REC007). All rows of the table fall.",
    why: "What nobody has read nobody can give back: `undo` restores owners that it \
          knows.",
    example: "`account,incident,all`, and the environment folder has no \
          `records-incident`.",
    cure: "Load the records of the tables named; or accept it: `unchecked = [\"REC010\"]` \
          under `[accept]` in `cutover.toml`.",
    source: "P4.4",
    guards: false,
    keep_out: false,
};
