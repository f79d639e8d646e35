//! ACC009, ROL003, ROL004 of users who are moved or changed, and what of the plan falls with them.

use std::collections::BTreeMap;

use crate::check::tests::*;
use crate::model::{Changed, ProfileField, setting};
use crate::plan::DraftUser;

const USERS: FileId = FileId(2);
const GUS: Principal = user(107);

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
        let facts = self.facts();
        let before = facts.users()[&user].access_mode;
        let held = facts.user_roles(user).iter();
        let row = DraftUser {
            access_mode: Some(Changed { before, after }),
            roles: held.map(|role| (*role, *role)).collect(),
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
    check("roles not loaded",                     world().without(Loadable::UserRoles).moves(BEN),              &["?ROL003", "?ROL004", "?ACC009"]);
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
fn all_who_can_administer() {
    let gus = || world().user(GUS, "Gus", EUROPE, false).holds(GUS, SALES_IN_EUROPE)
        .holds(GUS, ADMINISTRATOR_IN_EUROPE).holds(EVA, READER);
    let as_gus = |change: fn(&mut User)| gus().one(GUS, change);
    let reads = |user: &mut User| user.access_mode = AccessMode::Read;
    let lost = |world: World| world.gets_mode(EVA, AccessMode::Read);
    let keeps = || gus().set(setting::OWNERSHIP_ACROSS_UNITS).set(setting::KEEP_ROLES_ON_MOVE);
    let off = |world: World, who| world.one(who, |user| user.licensed = Some(false));
    //    case                                            world                                                      rules that speak
    check("one of two",                                   lost(gus()),                                               &[]);
    check("both",                                         lost(gus()).gets_mode(GUS, AccessMode::NonInteractive),    &["ACC009"]);
    check("the other becomes administrative",             lost(gus()).gets_mode(GUS, AccessMode::Administrative),    &[]);
    check("the other is moved",                           lost(gus()).moves(GUS),                                    &["ACC009"]);
    check("the other is moved, roles are kept",           lost(keeps()).moves(GUS),                                  &[]);
    check("both are moved, one after the other",          gus().moves(EVA).moves(GUS),                               &[]);
    check("both, and one falls for a reason of its own",  off(lost(gus()).gets_mode(GUS, AccessMode::Read), GUS),    &["ACC020", "ACC008"]);
    check("the only one, for two reasons",                off(lost(world()), EVA),                                   &["ACC009", "ACC020", "ACC008"]);
    check("the other only reads",                         lost(as_gus(reads)),                                       &["ACC009"]);
    check("the other is administrative",
          lost(as_gus(|user| (user.access_mode, user.licensed) = (AccessMode::Administrative, None))),                                       &[]);
    check("the other is a program's user",
          lost(as_gus(|user| (user.access_mode, user.licensed) = (AccessMode::NonInteractive, None))),                                       &["ACC009"]);
    check("the other is disabled",                        lost(as_gus(|user| (user.disabled, user.licensed) = (true, None))), &["ACC009"]);
    check("the other is a stub user",                     lost(as_gus(|user| (user.stub, user.licensed) = (true, None))), &["ACC009"]);
    check("the other is an application",
          lost(as_gus(|user| (user.application_id, user.licensed) = (Some(Uuid::nil()), None))),                                             &["ACC009"]);
    check("the other is SYSTEM",
          lost(as_gus(|user| user.full_name = Some("SYSTEM".to_owned()))),                                           &["ACC009"]);
    check("who only reads is kept from nothing",          as_gus(reads).gets_mode(GUS, AccessMode::NonInteractive),  &[]);
    check("the other can only by this plan",
          lost(as_gus(reads)).gets_mode(GUS, AccessMode::ReadWrite),                                                 &["ACC009"]);
    check("the other is given the role by this plan",     lost(world()).give(ANA, ADMINISTRATOR),                    &["ACC009"]);
    check("one by a mode, one by a removal",
          lost(gus()).remove(GUS, ADMINISTRATOR_IN_EUROPE),                                                          &["ACC009"]);
    check("one by a removal, and the other only reads",   as_gus(reads).remove(EVA, ADMINISTRATOR),                  &["ACC009"]);
    check("the role goes to one who only reads",
          world().one(ANA, reads).give(ANA, ADMINISTRATOR).holds(EVA, READER).remove(EVA, ADMINISTRATOR),            &["ACC009"]);
    check("a removal, the other is moved before",         gus().moves(GUS).remove(EVA, ADMINISTRATOR),               &[]);
    check("a removal, the other can by then",
          as_gus(reads).gets_mode(GUS, AccessMode::ReadWrite).remove(EVA, ADMINISTRATOR),                            &[]);
    check("a removal, the other could by then, and falls",
          off(as_gus(reads), GUS).gets_mode(GUS, AccessMode::ReadWrite).remove(EVA, ADMINISTRATOR),                  &["ACC020+1", "ACC008"]);
    check("roles not loaded",
          world().without(Loadable::UserRoles).gets_mode(EVA, AccessMode::Read),                                     &["?ACC009"]);
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
