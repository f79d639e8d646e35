//! Rows of users files that wish something for existing users: who is to be moved, get another access mode or
//! other fields of the profile.
//!
//! In: the rows with whom they mean. Out: a [`DraftUser`] for each user for whom something differs, and the
//! fates of the other rows. A move strips the roles, so each draft knows what becomes of them. Whether the
//! service would allow a change is asked in `check/`.

use std::collections::{BTreeMap, BTreeSet};

use crate::environment::Facts;
use crate::model::{
    AccessMode, Changed, Code, Fate, Findings, Meant, NameOrder, Place, Principal, ProfileField,
    RoleId, UnitId, User, UserId, Wish, WishField, WishRow, parse_guid, quoted, quoted_list,
    setting, setting_on,
};
use crate::plan::build::{Wanted, label_of, name_of, same_name, settle};
use crate::plan::{Draft, DraftUser};

/// What a row wishes, once everything in it is known; what is `None` or not in the map is not wished for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wishes {
    business_unit: Option<UnitId>,
    access_mode: Option<AccessMode>,
    profile: BTreeMap<ProfileField, String>,
}

/// Why a row wishes nothing that can be granted.
struct Fault {
    code: Code,
    subject: String,
    message: String,
    /// The column, from 1, and its cell; `None` is the row as a whole.
    cell: Option<(u16, String)>,
    /// Whether the cell names a business unit that is not there.
    is_unknown_unit: bool,
}

/// The first row that wished something for a user.
struct First<'a> {
    /// `None`: later ones wished something else.
    wishes: Option<Wishes>,
    row: &'a WishRow,
}

pub(super) fn build(wanted: &Wanted<'_>, draft: &mut Draft, findings: &mut Findings) {
    for (file, unusable) in wanted.unusable_wishes {
        for (code, rows) in unusable {
            *draft.rows.entry(*file).or_default() += rows;
            *draft
                .settled
                .entry((*file, Fate::Stopped(*code)))
                .or_default() += rows;
        }
    }
    let mut firsts: BTreeMap<UserId, First<'_>> = BTreeMap::new();
    for row in &wanted.resolution.wish_rows {
        *draft.rows.entry(row.file).or_default() += 1;
        match wishes(wanted, row) {
            Ok(None) => settle(draft, row.file, Fate::NoChange),
            Ok(Some((user, wishes))) => {
                take(wanted, draft, findings, &mut firsts, row, user, wishes);
            }
            Err(fault) => {
                settle(draft, row.file, Fate::Stopped(fault.code));
                if let (true, Some((_, unit))) = (fault.is_unknown_unit, &fault.cell) {
                    draft.name_unknown_unit(unit);
                }
                let mut place = Place::row(row.file, row.row, row.line);
                if let Some((column, cell)) = &fault.cell {
                    place = place.cell(*column, cell);
                }
                let cure = || fault.code.rule().cure.to_owned();
                let id = findings.about(fault.code, &fault.subject, || fault.message, cure);
                findings.place(id, place);
            }
        }
    }
    // Who leaves the mode goes first, so that the service's limit is not met on the way.
    let takes_a_place = |user: &DraftUser| {
        let mode = user.access_mode.as_ref();
        mode.is_some_and(|mode| mode.after == AccessMode::NonInteractive)
    };
    draft
        .users
        .sort_by_key(|user| (takes_a_place(user), user.file, user.row));
}

/// Who is meant, and what is wished for; `None` where all cells are blank.
fn wishes<'a>(wanted: &'a Wanted<'_>, row: &WishRow) -> Result<Option<(&'a User, Wishes)>, Fault> {
    if row.wishes.is_empty() {
        return Ok(None);
    }
    let nobody = |message: String| Fault {
        code: Code::Acc014,
        subject: row.label.clone(),
        message,
        cell: None,
        is_unknown_unit: false,
    };
    let label = &row.label;
    let user = match &row.meant {
        Meant::User(user) => wanted.facts.users().get(user),
        Meant::Nobody => None,
        Meant::Unclear(why) => {
            return Err(nobody(format!("{label}: {why}", label = quoted(&label))));
        }
    };
    let Some(user) = user else {
        let message = format!(
            "{label} is no user of the environment, so nothing of it can be changed by this plan",
            label = quoted(&label)
        );
        return Err(nobody(message));
    };
    let mut wishes = Wishes::default();
    for wish in &row.wishes {
        match wish.field {
            WishField::BusinessUnit => {
                wishes.business_unit = Some(business_unit(wanted.facts, wish)?);
            }
            WishField::AccessMode => wishes.access_mode = Some(access_mode(wish)?),
            WishField::Profile(field) => {
                wishes.profile.insert(field, wish.text.clone());
            }
        }
    }
    Ok(Some((user, wishes)))
}

fn unreadable(wish: &Wish, message: String) -> Fault {
    Fault {
        code: Code::Acc015,
        subject: format!("{} {}", wish.field.words(), wish.text),
        message,
        cell: Some((wish.column, wish.text.clone())),
        is_unknown_unit: false,
    }
}

/// The unit that a cell names, by id or name.
fn business_unit(facts: &Facts, wish: &Wish) -> Result<UnitId, Fault> {
    let text = &wish.text;
    let units: Vec<UnitId> = facts
        .units()
        .values()
        .filter(|unit| same_name(&unit.name, text) || parse_guid(text) == Some(unit.id.0))
        .map(|unit| unit.id)
        .collect();
    match units.as_slice() {
        [unit] => Ok(*unit),
        [] => {
            let known = facts.units().values();
            let some = quoted_list(known.take(10).map(|unit| &unit.name));
            let some = match facts.units().len() {
                0..=10 => some,
                more => format!("{some} and {} more", more - 10),
            };
            let message = format!(
                "{text} is no business unit of the environment; expected an id, or one of \
                 {some}",
                text = quoted(&text)
            );
            Err(Fault {
                is_unknown_unit: true,
                ..unreadable(wish, message)
            })
        }
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            let message = format!(
                "{} business units are called {text}; expected the id of one: {}",
                several.len(),
                ids.join(", "),
                text = quoted(&text)
            );
            Err(unreadable(wish, message))
        }
    }
}

/// The access mode that a cell names, by word or number.
fn access_mode(wish: &Wish) -> Result<AccessMode, Fault> {
    let word = wish.text.replace([' ', '_'], "-");
    let mode = AccessMode::from_word(&word).or_else(|| AccessMode::from_word(&wish.text));
    let expected = "`read-write`, `administrative`, `read` or `non-interactive`";
    match mode {
        Some(mode @ (AccessMode::Support | AccessMode::DelegatedAdministrator)) => {
            let message =
                format!("only users of the service itself are {mode}; expected {expected}");
            Err(unreadable(wish, message))
        }
        Some(mode) => Ok(mode),
        None => {
            let message = format!(
                "{} is no access mode; expected {expected}",
                quoted(&wish.text)
            );
            Err(unreadable(wish, message))
        }
    }
}

/// Takes the wishes of a row into the draft, unless it is so already or was wished for before.
fn take<'a>(
    wanted: &Wanted<'_>,
    draft: &mut Draft,
    findings: &mut Findings,
    firsts: &mut BTreeMap<UserId, First<'a>>,
    row: &'a WishRow,
    user: &User,
    wishes: Wishes,
) {
    let place = |row: &WishRow| Place::row(row.file, row.row, row.line);
    let subject = label_of(wanted, Principal::User(user.id));
    let mut tell = |code: Code, message: String, place: Place| {
        let id = findings.about(code, &subject, || message, || code.rule().cure.to_owned());
        findings.place(id, place);
    };
    if let Some(first) = firsts.get_mut(&user.id) {
        let (origin, number) = (name_of(wanted.inputs, first.row.file), first.row.row);
        if first.wishes.as_ref() == Some(&wishes) {
            let message = format!(
                "wished for before, in {origin}, row {number}",
                origin = quoted(&origin)
            );
            tell(Code::Acc017, message, place(row));
            settle(draft, row.file, Fate::Repeated);
            return;
        }
        let message = format!(
            "several rows wish different things for this user, the first in {origin}, row \
             {number}; expected one row with all that is wished for",
            origin = quoted(&origin)
        );
        if first.wishes.take().is_some() {
            withdraw(draft, user.id, first.row);
            tell(Code::Acc016, message.clone(), place(first.row));
        }
        tell(Code::Acc016, message, place(row));
        settle(draft, row.file, Fate::Stopped(Code::Acc016));
        return;
    }
    match differing(wanted.facts, user, &wishes, row) {
        Some(user) => draft.users.push(user),
        None => settle(draft, row.file, Fate::NoChange),
    }
    let wishes = Some(wishes);
    firsts.insert(user.id, First { wishes, row });
}

/// Takes back what a later row contradicts.
fn withdraw(draft: &mut Draft, user: UserId, row: &WishRow) {
    let before = draft.users.len();
    draft.users.retain(|wished| wished.user != user);
    if draft.users.len() == before {
        let so = draft.settled.entry((row.file, Fate::NoChange));
        so.and_modify(|rows| *rows -= 1);
    }
    settle(draft, row.file, Fate::Stopped(Code::Acc016));
}

/// What of the wishes is not so yet.
fn differing(facts: &Facts, user: &User, wishes: &Wishes, row: &WishRow) -> Option<DraftUser> {
    let unit = wishes
        .business_unit
        .filter(|unit| *unit != user.business_unit);
    let mode = wishes.access_mode.filter(|mode| *mode != user.access_mode);
    let mut profile = BTreeMap::new();
    for (field, wished) in &wishes.profile {
        let present = user.field(*field);
        if present != Some(wished) {
            let after = Some(wished.clone());
            let before = present.cloned();
            profile.insert(*field, Changed { before, after });
        }
    }
    compose(user, &mut profile);
    if unit.is_none() && mode.is_none() && profile.is_empty() {
        return None;
    }
    let strips = unit.is_some() && !keeps_roles(facts);
    let held = facts.user_roles(user.id).iter().copied();
    let kept = |role| match unit.filter(|_| strips) {
        Some(unit) => copy_in(facts, role, unit).unwrap_or(role),
        None => role,
    };
    Some(DraftUser {
        user: user.id,
        business_unit: unit.map(|after| Changed {
            before: user.business_unit,
            after,
        }),
        access_mode: mode.map(|after| Changed {
            before: user.access_mode,
            after,
        }),
        profile,
        strips,
        roles: held.map(|role| (role, kept(role))).collect(),
        role_rows: Vec::new(),
        file: row.file,
        row: row.row,
        line: row.line,
        fallen: None,
    })
}

/// The full name follows the two names; the service composes it, and undo has to know what it was.
fn compose(user: &User, profile: &mut BTreeMap<ProfileField, Changed<Option<String>>>) {
    let name = |field| match profile.get(&field) {
        Some(changed) => changed.after.as_deref(),
        None => user.field(field).map(String::as_str),
    };
    let names = [ProfileField::FirstName, ProfileField::LastName];
    if !names.iter().any(|field| profile.contains_key(field)) {
        return;
    }
    let now = names.map(|field| user.field(field).map(String::as_str));
    let order = NameOrder::of(now[0], now[1], user.full_name.as_deref());
    let after = Some(order.compose(name(names[0]), name(names[1])));
    if after != user.full_name {
        let before = user.full_name.clone();
        profile.insert(ProfileField::FullName, Changed { before, after });
    }
}

fn keeps_roles(facts: &Facts) -> bool {
    let on = |name| setting_on(facts.setting(name), false);
    on(setting::OWNERSHIP_ACROSS_UNITS) && on(setting::KEEP_ROLES_ON_MOVE)
}

/// The copy of a role in a unit.
fn copy_in(facts: &Facts, role: RoleId, unit: UnitId) -> Option<RoleId> {
    let root = facts.roles().get(&role)?.root;
    let in_unit = |copy: &&RoleId| {
        let copy = facts.roles().get(*copy);
        copy.is_some_and(|copy| copy.business_unit == unit)
    };
    facts.role_copies(root).iter().find(in_unit).copied()
}

/// Where the users of a draft will be, and what they will hold, gifts apart.
pub(super) struct After {
    users: BTreeMap<UserId, Changing>,
}

/// What becomes of one user of a draft.
struct Changing {
    /// The user's number in the draft.
    number: usize,
    unit: Option<UnitId>,
    roles: BTreeSet<RoleId>,
}

impl After {
    pub(super) fn of(draft: &Draft) -> Self {
        let users = draft.users.iter().enumerate().map(|(number, user)| {
            let changing = Changing {
                number,
                unit: user.business_unit.as_ref().map(|unit| unit.after),
                roles: user.roles_kept().collect(),
            };
            (user.user, changing)
        });
        Self {
            users: users.collect(),
        }
    }

    /// The unit that a user is moved to, if so.
    pub(super) fn unit(&self, user: UserId) -> Option<UnitId> {
        self.users.get(&user)?.unit
    }

    /// Whether a user holds this copy of a role once the change is made.
    pub(super) fn holds(&self, facts: &Facts, user: UserId, role: RoleId) -> bool {
        match self.users.get(&user) {
            Some(changing) => changing.roles.contains(&role),
            None => facts.user_roles(user).contains(&role),
        }
    }

    /// The user's number in the draft, where the change takes or gives this copy of a role.
    pub(super) fn turns(&self, facts: &Facts, user: UserId, role: RoleId) -> Option<usize> {
        let changing = self.users.get(&user)?;
        let held = facts.user_roles(user).contains(&role);
        (held != changing.roles.contains(&role)).then_some(changing.number)
    }
}
