//! Rows of roles exports: whose role, which copy of it, given or taken.
//!
//! In: the rows of every roles export. Out: role changes that differ from what is there, and the fates
//! of the other rows. Whether the service would allow a change is asked in `check/`.

use std::collections::BTreeMap;

use crate::model::{
    Code, Fate, FileId, Findings, OwnerCell, Place, Principal, RoleAction, RoleId, RoleRow, Rung,
    UnitId, Verdict, parse_guid, quoted, unticked,
};
use crate::plan::build::role_names::{several, unknown};
use crate::plan::build::users::After;
use crate::plan::build::{Wanted, label_of, name_of, principal_of, same_name, settle, unit_of};
use crate::plan::{Draft, DraftRole};

/// What a row asks for, once everything in it is known.
struct Ask {
    action: RoleAction,
    principal: Principal,
    role: RoleId,
    role_name: String,
}

/// What was asked for before of each principal and role.
type Asked = BTreeMap<(Principal, RoleId), First>;

/// The first row that asked for something.
struct First {
    /// `None`: later ones ask both to give and to take it.
    action: Option<RoleAction>,
    file: FileId,
    row: u64,
    place: Place,
    /// Whether it was so already, or comes so with a stub user.
    so: Option<So>,
}

/// Why a row needs no change of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum So {
    /// The target holds it.
    Already,
    /// The stub user of this number in the draft comes with it.
    WithStub(usize),
    /// The change of the user of this number in the draft makes it so.
    WithChange(usize),
}

/// Why a row asks for nothing.
struct Fault {
    code: Code,
    subject: String,
    message: String,
    column: u16,
    cell: String,
    /// The business unit that the row names, where it is not there.
    unknown_unit: Option<String>,
}

pub(super) fn build(
    wanted: &Wanted<'_>,
    after: &After,
    draft: &mut Draft,
    findings: &mut Findings,
) {
    let mut asked = Asked::new();
    for (file, rows) in wanted.roles {
        *draft.rows.entry(*file).or_default() += rows.len() as u64;
        for row in rows {
            match ask(wanted, after, draft, row) {
                Ok(Some(ask)) => take(wanted, after, draft, findings, &mut asked, row, ask),
                Ok(None) => settle(draft, *file, Fate::Left),
                Err(None) => {
                    let code = row.unusable.unwrap_or(Code::Fil003);
                    settle(draft, *file, Fate::Stopped(code));
                }
                Err(Some(fault)) => {
                    if let Some(unit) = &fault.unknown_unit {
                        draft.name_unknown_unit(unit);
                    }
                    settle(draft, *file, Fate::Stopped(fault.code));
                    let place =
                        Place::row(*file, row.row, row.line).cell(fault.column, &fault.cell);
                    let cure = || fault.code.rule().cure.to_owned();
                    let id = findings.about(fault.code, &fault.subject, || fault.message, cure);
                    findings.place(id, place);
                }
            }
        }
    }
}

/// What a row asks for: `Ok(None)` if its user was ruled to be left, `Err(None)` if `read/` has
/// already said what is wrong.
fn ask(
    wanted: &Wanted<'_>,
    after: &After,
    draft: &Draft,
    row: &RoleRow,
) -> Result<Option<Ask>, Option<Fault>> {
    if row.unusable.is_some() {
        return Err(None);
    }
    let action = row.action.as_ref().copied().map_err(|text| {
        Some(Fault {
            code: Code::Fil003,
            subject: format!("action {text}"),
            message: format!(
                "{text} is no action; expected `give` or `remove`",
                text = quoted(&text)
            ),
            column: row.columns.action,
            cell: text.clone(),
            unknown_unit: None,
        })
    })?;
    let Some(principal) = principal(wanted, draft, row)? else {
        return Ok(None);
    };
    let (role, role_name) = role(wanted, after, draft, row, principal).map_err(Some)?;
    Ok(Some(Ask {
        action,
        principal,
        role,
        role_name,
    }))
}

fn principal(
    wanted: &Wanted<'_>,
    draft: &Draft,
    row: &RoleRow,
) -> Result<Option<Principal>, Option<Fault>> {
    let fault = |subject: &str, message: String| Fault {
        code: Code::Rol005,
        subject: subject.to_owned(),
        message,
        column: row.columns.user,
        cell: subject.to_owned(),
        unknown_unit: None,
    };
    let reference = match row.user {
        OwnerCell::Unusable(_) => return Err(None),
        OwnerCell::Blank => return Err(Some(fault("", "the row names no user".to_owned()))),
        OwnerCell::Reference(reference) => reference,
    };
    let text = wanted.references.get(reference).text.as_str();
    let Some(resolved) = wanted.resolution.resolved.get(reference.0 as usize) else {
        return Ok(None);
    };
    match &resolved.verdict {
        Verdict::Left => Ok(None),
        Verdict::Fallback(_) => Err(Some(fault(
            text,
            format!(
                "{text} goes to the fallback owner, who is given records and no roles",
                text = quoted(&text)
            ),
        ))),
        Verdict::Matched {
            principal,
            rung: Rung::Ruling,
        } => {
            let label = label_of(wanted, *principal);
            let who = unticked(&label);
            Err(Some(fault(
                text,
                format!(
                    "{text} is ruled to {who}, who gets the records; a role follows no ruling, so \
                     that nobody inherits rights: write who shall have it into the user column",
                    text = quoted(&text)
                ),
            )))
        }
        Verdict::Stub(index) if !is_made(wanted, draft, *index) => Err(Some(fault(
            text,
            format!(
                "no record goes to {text}, and no stub user is made for roles alone",
                text = quoted(&text)
            ),
        ))),
        Verdict::Stopped(code) => {
            let why = resolved.remarks.iter().find(|remark| remark.code == *code);
            let why = why.map_or_else(
                || code.rule().title.to_owned(),
                |remark| remark.message.clone(),
            );
            Err(Some(fault(text, why)))
        }
        verdict => Ok(principal_of(wanted.resolution, verdict)),
    }
}

/// Whether a missing person becomes a stub user in this plan.
fn is_made(wanted: &Wanted<'_>, draft: &Draft, index: usize) -> bool {
    let person = wanted.resolution.stubs.get(index);
    person.is_some_and(|person| draft.stubs.iter().any(|stub| stub.person.id == person.id))
}

/// The copy of the row's role that its principal can have: in the unit that the row names, else in
/// the principal's own, else the one copy or root that the name leads to.
fn role(
    wanted: &Wanted<'_>,
    after: &After,
    draft: &Draft,
    row: &RoleRow,
    principal: Principal,
) -> Result<(RoleId, String), Fault> {
    let text = row.role.as_deref().unwrap_or_default();
    let fault = |code: Code, message: String| Fault {
        code,
        subject: text.to_owned(),
        message,
        column: row.columns.role,
        cell: text.to_owned(),
        unknown_unit: None,
    };
    let copies = copies(wanted, text);
    if copies.is_empty() {
        return Err(fault(Code::Rol001, unknown(wanted, text)));
    }
    let own = unit_of(wanted, after, draft, principal);
    let unit = named_unit(wanted, row, own)?.or(own);
    let in_unit: Vec<RoleId> = copies
        .iter()
        .copied()
        .filter(|role| unit_of_role(wanted, *role) == unit)
        .collect();
    let roots = roots(
        wanted,
        if in_unit.is_empty() {
            &copies
        } else {
            &in_unit
        },
    );
    match (in_unit.as_slice(), roots.as_slice()) {
        ([copy], _) => Ok((*copy, role_name(wanted, *copy))),
        ([], [root]) => Ok((*root, role_name(wanted, *root))),
        _ => Err(fault(Code::Rol002, several(wanted, text, &roots))),
    }
}

/// Every copy of the role that a text means: by name, or one copy by its id.
fn copies(wanted: &Wanted<'_>, text: &str) -> Vec<RoleId> {
    let by_id = parse_guid(text)
        .map(RoleId)
        .filter(|id| wanted.facts.roles().contains_key(id));
    match by_id.and_then(|id| wanted.facts.roles().get(&id)) {
        Some(role) => wanted.facts.role_copies(role.root).to_vec(),
        None => wanted.facts.roles_named(text).to_vec(),
    }
}

pub(super) fn unit_of_role(wanted: &Wanted<'_>, role: RoleId) -> Option<UnitId> {
    wanted
        .facts
        .roles()
        .get(&role)
        .map(|role| role.business_unit)
}

fn role_name(wanted: &Wanted<'_>, role: RoleId) -> String {
    wanted
        .facts
        .roles()
        .get(&role)
        .map_or_else(|| role.to_string(), |role| role.name.clone())
}

fn roots(wanted: &Wanted<'_>, copies: &[RoleId]) -> Vec<RoleId> {
    let mut roots: Vec<RoleId> = copies
        .iter()
        .filter_map(|copy| wanted.facts.roles().get(copy).map(|role| role.root))
        .collect();
    roots.sort_unstable();
    roots.dedup();
    roots
}

/// The unit that the row names, by name or id. Of several units of that name the principal's own is
/// meant if it is among them.
fn named_unit(
    wanted: &Wanted<'_>,
    row: &RoleRow,
    own: Option<UnitId>,
) -> Result<Option<UnitId>, Fault> {
    let Some(text) = row.business_unit.as_deref() else {
        return Ok(None);
    };
    let units: Vec<UnitId> = wanted
        .facts
        .units()
        .values()
        .filter(|unit| same_name(&unit.name, text) || parse_guid(text) == Some(unit.id.0))
        .map(|unit| unit.id)
        .collect();
    let fault = |code: Code, message: String| Fault {
        code,
        subject: format!("business unit {text}"),
        message,
        column: row.columns.business_unit,
        cell: text.to_owned(),
        unknown_unit: None,
    };
    match units.as_slice() {
        [unit] => Ok(Some(*unit)),
        [] => Err(Fault {
            unknown_unit: Some(text.to_owned()),
            ..fault(
                Code::Rol001,
                format!(
                    "{text} is no business unit of the environment",
                    text = quoted(&text)
                ),
            )
        }),
        several => match own.filter(|own| several.contains(own)) {
            Some(own) => Ok(Some(own)),
            None => Err(fault(
                Code::Rol002,
                format!(
                    "{} business units are called {text}; write the unit's id",
                    several.len(),
                    text = quoted(&text)
                ),
            )),
        },
    }
}

/// Takes a whole ask into the draft, unless it is so already or was asked before.
fn take(
    wanted: &Wanted<'_>,
    after: &After,
    draft: &mut Draft,
    findings: &mut Findings,
    asked: &mut Asked,
    row: &RoleRow,
    ask: Ask,
) {
    let Ask {
        action,
        principal,
        role,
        role_name,
    } = ask;
    let subject = format!("{role_name} of {}", label_of(wanted, principal));
    let mut place = Place::row(row.file, row.row, row.line);
    place.column = Some(row.columns.role);
    let mut tell = |code: Code, message: String, place: Place| {
        let id = findings.about(code, &subject, || message, || code.rule().cure.to_owned());
        findings.place(id, place);
    };
    if let Some(first) = asked.get_mut(&(principal, role)) {
        let origin = quoted(name_of(wanted.inputs, first.file));
        let number = first.row;
        if first.action == Some(action) {
            let message = format!("asked for before, in {origin}, row {number}");
            tell(Code::Rol007, message, place);
            settle(draft, row.file, Fate::Repeated);
            return;
        }
        first.action = None;
        let message =
            format!("given and removed by several rows, the first in {origin}, row {number}");
        let withdrawn = withdraw(draft, first, principal, role);
        for place in withdrawn.into_iter().chain([place]) {
            tell(Code::Rol015, message.clone(), place);
        }
        settle(draft, row.file, Fate::Stopped(Code::Rol015));
        return;
    }
    let so = so(wanted, after, draft, principal, role, action);
    let first = First {
        action: Some(action),
        file: row.file,
        row: row.row,
        place: place.clone(),
        so,
    };
    asked.insert((principal, role), first);
    if let Some(so) = so {
        if action == RoleAction::Give {
            let message = match so {
                So::Already => "the target holds it already",
                So::WithStub(_) => "it is the default role, which comes with the stub user",
                So::WithChange(_) => "it is given again after the user's move, which strips it",
            };
            tell(Code::Rol006, message.to_owned(), place);
        }
        match so {
            So::Already => settle(draft, row.file, Fate::NoChange),
            So::WithStub(stub) => draft.stubs[stub].role_rows.push(row.file),
            So::WithChange(user) => draft.users[user].role_rows.push(row.file),
        }
        return;
    }
    draft.roles.push(DraftRole {
        action,
        principal,
        role,
        role_name,
        file: row.file,
        row: row.row,
        line: row.line,
        fallen: None,
    });
}

/// Takes back what a later row contradicts: neither of the two is done, nor counted as done before.
fn withdraw(
    draft: &mut Draft,
    first: &mut First,
    principal: Principal,
    role: RoleId,
) -> Option<Place> {
    let is_meant = |change: &mut DraftRole| change.principal == principal && change.role == role;
    let was_change = draft.roles.extract_if(.., is_meant).count() > 0;
    match first.so.take() {
        Some(So::Already) => {
            let so = draft.settled.entry((first.file, Fate::NoChange));
            so.and_modify(|rows| *rows -= 1);
        }
        Some(So::WithStub(stub)) => forget(&mut draft.stubs[stub].role_rows, first.file),
        Some(So::WithChange(user)) => forget(&mut draft.users[user].role_rows, first.file),
        None if was_change => {}
        None => return None,
    }
    settle(draft, first.file, Fate::Stopped(Code::Rol015));
    Some(first.place.clone())
}

/// Takes one row of a file off the rows that go along with another change.
fn forget(rows: &mut Vec<FileId>, file: FileId) {
    if let Some(place) = rows.iter().position(|row| *row == file) {
        rows.remove(place);
    }
}

/// Why a row needs no change of its own, if it needs none. A role that a stub user comes with can be
/// taken from it again, so a removal needs one.
fn so(
    wanted: &Wanted<'_>,
    after: &After,
    draft: &Draft,
    principal: Principal,
    role: RoleId,
    action: RoleAction,
) -> Option<So> {
    let (held, stub, change) = match principal {
        Principal::User(user) => {
            let mut stubs = draft.stubs.iter();
            let stub =
                stubs.position(|stub| stub.person.id == user && stub.default_role == Some(role));
            let change = after.turns(wanted.facts, user, role);
            (after.holds(wanted.facts, user, role), stub, change)
        }
        Principal::Team(team) => (wanted.facts.team_roles(team).contains(&role), None, None),
    };
    match (action, held, stub) {
        (RoleAction::Give, true, _) | (RoleAction::Remove, false, None) => {
            Some(change.map_or(So::Already, So::WithChange))
        }
        (RoleAction::Give, false, Some(stub)) => Some(So::WithStub(stub)),
        (RoleAction::Give, false, None) | (RoleAction::Remove, ..) => None,
    }
}
