//! The order of go-live: what is done, what is open, and whose it is (S11 S41 S69 S72).
//!
//! In: the scene, the lists, who is ready. Out: the steps in order. A step whose list is empty is done where
//! everything that could fill it was loaded, else nobody knows.

use std::collections::BTreeSet;

use crate::check::day_one::Scene;
use crate::model::{
    GoLiveStep, HandOver, HandOverKind, Loadable, Progressed, Readiness, comparison_key,
};

/// Who applies the plan.
const CONSULTANT: &str = "consultant";

/// Every step, in order.
pub(super) fn all(
    scene: &Scene<'_>,
    lists: &[HandOver],
    readiness: &[Readiness],
) -> Vec<GoLiveStep> {
    let steps = Steps {
        scene,
        lists,
        unknown: readiness
            .iter()
            .flat_map(|one| one.after_hand_over.unknown.iter().copied())
            .collect(),
    };
    let before = [
        steps.list(HandOverKind::BusinessUnitsToCreate, "create the business units that are missing", "users are put into units that are there (S41 S88)"),
        steps.list(HandOverKind::LicencesToBuy, "buy the seats that are missing", "no licence can be given above the number of seats (S26)"),
        steps.list(HandOverKind::PeopleToCreate, "create the people who are missing in the directory, then plan again", "an account comes before a licence, and who is in the environment by then needs no stub user (S01 S02)"),
        steps.list(HandOverKind::LicencesToGive, "give licences, some of them only for the time of the change", "who has no licence does not appear, and an access mode is changed while there is one (S02 S69 S72)"),
        steps.list(HandOverKind::GroupMembersToAdd, "add the people to the security group", "enabled is who has a licence and is in the group itself (S55 S59)"),
        steps.list(HandOverKind::PeopleToSynchronise, "bring the people into the environment, then plan again", "roles and records go to users who are there; a stub user made too early stays for ever (S04 S06 S07 S08)"),
        steps.list(HandOverKind::ProfilesToCorrect, "correct profile fields in the directory", "what the directory keeps flows from there into every environment (S13 S21)"),
        steps.errors(),
        steps.list(HandOverKind::SettingsToSwitch, "switch settings", "roles go to disabled users only while the setting is on (S44)"),
    ];
    let after = [
        Steps::own("apply the plan: stub users, business units and access modes, roles, records", "units come before roles, roles before records (S41)"),
        Steps::own("verify, and read access modes back", "an access mode can be lost when the licence goes (S72)"),
        steps.switch_back(),
        steps.list(HandOverKind::LicencesToFree, "free licences that are no longer needed", "non-interactive and administrative users need none once they are set up (S67 S69 S70 S72)"),
        steps.list(HandOverKind::Leavers, "free the licences of leavers, and do not delete them", "leaving the group frees no licence, deleting takes mail and files along (S58 S61)"),
        steps.invite(),
    ];
    before.into_iter().chain(after).collect()
}

/// Holders of a directory role who are named.
const HOLDERS_NAMED: usize = 3;

/// Directory roles that may do a step, global administrators apart, as comparison keys; the names have changed
/// with the years (S52). None for what is done in the environment.
fn roles_for(kind: HandOverKind) -> &'static [&'static str] {
    match kind {
        HandOverKind::LicencesToBuy => &["billing administrator"],
        HandOverKind::PeopleToCreate | HandOverKind::ProfilesToCorrect => {
            &["user administrator", "user management administrator"]
        }
        HandOverKind::LicencesToGive | HandOverKind::LicencesToFree | HandOverKind::Leavers => &[
            "license administrator",
            "licence administrator",
            "user administrator",
            "user management administrator",
        ],
        HandOverKind::GroupMembersToAdd => &["groups administrator", "user administrator"],
        HandOverKind::BusinessUnitsToCreate
        | HandOverKind::PeopleToSynchronise
        | HandOverKind::SettingsToSwitch
        | HandOverKind::Invitations => &[],
    }
}

struct Steps<'a> {
    scene: &'a Scene<'a>,
    lists: &'a [HandOver],
    /// What was not loaded though somebody's readiness hangs on it.
    unknown: BTreeSet<Loadable>,
}

impl Steps<'_> {
    fn rows(&self, kind: HandOverKind) -> u64 {
        let list = self.lists.iter().find(|list| list.kind == kind);
        list.map_or(0, |list| list.rows.len() as u64)
    }

    /// How much of a list there is to do: seats to buy, rows of everything else.
    fn open(&self, kind: HandOverKind) -> u64 {
        let mut lists = self.lists.iter();
        let rows = lists.find(|list| list.kind == kind).map(|list| &list.rows);
        let seats = |row: &Vec<String>| row.last().and_then(|cell| cell.parse::<u64>().ok());
        match (kind, rows) {
            (HandOverKind::LicencesToBuy, Some(rows)) => rows.iter().filter_map(seats).sum(),
            _ => self.rows(kind),
        }
    }

    fn list(&self, kind: HandOverKind, title: &str, why: &str) -> GoLiveStep {
        let state = match self.open(kind) {
            0 if self.is_known(kind) => Progressed::Done,
            0 => Progressed::NotKnown,
            open => Progressed::Open(open),
        };
        step(title, &self.whose(kind), state, Some(kind), why)
    }

    /// The role that may do it, with who holds it where the directory's roles were loaded (S54).
    fn whose(&self, kind: HandOverKind) -> String {
        let role = kind.whose();
        let people = self.scene.day.facts.people().values();
        let told: Vec<_> = people
            .filter_map(|one| Some((one, one.roles.as_ref()?)))
            .collect();
        let fitting = roles_for(kind);
        if fitting.is_empty() || told.is_empty() {
            return role.to_owned();
        }
        let holds = |roles: &BTreeSet<String>| {
            roles
                .iter()
                .any(|role| fitting.contains(&comparison_key(role).as_str()))
        };
        let holders = told
            .iter()
            .filter(|(one, roles)| !one.deleted && holds(roles));
        let holders: Vec<&str> = holders.map(|(one, _)| one.upn.as_str()).collect();
        match holders.as_slice() {
            [] => format!("{role}: nobody in the directory is, so a global administrator"),
            few if few.len() <= HOLDERS_NAMED => format!("{role}: {}", few.join(", ")),
            many => format!(
                "{role}: {} and {} more",
                many[..HOLDERS_NAMED].join(", "),
                many.len() - HOLDERS_NAMED
            ),
        }
    }

    /// Whether everything was loaded that a list is made from.
    fn is_known(&self, kind: HandOverKind) -> bool {
        let loaded = |what| self.scene.day.facts.loaded(what);
        match kind {
            HandOverKind::LicencesToBuy => self.scene.day.on_premises || loaded(Loadable::Licences),
            HandOverKind::PeopleToCreate | HandOverKind::PeopleToSynchronise => {
                self.scene.day.on_premises || loaded(Loadable::Directory)
            }
            HandOverKind::LicencesToGive
            | HandOverKind::LicencesToFree
            | HandOverKind::Leavers
            | HandOverKind::Invitations => {
                let needs = [
                    Loadable::Directory,
                    Loadable::Licences,
                    Loadable::UserLicences,
                ];
                !needs.iter().any(|what| self.unknown.contains(what))
            }
            HandOverKind::GroupMembersToAdd => {
                let needs = [Loadable::Groups, Loadable::Settings];
                !needs.iter().any(|what| self.unknown.contains(what))
            }
            HandOverKind::BusinessUnitsToCreate
            | HandOverKind::SettingsToSwitch
            | HandOverKind::ProfilesToCorrect => true,
        }
    }

    fn errors(&self) -> GoLiveStep {
        let state = match self.scene.day.errors {
            0 => Progressed::Done,
            open => Progressed::Open(open),
        };
        let why = "only a plan without errors is applied";
        step(
            "cure the errors of the plan, or rule on owners",
            CONSULTANT,
            state,
            None,
            why,
        )
    }

    /// What only begins when the plan stands.
    fn own(title: &str, why: &str) -> GoLiveStep {
        step(title, CONSULTANT, Progressed::Open(0), None, why)
    }

    fn switch_back(&self) -> GoLiveStep {
        let kind = HandOverKind::SettingsToSwitch;
        let state = match self.rows(kind) {
            0 => Progressed::Done,
            open => Progressed::Open(open),
        };
        let why = "left on, the setting lets anybody give roles to people who are gone (S44)";
        step("switch settings back", kind.whose(), state, Some(kind), why)
    }

    /// Last of all, and open until then: nobody is to sign in while records still move.
    fn invite(&self) -> GoLiveStep {
        let kind = HandOverKind::Invitations;
        let state = Progressed::Open(self.rows(kind));
        let why = "records are moved before people come; who was disabled needs a new invitation (S10 S11 S56)";
        step(
            "tell everybody that they can sign in",
            kind.whose(),
            state,
            Some(kind),
            why,
        )
    }
}

fn step(
    title: &str,
    whose: &str,
    state: Progressed,
    list: Option<HandOverKind>,
    why: &str,
) -> GoLiveStep {
    GoLiveStep {
        title: title.to_owned(),
        whose: whose.to_owned(),
        state,
        list,
        why: why.to_owned(),
    }
}
