//! The words of findings about references: what was found, and which cell cures it.
//!
//! In: what the ladder and the translation came to. Out: [`Remark`]s that name the values.
//! Which remark a case deserves is decided in `mod.rs`.

use crate::model::{
    Code, MissingPolicy, Named, NearMiss, Person, Principal, Reference, Remark, User, quoted,
    unticked,
};
use crate::resolve::Question;
use crate::resolve::identifiers::full_name;
use crate::resolve::index::{Index, special};
use crate::resolve::ladder::Found;
use crate::resolve::missing::Lack;
use crate::resolve::rulings::Fault;
use crate::resolve::translate::Persona;

/// How many candidates or rows a sentence names; the rest is a number.
const NAMED_MAX: usize = 6;

/// Names in one sentence: `A; B`, cut to a length that can be read.
pub(super) fn list(named: &[Named]) -> String {
    join(
        named
            .iter()
            .map(|named| unticked(&named.label).into_owned()),
    )
}

fn join(parts: impl ExactSizeIterator<Item = String>) -> String {
    let more = parts.len().saturating_sub(NAMED_MAX);
    let text = parts.take(NAMED_MAX).collect::<Vec<_>>().join("; ");
    match more {
        0 => text,
        _ => format!("{text}; and {more} more"),
    }
}

/// What all cures end in: the one cell to fill.
fn ruling_cell(question: &Question<'_>, reference: &Reference) -> String {
    let sheet = question.sheet();
    format!(
        "in column `ruling` of {sheet}, row for {}",
        quoted(&reference.text)
    )
}

/// OWN002: one value of one identifier finds several.
pub(super) fn several(
    question: &Question<'_>,
    reference: &Reference,
    found: &Found,
    candidates: &[Named],
) -> Remark {
    Remark {
        code: Code::Own002,
        message: format!(
            "{}: the {} {} fits {} principals, so nobody is chosen: {}",
            quoted(&reference.text),
            found.rung.word(),
            quoted(&found.value),
            candidates.len(),
            list(candidates)
        ),
        cure: format!(
            "put the right UPN or id {}",
            ruling_cell(question, reference)
        ),
    }
}

/// OWN002: several people of the users exports fit.
pub(super) fn several_people(
    question: &Question<'_>,
    reference: &Reference,
    people: &[&Persona<'_>],
) -> Remark {
    Remark {
        code: Code::Own002,
        message: format!(
            "{} fits {} people of the users exports, so nobody is chosen: {}",
            quoted(&reference.text),
            people.len(),
            rows(question, people)
        ),
        cure: format!(
            "put the right UPN or id {}",
            ruling_cell(question, reference)
        ),
    }
}

/// OWN002: several people of the users exports would be the same stub user.
pub(super) fn shared_upn(
    question: &Question<'_>,
    reference: &Reference,
    upn: &str,
    people: &[&Persona<'_>],
) -> Remark {
    Remark {
        code: Code::Own002,
        message: format!(
            "{} would become the stub user {upn}, and so would others: {}",
            quoted(&reference.text),
            rows(question, people),
            upn = quoted(&upn)
        ),
        cure: format!(
            "give each person a UPN of their own in the users export, or rule {}",
            ruling_cell(question, reference)
        ),
    }
}

fn rows(question: &Question<'_>, people: &[&Persona<'_>]) -> String {
    join(people.iter().map(|persona| {
        let places = persona.rows().map(|(file, row)| {
            let input = question.inputs.iter().find(|input| input.file == file);
            let name = input.map_or("users export", |input| input.name.as_str());
            format!("{} row {row}", unticked(name))
        });
        let places = places.collect::<Vec<_>>().join(" and ");
        format!("{places} ({})", unticked(&who(&persona.person())))
    }))
}

fn who(person: &Person) -> String {
    let name = full_name(person);
    let address = person.upn.as_ref().or(person.mail.as_ref());
    match (name, address, &person.id) {
        (Some(name), Some(address), _) => format!("{name} <{address}>"),
        (Some(name), None, Some(id)) => format!("{name}, id {id}"),
        (Some(name), None, None) => name,
        (None, Some(address), _) => address.clone(),
        (None, None, id) => id.clone().unwrap_or_else(|| "no name".to_owned()),
    }
}

/// OWN003: two identifiers find different principals.
pub(super) fn disagree(
    question: &Question<'_>,
    reference: &Reference,
    index: &Index<'_>,
    (first, second): (&Found, &Found),
) -> Remark {
    let side = |found: &Found| {
        let named = index.named(found.principals.iter().copied());
        format!(
            "the {} {} is {}",
            found.rung.word(),
            quoted(&found.value),
            list(&named)
        )
    };
    Remark {
        code: Code::Own003,
        message: format!(
            "{}: {}, but {}",
            quoted(&reference.text),
            side(first),
            side(second)
        ),
        cure: format!(
            "put the right UPN or id {}",
            ruling_cell(question, reference)
        ),
    }
}

/// OWN004: nothing but the full name fits.
pub(super) fn by_name_alone(
    question: &Question<'_>,
    reference: &Reference,
    found: &Found,
    named: &Named,
    user: Option<&User>,
) -> Remark {
    let answer = user.map_or_else(
        || named.principal.uuid().to_string(),
        |user| user.upn.clone(),
    );
    Remark {
        code: Code::Own004,
        message: format!(
            "{} fits {} by the full name {} alone, and that is not confirmed",
            quoted(&reference.text),
            unticked(&named.label),
            quoted(&found.value)
        ),
        cure: format!(
            "if that is right put {answer} {}; if all such matches are right set \
             `by_name = \"accept\"` under [owners]",
            ruling_cell(question, reference),
            answer = quoted(&answer)
        ),
    }
}

/// OWN005: an id that nothing explains.
pub(super) fn unknown_id(question: &Question<'_>, reference: &Reference) -> Remark {
    Remark {
        code: Code::Own005,
        message: format!(
            "the id {} is in no users export and is no user, directory person or team of the \
             environment",
            quoted(&reference.text)
        ),
        cure: format!(
            "add the users export that explains it to cutover.toml, or put a UPN {}",
            ruling_cell(question, reference)
        ),
    }
}

/// OWN006: a ruling or the fallback cannot be obeyed.
pub(super) fn fault(fault: &Fault) -> Remark {
    Remark {
        code: Code::Own006,
        message: fault.message.clone(),
        cure: fault.cure.clone(),
    }
}

/// OWN007: nobody, and the policy says that this is an error.
pub(super) fn nobody(question: &Question<'_>, reference: &Reference) -> Remark {
    Remark {
        code: Code::Own007,
        message: format!(
            "nobody in the environment fits {}, and `missing` under [owners] is `error`",
            quoted(&reference.text)
        ),
        cure: format!("put a UPN or `stub` {}", ruling_cell(question, reference)),
    }
}

/// ROL005: only roles files name this user, and nobody fits.
pub(super) fn no_user_of_roles(question: &Question<'_>, reference: &Reference) -> Remark {
    let instead = match question.policy.missing {
        MissingPolicy::Fallback => "roles are never given to the fallback owner in their place",
        _ => "no stub user is made for roles alone, since it could never sign in",
    };
    Remark {
        code: Code::Rol005,
        message: format!(
            "nobody in the environment fits {}, which only roles files name; {instead}",
            quoted(&reference.text)
        ),
        cure: format!("put a UPN or `leave` {}", ruling_cell(question, reference)),
    }
}

/// STB002: not enough is known to make a stub user.
pub(super) fn lack(
    question: &Question<'_>,
    reference: &Reference,
    persona: Option<&Persona<'_>>,
    lack: &Lack,
) -> Remark {
    let (place, remedy) = match persona {
        Some(persona) => (
            format!(" ({})", rows(question, &[persona])),
            "fill these columns there",
        ),
        None => (
            ", which no users export knows".to_owned(),
            "add a row with these columns to a users export",
        ),
    };
    Remark {
        code: Code::Stb002,
        message: format!(
            "no stub user can be made for {}{place}: it needs {}",
            quoted(&reference.text),
            lack.columns()
        ),
        cure: format!(
            "{remedy}, or put a UPN {}",
            ruling_cell(question, reference)
        ),
    }
}

/// OWN012: who resembles the reference.
pub(super) fn near_misses(
    question: &Question<'_>,
    reference: &Reference,
    misses: &[NearMiss],
) -> Remark {
    let misses = misses
        .iter()
        .map(|miss| format!("{}, by {}", unticked(&miss.named.label), miss.identifier));
    Remark {
        code: Code::Own012,
        message: format!(
            "nobody fits {}; it resembles {}",
            quoted(&reference.text),
            join(misses)
        ),
        cure: format!(
            "if one of them is meant put their UPN {}",
            ruling_cell(question, reference)
        ),
    }
}

/// OWN011 and OWN013: what is worth knowing of a principal that was chosen.
pub(super) fn of_chosen(reference: &Reference, index: &Index<'_>, user: &User) -> Vec<Remark> {
    let label = index.show(Principal::User(user.id));
    let shown = || unticked(&label);
    let special = special(user).map(|what| Remark {
        code: Code::Own011,
        message: format!("{} is {}, {what}", quoted(&reference.text), shown()),
        cure: "check that no person is meant; what it does is done in its own name".to_owned(),
    });
    let disabled = user.disabled.then(|| Remark {
        code: Code::Own013,
        message: format!("{} is {}", quoted(&reference.text), shown()),
        cure: "nothing, if the records are to stay with somebody who cannot sign in".to_owned(),
    });
    special.into_iter().chain(disabled).collect()
}
