//! Roles of an environment folder, with the copies that the service keeps of each.
//!
//! In: `roles`, `role_privileges`, `user_roles`, and what `team_roles` says of inheritance. Out:
//! one role per business unit from the one it was made in downwards; privileges with the root copy.
//! A copy that the file does not list gets the id UUIDv5(root id, bytes of the unit's id).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use uuid::Uuid;

use crate::environment::EnvironmentError;
use crate::environment::load::Loading;
use crate::environment::load::cells::Cells;
use crate::environment::load::cells::Column;
use crate::environment::load::cells::Sheet;
use crate::environment::load::cells::Spot;
use crate::environment::load::cells::Told;
use crate::environment::load::users::unit;
use crate::environment::load::world::World;
use crate::model::{
    Depth, Fact, Inheritance, Role, RoleId, RolePrivilege, UnitId, UserId, comparison_key, quoted,
};

/// What the service gives a role of which nothing else is said.
const INHERITANCE: Inheritance = Inheritance::DirectUser;

struct Line {
    spot: Spot,
    id: RoleId,
    name: String,
    unit: UnitId,
    root: RoleId,
    template: Option<Uuid>,
    inheritance: Option<Inheritance>,
}

/// Roles until all is known of them.
#[derive(Debug, Default)]
pub(super) struct Staged {
    roles: BTreeMap<RoleId, Role>,
    /// What was said of inheritance, by root copy.
    inheritance: BTreeMap<RoleId, Inheritance>,
}

impl Staged {
    /// Notes what is said of a role's inheritance; false where something else was said before.
    pub(super) fn inherit(&mut self, root: RoleId, inheritance: Inheritance) -> bool {
        *self.inheritance.entry(root).or_insert(inheritance) == inheritance
    }

    /// Writes all copies, each with its root's inheritance.
    pub(super) fn write(self, loading: &mut Loading<'_>) -> Result<(), EnvironmentError> {
        for (_, mut role) in self.roles {
            let said = self.inheritance.get(&role.root).copied();
            role.inheritance = said.unwrap_or(INHERITANCE);
            loading.writer.add(&Fact::Role(role))?;
        }
        Ok(())
    }
}

/// Reads the roles; the answer is how many rows there were.
pub(super) fn read(sheet: &Sheet, loading: &mut Loading<'_>) -> Result<u64, EnvironmentError> {
    let before = loading.problems.count();
    let (lines, rows) = lines(sheet, loading)?;
    let mut copies: BTreeMap<(RoleId, UnitId), RoleId> = BTreeMap::new();
    for line in lines.values() {
        if let Err((column, message)) = tell_line(line, &lines, &mut copies, loading) {
            let column = sheet.column(column);
            sheet.problem_at(&mut loading.problems, line.spot, column, &message);
        }
    }
    for line in lines.values().filter(|line| line.root == line.id) {
        for unit in loading.world.at_and_below(line.unit) {
            let id = *copies
                .entry((line.id, unit))
                .or_insert_with(|| copy_id(line.id, unit));
            let template = lines.get(&id).and_then(|copy| copy.template);
            loading.world.roles.add(id, line.id, unit, &line.name);
            loading.roles.roles.insert(
                id,
                Role {
                    id,
                    name: line.name.clone(),
                    business_unit: unit,
                    root: line.id,
                    template: template.or(line.template),
                    inheritance: INHERITANCE,
                },
            );
        }
    }
    loading.world.roles.whole = loading.world.tree_is_sound && loading.problems.count() == before;
    Ok(rows)
}

fn copy_id(root: RoleId, unit: UnitId) -> RoleId {
    RoleId(Uuid::new_v5(&root.0, unit.0.as_bytes()))
}

fn lines(
    sheet: &Sheet,
    loading: &mut Loading<'_>,
) -> Result<(BTreeMap<RoleId, Line>, u64), EnvironmentError> {
    let id_column = sheet.column("id");
    let name = sheet.column("name");
    let business_unit = sheet.column("business_unit");
    let template = sheet.column("template");
    let root = sheet.column("root");
    let inheritance = sheet.column("inheritance");
    let mut lines = BTreeMap::new();
    let units = &loading.world.units;
    let rows = sheet.rows(loading.progress, &mut loading.problems, &mut |cells| {
        let id = cells.guid(id_column).map(RoleId);
        let text = cells.text(name, "the role's name");
        let unit = unit(cells, business_unit, units);
        let root = cells.optional_guid(root);
        let template = cells.optional_guid(template);
        let inheritance = cells.word(inheritance);
        let (Some(id), Some(name), Some(unit)) = (id, text, unit) else {
            return Ok(());
        };
        let (Ok(root), Ok(template), Ok(inheritance)) = (root, template, inheritance) else {
            return Ok(());
        };
        let line = Line {
            spot: cells.spot(),
            id,
            name,
            unit,
            root: root.map_or(id, RoleId),
            template,
            inheritance,
        };
        match lines.entry(id) {
            Entry::Vacant(place) => {
                place.insert(line);
            }
            Entry::Occupied(_) => cells.repeated(id_column, "role"),
        }
        Ok(())
    })?;
    Ok((lines, rows))
}

/// Checks one line against its root; the error is the column at fault and the message.
fn tell_line(
    line: &Line,
    lines: &BTreeMap<RoleId, Line>,
    copies: &mut BTreeMap<(RoleId, UnitId), RoleId>,
    loading: &mut Loading<'_>,
) -> Result<(), (&'static str, String)> {
    let wrong = |column, message: String| Err((column, message));
    let Some(root) = lines.get(&line.root).filter(|root| root.root == root.id) else {
        return wrong(
            "root",
            format!(
                "{} is no role of this file that is its own root, expected the id of the copy in \
                 the unit where the role was made; correct the cell or add that copy",
                quoted(&line.root)
            ),
        );
    };
    if comparison_key(&line.name) != comparison_key(&root.name) {
        return wrong(
            "name",
            format!(
                "{}, expected {} as its root copy is called; correct the name or the root",
                quoted(&line.name),
                quoted(&root.name)
            ),
        );
    }
    if !loading.world.is_at_or_below(line.unit, root.unit) {
        return wrong(
            "business_unit",
            "not below the unit of the root copy, expected that unit or one below it; correct the \
             unit or the root"
                .to_owned(),
        );
    }
    if let Some(other) = copies.insert((line.root, line.unit), line.id) {
        return wrong(
            "business_unit",
            format!(
                "the role has two copies in this unit, {other} too; remove one of the rows",
                other = quoted(&other)
            ),
        );
    }
    let agrees = line
        .inheritance
        .is_none_or(|inheritance| loading.roles.inherit(line.root, inheritance));
    if !agrees {
        return wrong(
            "inheritance",
            "another copy says otherwise, expected the same in all copies; correct the cells"
                .to_owned(),
        );
    }
    Ok(())
}

/// How a cell may name a role whose copy does not matter.
const ANY_COPY: &str = "the id or name of a role in `roles`";

/// Reads the privileges of roles; the answer is how many rows there were.
pub(super) fn read_privileges(
    sheet: &Sheet,
    loading: &mut Loading<'_>,
) -> Result<u64, EnvironmentError> {
    let role_column = sheet.column("role");
    let privilege_column = sheet.column("privilege");
    let depth_column = sheet.column("depth");
    let mut said: BTreeMap<(RoleId, String), Depth> = BTreeMap::new();
    let roles = &loading.world.roles;
    let writer = &mut loading.writer;
    sheet.rows(loading.progress, &mut loading.problems, &mut |cells| {
        let role = cells.reference(role_column, "role", ANY_COPY, |text| roles.find_root(text));
        let privilege = cells.text(privilege_column, "a privilege such as `prvReadAccount`");
        let depth = depth(cells, depth_column);
        let (Some(role), Some(privilege), Ok(depth)) = (role, privilege, depth) else {
            return Ok(());
        };
        let key = (role, comparison_key(&privilege));
        match said.get(&key) {
            None => {
                said.insert(key, depth);
                writer.add(&Fact::RolePrivilege(RolePrivilege {
                    role,
                    privilege,
                    depth,
                }))
            }
            Some(other) if *other == depth => Ok(()),
            Some(other) => {
                let message = format!(
                    "{depth} here and {other} in an earlier row for the same role and \
                     privilege, expected one of them; remove the wrong row",
                    depth = quoted(&depth),
                    other = quoted(&other)
                );
                cells.problem(depth_column, &message);
                Ok(())
            }
        }
    })
}

fn depth(cells: &mut Cells<'_>, column: Column) -> Result<Depth, Told> {
    let _ = cells
        .text(column, "how far the privilege reaches")
        .ok_or(Told)?;
    cells.word(column)?.ok_or(Told)
}

/// Reads who holds which role; the answer is how many rows there were.
pub(super) fn read_held(sheet: &Sheet, loading: &mut Loading<'_>) -> Result<u64, EnvironmentError> {
    let user_column = sheet.column("user");
    let role_column = sheet.column("role");
    let world = &loading.world;
    let writer = &mut loading.writer;
    sheet.rows(loading.progress, &mut loading.problems, &mut |cells| {
        let user = user(cells, user_column, world);
        let expected = "the id of a role, or the name of one that has a copy in the user's unit";
        let Some(user) = user else {
            let _ = cells.text(role_column, expected);
            return Ok(());
        };
        let unit = world.users.unit(user);
        let role = cells.reference(role_column, "role", expected, |text| {
            world.roles.find_copy(text, unit)
        });
        match role {
            Some(role) => writer.add(&Fact::UserRole { user, role }),
            None => Ok(()),
        }
    })
}

/// The user that a cell names.
pub(super) fn user(cells: &mut Cells<'_>, column: Column, world: &World) -> Option<UserId> {
    let expected = format!("the id or UPN of a user {}", world.users_are);
    cells.reference(column, "user", &expected, |text| world.users.find(text))
}
