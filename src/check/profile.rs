//! Rules about profiles: PRF001, PRF002, PRF003, PRF004.
//!
//! In: people with what directory and environment know of them, and users to be changed. Out: fields that
//! differ, and wishes for fields that are the directory's. Which field flows where is a table of the
//! documents: S14 to S20 online, S22 to S24 on-premises.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::people::{Kind, PersonView};
use crate::check::{Trial, needs};
use crate::model::{
    Code, DirectoryPerson, Loadable, Principal, ProfileField, TextColumn, User, UserId,
    comparison_key, quoted,
};
use crate::plan::{Cause, DraftStub, DraftUser};

/// A line of the documents' tables: a field of the user form, and what of the directory flows into it.
struct Flow {
    /// The field as the user form has it.
    label: &'static str,
    /// What it is composed of.
    parts: &'static [ProfileField],
}

const fn flow(label: &'static str, parts: &'static [ProfileField]) -> Flow {
    Flow { label, parts }
}

/// Online (S15, S16, S19, S20). The user name (S14) is compared apart.
const ONLINE: &[Flow] = &[
    flow(
        "full name",
        &[ProfileField::FirstName, ProfileField::LastName],
    ),
    flow("title", &[ProfileField::Title]),
    flow("main phone", &[ProfileField::MainPhone]),
    flow("mobile phone", &[ProfileField::MobilePhone]),
    flow("fax", &[ProfileField::Fax]),
    flow(
        "address",
        &[
            ProfileField::Street,
            ProfileField::City,
            ProfileField::State,
            ProfileField::Country,
        ],
    ),
];

/// On-premises (S23, S24): no title, no mobile phone and no fax, but the mail and the phone at home.
const ON_PREMISES: &[Flow] = &[
    flow("first name", &[ProfileField::FirstName]),
    flow("last name", &[ProfileField::LastName]),
    flow("main phone", &[ProfileField::MainPhone]),
    flow("primary mail", &[ProfileField::Mail]),
    flow("home phone", &[ProfileField::HomePhone]),
    flow("address", &[ProfileField::City, ProfileField::State]),
];

const MAIL: Flow = flow("primary mail", &[ProfileField::Mail]);

/// Judges everybody's profile.
pub(super) fn check(trial: &mut Trial<'_>) {
    let people = trial.people;
    let meant = people.users().values().filter(|view| {
        let filled = view.synchronised != Some(false) || trial.policy.on_premises;
        view.kind == Kind::Human && filled
    });
    let meant: Vec<&PersonView<'_>> = meant.collect();
    if !trial.facts.loaded(Loadable::Directory) {
        if !meant.is_empty() {
            let missing = needs(&[Loadable::Directory]);
            trial.unasked(Code::Prf001, &missing, meant.len() as u64);
            trial.unasked(Code::Prf002, &missing, meant.len() as u64);
        }
        return;
    }
    let told = Told::of(trial);
    let on_premises = trial.policy.on_premises;
    let table = if on_premises { ON_PREMISES } else { ONLINE };
    let mut flows: Vec<&Flow> = table.iter().collect();
    let mail_is_apart = !on_premises && !trial.policy.mail_synchronised;
    if !on_premises && trial.policy.mail_synchronised {
        flows.push(&MAIL);
    }
    user_names(trial, &meant);
    for flow in flows {
        let how = if on_premises {
            ", and nothing carries it over"
        } else {
            ""
        };
        let text = format!(
            "{}: the user has another than the directory{how}",
            flow.label
        );
        let names = differing(trial, &told, flow, &meant);
        trial.many(Code::Prf001, flow.label, &names, &text);
    }
    if mail_is_apart {
        let names = differing(trial, &told, &MAIL, &meant);
        let text =
            "the user's primary mail is another than the directory's, and is never synchronised";
        trial.many(Code::Prf002, MAIL.label, &names, text);
    }
}

/// The user name; who is matched by the object id may have another by now (S14).
fn user_names(trial: &mut Trial<'_>, meant: &[&PersonView<'_>]) {
    let renamed = meant.iter().filter_map(|view| {
        let person = view.directory.person()?;
        let differs = comparison_key(&person.upn) != comparison_key(&view.user.upn);
        differs.then(|| {
            let name = trial.labels.principal(Principal::User(view.user.id));
            format!("{name} ({} in the directory)", quoted(&person.upn))
        })
    });
    let names: Vec<String> = renamed.collect();
    let text = "user name: the user has another than the directory";
    trial.many(Code::Prf001, "user name", &names, text);
}

/// Which fields each side tells at all: where nobody has a field, its column was not exported, and a blank
/// means nothing.
struct Told {
    environment: BTreeSet<ProfileField>,
    directory: BTreeSet<ProfileField>,
}

impl Told {
    fn of(trial: &Trial<'_>) -> Self {
        let users = trial.facts.users().values();
        let people = trial.facts.people().values();
        Self {
            environment: users.flat_map(|user| of_user(user).into_keys()).collect(),
            directory: people
                .flat_map(|person| of_person(person).into_keys())
                .collect(),
        }
    }

    fn both(&self, field: ProfileField) -> bool {
        self.environment.contains(&field) && self.directory.contains(&field)
    }
}

fn of_user(user: &User) -> BTreeMap<ProfileField, &str> {
    let own = [
        (ProfileField::FirstName, &user.first_name),
        (ProfileField::LastName, &user.last_name),
        (ProfileField::Mail, &user.mail),
    ];
    let own = own
        .into_iter()
        .filter_map(|(field, text)| Some((field, text.as_deref()?)));
    let details = user.details.profile.iter();
    let details = details.map(|(field, text)| (*field, text.as_str()));
    let all = own.chain(details);
    all.filter(|(_, text)| !text.trim().is_empty()).collect()
}

fn of_person(person: &DirectoryPerson) -> BTreeMap<ProfileField, &str> {
    let profile = person.profile.iter();
    let all = profile.map(|(field, text)| (*field, text.as_str()));
    all.filter(|(_, text)| !text.trim().is_empty()).collect()
}

/// Who has something else in one of the parts that both sides tell.
fn differing(
    trial: &Trial<'_>,
    told: &Told,
    flow: &Flow,
    meant: &[&PersonView<'_>],
) -> Vec<String> {
    let parts: Vec<ProfileField> = (flow.parts.iter().copied())
        .filter(|part| told.both(*part))
        .collect();
    let differ = |view: &&&PersonView<'_>| {
        let Some(person) = view.directory.person() else {
            return false;
        };
        let (here, there) = (of_user(view.user), of_person(person));
        let folded = |side: &BTreeMap<ProfileField, &str>, part: &ProfileField| {
            comparison_key(side.get(part).copied().unwrap_or_default())
        };
        parts
            .iter()
            .any(|part| folded(&here, part) != folded(&there, part))
    };
    let found = meant.iter().filter(differ);
    found
        .map(|view| trial.labels.principal(Principal::User(view.user.id)))
        .collect()
}

/// PRF003: the wish is for a field that the directory keeps, of somebody whom the directory fills.
pub(super) fn kept_in_directory(trial: &mut Trial<'_>, change: &DraftUser) -> Option<Cause> {
    let view = trial.people.users().get(&change.user)?;
    if trial.policy.on_premises || view.synchronised == Some(false) {
        return None;
    }
    let mail = trial.policy.mail_synchronised;
    let kept = change.profile.keys().filter(|field| match field {
        ProfileField::HomePhone => false,
        ProfileField::Mail => mail,
        _ => true,
    });
    let kept: Vec<&str> = kept.map(|field| field.words()).collect();
    if kept.is_empty() {
        return None;
    }
    let subject = trial.labels.principal(Principal::User(change.user));
    let fields = kept.join(", ");
    let message = || {
        format!(
            "the row wishes another {fields} for {subject}, whose profile the directory fills; \
             expected such a wish only for stub users, or on-premises"
        )
    };
    let cure = || Code::Prf003.rule().cure.to_owned();
    Some(trial.cause(Code::Prf003, &subject, message, cure))
}

/// PRF004 of a user to be changed. The full name is composed by the service, which sees to it.
pub(super) fn too_long(trial: &mut Trial<'_>, change: &DraftUser) -> Option<Cause> {
    let wished = change.profile.iter().filter_map(|(field, changed)| {
        let text = changed.after.as_deref()?;
        (*field != ProfileField::FullName).then(|| (TextColumn::of(*field), field.words(), text))
    });
    let wished: Vec<_> = wished.collect();
    excess(trial, change.user, &wished)
}

/// PRF004 of a stub user.
pub(super) fn too_long_for_a_stub(trial: &mut Trial<'_>, stub: &DraftStub) -> Option<Cause> {
    let person = &stub.person;
    let of_field = |field: ProfileField, text| (TextColumn::of(field), field.words(), text);
    let texts = [
        (TextColumn::UPN, "user name", Some(person.upn.as_str())),
        (
            TextColumn::EMPLOYEE_ID,
            "employee id",
            person.employee_id.as_deref(),
        ),
        of_field(ProfileField::Mail, Some(person.mail.as_str())),
        of_field(ProfileField::FirstName, person.first_name.as_deref()),
        of_field(ProfileField::LastName, person.last_name.as_deref()),
    ];
    let written = texts.into_iter();
    let written = written.filter_map(|(column, words, text)| Some((column, words, text?)));
    let written: Vec<_> = written.collect();
    excess(trial, person.id, &written)
}

/// PRF004: what of these texts their columns do not hold.
fn excess(
    trial: &mut Trial<'_>,
    user: UserId,
    texts: &[(TextColumn, &str, &str)],
) -> Option<Cause> {
    let too_long = texts.iter().filter_map(|(column, words, text)| {
        let length = column.excess(text)?;
        let max = column.length_max;
        Some(format!(
            "{words} of {length} characters, of which {} holds {max}",
            quoted(&column.name)
        ))
    });
    let too_long: Vec<String> = too_long.collect();
    if too_long.is_empty() {
        return None;
    }
    let subject = trial.labels.principal(Principal::User(user));
    let message = || format!("{subject}: {}", too_long.join("; "));
    let cure = || Code::Prf004.rule().cure.to_owned();
    Some(trial.cause(Code::Prf004, &subject, message, cure))
}
