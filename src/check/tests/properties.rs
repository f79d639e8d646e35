//! What holds in every world: more rights never stop more, and threads change nothing.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rayon::ThreadPoolBuilder;

use crate::check::tests::*;
use crate::plan::CHUNK_ROWS;

const PRINCIPALS: [Principal; 8] = [ANA, BEN, CID, DAN, EVA, SELLERS, IDLE, OLD];
const ROLES_OF_ALL: [RoleId; 6] = [SALES, SALES_IN_EUROPE, READER, LOCAL, TEAM_ONLY, TEAM_WIDE];
const TABLES: [&str; 3] = ["account", "article", "task"];

fn somebody() -> impl Strategy<Value = Principal> {
    select(&PRINCIPALS[..])
}

fn some_role() -> impl Strategy<Value = RoleId> {
    select(&ROLES_OF_ALL[..])
}

fn some_privilege() -> impl Strategy<Value = Fact> {
    let names = select(&["prvReadAccount", "prvReadArticle", "prvReadActivity"][..]);
    (some_role(), names, select(Depth::ALL)).prop_map(|(role, privilege, depth)| {
        // Privileges are kept with the root copy.
        let role = if role == SALES_IN_EUROPE { SALES } else { role };
        Fact::RolePrivilege(RolePrivilege {
            role,
            privilege: privilege.to_owned(),
            depth,
        })
    })
}

fn some_right() -> impl Strategy<Value = Fact> {
    let held = (somebody(), some_role()).prop_map(|(principal, role)| match principal {
        Principal::User(user) => Fact::UserRole { user, role },
        Principal::Team(team) => Fact::TeamRole { team, role },
    });
    let users = select(&[ANA, BEN, CID, DAN][..]);
    let member = (users, select(&[SELLERS, IDLE][..])).prop_map(|(user, team)| Fact::TeamMember {
        team: TeamId(team.uuid()),
        user: UserId(user.uuid()),
    });
    prop_oneof![held, member, some_privilege()]
}

prop_compose! {
    fn some_world()(
        rights in vec(some_right(), 0..8),
        given in vec((somebody(), some_role()), 0..5),
        assigned in vec((select(&TABLES[..]), somebody()), 1..12),
        not_loaded in proptest::option::of(select(
            &[Loadable::Teams, Loadable::UserRoles, Loadable::RolePrivileges][..],
        )),
        stub_falls in any::<bool>(),
    ) -> World {
        let mail = if stub_falls { "ana@contoso.com" } else { "old@old.com" };
        let mut world = world().stub_named(OLD, "old@old.com", mail);
        world.facts.extend(rights);
        if let Some(what) = not_loaded {
            world = world.without(what);
        }
        for (principal, role) in given {
            world = world.give(principal, role);
        }
        for (table, owner) in assigned {
            world = world.assign(table, owner);
        }
        world
    }
}

/// The rows that fell, by table and number.
fn stopped(judged: &Judged) -> BTreeSet<(String, usize)> {
    let tables = judged.draft.tables.iter();
    let rows = tables.flat_map(|table| {
        let files = table.files.iter();
        let fates = files.flat_map(|file| file.fates.iter().enumerate());
        let fallen = fates.filter(|(_, fate)| **fate != Fate::Change);
        fallen.map(|(row, _)| (table.entity.clone(), row))
    });
    rows.collect()
}

proptest! {
    #[test]
    fn one_more_right_stops_no_row(world in some_world(), right in some_right()) {
        let before = stopped(&world.clone().judged());
        let after = stopped(&world.fact(right).judged());
        prop_assert!(after.is_subset(&before), "{after:?} of {before:?}");
    }

    #[test]
    fn every_fallen_row_is_told(world in some_world()) {
        let judged = world.judged();
        let fallen = judged.fallen().values().sum::<u64>();
        let stopping = judged.findings.iter().filter(|finding| finding.stops());
        let told: u64 = stopping.map(|finding| finding.count + finding.blocks).sum();
        // A role row with two faults of its own is told twice.
        prop_assert!(fallen <= told, "{fallen} fell, {told} told");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn threads_change_nothing(world in some_world(), owners in vec(0_u32..3, 1..9)) {
        let mut world = world.assign("account", BEN).assign("account", DAN);
        let principals = world.draft.principals.len();
        let account = world.draft.tables.iter_mut().find(|table| table.entity == "account");
        let file = &mut account.unwrap().files[0];
        *file = no_rows();
        for (row, owner) in (2..).zip(owners.iter().cycle()).take(2 * CHUNK_ROWS + 77) {
            let after = PrincipalIndex::new((owner + row % 3) as usize % principals);
            add_row(file, (row % 11 != 0).then_some(PrincipalIndex::new(0)), after);
        }
        world.draft.rows.insert(RECORDS, 0);
        let on = |threads: usize| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| world.clone().judged())
        };
        let alone = on(1);
        prop_assert!(alone.codes().iter().any(|code| code == "REC002"));
        prop_assert!(alone == on(3));
    }
}
