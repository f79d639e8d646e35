//! How users and the people of the directory lie in the tables, there and back.
//!
//! In: facts, or rows of an environment file. Out: rows, or the same facts. A cell without a value is
//! unknown or blank, and which of the two is said apart: of users by field (`users.title` in `loaded`),
//! of people by `licences_told` and `roles_told`.

use std::collections::BTreeSet;

use rusqlite::Row;
use rusqlite::types::Type;

use crate::environment::EnvironmentError;
use crate::environment::Writer;
use crate::environment::values;
use crate::model::{
    AccessMode, DirectoryPerson, Fact, Invitation, Profile, ProfileField, UnitId, User,
    UserDetails, UserId,
};

/// What a field of users is called in `loaded`, before its key.
const FIELD: &str = "users.";

/// The fields of a person, in the order of the columns of [`PEOPLE`].
const PERSON: [ProfileField; 12] = [
    ProfileField::FirstName,
    ProfileField::LastName,
    ProfileField::Mail,
    ProfileField::Title,
    ProfileField::MainPhone,
    ProfileField::MobilePhone,
    ProfileField::Fax,
    ProfileField::HomePhone,
    ProfileField::Street,
    ProfileField::City,
    ProfileField::State,
    ProfileField::Country,
];

/// All users, as [`user`] takes them.
pub(super) const USERS: &str = "SELECT id, upn, mail, mail2, mobile_alert_mail, first_name, \
    last_name, full_name, employee_id, business_unit, access_mode, disabled, licensed, \
    application_id, directory_id, stub, title, main_phone, mobile_phone, fax, home_phone, street, \
    city, state, country, synchronised, deleted, invitation, invited_on FROM user ORDER BY id";

/// All people, as [`person`] takes them.
pub(super) const PEOPLE: &str = "SELECT upn, id, display_name, first_name, last_name, mail, title, \
    main_phone, mobile_phone, fax, home_phone, street, city, state, country, enabled, deleted, \
    guest, \
    CASE WHEN licences_told THEN \
        (SELECT json_group_array(product) FROM directory_licence WHERE person = upn) END, \
    CASE WHEN roles_told THEN \
        (SELECT json_group_array(role) FROM directory_role WHERE person = upn) END \
    FROM directory_person ORDER BY upn";

/// The user of a row of [`USERS`].
pub(super) fn user(row: &Row<'_>) -> rusqlite::Result<Option<Fact>> {
    Ok(Some(Fact::User(User {
        id: UserId(values::guid(row, 0)?),
        upn: row.get(1)?,
        mail: row.get(2)?,
        mail2: row.get(3)?,
        mobile_alert_mail: row.get(4)?,
        first_name: row.get(5)?,
        last_name: row.get(6)?,
        full_name: row.get(7)?,
        employee_id: row.get(8)?,
        business_unit: UnitId(values::guid(row, 9)?),
        access_mode: values::coded(row, 10, AccessMode::from_code)?,
        disabled: row.get(11)?,
        licensed: row.get(12)?,
        application_id: values::optional_guid(row, 13)?,
        directory_id: values::optional_guid(row, 14)?,
        stub: row.get(15)?,
        details: Box::new(UserDetails {
            profile: profile(row, 16, &ProfileField::DETAILS)?,
            synchronised: row.get(25)?,
            deleted: row.get(26)?,
            invitation: values::optional_coded(row, 27, Invitation::from_code)?,
            invited_on: row.get(28)?,
        }),
    })))
}

/// The person of a row of [`PEOPLE`].
pub(super) fn person(row: &Row<'_>) -> rusqlite::Result<Option<Fact>> {
    Ok(Some(Fact::Person(Box::new(DirectoryPerson {
        upn: row.get(0)?,
        id: values::optional_guid(row, 1)?,
        display_name: row.get(2)?,
        profile: profile(row, 3, &PERSON)?,
        enabled: row.get(15)?,
        deleted: row.get(16)?,
        guest: row.get(17)?,
        licences: texts(row, 18)?,
        roles: texts(row, 19)?,
    }))))
}

/// The field that a name in `loaded` says was told.
pub(super) fn loaded_field(name: &str) -> Option<Fact> {
    let field = ProfileField::from_key(name.strip_prefix(FIELD)?)?;
    Some(Fact::LoadedField(field))
}

fn profile(row: &Row<'_>, first: usize, fields: &[ProfileField]) -> rusqlite::Result<Profile> {
    let mut profile = Profile::new();
    for (index, field) in fields.iter().enumerate() {
        if let Some(text) = row.get(first + index)? {
            profile.insert(*field, text);
        }
    }
    Ok(profile)
}

fn texts(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<BTreeSet<String>>> {
    let Some(list) = row.get::<_, Option<String>>(column)? else {
        return Ok(None);
    };
    serde_json::from_str(&list).map(Some).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

/// Writes a user.
pub(super) fn add_user(writer: &Writer, user: &User) -> Result<(), EnvironmentError> {
    let id = user.id.0.into_bytes();
    writer.run(
        "INSERT INTO user (id, upn, mail, mail2, mobile_alert_mail, first_name, last_name, \
         full_name, employee_id, business_unit, access_mode, disabled, licensed, \
         application_id, directory_id, stub) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        (
            id,
            &user.upn,
            &user.mail,
            &user.mail2,
            &user.mobile_alert_mail,
            &user.first_name,
            &user.last_name,
            &user.full_name,
            &user.employee_id,
            user.business_unit.0.into_bytes(),
            user.access_mode.code(),
            user.disabled,
            user.licensed,
            user.application_id.map(uuid::Uuid::into_bytes),
            user.directory_id.map(uuid::Uuid::into_bytes),
            user.stub,
        ),
    )?;
    let details = &user.details;
    if **details == UserDetails::default() {
        return Ok(());
    }
    let [
        title,
        phone,
        mobile,
        fax,
        home,
        street,
        city,
        state,
        country,
    ] = ProfileField::DETAILS.map(|field| details.profile.get(&field));
    writer.run(
        "UPDATE user SET title = ?2, main_phone = ?3, mobile_phone = ?4, fax = ?5, \
         home_phone = ?6, street = ?7, city = ?8, state = ?9, country = ?10, synchronised = ?11, \
         deleted = ?12, invitation = ?13, invited_on = ?14 WHERE id = ?1",
        (
            id,
            title,
            phone,
            mobile,
            fax,
            home,
            street,
            city,
            state,
            country,
            details.synchronised,
            details.deleted,
            details.invitation.map(Invitation::code),
            &details.invited_on,
        ),
    )
}

/// Writes a person with licences and roles.
pub(super) fn add_person(
    writer: &Writer,
    person: &DirectoryPerson,
) -> Result<(), EnvironmentError> {
    writer.run(
        "INSERT INTO directory_person (upn, id, display_name, enabled, deleted, guest, \
         licences_told, roles_told) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            &person.upn,
            person.id.map(uuid::Uuid::into_bytes),
            &person.display_name,
            person.enabled,
            person.deleted,
            person.guest,
            person.licences.is_some(),
            person.roles.is_some(),
        ),
    )?;
    let [
        first,
        last,
        mail,
        title,
        phone,
        mobile,
        fax,
        home,
        street,
        city,
        state,
        country,
    ] = PERSON.map(|field| person.profile.get(&field));
    writer.run(
        "UPDATE directory_person SET first_name = ?2, last_name = ?3, mail = ?4, title = ?5, \
         main_phone = ?6, mobile_phone = ?7, fax = ?8, home_phone = ?9, street = ?10, city = ?11, \
         state = ?12, country = ?13 WHERE upn = ?1",
        (
            &person.upn,
            first,
            last,
            mail,
            title,
            phone,
            mobile,
            fax,
            home,
            street,
            city,
            state,
            country,
        ),
    )?;
    for product in person.licences.iter().flatten() {
        writer.run(
            "INSERT OR IGNORE INTO directory_licence (person, product) VALUES (?1, ?2)",
            (&person.upn, product),
        )?;
    }
    for role in person.roles.iter().flatten() {
        writer.run(
            "INSERT OR IGNORE INTO directory_role (person, role) VALUES (?1, ?2)",
            (&person.upn, role),
        )?;
    }
    Ok(())
}

/// Says that the source told this field of users.
pub(super) fn add_loaded_field(
    writer: &Writer,
    field: ProfileField,
) -> Result<(), EnvironmentError> {
    writer.run(
        "INSERT OR IGNORE INTO loaded (name) VALUES (?1)",
        [format!("{FIELD}{}", field.key())],
    )
}
