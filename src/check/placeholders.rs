//! Rules about stub users and the people whom they stand for: STB006, STB008, STB009.
//!
//! In: planned stub users, wishes for stub users that are there, the directory. Out: stub users that must
//! not be made because their person is on the way, wishes that no stub user can fulfil, and stub users
//! whose person has arrived.

use std::collections::BTreeMap;

use crate::check::labels::person_label;
use crate::check::people::{Kind, Licensed, Membership, Outsider};
use crate::check::{Trial, needs};
use crate::model::{Code, Loadable, Principal, ProfileField, UserId, comparison_key, quoted};
use crate::plan::{Cause, DraftStub, DraftUser};

/// The people of the directory who are no users, by the comparison keys of UPN and mail.
pub(super) struct Arrivals<'a>(BTreeMap<String, Vec<&'a Outsider<'a>>>);

impl<'a> Arrivals<'a> {
    pub(super) fn of(trial: &Trial<'a>) -> Self {
        let mut all: BTreeMap<String, Vec<&Outsider<'_>>> = BTreeMap::new();
        for outsider in trial.people.outsiders() {
            let person = outsider.person;
            let mail = person.profile.get(&ProfileField::Mail);
            let keys = [Some(&person.upn), mail].map(|text| text.map(|text| comparison_key(text)));
            let [upn, mail] = keys;
            let mail = mail.filter(|mail| Some(mail) != upn.as_ref());
            for key in [upn, mail]
                .into_iter()
                .flatten()
                .filter(|key| !key.is_empty())
            {
                all.entry(key).or_default().push(outsider);
            }
        }
        Self(all)
    }

    fn find(&self, stub: &DraftStub) -> Vec<&'a Outsider<'a>> {
        let keys = [&stub.person.upn, &stub.person.mail].map(|text| comparison_key(text));
        let found = keys.iter().filter_map(|key| self.0.get(key));
        let mut found: Vec<&Outsider<'_>> = found.flatten().copied().collect();
        found.sort_by(|left, right| left.person.upn.cmp(&right.person.upn));
        found.dedup_by(|left, right| left.person.upn == right.person.upn);
        found
    }
}

/// STB006: the person is in the directory with a licence. Somebody without one will not be synchronised,
/// and a stub user takes nobody's place.
pub(super) fn on_the_way(
    trial: &mut Trial<'_>,
    arrivals: &Arrivals<'_>,
    stub: &DraftStub,
) -> Option<Cause> {
    if trial.policy.on_premises {
        return None;
    }
    if !trial.facts.loaded(Loadable::Directory) {
        trial.unasked(Code::Stb006, &needs(&[Loadable::Directory]), 1);
        return None;
    }
    let found = arrivals.find(stub);
    let is_due = |one: &&&Outsider<'_>| matches!(one.licensed, Licensed::Yes | Licensed::OnDemand);
    let Some(due) = found.iter().find(is_due) else {
        for one in found {
            if let Licensed::Unknown(missing) = one.licensed {
                trial.unasked(Code::Stb006, &needs(missing), 1);
            }
        }
        return None;
    };
    let waits_for = match (&due.membership, due.licensed, due.person.enabled) {
        (_, _, Some(false)) => ", where sign-in is blocked",
        (Membership::Outside, _, _) => ", not in the security group of the environment",
        (Membership::Nested(_), _, _) => ", in the security group only by way of another group",
        (_, Licensed::OnDemand, _) => {
            ", with a licence that makes a user only at the first sign-in"
        }
        _ => "",
    };
    let subject = trial.labels.principal(Principal::User(stub.person.id));
    let person = person_label(due.person);
    let message = || {
        format!(
            "{person} is in the directory with a licence{waits_for}, and no user of the environment \
             yet; a stub user made now would be a duplicate that can never be merged"
        )
    };
    let cure = || Code::Stb006.rule().cure.to_owned();
    Some(trial.cause(Code::Stb006, &subject, message, cure))
}

/// STB008: an access mode is wished for a stub user, who never signs in.
pub(super) fn to_sign_in(trial: &mut Trial<'_>, change: &DraftUser) -> Option<Cause> {
    let mode = change.access_mode.as_ref()?.after;
    let known = trial.facts.users().get(&change.user);
    known.filter(|user| user.stub)?;
    let subject = trial.labels.principal(Principal::User(change.user));
    let message = || {
        format!(
            "{subject} is a stub user, and the row wishes the access mode {mode}; expected none",
            mode = quoted(&mode)
        )
    };
    let cure = || Code::Stb008.rule().cure.to_owned();
    Some(trial.cause(Code::Stb008, &subject, message, cure))
}

/// STB009: somebody else has a stub user's UPN or mail and can sign in: the person has arrived.
pub(super) fn arrived(trial: &mut Trial<'_>) {
    let mut real: BTreeMap<String, UserId> = BTreeMap::new();
    let users = trial.people.users().values();
    for view in users.clone().filter(|view| view.kind == Kind::Human) {
        let mail = view.user.mail.as_deref().unwrap_or_default();
        for text in [&view.user.upn, mail] {
            real.entry(comparison_key(text)).or_insert(view.user.id);
        }
    }
    let mut names = Vec::new();
    for view in users.filter(|view| view.kind == Kind::Stub) {
        let mail = view.user.mail.as_deref().unwrap_or_default();
        let keys = [&view.user.upn, mail].map(comparison_key);
        let mut found = keys.iter().filter(|key| !key.is_empty());
        if let Some(person) = found.find_map(|key| real.get(key)) {
            let stub = trial.labels.principal(Principal::User(view.user.id));
            let person = trial.labels.principal(Principal::User(*person));
            names.push(format!("{stub} is {person}"));
        }
    }
    let text = "stub users whose person is a user by now";
    trial.many(Code::Stb009, "stub users", &names, text);
}
