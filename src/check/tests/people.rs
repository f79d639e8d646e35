//! Who the people behind users are: one word for each question about one of them.

use crate::check::people::{
    DisabledBy, Holding, InDirectory, Kind, Licensed, Membership, Outsider, People, PersonView,
};
use crate::check::tests::*;
use crate::model::{DirectoryPerson, GroupMember, Licence, UserLicence, comparison_key, setting};

const OBJECT: Uuid = Uuid::from_u128(0xaaaa);

/// Ana alone, as the facts that a case adds make her.
fn ana(change: impl FnOnce(&mut User), facts: Vec<Fact>) -> World {
    let mut world = World {
        facts: Loadable::ALL.map(Fact::Loaded).to_vec(),
        draft: Draft::default(),
        accept: Accept::default(),
    };
    world = world.user(ANA, "Ana", ROOT, false);
    if let Some(Fact::User(user)) = world.facts.last_mut() {
        user.licensed = None;
        change(user);
    }
    world.facts.extend(facts);
    world
}

pub(super) fn person(upn: &str, change: impl FnOnce(&mut DirectoryPerson)) -> Fact {
    let mut person = DirectoryPerson {
        upn: upn.to_owned(),
        ..DirectoryPerson::default()
    };
    change(&mut person);
    Fact::Person(Box::new(person))
}

fn with(product: &str) -> Fact {
    person("ana@contoso.com", |person| {
        person.licences = Some([product.to_owned()].into());
    })
}

fn product(name: &str, provisions: Option<bool>) -> Fact {
    Fact::Licence(Licence {
        product: name.to_owned(),
        seats: None,
        used: None,
        provisions,
    })
}

pub(super) fn member(group: &str, member: &str, via: Option<&str>) -> Fact {
    Fact::GroupMember(GroupMember {
        group: group.to_owned(),
        member: member.to_owned(),
        via: via.map(str::to_owned),
    })
}

fn named(group: &str) -> Fact {
    Fact::Setting {
        name: setting::SECURITY_GROUP.to_owned(),
        value: group.to_owned(),
    }
}

#[track_caller]
fn check<T: std::fmt::Debug + PartialEq>(
    case: &str,
    world: &World,
    ask: impl Fn(&PersonView<'_>) -> T,
    expected: &T,
) {
    let facts = world.facts();
    let people = People::of(&facts, false);
    let view = &people.users()[&UserId(ANA.uuid())];
    assert_eq!(ask(view), *expected, "case: {case}: {view:#?}");
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn kinds() {
    let check = |case, change: fn(&mut User), kind| check(case, &ana(change, Vec::new()), |view| view.kind, &kind);
    check("a person",                  |_| (),                                                           Kind::Human);
    check("a program with an account", |user| user.access_mode = AccessMode::NonInteractive,             Kind::Human);
    check("a stub user",               |user| user.stub = true,                                          Kind::Stub);
    check("an application user",       |user| user.application_id = Some(OBJECT),                        Kind::Application);
    check("the support user",          |user| user.access_mode = AccessMode::Support,                    Kind::Support);
    check("a partner's administrator", |user| user.access_mode = AccessMode::DelegatedAdministrator,     Kind::Support);
    check("SYSTEM",                    |user| user.full_name = Some("SYSTEM".to_owned()),                Kind::BuiltIn);
    check("nobody's UPN",              |user| user.upn.clear(),                                          Kind::BuiltIn);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn who_of_the_directory() {
    let found = |view: &PersonView<'_>| match view.directory {
        InDirectory::Person(person) => person.upn.clone(),
        InDirectory::Absent => "absent".to_owned(),
        InDirectory::Unknown => "unknown".to_owned(),
    };
    let check = |case, world: World, who: &str| check(case, &world, found, &who.to_owned());
    let id = |user: &mut User| user.directory_id = Some(OBJECT);
    let of = |upn: &str, id: Option<Uuid>| person(upn, |person| person.id = id);
    check("by UPN, in whatever case",       ana(|_| (), vec![of("ANA@contoso.com", None)]),                              "ANA@contoso.com");
    check("by object id, renamed since",    ana(id, vec![of("ana.new@contoso.com", Some(OBJECT))]),                       "ana.new@contoso.com");
    check("the id goes before the UPN",     ana(id, vec![of("new@contoso.com", Some(OBJECT)), of("ana@contoso.com", None)]), "new@contoso.com");
    check("the UPN is another's by now",    ana(id, vec![of("ana@contoso.com", Some(Uuid::from_u128(9)))]),               "absent");
    check("the id is not known there",      ana(id, vec![of("ana@contoso.com", None)]),                                   "ana@contoso.com");
    check("nobody",                         ana(|_| (), vec![of("ben@contoso.com", None)]),                               "absent");
    check("not loaded",                     ana(|_| (), Vec::new()).without(Loadable::Directory),                         "unknown");
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn licensed() {
    let check = |case, world: World, licensed| check(case, &world, |view| view.licensed, &licensed);
    let held = |product: &str| Fact::UserLicence(UserLicence { user: UserId(ANA.uuid()), product: product.to_owned() });
    let empty = || person("ana@contoso.com", |person| person.licences = Some(BTreeSet::new()));
    let unsaid = || person("ana@contoso.com", |_| ());
    let said = |licensed| move |user: &mut User| user.licensed = Some(licensed);
    let all = |_: &mut User| ();
    check("a product by its name",              ana(all, vec![with("Dynamics 365 Sales Enterprise")]),                            Licensed::Yes);
    check("a part number",                      ana(all, vec![with("POWERAPPS_PER_USER")]),                                        Licensed::Yes);
    check("what comes with Office",             ana(all, vec![with("Office 365 E3")]),                                             Licensed::OnDemand);
    check("Power Apps that come with Office",   ana(all, vec![with("Microsoft Power Apps for Office 365")]),                       Licensed::OnDemand);
    check("the list says that it provisions",   ana(all, vec![with("CRM 2"), product("crm 2", Some(true))]),                       Licensed::Yes);
    check("the list says that it does not",     ana(all, vec![with("Dynamics 365 X"), product("Dynamics 365 X", Some(false))]),    Licensed::OnDemand);
    check("the list says nothing of it",        ana(all, vec![with("CRM 2"), product("CRM 2", None)]),                             Licensed::Unknown(&[Loadable::Licences]));
    check("a product that is not in the list",  ana(all, vec![with("Visio")]),                                                     Licensed::No);
    check("an odd product and no list",         ana(all, vec![with("Visio")]).without(Loadable::Licences),                         Licensed::Unknown(&[Loadable::Licences]));
    check("an odd product, the user says yes",  ana(said(true), vec![with("CRM 2"), product("CRM 2", None)]),                      Licensed::Yes);
    check("none in the directory",              ana(all, vec![empty()]),                                                           Licensed::No);
    check("the directory goes before the user", ana(said(true), vec![empty()]),                                                    Licensed::No);
    check("the environment knows one",          ana(all, vec![unsaid(), held("Dynamics 365 Sales")]),                              Licensed::Yes);
    check("the environment knows none",         ana(all, vec![unsaid()]),                                                          Licensed::No);
    check("no licences anywhere",               ana(all, vec![unsaid()]).without(Loadable::UserLicences),                          Licensed::Unknown(&[Loadable::UserLicences]));
    check("only the user says so",              ana(said(false), Vec::new()).without(Loadable::Directory),                         Licensed::No);
    check("not in the directory",               ana(all, Vec::new()).without(Loadable::UserLicences),                              Licensed::No);
    check("nothing loaded",  ana(all, Vec::new()).without(Loadable::Directory).without(Loadable::UserLicences),                    Licensed::Unknown(&[Loadable::Directory]));
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn in_the_group() {
    fn said(view: &PersonView<'_>) -> String {
        match view.membership {
            Membership::NoGroup => "no group".to_owned(),
            Membership::Direct => "direct".to_owned(),
            Membership::Nested(via) => format!("through {via}"),
            Membership::Outside => "outside".to_owned(),
            Membership::Unknown(needs) => format!("unknown: {}", needs[0].name()),
        }
    }
    let id = |user: &mut User| user.directory_id = Some(OBJECT);
    let all = |_: &mut User| ();
    let check = |case, world: World, expected: &str| check(case, &world, said, &expected.to_owned());
    check("no group at all",               ana(all, Vec::new()),                                                              "no group");
    check("the only group",                ana(all, vec![member("CRM", "Ana@Contoso.com", None)]),                             "direct");
    check("by object id",                  ana(id, vec![member("CRM", &format!("{{{OBJECT}}}"), None)]),                       "direct");
    check("by way of another",             ana(all, vec![member("CRM", "ana@contoso.com", Some("Sales"))]),                    "through Sales");
    check("by way of another and directly",
          ana(all, vec![member("CRM", "ana@contoso.com", Some("Sales")), member("CRM", "ana@contoso.com", None)]),             "direct");
    check("a group is the member",
          ana(all, vec![member("CRM", "Sales", None), member("Sales", "ana@contoso.com", None), named("crm")]),                "through Sales");
    check("two deep, and in a circle",
          ana(all, vec![member("CRM", "A", None), member("A", "B", None), member("B", "A", None),
                        member("B", "ana@contoso.com", None), named("CRM")]),                                                  "through A");
    check("not in it",                     ana(all, vec![member("CRM", "ben@contoso.com", None)]),                             "outside");
    check("two groups, one named",
          ana(all, vec![member("CRM", "ana@contoso.com", None), member("ERP", "ben@contoso.com", None), named("ERP")]),        "outside");
    check("two groups, none named",
          ana(all, vec![member("CRM", "ana@contoso.com", None), member("ERP", "ben@contoso.com", None)]),                      "unknown: settings");
    check("the group named was not loaded", ana(all, vec![member("CRM", "ana@contoso.com", None), named("ERP")]),              "unknown: groups");
    check("groups not loaded",             ana(all, Vec::new()).without(Loadable::Groups),                                     "unknown: groups");
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn disabled() {
    let check = |case, world: World, why| check(case, &world, |view| view.disabled_by, &why);
    let off = |user: &mut User| user.disabled = true;
    let mode = |mode| move |user: &mut User| { user.disabled = true; user.access_mode = mode; };
    let licensed = |change: fn(&mut DirectoryPerson)| person("ana@contoso.com", |person| {
        person.licences = Some(["Dynamics 365".to_owned()].into());
        change(person);
    });
    let outside = || member("CRM", "ben@contoso.com", None);
    let none = || person("ana@contoso.com", |person| person.licences = Some(BTreeSet::new()));
    check("enabled",                    ana(|_| (), vec![none()]),                                             None);
    check("deleted in the directory",   ana(off, vec![licensed(|person| person.deleted = true)]),              Some(DisabledBy::Deleted));
    check("the environment says so",    ana(|user| { user.disabled = true; user.details.deleted = true; }, Vec::new()), Some(DisabledBy::Deleted));
    check("not in the directory",       ana(off, Vec::new()),                                                  Some(DisabledBy::NotInDirectory));
    check("sign-in blocked",            ana(off, vec![licensed(|person| person.enabled = Some(false))]),       Some(DisabledBy::SignInBlocked));
    check("no licence",                 ana(off, vec![none(), outside()]),                                     Some(DisabledBy::NoLicence));
    check("no licence needed",          ana(mode(AccessMode::Administrative), vec![none()]),                   Some(DisabledBy::ByHand));
    check("not in the group",           ana(off, vec![licensed(|_| ()), outside()]),                           Some(DisabledBy::NotInGroup));
    check("nested",    ana(off, vec![licensed(|_| ()), member("CRM", "ana@contoso.com", Some("Sales"))]),      Some(DisabledBy::NotInGroup));
    check("entitled",                   ana(off, vec![licensed(|_| ())]),                                      Some(DisabledBy::ByHand));
    check("groups not loaded",          ana(off, vec![licensed(|_| ())]).without(Loadable::Groups),            Some(DisabledBy::Unknown(&[Loadable::Groups])));
    check("directory not loaded",
          ana(|user| { user.disabled = true; user.licensed = Some(true); }, Vec::new()).without(Loadable::Directory), Some(DisabledBy::Unknown(&[Loadable::Directory])));
    check("a stub user always is",      ana(|user| { user.disabled = true; user.stub = true; }, Vec::new()),   None);
}

#[test]
fn who_is_no_user_yet() {
    let licensed = |upn: &str| {
        person(upn, |person| {
            person.licences = Some(["Dynamics 365".to_owned()].into());
        })
    };
    let mut world = ana(
        |_| (),
        vec![
            licensed("ana@contoso.com"),
            licensed("ben@contoso.com"),
            licensed("old@contoso.com"),
            person("cid@contoso.com", |person| {
                person.licences = Some(BTreeSet::new());
            }),
            person("gone@contoso.com", |person| person.deleted = true),
        ],
    );
    world = world.user(OLD, "Old", ROOT, true);
    if let Some(Fact::User(user)) = world.facts.last_mut() {
        user.stub = true;
    }
    let facts = world.facts();
    let people = People::of(&facts, false);
    let outsiders = people.outsiders().iter();
    let outsiders: Vec<(String, bool)> = outsiders
        .map(|outsider| (comparison_key(&outsider.person.upn), outsider.is_due()))
        .collect();
    let expected = [("ben", true), ("cid", false), ("old", true)];
    let expected = expected.map(|(name, due)| (format!("{name}@contoso.com"), due));
    assert_eq!(outsiders, expected, "a stub user is nobody's user");
    let on_premises = People::of(&facts, true);
    let view = &on_premises.users()[&UserId(ANA.uuid())];
    assert_eq!(
        (view.licensed, &view.membership),
        (Licensed::NotAsked, &Membership::NoGroup)
    );
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn what_roles_are_worth() {
    let named = |names: &str| Fact::Setting { name: setting::AUTOMATIC_ROLES.to_owned(), value: names.to_owned() };
    let empty = || world().fact(Fact::Role(Role {
        id: RoleId(Uuid::from_u128(0x91)), name: "Empty".to_owned(), business_unit: ROOT,
        root: RoleId(Uuid::from_u128(0x91)), template: None, inheritance: Inheritance::DirectUser,
    })).holds(BEN, RoleId(Uuid::from_u128(0x91)));
    let through = |team: Principal| world().member(team, BEN);
    let seller = || vec![TeamId(SELLERS.uuid())];
    holding("a role that reads",             world(),                                                        ANA, Holding::Works);
    holding("no role",                       world(),                                                        BEN, Holding::Nothing);
    holding("a role without any privilege",  empty(),                                                        BEN, Holding::OpensOnly);
    holding("privileges not loaded",         empty().without(Loadable::RolePrivileges),                      BEN, Holding::Works);
    holding("an automatic role",             world().fact(named("App access; sales")),                       ANA, Holding::OpensOnly);
    holding("automatic, and another",        world().fact(named("Sales")).holds(ANA, READER),                ANA, Holding::Works);
    holding("reads only what nobody owns",
            world().fact(named("Sales")).holds(ANA, READER).owned_by("article", Some(Ownership::Organisation)), ANA, Holding::OpensOnly);
    holding("reads only users, whose privilege bears another name",
            empty().privilege(RoleId(Uuid::from_u128(0x91)), "prvReadUser", Depth::Organisation).owned_by("systemuser", Some(Ownership::Business)),
            BEN, Holding::OpensOnly);
    holding("through a team",                through(SELLERS),                                               BEN, Holding::TeamsOnly(seller()));
    holding("through a team, own opens only", empty().member(SELLERS, BEN),                                  BEN, Holding::TeamsOnly(seller()));
    holding("an access team has none",       through(DEAL),                                                  BEN, Holding::Nothing);
    holding("a team without roles",          through(IDLE),                                                  BEN, Holding::Nothing);
    holding("roles not loaded",              world().without(Loadable::UserRoles),                           ANA, Holding::Unknown(&[Loadable::UserRoles]));
    holding("teams not loaded",              world().without(Loadable::TeamRoles),                           BEN, Holding::Unknown(&[Loadable::TeamRoles]));
    holding("System Administrator",          world(),                                                        EVA, Holding::Works);
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "a row of a table")]
fn holding(case: &str, world: World, who: Principal, expected: Holding) {
    let facts = world.facts();
    let user = UserId(who.uuid());
    let people = People::of(&facts, false);
    let of_team = |team| facts.team_roles(team).to_vec();
    let found = people
        .roles()
        .holding(user, facts.user_roles(user), of_team);
    assert_eq!(found, expected, "case: {case}");
}

#[test]
fn administrator_roles_by_all_their_names() {
    let names = [
        ("Global Administrator", true),
        ("General Administrator", true),
        ("Company Administrator", true),
        ("Dynamics 365 Administrator", true),
        ("Dynamics 365 Service Administrator", true),
        ("Power Platform Administrator", true),
        ("Billing Administrator", false),
        ("User (no administrator access)", false),
    ];
    for (name, administers) in names {
        let person = DirectoryPerson {
            upn: "zoe@contoso.com".to_owned(),
            roles: Some([name.to_owned()].into()),
            ..DirectoryPerson::default()
        };
        let world = world().fact(Fact::Person(Box::new(person)));
        let facts = world.facts();
        let people = People::of(&facts, false);
        let outsiders = people.outsiders();
        let due: Vec<bool> = outsiders.iter().map(Outsider::is_due).collect();
        assert_eq!(due, [administers], "{name}");
    }
}
