//! The file of existing users to be changed: a row for each, whatever of the user changes.
//!
//! In: a draft's users with the roles that go along, or a row read back. Out: cells, or the unit of work.
//! Roles and profile fields are as many as there are, so they stand as JSON: role ids sorted, fields in
//! the order of the model.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::{
    AccessMode, Changed, FileId, ProfileField, UnitId, UserChange, UserId, UserValues,
};
use crate::plan::Draft;
use crate::plan::PlanError;
use crate::plan::folder::changes::{file_number, seqs};
use crate::plan::folder::layout::user;
use crate::plan::folder::scan::Batch;
use crate::plan::folder::table::{Cells, Group};

/// A user to be changed.
pub(super) struct UserToChange {
    change: UserChange,
    file: FileId,
    row: u64,
    /// The file of each roles row that goes along.
    joined: Vec<FileId>,
}

impl UserToChange {
    /// The users whose change stands, in the order of the stage.
    pub(super) fn all(draft: &Draft) -> Vec<Self> {
        let standing = draft.users_to_change().into_iter();
        standing
            .map(|(user, given)| {
                let roles: Vec<_> = given.iter().map(|given| given.role).collect();
                Self {
                    change: user.change(&roles),
                    file: user.file,
                    row: user.row,
                    joined: given.iter().map(|given| given.file).collect(),
                }
            })
            .collect()
    }

    /// The file of each export row that became part of it: its own first.
    pub(super) fn sources(&self) -> impl Iterator<Item = FileId> {
        std::iter::once(self.file).chain(self.joined.iter().copied())
    }

    /// How many rows of roles files go along.
    pub(super) fn joined(&self) -> u64 {
        self.joined.len() as u64
    }
}

/// The cells of some of them, numbered from `first_seq` on.
pub(super) fn cells(first_seq: u64, users: &[UserToChange]) -> Group {
    let befores: Vec<UserValues> = users.iter().map(|user| user.change.before()).collect();
    let afters: Vec<UserValues> = users.iter().map(|user| user.change.after()).collect();
    let unit = |values: &[UserValues]| {
        let units = values.iter();
        Cells::Id(
            units
                .map(|values| values.business_unit.map(|unit| unit.0))
                .collect(),
        )
    };
    let mode = |values: &[UserValues]| {
        let modes = values.iter();
        Cells::optional_texts(modes.map(|values| values.access_mode.map(AccessMode::word)))
    };
    let profile = |values: &[UserValues]| {
        let profiles = values.iter().map(|values| &values.profile);
        json(profiles.map(|profile| (!profile.is_empty()).then_some(profile)))
    };
    let roles = |values: &[UserValues]| json(values.iter().map(|values| values.roles.as_ref()));
    vec![
        seqs(first_seq, users.len()),
        Cells::Id(users.iter().map(|user| Some(user.change.user.0)).collect()),
        unit(&befores),
        unit(&afters),
        mode(&befores),
        mode(&afters),
        profile(&befores),
        profile(&afters),
        roles(&befores),
        roles(&afters),
        Cells::Number(
            users
                .iter()
                .map(|user| Some(file_number(user.file)))
                .collect(),
        ),
        Cells::Whole(
            users
                .iter()
                .map(|user| i64::try_from(user.row).ok())
                .collect(),
        ),
    ]
}

/// Cells of JSON. Ids, field names and texts always have one.
fn json<T: Serialize>(values: impl Iterator<Item = Option<T>>) -> Cells {
    let texts: Vec<Option<String>> = values
        .map(|value| serde_json::to_string(&value?).ok())
        .collect();
    Cells::optional_texts(texts.iter().map(Option::as_deref))
}

/// The unit of work of a row.
pub(super) fn change(batch: &Batch<'_>, row: usize) -> Result<UserChange, PlanError> {
    let unit = |column| Ok(batch.id(column, row)?.map(UnitId));
    let change = UserChange {
        user: UserId(batch.needed(user::ID, batch.id(user::ID, row))?),
        business_unit: pair(batch, user::UNIT_BEFORE, user::UNIT_AFTER, unit)?,
        access_mode: pair(batch, user::MODE_BEFORE, user::MODE_AFTER, |column| {
            mode(batch, column, row)
        })?,
        profile: profile(batch, row)?,
        roles: pair(batch, user::ROLES_BEFORE, user::ROLES_AFTER, |column| {
            parsed(batch, column, row)
        })?,
    };
    if change.before() == change.after() {
        return Err(batch.damaged(
            user::ROLES_AFTER,
            "is what `roles_before` is, and so all else",
        ));
    }
    if change.business_unit.is_some() && change.roles.is_none() {
        // Who is moved loses roles: without knowing which, they could not be given again.
        return Err(batch.damaged(user::ROLES_BEFORE, "is empty, and yet the user is moved"));
    }
    Ok(change)
}

/// Two cells that are both there or both empty.
fn pair<T>(
    batch: &Batch<'_>,
    before: usize,
    after: usize,
    cell: impl Fn(usize) -> Result<Option<T>, PlanError>,
) -> Result<Option<Changed<T>>, PlanError> {
    match (cell(before)?, cell(after)?) {
        (Some(before), Some(after)) => Ok(Some(Changed { before, after })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(batch.damaged(after, "is empty, and its other half is not")),
        (None, Some(_)) => Err(batch.damaged(before, "is empty, and its other half is not")),
    }
}

fn mode(batch: &Batch<'_>, column: usize, row: usize) -> Result<Option<AccessMode>, PlanError> {
    let Some(text) = batch.text(column, row)? else {
        return Ok(None);
    };
    let mode = AccessMode::ALL.iter().find(|mode| mode.word() == text);
    mode.map(|mode| Some(*mode))
        .ok_or_else(|| batch.damaged(column, "is no access mode"))
}

fn profile(
    batch: &Batch<'_>,
    row: usize,
) -> Result<BTreeMap<ProfileField, Changed<Option<String>>>, PlanError> {
    type Fields = BTreeMap<ProfileField, Option<String>>;
    let both = pair(batch, user::PROFILE_BEFORE, user::PROFILE_AFTER, |column| {
        parsed::<Fields>(batch, column, row)
    })?;
    let Some(Changed { before, mut after }) = both else {
        return Ok(BTreeMap::new());
    };
    let same_fields = before.keys().eq(after.keys());
    if !same_fields {
        return Err(batch.damaged(
            user::PROFILE_AFTER,
            "names other fields than `profile_before`",
        ));
    }
    Ok(before
        .into_iter()
        .map(|(field, before)| {
            let after = after.remove(&field).flatten();
            (field, Changed { before, after })
        })
        .collect())
}

fn parsed<T: DeserializeOwned>(
    batch: &Batch<'_>,
    column: usize,
    row: usize,
) -> Result<Option<T>, PlanError> {
    let Some(text) = batch.text(column, row)? else {
        return Ok(None);
    };
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|_| batch.damaged(column, "is not the JSON of this format"))
}
