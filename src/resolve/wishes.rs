//! Whom the rows of users files that wish something are about.
//!
//! In: the people of the users exports, the environment's index. Out: one [`WishRow`] for each such row, with
//! the user whom everything that is known of the person leads to. Nobody is guessed: a row that wishes something
//! follows no ruling, because a ruling decides on records. What the wishes mean is `plan/`'s.

use rayon::prelude::*;

use crate::model::{ByNamePolicy, Meant, Named, Person, Principal, Rung, Wish, WishRow, quoted};
use crate::resolve::Resolver;
use crate::resolve::identifiers::full_name;
use crate::resolve::ladder::{Found, Outcome, climb};
use crate::resolve::translate::Persona;

/// Every row that the manifest lets wish something, in the order of files and rows.
pub(super) fn rows(room: &Resolver<'_>) -> Vec<WishRow> {
    let people = room.people.list.par_iter();
    let mut rows: Vec<WishRow> = people
        .filter(|persona| persona.wishing().next().is_some())
        .flat_map_iter(|persona| of_persona(room, persona))
        .collect();
    rows.sort_by_key(|row| (row.file, row.row));
    rows
}

fn of_persona(room: &Resolver<'_>, persona: &Persona<'_>) -> Vec<WishRow> {
    let meant = meant(room, persona);
    let row = |(person, wishes): (&Person, &[Wish])| WishRow {
        file: person.file,
        row: person.row,
        line: person.line,
        label: label(person),
        wishes: wishes.into(),
        meant: meant.clone(),
    };
    persona.wishing().map(row).collect()
}

fn meant(room: &Resolver<'_>, persona: &Persona<'_>) -> Meant {
    let (index, policy) = (&room.index, room.question.policy);
    let known = persona.identifiers(&policy.domains);
    let label = |principal: Principal| match &index.named([principal])[..] {
        [Named { label, .. }] => quoted(&label).to_string(),
        _ => principal.to_string(),
    };
    match climb(index, &known) {
        Outcome::Nobody => Meant::Nobody,
        Outcome::One(principal, found)
            if found.rung == Rung::FullName && policy.by_name == ByNamePolicy::Confirm =>
        {
            let who = label(principal);
            Meant::Unclear(format!(
                "only the full name leads to {who}; a UPN, a mail or an id is expected beside it"
            ))
        }
        Outcome::One(Principal::User(user), _) => Meant::User(user),
        Outcome::One(team @ Principal::Team(_), _) => {
            let who = label(team);
            Meant::Unclear(format!("the row leads to the team {who}, not to a user"))
        }
        Outcome::Several(found) => {
            let all: Vec<String> = found.principals.iter().map(|one| label(*one)).collect();
            let (rung, value) = (found.rung.word(), &found.value);
            Meant::Unclear(format!(
                "{rung} {value} fits {}",
                all.join(" and "),
                value = quoted(&value)
            ))
        }
        Outcome::Disagree(first, second) => {
            let words = |found: &Found| {
                let who: Vec<String> = found.principals.iter().map(|one| label(*one)).collect();
                format!(
                    "{} {} leads to {}",
                    found.rung.word(),
                    quoted(&found.value),
                    who.join(" and ")
                )
            };
            Meant::Unclear(format!("{}, {}", words(&first), words(&second)))
        }
    }
}

/// What a person would be called in a mail to the consultant.
fn label(person: &Person) -> String {
    let texts = [&person.upn, &person.mail].into_iter().flatten();
    let known = texts.map(String::as_str).next().map(str::to_owned);
    let name = known.or_else(|| full_name(person));
    name.or_else(|| person.id.clone()).unwrap_or_default()
}
