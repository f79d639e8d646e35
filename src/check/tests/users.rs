//! ACC009, ROL003, ROL004 of users who are moved or changed, and what of the plan falls with them.

use std::collections::BTreeMap;

use crate::check::tests::*;
use crate::model::{Changed, ProfileField, setting};
use crate::plan::DraftUser;

const USERS: FileId = FileId(2);

impl World {
    /// A row that moves a user from the root unit to Europe, and back from there.
    fn moves(self, principal: Principal) -> Self {
        let across = self.is_on(setting::OWNERSHIP_ACROSS_UNITS);
        let strips = !(across && self.is_on(setting::KEEP_ROLES_ON_MOVE));
        let facts = self.facts();
        let Principal::User(user) = principal else {
            panic!("teams are not moved");
        };
        let before = facts.users()[&user].business_unit;
        let after = if before == ROOT { EUROPE } else { ROOT };
        let copy = |role: RoleId| {
            let root = facts.roles()[&role].root;
            let copies = facts.role_copies(root).iter().copied();
            let mut in_unit = copies.filter(|copy| facts.roles()[copy].business_unit == after);
            in_unit.next().filter(|_| strips).unwrap_or(role)
        };
        let held = facts.user_roles(user).iter();
        let roles = held.map(|role| (*role, copy(*role))).collect();
        let row = DraftUser {
            business_unit: Some(Changed { before, after }),
            strips,
            roles,
            ..wish(user, self.draft.users.len())
        };
        self.wishes(row)
    }

    pub(super) fn gets_mode(self, principal: Principal, after: AccessMode) -> Self {
        let Principal::User(user) = principal else {
            panic!("teams have no access mode");
        };
        let before = self.facts().users()[&user].access_mode;
        let row = DraftUser {
            access_mode: Some(Changed { before, after }),
            ..wish(user, self.draft.users.len())
        };
        self.wishes(row)
    }

    pub(super) fn gets_title(self, principal: Principal, title: &str) -> Self {
        let Principal::User(user) = principal else {
            panic!("teams have no title");
        };
        let title = Changed {
            before: None,
            after: Some(title.to_owned()),
        };
        let row = DraftUser {
            profile: BTreeMap::from([(ProfileField::Title, title)]),
            ..wish(user, self.draft.users.len())
        };
        self.wishes(row)
    }

    fn caller(self, principal: Principal) -> Self {
        self.fact(Fact::Setting {
            name: setting::CALLER.to_owned(),
            value: principal.uuid().to_string(),
        })
    }

    fn wishes(mut self, row: DraftUser) -> Self {
        *self.draft.rows.entry(USERS).or_default() += 1;
        self.draft.users.push(row);
        self
    }

    fn is_on(&self, name: &str) -> bool {
        self.facts().setting(name) == Some("true")
    }
}

fn wish(user: UserId, rows: usize) -> DraftUser {
    DraftUser {
        user,
        business_unit: None,
        access_mode: None,
        profile: BTreeMap::new(),
        strips: false,
        roles: BTreeMap::new(),
        role_rows: Vec::new(),
        file: USERS,
        row: rows as u64 + 2,
        line: rows as u64 + 2,
        fallen: None,
    }
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn moves() {
    let across = || world().set(setting::OWNERSHIP_ACROSS_UNITS);
    let keeps = || across().set(setting::KEEP_ROLES_ON_MOVE);
    let gus = || world().user(user(107), "Gus", EUROPE, false).holds(user(107), ADMINISTRATOR_IN_EUROPE);
    //    case                                    world                                                         rules that speak
    check("a user with a role",                   world().moves(ANA),                                           &[]);
    check("a user without any",                   world().moves(BEN),                                           &[]);
    check("back to the root unit",                world().moves(DAN),                                           &[]);
    check("a disabled user with a role",          world().moves(CID),                                           &["ROL003"]);
    check("the same, the setting on",             world().set(setting::ROLES_ON_DISABLED).moves(CID),           &[]);
    check("the same, roles are kept",             keeps().moves(CID),                                           &[]);
    check("no copy in the new unit",              world().holds(DAN, LOCAL).moves(DAN),                         &["ROL004"]);
    check("the same, roles of all units",         across().holds(DAN, LOCAL).moves(DAN),                        &[]);
    check("the only System Administrator",        world().moves(EVA),                                           &["ACC009"]);
    check("one of two",                           gus().moves(EVA),                                             &[]);
    check("the only one, roles are kept",         keeps().moves(EVA),                                           &[]);
    check("the caller",                           world().caller(ANA).moves(ANA),                               &["ROL013", "ACC009", "ENV002"]);
    let support = world().one(ANA, |user| user.access_mode = AccessMode::Support);
    check("a support user with roles",            support.moves(ANA),                                           &["ROL016", "ACC009"]);
    check("roles not loaded",                     world().without(Loadable::UserRoles).moves(BEN),              &["?ROL003", "?ROL004"]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn modes_of_administrators() {
    let mode = |who, mode| world().gets_mode(who, mode);
    check("the only one, non-interactive",        mode(EVA, AccessMode::NonInteractive),                        &["ACC009"]);
    check("the only one, reading only",           mode(EVA, AccessMode::Read),                                  &["ACC009"]);
    check("the only one, administrative",         mode(EVA, AccessMode::Administrative),                        &[]);
    check("somebody else",                        mode(BEN, AccessMode::NonInteractive),                        &[]);
    check("the caller",                           world().caller(ANA).gets_mode(ANA, AccessMode::Read),         &["ACC009", "ENV002", "ENV008"]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn what_goes_with_a_move() {
    let local = || world().holds(DAN, LOCAL).moves(DAN);
    //    case                                    world                                                         rules that speak
    check("a gift of the new unit's copy",        world().moves(BEN).give(BEN, SALES_IN_EUROPE),                &[]);
    check("a gift of the old unit's copy",        world().moves(BEN).give(BEN, SALES),                          &["ROL004"]);
    check("a gift, the move falls",               local().give(DAN, SALES),                                     &["ROL004+1"]);
    check("a removal, the move falls",            local().remove(DAN, READER),                                  &["ROL004+1"]);
    check("a removal of the new unit's copy",
          world().holds(ANA, READER).moves(ANA).remove(ANA, SALES_IN_EUROPE),                                   &[]);
    check("the last role, as the new unit's copy", world().moves(ANA).remove(ANA, SALES_IN_EUROPE),             &["ROL008"]);
}
