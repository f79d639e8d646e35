//! ENV001, ENV003, ENV004, ENV005, STB007, and ENV002 of passing over custom logic: live environments.

use std::sync::LazyLock;

use crate::check::Live;
use crate::check::tests::everybody::*;
use crate::check::tests::*;
use crate::model::{Changed, setting};

const MIA: Principal = user(109);
/// The role of [`MIA`], who signs in.
const MIGRATION: RoleId = RoleId(Uuid::from_u128(0x81));

/// A plan that has written since the copy was pulled.
static SINCE: LazyLock<Vec<String>> = LazyLock::new(|| vec!["0a1b2c3d".to_owned()]);

fn live(policy: &mut CheckPolicy<'_>) {
    policy.live = Some(Live {
        host: "contoso.crm4.dynamics.com",
        written_since: &[],
        bypass_custom_logic: false,
    });
}

fn bypassing(policy: &mut CheckPolicy<'_>) {
    live(policy);
    let live = policy.live.as_mut().expect("live");
    live.bypass_custom_logic = true;
}

/// Somebody looked which custom logic there is, and found this.
fn told(world: World, table: &str, names: &str) -> World {
    world.setting(&format!("custom_logic.{table}"), names)
}

/// One account is assigned, and nothing of the customer's own runs.
fn assigns() -> World {
    told(calm(), "account", "").assign("account", ANA)
}

/// So many accounts are assigned.
fn many(world: World, rows: u64) -> World {
    let mut world = world.assign("account", ANA);
    let file = &mut world.draft.tables[0].files[0];
    *file = no_rows();
    for _ in 0..rows {
        add_row(file, Some(PrincipalIndex::new(0)), PrincipalIndex::new(1));
    }
    world.draft.rows.insert(RECORDS, rows);
    world
}

/// Mia signs in: an application user whose role has these privileges.
fn mia(privileges: &[&str]) -> World {
    let mut world = assigns()
        .user(MIA, "Mia", ROOT, false)
        .one(MIA, |user| user.application_id = Some(Uuid::from_u128(9)))
        .fact(Fact::Role(Role {
            id: MIGRATION,
            name: "Migration".to_owned(),
            business_unit: ROOT,
            root: MIGRATION,
            template: None,
            inheritance: Inheritance::DirectUser,
        }))
        .holds(MIA, MIGRATION)
        .setting(setting::CALLER, &MIA.uuid().to_string());
    for privilege in privileges {
        world = world.privilege(MIGRATION, privilege, Depth::Organisation);
    }
    world
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn what_holds_for_live_environments_alone() {
    const ASSIGNS: [&str; 3] = ["prvAssignAccount", "prvReadAccount", "prvWriteAccount"];
    let stub = || told(calm(), "systemuser", "").stub();
    let unknown = || {
        let mut world = stub().without(Loadable::Directory).without(Loadable::Groups);
        world.facts.retain(|fact| !matches!(fact, Fact::Person(_) | Fact::GroupMember(_)));
        world.users(|user| user.licensed = Some(true))
    };
    let since = |policy: &mut CheckPolicy<'_>| {
        live(policy);
        policy.live.as_mut().expect("live").written_since = &SINCE;
    };
    let logic = || told(assigns(), "account", "Contoso.OwnerSync; flow a1b2");
    let bypasses = |more: &[&str]| mia(&[&ASSIGNS[..], more].concat());
    //        case                                    world                                  policy     rules that speak
    speaks_by("nothing to write",                     calm(),                                live,      &[]);
    speaks_by("what is written takes time",           assigns(),                             live,      &["ENV004"]);
    speaks_by("no time in an environment file",       assigns(),                             |_| (),    &[]);
    speaks_by("a plan has written since",             assigns(),                             since,     &["ENV001", "ENV004"]);
    speaks_by("the directory knows nobody like that", stub(),                                live,      &["STB001", "ENV004"]);
    speaks_by("nothing known of the directory",       unknown(),                             live,      &["STB007", "STB001", "ENV004", "?STB006", "?ACC002", "?ACC003", "?ACC006", "?ACC007", "?ACC011", "?PRF001", "?PRF002"]);
    speaks_by("the same, and it is accepted",         unknown().accept(Code::Stb006),        live,      &["STB001", "ENV004", "?STB006", "?ACC002", "?ACC003", "?ACC006", "?ACC007", "?ACC011", "?PRF001", "?PRF002"]);
    speaks_by("the same in an environment file",      unknown(),                             |_| (),    &["STB001", "?STB006", "?ACC002", "?ACC003", "?ACC006", "?ACC007", "?ACC011", "?PRF001", "?PRF002"]);
    speaks_by("custom logic runs",                    logic(),                               live,      &["ENV005", "ENV004"]);
    speaks_by("the same in an environment file",      logic(),                               |_| (),    &["ENV005"]);
    speaks_by("that of another table does not",       told(assigns(), "contact", "Sync"),    live,      &["ENV004"]);
    speaks_by("nobody looked",                        calm().assign("account", ANA),         live,      &["ENV004", "?ENV005"]);
    speaks_by("of users as well",                     told(calm(), "systemuser", "Sync").stub(), live,  &["ENV005", "STB001", "ENV004"]);
    speaks_by("who signs in may assign",              bypasses(&[]),                         live,      &["ENV004"]);
    speaks_by("and may not pass over custom logic",   bypasses(&[]),                         bypassing, &["ENV002", "ENV004"]);
    speaks_by("or may",            bypasses(&["prvBypassCustomBusinessLogic"]),              bypassing, &["ENV004"]);
    speaks_by("nothing to pass over it for",          told(calm(), "account", "Sync"),       bypassing, &[]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn forecasts() {
    let app = || told(mia(&["prvAssignAccount", "prvReadAccount", "prvWriteAccount"]), "account", "");
    let person = || app().one(MIA, |user| user.application_id = None);
    let said = |policy: &mut CheckPolicy<'_>| {
        live(policy);
        policy.daily_requests = std::num::NonZeroU64::new(1_000);
    };
    let of = |world, rows, by: &dyn Fn(&mut CheckPolicy<'_>)| finding_by(many(world, rows), by, Code::Env004).message;
    //    found                            requests     words
    foretells(&of(app(), 1, &live),            1,           "about 1 s at 20 a second", "1 % of a day's 550000 requests by what is loaded of licences");
    foretells(&of(app(), 1_180, &live),        1_180,       "about 59 s at",            "1 % of");
    foretells(&of(app(), 1_181, &live),        1_181,       "about 1 min at",           "1 % of");
    foretells(&of(app(), 71_999, &live),       71_999,      "about 1 h 0 min at",       "14 % of");
    foretells(&of(app(), 73_000, &live),       73_000,      "about 1 h 1 min at",       "14 % of");
    foretells(&of(person(), 400, &live),       400,         "about 20 s at",            "1 % of a day's 40000 requests of a person with a licence");
    foretells(&of(person(), 990, &said),       990,         "about 50 s at",            "99 % of a day's 1000 requests as `daily_requests` says");
    speaks_by("a day's requests", many(app(), 1_000), said, &["ENV004"]);
    speaks_by("one more",         many(app(), 1_001), said, &["ENV003", "ENV004"]);
}

#[track_caller]
fn foretells(message: &str, requests: u64, time: &str, share: &str) {
    let begins = format!("{requests} requests: ");
    assert!(message.starts_with(&begins), "{message}");
    assert!(
        message.contains(time) && message.contains(share),
        "{message}"
    );
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn custom_logic_by_name() {
    let of = |names, by: &dyn Fn(&mut CheckPolicy<'_>)| finding_by(told(assigns(), "account", names), by, Code::Env005);
    //    names               policy      what is said
    for (names, by, words) in [
        ("Sync;Audit",        &live as &dyn Fn(&mut CheckPolicy<'_>), "1 records of `account` are assigned, and each time these run: `Sync`, `Audit`"),
        ("Sync;flow a1",      &live,      "and each time these run: `Sync`, `flow a1`"),
        ("Sync;workflow Tell", &bypassing, "custom logic is passed over (`bypass_custom_logic`): `Sync`, `workflow Tell`"),
        ("Sync; flow a1;",    &bypassing, "`Sync`; that does not hold for flows: `flow a1` run"),
        ("flow a1",           &bypassing, "`bypass_custom_logic` does not hold for flows: `flow a1` run"),
    ] {
        let finding = of(names, by);
        assert!(finding.message.contains(words), "{names}: {}", finding.message);
        assert_eq!((finding.subject.as_str(), finding.count), ("account", 1), "{names}");
    }
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn who_else_may_apply_the_plan_signs_in() {
    let all = ["prvAssignAccount", "prvReadAccount", "prvWriteAccount"];
    let administrative = || mia(&all).one(MIA, |user| user.access_mode = AccessMode::Administrative);
    let mode = Changed { before: AccessMode::ReadWrite, after: AccessMode::Read };
    let modes = || mia(&["prvWriteUser"]).wish(ANA, |wished| wished.access_mode = Some(mode.clone()));
    let roles = || mia(&["prvReadAccount"]).give(ANA, READER);
    for (code, world) in [
        (Code::Env007, &administrative as &dyn Fn() -> World),
        (Code::Env008, &modes),
        (Code::Rol013, &roles),
    ] {
        let of = |by: &dyn Fn(&mut CheckPolicy<'_>)| finding_by(world(), by, code);
        let finding = of(&live);
        for words in ["sign in", "contoso.crm4.dynamics.com", "pull and plan again"] {
            assert!(finding.cure.contains(words), "{code}: {}", finding.cure);
        }
        let said = format!("{} {}", finding.message, finding.cure);
        assert!(!said.contains("load again") && !said.contains("`caller`"), "{code}: {said}");
        let finding = of(&|_| ());
        assert!(finding.cure.contains("load again"), "{code}: {}", finding.cure);
    }
}

#[test]
fn what_the_caller_of_a_live_environment_lacks_is_cured_there() {
    let finding = finding_by(mia(&["prvReadAccount"]), live, Code::Env002);
    assert_eq!(
        finding.message,
        "Mia <mia@contoso.com> applies the plan (who signed in for the copy) and has no role with `prvAssignAccount`"
    );
    assert!(
        finding.cure.contains("in contoso.crm4.dynamics.com"),
        "{}",
        finding.cure
    );
}
