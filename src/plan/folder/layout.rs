//! The columns of the four kinds of change files, and where each stands.
//!
//! In: nothing. Out: what `changes.rs` writes and `read.rs` reads. The order and the types are part
//! of the format: other programs read these files too.

use crate::plan::folder::table::Column;
use crate::plan::folder::table::Kind;

/// The number of the change: the first column of every change file.
pub(super) const SEQ: usize = 0;

const SEQ_COLUMN: Column = Column::new("seq", Kind::Whole).rising();
const FILE_COLUMN: Column = Column::new("source_file", Kind::Number).repeating();
const ROW_COLUMN: Column = Column::new("source_row", Kind::Whole).rising();

/// Stage 1: stub users to be made.
pub(super) mod stub {
    use super::{Column, FILE_COLUMN, Kind, ROW_COLUMN, SEQ_COLUMN};

    pub(in crate::plan::folder) const ID: usize = 1;
    pub(in crate::plan::folder) const UPN: usize = 2;
    pub(in crate::plan::folder) const MAIL: usize = 3;
    pub(in crate::plan::folder) const FIRST_NAME: usize = 4;
    pub(in crate::plan::folder) const LAST_NAME: usize = 5;
    pub(in crate::plan::folder) const FULL_NAME: usize = 6;
    pub(in crate::plan::folder) const EMPLOYEE_ID: usize = 7;
    pub(in crate::plan::folder) const BUSINESS_UNIT: usize = 8;
    pub(in crate::plan::folder) const DEFAULT_ROLE: usize = 9;
    pub(in crate::plan::folder) const WAY: usize = 10;
    pub(in crate::plan::folder) const FILE: usize = 11;
    pub(in crate::plan::folder) const ROW: usize = 12;

    pub(in crate::plan::folder) const COLUMNS: &[Column] = &[
        SEQ_COLUMN,
        Column::new("user", Kind::Id),
        Column::new("upn", Kind::Text),
        Column::new("mail", Kind::Text),
        Column::new("first_name", Kind::Text).optional(),
        Column::new("last_name", Kind::Text).optional(),
        Column::new("full_name", Kind::Text),
        Column::new("employee_id", Kind::Text).optional(),
        Column::new("business_unit", Kind::Id).repeating(),
        Column::new("default_role", Kind::Id).repeating(),
        Column::new("way", Kind::Text).repeating(),
        FILE_COLUMN.optional(),
        ROW_COLUMN.optional(),
    ];
}

/// Stage 2: existing users to be changed, all of one user in one row. A pair of cells that is empty is no
/// part of the change. Profile cells are JSON objects by field, in which `null` is blank; roles are
/// JSON lists of role ids.
pub(super) mod user {
    use super::{Column, FILE_COLUMN, Kind, ROW_COLUMN, SEQ_COLUMN};

    pub(in crate::plan::folder) const ID: usize = 1;
    pub(in crate::plan::folder) const UNIT_BEFORE: usize = 2;
    pub(in crate::plan::folder) const UNIT_AFTER: usize = 3;
    pub(in crate::plan::folder) const MODE_BEFORE: usize = 4;
    pub(in crate::plan::folder) const MODE_AFTER: usize = 5;
    pub(in crate::plan::folder) const PROFILE_BEFORE: usize = 6;
    pub(in crate::plan::folder) const PROFILE_AFTER: usize = 7;
    pub(in crate::plan::folder) const ROLES_BEFORE: usize = 8;
    pub(in crate::plan::folder) const ROLES_AFTER: usize = 9;
    pub(in crate::plan::folder) const FILE: usize = 10;
    pub(in crate::plan::folder) const ROW: usize = 11;

    pub(in crate::plan::folder) const COLUMNS: &[Column] = &[
        SEQ_COLUMN,
        Column::new("user", Kind::Id),
        Column::new("business_unit_before", Kind::Id)
            .optional()
            .repeating(),
        Column::new("business_unit_after", Kind::Id)
            .optional()
            .repeating(),
        Column::new("access_mode_before", Kind::Text)
            .optional()
            .repeating(),
        Column::new("access_mode_after", Kind::Text)
            .optional()
            .repeating(),
        Column::new("profile_before", Kind::Text).optional(),
        Column::new("profile_after", Kind::Text).optional(),
        Column::new("roles_before", Kind::Text).optional(),
        Column::new("roles_after", Kind::Text).optional(),
        FILE_COLUMN,
        ROW_COLUMN,
    ];
}

/// Stages 3 and 5: roles given and removed. `before` and `after` say whether the role is there.
pub(super) mod role {
    use super::{Column, FILE_COLUMN, Kind, ROW_COLUMN, SEQ_COLUMN};

    pub(in crate::plan::folder) const PRINCIPAL: usize = 1;
    pub(in crate::plan::folder) const PRINCIPAL_TYPE: usize = 2;
    pub(in crate::plan::folder) const ROLE: usize = 3;
    pub(in crate::plan::folder) const BEFORE: usize = 4;
    pub(in crate::plan::folder) const AFTER: usize = 5;
    pub(in crate::plan::folder) const FILE: usize = 6;
    pub(in crate::plan::folder) const ROW: usize = 7;

    pub(in crate::plan::folder) const COLUMNS: &[Column] = &[
        SEQ_COLUMN,
        Column::new("principal", Kind::Id),
        Column::new("principal_type", Kind::Number).repeating(),
        Column::new("role", Kind::Id).repeating(),
        Column::new("before", Kind::Flag),
        Column::new("after", Kind::Flag),
        FILE_COLUMN,
        ROW_COLUMN,
    ];
}

/// Stage 4: records to be assigned. `before` and `after` are owners; types are 8 user, 9 team.
pub(super) mod assign {
    use super::{Column, FILE_COLUMN, Kind, ROW_COLUMN, SEQ_COLUMN};

    pub(in crate::plan::folder) const RECORD: usize = 1;
    pub(in crate::plan::folder) const BEFORE: usize = 2;
    pub(in crate::plan::folder) const BEFORE_TYPE: usize = 3;
    pub(in crate::plan::folder) const AFTER: usize = 4;
    pub(in crate::plan::folder) const AFTER_TYPE: usize = 5;
    pub(in crate::plan::folder) const FILE: usize = 6;
    pub(in crate::plan::folder) const ROW: usize = 7;

    pub(in crate::plan::folder) const COLUMNS: &[Column] = &[
        SEQ_COLUMN,
        Column::new("record", Kind::Id),
        Column::new("before", Kind::Id).optional().repeating(),
        Column::new("before_type", Kind::Number)
            .optional()
            .repeating(),
        Column::new("after", Kind::Id).optional().repeating(),
        Column::new("after_type", Kind::Number)
            .optional()
            .repeating(),
        FILE_COLUMN,
        ROW_COLUMN,
    ];
}
