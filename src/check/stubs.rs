//! Rules about stub users: STB001, STB003, STB004, STB005; what rules of other rooms' files say of them, too.
//!
//! In: planned stub users. Out: which of them can be made, and why the others cannot. What is not
//! known well enough to plan one (STB002) is `resolve/`'s.

use std::collections::BTreeMap;

use crate::check::caller::{self, Caller};
use crate::check::gifts::{self, Named};
use crate::check::labels::listed;
use crate::check::placeholders::{self, Arrivals};
use crate::check::{Fall, Trial, profile};
use crate::model::{
    Code, FindingId, Place, Principal, StubWay, UserId, comparison_key, quoted, setting,
    setting_on, unticked,
};
use crate::plan::{Cause, DraftStub};

/// Judges every stub user; those that stand are noted.
pub(super) fn check(
    trial: &mut Trial<'_>,
    caller: &Caller,
    arrivals: &Arrivals<'_>,
    named: &Named,
    stubs: &mut [DraftStub],
    role_names: &[String],
) {
    let taken = Taken::of(trial, stubs);
    for stub in stubs {
        let causes = [
            default_role(trial, stub, role_names),
            gifts::default_role_of_power(trial, named, stub),
            role_on_disabled(trial, stub),
            already_taken(trial, &taken, stub),
            profile::too_long_for_a_stub(trial, stub),
            placeholders::on_the_way(trial, arrivals, stub),
            caller::makes(trial, caller),
            caller::may_give_default_role(trial, caller, stub),
        ];
        let causes: Vec<Cause> = causes.into_iter().flatten().collect();
        for cause in &causes {
            place(trial, cause.finding, stub);
        }
        stub.fallen = trial.fell(causes.into_iter().map(Fall::Own));
        match stub.fallen {
            None => note(trial, stub),
            // Rows that ask for the role which would have come with it.
            Some(cause) => trial
                .findings
                .blocks(cause.finding, stub.role_rows.len() as u64),
        }
    }
}

fn place(trial: &mut Trial<'_>, finding: FindingId, stub: &DraftStub) {
    if let Some((file, row, line)) = stub.place {
        trial.findings.place(finding, Place::row(file, row, line));
    }
}

/// STB001: a stub user will be made.
fn note(trial: &mut Trial<'_>, stub: &DraftStub) {
    let message = || {
        let unit = trial.labels.unit(stub.business_unit);
        let role = trial.labels.roles(stub.default_role);
        let way = match stub.way {
            StubWay::Import => "by data import",
            StubWay::Api => "by a plain create",
        };
        let name = &stub.person.full_name;
        format!(
            "{name} is not in the environment: a disabled stub user is made in business unit \
             {unit} with role {role}, {way}",
            name = quoted(&name)
        )
    };
    let cure = || Code::Stb001.rule().cure.to_owned();
    let message = message();
    let finding = trial
        .findings
        .about(Code::Stb001, &stub.person.upn, || message, cure);
    place(trial, finding, stub);
}

/// STB003: the default role has no copy, or no single one, in the root business unit.
fn default_role(trial: &mut Trial<'_>, stub: &DraftStub, names: &[String]) -> Option<Cause> {
    let role = stub
        .default_role
        .and_then(|role| trial.facts.roles().get(&role));
    if role.is_some_and(|role| Some(role.business_unit) == stub.business_unit) {
        return None;
    }
    let subject = format!("default role {}", names.join(" or "));
    let message = default_role_found(trial, stub, names);
    let cure = || Code::Stb003.rule().cure.to_owned();
    Some(trial.cause(Code::Stb003, &subject, || message, cure))
}

fn default_role_found(trial: &Trial<'_>, stub: &DraftStub, names: &[String]) -> String {
    let Some(root) = stub.business_unit else {
        return "the environment has no root business unit for stub users to be made in".to_owned();
    };
    let copies = || names.iter().flat_map(|name| trial.facts.roles_named(name));
    let units = || copies().filter_map(|role| Some(trial.facts.roles().get(role)?.business_unit));
    let in_root = units().filter(|unit| *unit == root).count();
    let root = trial.labels.unit(Some(root));
    if in_root > 1 {
        return format!("{in_root} roles of that name are in the root unit {root}; expected one");
    }
    let names = listed(names.iter().cloned());
    let elsewhere = units().next().map_or_else(String::new, |unit| {
        format!("; there is one in {}", trial.labels.unit(Some(unit)))
    });
    format!("the root unit {root} has no role of the names looked for: {names}{elsewhere}")
}

/// STB004: the api way gives the role to a user who is disabled already.
fn role_on_disabled(trial: &mut Trial<'_>, stub: &DraftStub) -> Option<Cause> {
    let name = setting::ROLES_ON_DISABLED;
    let value = trial.facts.setting(name);
    if stub.way == StubWay::Import || setting_on(value, false) {
        return None;
    }
    let message = || {
        let found = value.map_or("not set, so off".to_owned(), |value| {
            quoted(&value).to_string()
        });
        format!(
            "stub users are made by `api` and {name} is {found}; expected it to be on",
            name = quoted(&name)
        )
    };
    let cure = || Code::Stb004.rule().cure.to_owned();
    Some(trial.cause(Code::Stb004, name, message, cure))
}

/// STB005: somebody has the UPN, the mail or the planned id.
///
/// Of two stub users that share one, both fall: nothing says which of them has it by right.
fn already_taken(trial: &mut Trial<'_>, taken: &Taken, stub: &DraftStub) -> Option<Cause> {
    let held = taken.held(trial, stub);
    if held.is_empty() {
        return None;
    }
    let subject = trial.labels.principal(Principal::User(stub.person.id));
    let message = || format!("already taken: {}", held.join("; "));
    let cure = || Code::Stb005.rule().cure.to_owned();
    Some(trial.cause(Code::Stb005, &subject, message, cure))
}

/// Who has the UPNs and mails of the planned stub users, by comparison key.
struct Taken {
    upns: BTreeMap<String, Vec<UserId>>,
    mails: BTreeMap<String, Vec<UserId>>,
}

impl Taken {
    fn of(trial: &Trial<'_>, stubs: &[DraftStub]) -> Self {
        let mut taken = Self {
            upns: BTreeMap::new(),
            mails: BTreeMap::new(),
        };
        for stub in stubs {
            let person = &stub.person;
            let entry = |map: &mut BTreeMap<String, Vec<UserId>>, text: &str| {
                map.entry(comparison_key(text)).or_default().push(person.id);
            };
            entry(&mut taken.upns, &person.upn);
            entry(&mut taken.mails, &person.mail);
        }
        for user in trial.facts.users().values() {
            let add = |map: &mut BTreeMap<String, Vec<UserId>>, text: &str| {
                if let Some(holders) = map.get_mut(&comparison_key(text)) {
                    holders.push(user.id);
                }
            };
            add(&mut taken.upns, &user.upn);
            add(&mut taken.mails, user.mail.as_deref().unwrap_or_default());
        }
        taken
    }

    /// What of a stub user others have, in words.
    fn held(&self, trial: &Trial<'_>, stub: &DraftStub) -> Vec<String> {
        let person = &stub.person;
        let other = |map: &BTreeMap<String, Vec<UserId>>, what: &str, text: &str| {
            let key = comparison_key(text);
            let holders = map.get(&key).filter(|_| !key.is_empty())?;
            let other = holders.iter().find(|holder| **holder != person.id)?;
            let exists = trial.facts.users().contains_key(other);
            let kind = if exists { "" } else { "the stub user " };
            let name = trial.labels.principal(Principal::User(*other));
            Some(format!(
                "{what} {text} by {kind}{name}",
                text = quoted(&text)
            ))
        };
        let id = trial.facts.users().get(&person.id).map(|user| {
            let label = user.label();
            let name = unticked(&label);
            format!("the planned id {} by {name}", quoted(&person.id))
        });
        [
            other(&self.upns, "UPN", &person.upn),
            other(&self.mails, "mail", &person.mail),
            id,
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
