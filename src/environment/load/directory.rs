//! The directory of an environment folder: exports of Microsoft 365, Entra and Active Directory.
//!
//! In: `directory` and `directory-<name>`, each whatever administrators export: the admin centre's
//! "Export users", Entra's "Download users" and "Download assignments", `Get-ADUser | Export-Csv`,
//! `csvde`. Columns are known by their headers. Out: what each row tells, for `people.rs` to put
//! together. What follows from it is a rule.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::environment::EnvironmentError;
use crate::environment::load::Loading;
use crate::environment::load::cells::Cells;
use crate::environment::load::cells::Column;
use crate::environment::load::cells::Sheet;
use crate::environment::load::cells::Told;
use crate::environment::load::csvde;
use crate::environment::load::headers;
use crate::environment::load::people::People;
use crate::environment::load::people::Said;
use crate::environment::load::people::Strict;
use crate::environment::load::people::Trouble;
use crate::environment::load::problems::Problem;
use crate::environment::load::words;
use crate::model::{Loadable, Profile, ProfileField, comparison_key, quoted};

/// What the admin centre writes for somebody without a product.
const UNLICENSED: &str = "unlicensed";

/// What marks the primary one of a person's mail addresses.
const PRIMARY: &str = "SMTP:";

/// Classes of Active Directory whose objects are people.
const PEOPLE: [&str; 3] = ["user", "inetorgperson", "person"];

/// `userAccountControl`: the account is disabled.
const DISABLED: i64 = 2;

/// The plain texts of a profile; a mail stands apart.
const FIELDS: [ProfileField; 11] = [
    ProfileField::FirstName,
    ProfileField::LastName,
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

/// A role assignment, read before its person may be known.
#[derive(Debug)]
pub(super) struct Assignment {
    /// Where it stands, for a problem that is known later.
    at: Problem,
    told: Said,
    role: String,
}

struct Columns {
    upn: Column,
    account: Column,
    id: Column,
    local_id: Column,
    display_name: Column,
    mail: Column,
    addresses: Column,
    fields: [Column; 11],
    enabled: Column,
    blocked: Column,
    account_control: Column,
    deleted: Column,
    user_type: Column,
    licences: Column,
    licence_details: Column,
    roles: Column,
    role: Column,
    class: Column,
    /// Whether `csvde` wrote the file.
    is_csvde: bool,
}

impl Columns {
    fn of(sheet: &Sheet) -> Self {
        Self {
            upn: sheet.column("upn"),
            account: sheet.column("account"),
            id: sheet.column("id"),
            local_id: sheet.column("local_id"),
            display_name: sheet.column("display_name"),
            mail: sheet.column("mail"),
            addresses: sheet.column("proxy_addresses"),
            fields: FIELDS.map(|field| sheet.column(field.key())),
            enabled: sheet.column("enabled"),
            blocked: sheet.column("blocked"),
            account_control: sheet.column("account_control"),
            deleted: sheet.column("deleted"),
            user_type: sheet.column("user_type"),
            licences: sheet.column("licences"),
            licence_details: sheet.column("licence_details"),
            roles: sheet.column("roles"),
            role: sheet.column("role"),
            class: sheet.column("class"),
            is_csvde: sheet.column("dn").is_there(),
        }
    }

    /// The column that tells what files must agree on.
    fn strict(&self, what: Strict) -> Column {
        let there = |columns: &[Column]| {
            let there = columns.iter().copied().find(|column| column.is_there());
            there.unwrap_or(self.upn)
        };
        match what {
            Strict::Upn => self.upn,
            Strict::Id => there(&[self.id, self.local_id]),
            Strict::Mail => there(&[self.mail, self.addresses]),
            Strict::Enabled => there(&[self.enabled, self.blocked, self.account_control]),
            Strict::Deleted => self.deleted,
            Strict::Guest => self.user_type,
            Strict::Licences => self.licences,
            Strict::Roles => self.roles,
        }
    }
}

/// Rows that are left out, and what is left unsaid; told as remarks.
#[derive(Default)]
struct LeftOut {
    classes: BTreeMap<String, u64>,
    details_only: u64,
}

/// Reads a file of people, or of who has which directory role; the answer is how many rows there were.
pub(super) fn read(sheet: &Sheet, loading: &mut Loading<'_>) -> Result<u64, EnvironmentError> {
    let columns = Columns::of(sheet);
    let is_list = columns.role.is_there();
    let names = [columns.upn, columns.account, columns.id];
    let known = if is_list { &names[..] } else { &names[..2] };
    if !known.iter().any(|column| column.is_there()) {
        sheet.tell_missing(
            "upn",
            headers::of(Loadable::Directory),
            &mut loading.problems,
        );
        return Ok(0);
    }
    let mut left_out = LeftOut::default();
    let mut assignments = Vec::new();
    let people = &mut loading.people;
    people.begin(sheet.shown());
    let rows = sheet.rows(loading.progress, &mut loading.problems, &mut |cells| {
        if !is_person(cells, &columns, &mut left_out) {
            return Ok(());
        }
        if is_list {
            assignments.extend(assignment(cells, &columns));
        } else {
            person(cells, &columns, people, &mut left_out);
        }
        Ok(())
    })?;
    loading.remarks.extend(left_out.remarks(sheet.shown()));
    if is_list {
        loading.people.list_roles();
        let shown = sheet.shown().to_owned();
        loading.assignments.push((shown, assignments));
    }
    Ok(rows)
}

/// Gives out the directory roles, once everybody is known.
pub(super) fn assign(loading: &mut Loading<'_>) {
    for (shown, assignments) in std::mem::take(&mut loading.assignments) {
        loading.people.begin(&shown);
        for Assignment { at, told, role } in assignments {
            let id = told.id.map_or(String::new(), |id| id.to_string());
            let message = match loading.people.give_role(at.row, told, role) {
                Ok(true) => continue,
                Ok(false) => format!(
                    "{id} is nobody of the directory's other files, expected one of them, or the \
                     person's UPN in this row; fill it in, or add the export of the people",
                    id = quoted(&id)
                ),
                Err(message) => message,
            };
            loading.problems.add(Problem { message, ..at });
        }
    }
}

/// Whether a row is about a person; computers, groups and programs are counted and left out.
fn is_person(cells: &Cells<'_>, columns: &Columns, left_out: &mut LeftOut) -> bool {
    // Of several classes the last is the one that the object is made of.
    let class = cells.cell(columns.class).rsplit(';').next();
    let class = comparison_key(class.unwrap_or_default());
    if class.is_empty() || PEOPLE.contains(&class.as_str()) {
        return true;
    }
    *left_out.classes.entry(class).or_default() += 1;
    false
}

fn assignment(cells: &mut Cells<'_>, columns: &Columns) -> Option<Assignment> {
    let role = cells.text(columns.role, "a directory role")?;
    let id = cells.optional_guid(columns.id).ok()?;
    let upn = cells.optional(columns.upn);
    if id.is_none() && upn.is_none() {
        cells.text(columns.upn, "the UPN of who has the role")?;
    }
    Some(Assignment {
        at: cells.place(if upn.is_some() {
            columns.upn
        } else {
            columns.id
        }),
        told: Said {
            display_name: cells.optional(columns.display_name),
            upn,
            id,
            ..Said::default()
        },
        role,
    })
}

fn person(cells: &mut Cells<'_>, columns: &Columns, people: &mut People, left_out: &mut LeftOut) {
    let Some(told) = told(cells, columns, left_out) else {
        return;
    };
    let by = if told.upn.is_some() {
        columns.upn
    } else {
        columns.account
    };
    match people.take(cells.spot().row, told) {
        Ok(()) => {}
        Err(Trouble::Repeated) => cells.repeated(by, "person"),
        Err(Trouble::Clash(what, message)) => cells.problem(columns.strict(what), &message),
    }
}

/// What a row tells; `None` where a cell is no good, which is told.
fn told(cells: &mut Cells<'_>, columns: &Columns, left_out: &mut LeftOut) -> Option<Said> {
    let id = cells.optional_guid(columns.id);
    let local_id = cells.parsed(columns.local_id, "a GUID", csvde::guid);
    let enabled = enabled(cells, columns);
    let deleted = cells.parsed(columns.deleted, "`yes`, `no` or a time", words::deleted);
    let guest = cells.parsed(columns.user_type, "`Member` or `Guest`", |text| {
        words::yes_no(text, "guest", "member")
    });
    let mut texts = Texts { cells, columns };
    let upn = texts.of(columns.upn);
    let account = texts.of(columns.account);
    let mail = texts
        .of(columns.mail)
        .or_else(|| primary(texts.cells.cell(columns.addresses)));
    let display_name = texts.of(columns.display_name);
    let mut profile = Profile::new();
    for (field, column) in FIELDS.into_iter().zip(columns.fields) {
        profile.extend(texts.of(column).map(|text| (field, text)));
    }
    if upn.is_none() && account.is_none() {
        let by = if columns.upn.is_there() {
            columns.upn
        } else {
            columns.account
        };
        cells.text(by, "the person's UPN")?;
    }
    Some(Said {
        upn,
        account,
        id: id.ok()?,
        local_id: local_id.ok()?,
        display_name,
        mail,
        profile,
        enabled: enabled.ok()?,
        deleted: columns
            .deleted
            .is_there()
            .then_some(deleted.ok()?.unwrap_or(false)),
        guest: guest.ok()?,
        licences: licences(cells, columns, left_out),
        roles: columns
            .roles
            .is_there()
            .then(|| set(cells.cell(columns.roles))),
    })
}

/// Whether sign-in is allowed, if the row says.
fn enabled(cells: &mut Cells<'_>, columns: &Columns) -> Result<Option<bool>, Told> {
    let enabled = cells.yes_no(columns.enabled);
    let blocked = cells.yes_no(columns.blocked);
    let control = cells.parsed(columns.account_control, "a number", |text| {
        text.parse::<i64>().ok()
    });
    let by_block = blocked?.map(|blocked| !blocked);
    let by_control = control?.map(|control| control & DISABLED == 0);
    Ok(enabled?.or(by_block).or(by_control))
}

/// The texts of a row, as whoever wrote the file writes them.
struct Texts<'a, 'b> {
    cells: &'a mut Cells<'b>,
    columns: &'a Columns,
}

impl Texts<'_, '_> {
    fn of(&mut self, column: Column) -> Option<String> {
        let text = self.cells.optional(column)?;
        if !self.columns.is_csvde {
            return Some(text);
        }
        let plain = csvde::text(&text);
        if plain.is_none() {
            let message = format!(
                "{text}: hexadecimal digits that are no text; export again with `csvde -u`",
                text = quoted(&text)
            );
            self.cells.problem(column, &message);
        }
        plain
    }
}

/// The products of a person; `None` where the file does not say.
fn licences(
    cells: &Cells<'_>,
    columns: &Columns,
    left_out: &mut LeftOut,
) -> Option<BTreeSet<String>> {
    if !columns.licences.is_there() {
        return None;
    }
    let text = cells.cell(columns.licences);
    if text.is_empty() && !cells.cell(columns.licence_details).is_empty() {
        left_out.details_only += 1;
        return None;
    }
    let mut products = set(text);
    products.retain(|product| comparison_key(product) != UNLICENSED);
    Some(products)
}

/// The values of a cell that holds several: parted by `;` or `+`, but for a `+` between blanks, which is
/// part of a product's name.
fn set(text: &str) -> BTreeSet<String> {
    let name = |part: &str| part.replace(IN_NAME, " + ").trim().to_owned();
    let parts = text.replace(" + ", IN_NAME);
    let parts = parts.split(['+', ';']).map(name);
    parts.filter(|part| !part.is_empty()).collect()
}

/// Stands for a `+` between blanks; no export holds it.
const IN_NAME: &str = "\u{1}";

/// The primary one of the addresses in a cell, parted by `+` or `;`. A mail may hold a `+` itself, but
/// no `:`.
fn primary(text: &str) -> Option<String> {
    let start = text.match_indices(PRIMARY).map(|(at, _)| at);
    let mut start = start.filter(|at| *at == 0 || text[..*at].ends_with(['+', ';']));
    let rest = &text[start.next()? + PRIMARY.len()..];
    let end = rest.find(':').map_or(rest.len(), |colon| {
        rest[..colon].rfind(['+', ';']).unwrap_or(colon)
    });
    let mail = rest[..end].split(';').next().unwrap_or_default().trim();
    (!mail.is_empty()).then(|| mail.to_owned())
}

impl LeftOut {
    fn remarks(&self, shown: &str) -> Vec<String> {
        let mut remarks = Vec::new();
        if !self.classes.is_empty() {
            let rows: u64 = self.classes.values().sum();
            let classes = words::listed(self.classes.keys().map(String::as_str));
            let rows = match rows {
                1 => format!("1 row is no person ({classes}) and is left out"),
                rows => format!("{rows} rows are no people ({classes}) and are left out"),
            };
            remarks.push(format!("{shown}: {rows}", shown = quoted(&shown)));
        }
        if self.details_only > 0 {
            remarks.push(format!(
                "{shown}: {} people have details of licences and no licences: what they hold \
                 counts as unknown",
                self.details_only,
                shown = quoted(&shown)
            ));
        }
        remarks
    }
}
