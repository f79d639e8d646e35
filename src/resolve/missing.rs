//! Nobody fits: what the policy makes of the reference, and the stub users that follow.
//!
//! In: the persons of the users exports, the policy `missing`. Out: [`Stubs`]: for every person the
//! stub user that can be made, or which columns are missing for one (STB002). Whether a stub's UPN
//! is free in the environment is a rule of `check/`.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::model::{MissingPerson, OrganisationId, Person, UserId, comparison_key, quoted};
use crate::resolve::identifiers::{
    Shape, after_domain_map, full_name, is_address, shape, split_last_first,
};
use crate::resolve::translate::{People, Persona};

/// The stub user that every person of the users exports would be, by the person's number.
#[derive(Debug)]
pub(super) struct Stubs {
    planned: Vec<Result<MissingPerson, Lack>>,
    by_upn: BTreeMap<String, Vec<usize>>,
}

/// Why no stub user can be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lack {
    /// No first, last or full name.
    pub(super) name: bool,
    /// Neither UPN nor mail.
    pub(super) address: bool,
    /// A login that is no UPN, where that is all there is.
    pub(super) login: Option<String>,
}

impl Lack {
    /// What the text of a reference that no users export knows leaves open.
    pub(super) fn of_text(text: &str, domains: &BTreeMap<String, String>) -> Self {
        let shape = shape(text);
        let mapped = after_domain_map(text, domains).is_some();
        let address = shape != Shape::Address && !mapped;
        Self {
            name: shape != Shape::Name,
            address,
            login: (shape == Shape::Login && address).then(|| text.to_owned()),
        }
    }

    /// What is missing, by column.
    pub(super) fn columns(&self) -> String {
        let name = "a name (column full name, or first name and last name)";
        let address = match &self.login {
            Some(login) => format!(
                "a UPN or a mail ({login} has no `@`: columns UPN and mail)",
                login = quoted(&login)
            ),
            None => "a UPN or a mail (columns UPN and mail)".to_owned(),
        };
        match (self.name, self.address) {
            (true, true) => format!("{name}, and {address}"),
            (true, false) => name.to_owned(),
            (false, _) => address,
        }
    }
}

impl Stubs {
    /// Plans the stub user of every person.
    pub(super) fn of(
        people: &People<'_>,
        domains: &BTreeMap<String, String>,
        organisation: OrganisationId,
    ) -> Self {
        let plan = |persona: &Persona<'_>| plan(persona, domains, organisation);
        let planned: Vec<_> = people.list.iter().map(plan).collect();
        let mut by_upn: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (number, stub) in planned.iter().enumerate() {
            if let Ok(stub) = stub {
                by_upn
                    .entry(comparison_key(&stub.upn))
                    .or_default()
                    .push(number);
            }
        }
        Self { planned, by_upn }
    }

    /// The stub user of a person.
    pub(super) fn planned(&self, number: usize) -> &Result<MissingPerson, Lack> {
        &self.planned[number]
    }

    /// Everybody whose stub user would have the UPN of this person's, the person included.
    pub(super) fn of_same_upn(&self, number: usize) -> &[usize] {
        let upn = self.planned[number].as_ref().map(|stub| &stub.upn);
        let same = upn
            .ok()
            .and_then(|upn| self.by_upn.get(&comparison_key(upn)));
        same.map_or(&[], Vec::as_slice)
    }
}

fn plan(
    persona: &Persona<'_>,
    domains: &BTreeMap<String, String>,
    organisation: OrganisationId,
) -> Result<MissingPerson, Lack> {
    let person = persona.person();
    let mapped = |text: &String| {
        let mapped = after_domain_map(text, domains).unwrap_or_else(|| text.clone());
        is_address(&mapped).then_some(mapped)
    };
    let upn = person.upn.as_ref().and_then(mapped);
    let mail = person.mail.as_ref().and_then(mapped);
    let names = Names::of(&person);
    let (Some(names), Some(known)) = (&names, upn.as_ref().or(mail.as_ref())) else {
        let no_address = upn.is_none() && mail.is_none();
        return Err(Lack {
            name: names.is_none(),
            address: no_address,
            login: person.upn.clone().filter(|_| no_address),
        });
    };
    let key = comparison_key(known);
    Ok(MissingPerson {
        id: UserId(Uuid::new_v5(&organisation.0, key.as_bytes())),
        upn: known.clone(),
        mail: mail.clone().unwrap_or_else(|| known.clone()),
        first_name: names.first.clone(),
        last_name: names.last.clone(),
        full_name: names.full.clone(),
        employee_id: person.employee_id.clone(),
        inactive: person.inactive,
        source: persona.rows().next(),
    })
}

/// The names of a stub user. The service composes the full name of the other two and takes none (platform facts 1.6),
/// so that it is planned as it will be.
struct Names {
    first: Option<String>,
    last: Option<String>,
    full: String,
}

impl Names {
    fn of(person: &Person) -> Option<Self> {
        let written = full_name(person)?;
        let split = split_last_first(&written);
        let part = |cell: &Option<String>, split: Option<&str>| {
            let cell = cell.clone().filter(|text| !text.trim().is_empty());
            cell.or_else(|| split.map(str::to_owned))
        };
        let first = part(&person.first_name, split.map(|(first, _)| first));
        let last = part(&person.last_name, split.map(|(_, last)| last));
        let last = match (&first, last) {
            // Nobody can say where a name divides; as one of its parts it stays whole.
            (None, None) => Some(written.trim().to_owned()),
            (_, last) => last,
        };
        let parts: Vec<&str> = [&first, &last]
            .into_iter()
            .filter_map(|part| part.as_deref().map(str::trim))
            .collect();
        Some(Self {
            full: parts.join(" "),
            first,
            last,
        })
    }
}
