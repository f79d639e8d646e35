//! Lists for administrators: what only they may do so that the people of the plan can work.
//!
//! In: the scene. Out: lists that have rows, in the order of doing, each sorted. A list names nobody who needs
//! nothing, and no list ever holds a password (S03).

use std::collections::BTreeSet;

use crate::check::day_one::Scene;
use crate::check::people::{DisabledBy, InDirectory, Kind, Licensed, PersonView, is_honoured};
use crate::model::{
    AccessMode, Code, DirectoryPerson, HandOver, HandOverKind, Loadable, MissingPerson,
    ProfileField, StubWay, User, comparison_key, setting, setting_on,
};

/// Until when somebody needs a licence who only gets another access mode.
const UNTIL_READ_BACK: &str = "`cutover verify` has read the access mode back";

/// What brings somebody into the environment, in this order (S06 to S08).
const CURES: &str = "1 wait some minutes; 2 sign out of Microsoft 365 and of the environment, close all browsers, \
                     sign in again; 3 take the licence away and give it again; 4 ask support to have the \
                     synchronisation reset";

/// Every list that has rows.
pub(super) fn lists(scene: &Scene<'_>) -> Vec<HandOver> {
    let lists = HandOverKind::ALL.into_iter().map(|kind| HandOver {
        kind,
        rows: rows(scene, kind),
    });
    lists.filter(|list| !list.rows.is_empty()).collect()
}

fn rows(scene: &Scene<'_>, kind: HandOverKind) -> Vec<Vec<String>> {
    match kind {
        HandOverKind::BusinessUnitsToCreate => units_to_create(scene),
        HandOverKind::LicencesToBuy => licences_to_buy(scene),
        HandOverKind::PeopleToCreate => people_to_create(scene),
        HandOverKind::LicencesToGive => licences_to_give(scene),
        HandOverKind::GroupMembersToAdd => group_members(scene),
        HandOverKind::PeopleToSynchronise => to_synchronise(scene),
        HandOverKind::SettingsToSwitch => settings(scene),
        HandOverKind::Invitations => invitations(scene),
        HandOverKind::LicencesToFree => licences_to_free(scene),
        HandOverKind::Leavers => leavers(scene),
        HandOverKind::ProfilesToCorrect => profiles(scene),
    }
}

/// Rows about people, by name.
fn sorted(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    rows.sort_by_cached_key(|row| {
        let keys = row.iter().map(|cell| comparison_key(cell));
        keys.collect::<Vec<_>>()
    });
    rows.dedup();
    rows
}

fn who(user: &User) -> [String; 2] {
    [user.upn.clone(), user.label()]
}

/// S88: units that rows name and the environment has not; users can only be put into what is there.
fn units_to_create(scene: &Scene<'_>) -> Vec<Vec<String>> {
    let units = scene.day.draft.unknown_units.values();
    units.map(|unit| vec![unit.clone()]).collect()
}

/// S26 S30: seats of the products that make users, against what is in use and what is to be given.
fn licences_to_buy(scene: &Scene<'_>) -> Vec<Vec<String>> {
    let facts = scene.day.facts;
    let products = facts.licences().values();
    let honoured: Vec<_> = products
        .filter(|licence| is_honoured(facts, &licence.product))
        .collect();
    let mut seats = 0_u64;
    let mut used = 0_u64;
    for licence in &honoured {
        let (Some(of_product), Some(in_use)) = (licence.seats, licence.used) else {
            // Of a product whose seats or use are not known nobody can say how many are free.
            return Vec::new();
        };
        seats += u64::from(of_product);
        used += u64::from(in_use);
    }
    let needed = used + licences_to_give(scene).len() as u64;
    if honoured.is_empty() || needed <= seats {
        return Vec::new();
    }
    let names: Vec<&str> = honoured
        .iter()
        .map(|licence| licence.product.as_str())
        .collect();
    let numbers = [seats, used, needed, needed - seats].map(|number| number.to_string());
    vec![[vec![names.join(" or ")], numbers.to_vec()].concat()]
}

/// S01: people whom the exports name as active, and whom the directory does not hold; and users whose account
/// is gone though they are to work.
fn people_to_create(scene: &Scene<'_>) -> Vec<Vec<String>> {
    let facts = scene.day.facts;
    if !facts.loaded(Loadable::Directory) || scene.day.on_premises {
        return Vec::new();
    }
    let absent = |person: &&MissingPerson| {
        let active = person.inactive != Some(true);
        active && facts.person(&person.upn).is_none() && facts.person(&person.mail).is_none()
    };
    let missing = scene
        .day
        .missing
        .iter()
        .filter(absent)
        .map(|person| Account {
            upn: &person.upn,
            first: person.first_name.as_deref(),
            last: person.last_name.as_deref(),
            display: person.full_name.clone(),
            user: None,
        });
    let users = scene.humans().filter(|view| {
        view.directory == InDirectory::Absent && !view.deleted && scene.is_to_work(view)
    });
    let users = users.map(|view| Account {
        upn: &view.user.upn,
        first: view.user.first_name.as_deref(),
        last: view.user.last_name.as_deref(),
        display: view.user.label(),
        user: Some(view.user),
    });
    sorted(missing.chain(users).map(|account| account.row()).collect())
}

/// Somebody for the bulk template of the Microsoft 365 admin centre.
struct Account<'a> {
    upn: &'a str,
    first: Option<&'a str>,
    last: Option<&'a str>,
    display: String,
    user: Option<&'a User>,
}

impl Account<'_> {
    /// In the order of the template's columns; department, office, alternate mail and postal code are not known.
    fn row(&self) -> Vec<String> {
        let field = |field: ProfileField| {
            let profile = self.user.map(|user| &user.details.profile);
            let value = profile.and_then(|profile| profile.get(&field));
            value.cloned().unwrap_or_default()
        };
        let name = |name: Option<&str>| name.unwrap_or_default().to_owned();
        vec![
            self.upn.to_owned(),
            name(self.first),
            name(self.last),
            self.display.clone(),
            field(ProfileField::Title),
            String::new(),
            String::new(),
            field(ProfileField::MainPhone),
            field(ProfileField::MobilePhone),
            field(ProfileField::Fax),
            String::new(),
            field(ProfileField::Street),
            field(ProfileField::City),
            field(ProfileField::State),
            String::new(),
            field(ProfileField::Country),
        ]
    }
}

/// S02 S25 S69 S72: who is to work and has none; and who needs one only while the access mode is changed.
fn licences_to_give(scene: &Scene<'_>) -> Vec<Vec<String>> {
    let give = scene.humans().filter_map(|view| {
        let [upn, name] = who(view.user);
        let (why, until) = if scene.lacks_licence(view) {
            ("works in the environment and has no licence", "")
        } else if needs_one_for_the_change(scene, view) {
            (
                "the access mode is changed while the user is licensed",
                UNTIL_READ_BACK,
            )
        } else {
            return None;
        };
        Some(vec![upn, name, why.to_owned(), until.to_owned()])
    });
    sorted(give.collect())
}

/// An unlicensed user whose mode is to become one that needs no licence. Who administers the directory is let
/// in without (S84).
fn needs_one_for_the_change(scene: &Scene<'_>, view: &PersonView<'_>) -> bool {
    let change = scene.changes.get(&view.user.id);
    let mode = change.and_then(|change| change.access_mode.as_ref());
    let after = mode.is_some_and(|mode| !PersonView::mode_needs_licence(mode.after));
    let administers = view
        .administrator_roles()
        .is_some_and(|roles| !roles.is_empty());
    after && view.licensed == Licensed::No && !administers
}

/// S55 S59: the environment's group, for who is to work and is not in it, or only by way of another group.
fn group_members(scene: &Scene<'_>) -> Vec<Vec<String>> {
    let outside = scene.humans().filter(|view| scene.lacks_group(view));
    let member = |person: Option<&DirectoryPerson>, user: &User| {
        let id = person.and_then(|person| person.id).or(user.directory_id);
        id.map_or_else(|| user.upn.clone(), |id| id.to_string())
    };
    let rows = outside.map(|view| vec![member(view.directory.person(), view.user)]);
    sorted(rows.collect())
}

/// S04 S06 S07 S08.
fn to_synchronise(scene: &Scene<'_>) -> Vec<Vec<String>> {
    let due = scene.people.outsiders().iter().filter(|one| one.is_due());
    let row = |person: &DirectoryPerson| {
        let name = person.display_name.clone().unwrap_or_default();
        vec![person.upn.clone(), name, CURES.to_owned()]
    };
    sorted(due.map(|one| row(one.person)).collect())
}

/// S44: the setting that lets roles go to disabled users: on where the plan needs it, and off again.
fn settings(scene: &Scene<'_>) -> Vec<Vec<String>> {
    let (draft, name) = (scene.day.draft, setting::ROLES_ON_DISABLED);
    let on = setting_on(scene.day.facts.setting(name), false);
    let by_api = draft.stubs.iter().any(|stub| stub.way == StubWay::Api);
    let stopped = |code: Option<Code>| code == Some(Code::Rol003);
    let roles = draft.roles.iter().filter_map(|role| role.fallen);
    let users = draft.users.iter().filter_map(|user| user.fallen);
    let needed = by_api || roles.chain(users).any(|cause| stopped(Some(cause.code)));
    let row = |now: &str, to: &str, before: &str, back: &str| {
        vec![[name, now, to, before, back].map(str::to_owned).to_vec()]
    };
    match (on, needed) {
        (true, _) => row("on", "off", "go-live", "not again: off is the default"),
        (false, true) => row(
            "off",
            "on",
            "`cutover apply`",
            "off, after `cutover verify`",
        ),
        (false, false) => Vec::new(),
    }
}

/// S56: who is enabled again after having been disabled.
fn invitations(scene: &Scene<'_>) -> Vec<Vec<String>> {
    let again = scene
        .humans()
        .filter(|view| view.user.disabled && scene.is_to_work(view) && Scene::can_be_enabled(view));
    let rows = again.map(|view| {
        let [upn, name] = who(view.user);
        vec![upn, name, "was disabled and is enabled again".to_owned()]
    });
    sorted(rows.collect())
}

/// S58 S67 S70 S73: held without need, leavers apart.
fn licences_to_free(scene: &Scene<'_>) -> Vec<Vec<String>> {
    let users = scene.people.users().values();
    let rows = users.filter_map(|view| {
        let mode = scene.mode_after(view);
        let why = match (view.kind, mode) {
            (Kind::Stub, _) => "a stub user cannot sign in",
            (Kind::Human, AccessMode::Administrative) => "access mode administrative needs none",
            (Kind::Human, AccessMode::NonInteractive) => "access mode non-interactive needs none",
            _ => return None,
        };
        let licensed = matches!(view.licensed, Licensed::Yes | Licensed::OnDemand);
        if !licensed || is_leaver(scene, view) {
            return None;
        }
        let [upn, name] = who(view.user);
        Some(vec![upn, name, products(scene, view), why.to_owned()])
    });
    sorted(rows.collect())
}

fn products(scene: &Scene<'_>, view: &PersonView<'_>) -> String {
    let facts = scene.day.facts;
    let in_directory = view
        .directory
        .person()
        .and_then(|person| person.licences.as_ref());
    let held = facts.user_licences(view.user.id).iter();
    let names: BTreeSet<&str> = match in_directory {
        Some(products) => products.iter().map(String::as_str).collect(),
        None => held.map(|held| held.product.as_str()).collect(),
    };
    names.into_iter().collect::<Vec<_>>().join(" + ")
}

/// S58 S61: disabled, licensed, and nothing is wanted of them.
fn leavers(scene: &Scene<'_>) -> Vec<Vec<String>> {
    let gone = scene.humans().filter(|view| is_leaver(scene, view));
    let rows = gone.map(|view| {
        let [upn, name] = who(view.user);
        let records = "free the licence; do not delete the account while mail or files are needed";
        vec![upn, name, records.to_owned()]
    });
    sorted(rows.collect())
}

fn is_leaver(scene: &Scene<'_>, view: &PersonView<'_>) -> bool {
    let licensed = matches!(view.licensed, Licensed::Yes | Licensed::OnDemand);
    // Who is disabled though entitled may have been disabled by mistake: that is a finding, no task.
    let by_hand = matches!(
        view.disabled_by,
        Some(DisabledBy::ByHand | DisabledBy::Unknown(_))
    );
    view.user.disabled && licensed && !by_hand && !scene.is_to_work(view)
}

/// S13 S21: wishes for fields that the directory keeps: of everybody but stub users, and not on-premises.
fn profiles(scene: &Scene<'_>) -> Vec<Vec<String>> {
    if scene.day.on_premises {
        return Vec::new();
    }
    let mut rows = Vec::new();
    for wished in &scene.day.draft.users {
        let user = scene.day.facts.users().get(&wished.user);
        let Some(user) = user.filter(|user| !user.stub) else {
            continue;
        };
        for (field, value) in &wished.profile {
            if *field != ProfileField::FullName {
                let text = |value: &Option<String>| value.clone().unwrap_or_default();
                let [upn, name] = who(user);
                let words = field.words().to_owned();
                rows.push(vec![
                    upn,
                    name,
                    words,
                    text(&value.before),
                    text(&value.after),
                ]);
            }
        }
    }
    sorted(rows)
}
