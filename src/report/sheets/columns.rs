//! The columns of each sheet.
//!
//! In: nothing. Out: data. `rows.rs` gives a cell for each, in the same order.

use crate::report::sheets::{SheetColumn, SheetKind, SheetName};

pub(in crate::report) const fn column(
    key: &'static str,
    title: &'static str,
    kind: SheetKind,
    width: u16,
) -> SheetColumn {
    SheetColumn {
        key,
        title,
        kind,
        width,
    }
}

const FILE: SheetColumn = column("file", "File", SheetKind::Text, 28);
const ROW: SheetColumn = column("row", "Row", SheetKind::Number, 8);

pub(super) fn of(sheet: SheetName) -> &'static [SheetColumn] {
    match sheet {
        SheetName::Owners => OWNERS,
        SheetName::StubUsers => STUB_USERS,
        SheetName::Users => USERS,
        SheetName::Roles => ROLES,
        SheetName::Records => RECORDS,
        SheetName::Findings => FINDINGS,
        SheetName::Readiness => READINESS,
        SheetName::Reconciliation => RECONCILIATION,
        SheetName::Inputs => INPUTS,
    }
}

const OWNERS: &[SheetColumn] = &[
    column("reference", "Owner reference", SheetKind::Cell, 32),
    column("rows", "Rows", SheetKind::Number, 8),
    column("rows_by_table", "Rows by table", SheetKind::Text, 24),
    column("fate", "What happens", SheetKind::Text, 16),
    column("by", "Decided by", SheetKind::Text, 18),
    column("owner", "New owner", SheetKind::Person, 40),
    column("candidates", "Candidates", SheetKind::Person, 40),
    column("near_misses", "Near misses", SheetKind::Person, 40),
    column("ruling", "Ruling", SheetKind::Ruling, 32),
];

const STUB_USERS: &[SheetColumn] = &[
    column("full_name", "Name", SheetKind::Person, 28),
    column("upn", "UPN", SheetKind::Address, 36),
    column("mail", "Mail", SheetKind::Address, 36),
    column("employee_id", "Employee id", SheetKind::Cell, 14),
    column("records", "Records", SheetKind::Number, 10),
    column("business_unit", "Business unit", SheetKind::Text, 24),
    column("default_role", "Default role", SheetKind::Text, 24),
    column("way", "Made by", SheetKind::Text, 10),
    FILE,
    ROW,
    column("id", "Planned id", SheetKind::Id, 38),
];

const USERS: &[SheetColumn] = &[
    column("user", "User", SheetKind::Person, 40),
    column("what", "What changes", SheetKind::Text, 18),
    column("before", "Before", SheetKind::Values, 36),
    column("after", "After", SheetKind::Values, 36),
    FILE,
    ROW,
    column("id", "Id", SheetKind::Id, 38),
];

const ROLES: &[SheetColumn] = &[
    column("action", "Action", SheetKind::Text, 10),
    column("role", "Role", SheetKind::Text, 32),
    column("principal", "To or from", SheetKind::Person, 40),
    FILE,
    ROW,
    column("id", "User or team", SheetKind::Id, 38),
    column("role_id", "Role's id", SheetKind::Id, 38),
];

const RECORDS: &[SheetColumn] = &[
    column("table", "Table", SheetKind::Text, 16),
    column("record", "Record", SheetKind::Id, 38),
    column("before", "Owner before", SheetKind::Person, 40),
    column("after", "Owner after", SheetKind::Person, 40),
    FILE,
    ROW,
];

const FINDINGS: &[SheetColumn] = &[
    column("severity", "Severity", SheetKind::Severity, 10),
    column("code", "Code", SheetKind::Code, 9),
    column("accepted", "Accepted", SheetKind::Answer, 9),
    column("subject", "About", SheetKind::Cell, 32),
    column("message", "What was found", SheetKind::Prose, 70),
    column("cure", "Cure", SheetKind::Prose, 60),
    FILE,
    ROW,
    column("line", "Line", SheetKind::Number, 8),
    column("column", "Column", SheetKind::Text, 18),
    column("cell", "Cell", SheetKind::Cell, 28),
];

const READINESS: &[SheetColumn] = &[
    column("name", "Name", SheetKind::Person, 28),
    column("upn", "UPN", SheetKind::Address, 36),
    column("today", "Today", SheetKind::Answer, 10),
    column("today_why", "Why not", SheetKind::Text, 36),
    column("after_plan", "After the plan", SheetKind::Answer, 10),
    column("after_plan_why", "Why not", SheetKind::Text, 36),
    column(
        "after_hand_over",
        "After the hand-over",
        SheetKind::Answer,
        10,
    ),
    column("after_hand_over_why", "Why not", SheetKind::Text, 36),
];

const RECONCILIATION: &[SheetColumn] = &[
    column("name", "Owner", SheetKind::Person, 40),
    column("standing", "What it is", SheetKind::Text, 16),
    column("table", "Table", SheetKind::Text, 16),
    column("status", "Status", SheetKind::Text, 12),
    column("before", "Before", SheetKind::Number, 10),
    column("gone", "Given away", SheetKind::Number, 10),
    column("come", "Received", SheetKind::Number, 10),
    column("after", "After", SheetKind::Number, 10),
    column(
        "left_with_leaver",
        "Left with somebody who has left",
        SheetKind::Number,
        14,
    ),
    column("id", "Id", SheetKind::Id, 38),
];

const INPUTS: &[SheetColumn] = &[
    column("file", "File", SheetKind::Text, 32),
    column("kind", "Kind", SheetKind::Text, 10),
    column("table", "Table", SheetKind::Text, 16),
    column("rows", "Rows", SheetKind::Number, 10),
    column("changes", "Changes", SheetKind::Number, 10),
    column("no_change", "No change", SheetKind::Number, 10),
    column("repeated", "Repeated", SheetKind::Number, 10),
    column("left", "Left", SheetKind::Number, 10),
    column("kept_out", "Kept out", SheetKind::Number, 10),
    column("stopped", "Stopped", SheetKind::Number, 10),
    column("encoding", "Encoding", SheetKind::Text, 12),
    column("sheet", "Sheet", SheetKind::Text, 16),
    column("bytes", "Bytes", SheetKind::Number, 14),
    column("blake3", "BLAKE3", SheetKind::Text, 66),
];
