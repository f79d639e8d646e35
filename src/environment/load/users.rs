//! Users of an environment folder.
//!
//! In: `users`. Out: users, each in a known unit; a full name that is not given is composed of
//! first and last. Two users may share a UPN (a stub user and the person it stood for do).

use crate::environment::EnvironmentError;
use crate::environment::load::Loading;
use crate::environment::load::cells::Cells;
use crate::environment::load::cells::Column;
use crate::environment::load::cells::Sheet;
use crate::environment::load::cells::Told;
use crate::environment::load::words;
use crate::environment::load::world::Index;
use crate::model::{
    AccessMode, Fact, Invitation, Principal, ProfileField, UnitId, User, UserDetails, UserId,
    comparison_key,
};

/// Full names of the users that every environment has and that have no UPN.
const BUILT_IN: [&str; 2] = ["system", "integration"];

struct Columns {
    id: Column,
    upn: Column,
    texts: [Column; 7],
    business_unit: Column,
    access_mode: Column,
    disabled: Column,
    licensed: Column,
    application_id: Column,
    directory_id: Column,
    stub: Column,
    details: [Column; 9],
    synchronised: Column,
    deleted: Column,
    azure_state: Column,
    deleted_state: Column,
    invitation: Column,
    invited_on: Column,
}

/// The columns that hold plain texts, in the order in which [`user`] takes them.
const TEXTS: [&str; 7] = [
    "mail",
    "mail2",
    "mobile_alert_mail",
    "first_name",
    "last_name",
    "full_name",
    "employee_id",
];

impl Columns {
    fn of(sheet: &Sheet) -> Self {
        Self {
            id: sheet.column("id"),
            upn: sheet.column("upn"),
            texts: TEXTS.map(|name| sheet.column(name)),
            business_unit: sheet.column("business_unit"),
            access_mode: sheet.column("access_mode"),
            disabled: sheet.column("disabled"),
            licensed: sheet.column("licensed"),
            application_id: sheet.column("application_id"),
            directory_id: sheet.column("directory_id"),
            stub: sheet.column("stub"),
            details: ProfileField::DETAILS.map(|field| sheet.column(field.key())),
            synchronised: sheet.column("synchronised"),
            deleted: sheet.column("deleted"),
            azure_state: sheet.column("azure_state"),
            deleted_state: sheet.column("deleted_state"),
            invitation: sheet.column("invitation"),
            invited_on: sheet.column("invited_on"),
        }
    }

    /// The fields of profiles that the file tells; a full name that it does not is composed.
    fn told(sheet: &Sheet) -> Vec<ProfileField> {
        let there = |field: ProfileField| sheet.column(field.key()).is_there();
        let composed = || there(ProfileField::FirstName) && there(ProfileField::LastName);
        let told = |field: &ProfileField| match field {
            ProfileField::FullName => there(*field) || composed(),
            _ => there(*field),
        };
        ProfileField::ALL.into_iter().filter(told).collect()
    }
}

/// Reads the users; the answer is how many rows there were.
pub(super) fn read(sheet: &Sheet, loading: &mut Loading<'_>) -> Result<u64, EnvironmentError> {
    let columns = Columns::of(sheet);
    for field in Columns::told(sheet) {
        loading.writer.add(&Fact::LoadedField(field))?;
    }
    let world = &mut loading.world;
    let writer = &mut loading.writer;
    let rows = sheet.rows(loading.progress, &mut loading.problems, &mut |cells| {
        let id = cells.guid(columns.id).map(UserId);
        let unit = unit(cells, columns.business_unit, &world.units);
        let upn = cells.cell(columns.upn).to_owned();
        if let Some(id) = id
            && !world.users.add(id, &upn, unit)
        {
            cells.repeated(columns.id, "user");
            return Ok(());
        }
        let user = user(cells, &columns, id, unit);
        tell_blank_upn(cells, &columns, &upn);
        let (Some(id), Ok(Some(user))) = (id, user) else {
            return Ok(());
        };
        for name in [Some(&user.upn), user.mail.as_ref(), user.full_name.as_ref()] {
            world.name_owner(Principal::User(id), name.map_or("", String::as_str));
        }
        writer.add(&Fact::User(user))
    })?;
    loading.world.users.whole = true;
    Ok(rows)
}

/// The business unit that a cell names.
pub(super) fn unit(cells: &mut Cells<'_>, column: Column, units: &Index<UnitId>) -> Option<UnitId> {
    let expected = "the id or name of a unit in `business_units`";
    cells.reference(column, "business unit", expected, |text| units.find(text))
}

/// The user of a row; `None` where its id or unit is no good, which is told.
fn user(
    cells: &mut Cells<'_>,
    columns: &Columns,
    id: Option<UserId>,
    unit: Option<UnitId>,
) -> Result<Option<User>, Told> {
    let [mail, mail2, mobile, first, last, full, employee] =
        columns.texts.map(|column| cells.optional(column));
    let access_mode = cells.word(columns.access_mode);
    let disabled = cells.parsed(columns.disabled, "`yes` or `no`", |text| {
        words::yes_no(text, "disabled", "enabled")
    });
    let licensed = cells.yes_no(columns.licensed);
    let application_id = cells.optional_guid(columns.application_id);
    let directory_id = cells.optional_guid(columns.directory_id);
    let stub = cells.yes_no(columns.stub);
    let details = details(cells, columns);
    let (Some(id), Some(business_unit)) = (id, unit) else {
        return Ok(None);
    };
    Ok(Some(User {
        id,
        upn: cells.cell(columns.upn).to_owned(),
        mail,
        mail2,
        mobile_alert_mail: mobile,
        full_name: full.or_else(|| composed(first.as_deref(), last.as_deref())),
        first_name: first,
        last_name: last,
        employee_id: employee,
        business_unit,
        access_mode: access_mode?.unwrap_or(AccessMode::ReadWrite),
        disabled: disabled?.unwrap_or(false),
        licensed: licensed?,
        application_id: application_id?,
        directory_id: directory_id?,
        stub: stub?.unwrap_or(false),
        details: Box::new(details?),
    }))
}

/// What a row says of a user beside what records and matching need.
fn details(cells: &mut Cells<'_>, columns: &Columns) -> Result<UserDetails, Told> {
    let fields = ProfileField::DETAILS.into_iter().zip(columns.details);
    let profile = fields.filter_map(|(field, column)| Some((field, cells.optional(column)?)));
    let profile = profile.collect();
    let synchronised = cells.yes_no(columns.synchronised);
    let deleted = cells.yes_no(columns.deleted);
    let azure_state = cells.parsed(
        columns.azure_state,
        "`Exists`, `Soft deleted` or `Not found or hard deleted`",
        words::azure_state,
    );
    let deleted_state = cells.parsed(
        columns.deleted_state,
        "`Not deleted` or `Soft deleted`",
        |text| words::yes_no(text, "soft deleted", "not deleted"),
    );
    let expected = words::listed(Invitation::ALL.iter().map(|status| status.word()));
    let expected = format!("one of {expected}");
    let invitation = cells.parsed(columns.invitation, &expected, words::invitation);
    let invited_on = cells.parsed(columns.invited_on, "a day such as `2026-11-28`", |text| {
        text.parse::<jiff::civil::Date>().ok()
    });
    let deleted = [deleted?, azure_state?, deleted_state?];
    Ok(UserDetails {
        profile,
        synchronised: synchronised?,
        deleted: deleted.contains(&Some(true)),
        invitation: invitation?,
        invited_on: invited_on?.map(|day| day.to_string()),
    })
}

fn composed(first: Option<&str>, last: Option<&str>) -> Option<String> {
    match (first, last) {
        (Some(first), Some(last)) => Some(format!("{first} {last}")),
        (one, other) => one.or(other).map(str::to_owned),
    }
}

fn tell_blank_upn(cells: &mut Cells<'_>, columns: &Columns, upn: &str) {
    let full_name = comparison_key(cells.cell(columns.texts[5]));
    let mode = cells.cell(columns.access_mode);
    let built_in = BUILT_IN.contains(&full_name.as_str())
        || !cells.cell(columns.application_id).is_empty()
        || matches!(
            <AccessMode as words::Word>::of(mode),
            Some(AccessMode::Support | AccessMode::DelegatedAdministrator)
        );
    if upn.is_empty() && !built_in {
        let message = "blank, expected the user's UPN (only built-in, support and application \
                       users have none); fill it in";
        cells.problem(columns.upn, message);
    }
}
