//! Owner references to principals: rulings, translation, ladder, near misses.
//!
//! In: every distinct reference of the exports, the people of the users exports, the environment's
//! facts, the rulings of the owners sheet and the policy. Out: one [`Resolution`]: for each
//! reference who is meant, or why nobody is chosen. It never picks one of several, and never takes
//! somebody who merely resembles. Whether the principal may own a record is judged in `check/`.

mod identifiers;
mod index;
mod ladder;
mod missing;
mod near;
mod remarks;
mod rulings;
mod translate;
mod wishes;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use rayon::prelude::*;

use crate::environment::Facts;
use crate::model::{
    AmbiguousPolicy, ByNamePolicy, Code, FileId, Findings, Input, MissingPolicy, Named,
    OrganisationId, OwnerPolicy, Person, Principal, Reference, References, Remark, Resolution,
    Resolved, Ruling, Rung, Verdict, comparison_key,
};
use crate::resolve::identifiers::{Identifiers, Shape, shape};
use crate::resolve::index::Index;
use crate::resolve::ladder::{Outcome, climb};
use crate::resolve::missing::{Lack, Stubs};
use crate::resolve::near::Near;
use crate::resolve::rulings::{Decision, Fault, Rulings};
use crate::resolve::translate::{People, Persona, Translation};

/// Everything that resolving needs to know.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Every distinct reference.
    pub references: &'a References,
    /// The records exports: a stub user is made only for a reference that one of them holds.
    pub record_files: &'a BTreeSet<FileId>,
    /// The rows of all users exports, in any order.
    pub people: &'a [Person],
    /// The files, for their names in messages.
    pub inputs: &'a [Input],
    /// The environment.
    pub facts: &'a Facts,
    /// The organisation: the namespace of planned ids.
    pub organisation: OrganisationId,
    /// The rulings, in any order.
    pub rulings: &'a [Ruling],
    /// The sheet that they stand in.
    pub rulings_file: FileId,
    /// The section `[owners]` of the manifest.
    pub policy: &'a OwnerPolicy,
}

impl Question<'_> {
    /// What people call the sheet of rulings.
    fn sheet(&self) -> &str {
        let mut inputs = self.inputs.iter();
        let sheet = inputs.find(|input| input.file == self.rulings_file);
        sheet.map_or("owners.csv", |input| input.name.as_str())
    }
}

/// Resolves every reference, each once, on all cores.
///
/// `findings` gets only what has a place in the owners sheet (OWN006 at the ruling's cell) or is a
/// fault of the policy (OWN006 about `fallback`). All else is in [`Resolved::remarks`], for the
/// caller to raise at the rows that hold the reference.
pub fn resolve(question: &Question<'_>, findings: &mut Findings) -> Resolution {
    let domains = &question.policy.domains;
    let (index, people) = rayon::join(
        || Index::of(question.facts),
        || People::of(question.people, domains),
    );
    let fallback = rulings::fallback(question.policy, &index);
    if let Err(fault) = &fallback {
        let Fault { message, cure } = fault.clone();
        findings.about(Code::Own006, "fallback", || message, || cure);
    }
    let room = Resolver {
        question,
        stubs: OnceLock::new(),
        rulings: Rulings::of(question, &index, findings),
        near: OnceLock::new(),
        people,
        fallback,
        index,
    };
    let references: Vec<&Reference> = question.references.iter().map(|(_, one)| one).collect();
    let mut resolved: Vec<Resolved> = references
        .par_iter()
        .map(|reference| room.resolve(reference))
        .collect();
    room.join_stubs(&references, &mut resolved);
    room.finish(resolved)
}

/// What is the same for every reference.
struct Resolver<'a> {
    question: &'a Question<'a>,
    index: Index<'a>,
    people: People<'a>,
    /// Planned once anybody asks for one.
    stubs: OnceLock<Stubs>,
    rulings: Rulings,
    fallback: Result<Option<Principal>, Fault>,
    /// Indexed once somebody is found nowhere.
    near: OnceLock<Near>,
}

impl<'a> Resolver<'a> {
    /// One reference. A stub's number is the person's until [`Resolver::finish`] ran.
    fn resolve(&self, reference: &Reference) -> Resolved {
        match self.rulings.about(&reference.key) {
            // Who could have been meant is asked all the same: somebody has to rule again.
            Some(Err(fault)) => {
                let evidence = self.by_evidence(reference);
                Resolved {
                    candidates: evidence.candidates,
                    near_misses: evidence.near_misses,
                    ..stopped(remarks::fault(fault))
                }
            }
            Some(Ok(decision)) => self.ruled(reference, *decision),
            None => self.by_evidence(reference),
        }
    }

    fn ruled(&self, reference: &Reference, decision: Decision) -> Resolved {
        match decision {
            Decision::Principal(principal) => self.matched(reference, principal, Rung::Ruling),
            Decision::Leave => plain(Verdict::Left),
            Decision::Fallback => self.fall_back(reference),
            Decision::Stub => match self.translate(reference) {
                Translation::Several(people) => self.several_people(reference, &people),
                Translation::One(person) => self.stub(reference, Some(person)),
                Translation::Unknown => self.stub(reference, None),
            },
        }
    }

    fn by_evidence(&self, reference: &Reference) -> Resolved {
        let domains = &self.question.policy.domains;
        let mut known = Identifiers::of_text(&reference.text, domains);
        let person = match self.translate(reference) {
            Translation::Several(people) => {
                return self.ambiguous(reference, self.several_people(reference, &people));
            }
            Translation::One(person) => {
                let persona = &self.people.list[person];
                if !known.employee_ids.is_empty() && persona.has_old_id(&reference.text) {
                    // The old system's number of somebody may be another's employee id here.
                    known.employee_ids.clear();
                }
                known.join(&persona.identifiers(domains));
                Some(person)
            }
            Translation::Unknown => None,
        };
        let (question, index) = (self.question, &self.index);
        match climb(index, &known) {
            Outcome::Nobody => self.nobody(reference, person, &known),
            Outcome::One(principal, found)
                if found.rung == Rung::FullName
                    && question.policy.by_name == ByNamePolicy::Confirm =>
            {
                let candidates = index.named([principal]);
                let (named, user) = (&candidates[0], index.user(principal));
                let remark = remarks::by_name_alone(question, reference, &found, named, user);
                with_candidates(stopped(remark), candidates)
            }
            Outcome::One(principal, found) => self.matched(reference, principal, found.rung),
            Outcome::Several(found) => {
                let candidates = index.named(found.principals.iter().copied());
                let remark = remarks::several(question, reference, &found, &candidates);
                self.ambiguous(reference, with_candidates(stopped(remark), candidates))
            }
            Outcome::Disagree(first, second) => {
                let both = first.principals.iter().chain(&second.principals).copied();
                let candidates = index.named(both.collect::<BTreeSet<_>>());
                let remark = remarks::disagree(question, reference, index, (&first, &second));
                self.ambiguous(reference, with_candidates(stopped(remark), candidates))
            }
        }
    }

    fn translate(&self, reference: &Reference) -> Translation {
        let domains = &self.question.policy.domains;
        self.people.translate(&reference.text, domains)
    }

    fn matched(&self, reference: &Reference, principal: Principal, rung: Rung) -> Resolved {
        Resolved {
            remarks: self.notes(reference, principal),
            ..plain(Verdict::Matched { principal, rung })
        }
    }

    fn notes(&self, reference: &Reference, principal: Principal) -> Vec<Remark> {
        let user = self.index.user(principal);
        user.map_or_else(Vec::new, |user| {
            remarks::of_chosen(reference, &self.index, user)
        })
    }

    fn several_people(&self, reference: &Reference, people: &[usize]) -> Resolved {
        let people = self.personas(people);
        let remark = remarks::several_people(self.question, reference, &people);
        with_candidates(stopped(remark), self.candidates(&people))
    }

    fn personas(&self, people: &[usize]) -> Vec<&Persona<'a>> {
        people
            .iter()
            .map(|person| &self.people.list[*person])
            .collect()
    }

    /// Who of the environment the people of the users exports are, as far as each is found.
    fn candidates(&self, people: &[&Persona<'a>]) -> Vec<Named> {
        let domains = &self.question.policy.domains;
        let found: BTreeSet<Principal> = people
            .iter()
            .filter_map(
                |persona| match climb(&self.index, &persona.identifiers(domains)) {
                    Outcome::One(principal, _) => Some(principal),
                    _ => None,
                },
            )
            .collect();
        self.index.named(found)
    }

    /// What the policy `ambiguous` makes of a reference that was stopped.
    ///
    /// Roles never go to the fallback owner: what only roles files name stays stopped.
    fn ambiguous(&self, reference: &Reference, stopped: Resolved) -> Resolved {
        let policy = self.question.policy.ambiguous;
        if policy == AmbiguousPolicy::Fallback && self.owns_records(reference) {
            let candidates = stopped.candidates;
            with_candidates(self.fall_back(reference), candidates)
        } else {
            stopped
        }
    }

    fn owns_records(&self, reference: &Reference) -> bool {
        let mut files = reference.rows.keys();
        files.any(|file| self.question.record_files.contains(file))
    }

    fn fall_back(&self, reference: &Reference) -> Resolved {
        match &self.fallback {
            Ok(Some(principal)) => Resolved {
                remarks: self.notes(reference, *principal),
                ..plain(Verdict::Fallback(*principal))
            },
            Ok(None) => stopped(remarks::fault(&Fault::no_fallback())),
            Err(fault) => stopped(remarks::fault(fault)),
        }
    }

    fn nobody(
        &self,
        reference: &Reference,
        person: Option<usize>,
        known: &Identifiers,
    ) -> Resolved {
        let id = matches!(shape(&reference.text), Shape::Guid(_) | Shape::ForeignId);
        if id && person.is_none() {
            return stopped(remarks::unknown_id(self.question, reference));
        }
        let roles_alone = !self.owns_records(reference);
        let mut resolved = match self.question.policy.missing {
            MissingPolicy::Stub | MissingPolicy::Fallback if roles_alone => {
                stopped(remarks::no_user_of_roles(self.question, reference))
            }
            MissingPolicy::Stub => self.ambiguous_only(reference, self.stub(reference, person)),
            MissingPolicy::Fallback => self.fall_back(reference),
            MissingPolicy::Error => stopped(remarks::nobody(self.question, reference)),
            MissingPolicy::Leave => plain(Verdict::Left),
        };
        let near = self.near.get_or_init(|| Near::of(&self.index));
        let misses = near.misses(&self.index, known);
        if !misses.is_empty() {
            let remark = remarks::near_misses(self.question, reference, &misses);
            resolved.remarks.push(remark);
            resolved.near_misses = misses;
        }
        resolved
    }

    fn ambiguous_only(&self, reference: &Reference, resolved: Resolved) -> Resolved {
        if resolved.verdict == Verdict::Stopped(Code::Own002) {
            self.ambiguous(reference, resolved)
        } else {
            resolved
        }
    }

    fn stubs(&self) -> &Stubs {
        let question = self.question;
        let domains = &question.policy.domains;
        let plan = || Stubs::of(&self.people, domains, question.organisation);
        self.stubs.get_or_init(plan)
    }

    fn stub(&self, reference: &Reference, person: Option<usize>) -> Resolved {
        let question = self.question;
        let Some(number) = person else {
            let lack = Lack::of_text(&reference.text, &question.policy.domains);
            return stopped(remarks::lack(question, reference, None, &lack));
        };
        let stub = match self.stubs().planned(number) {
            Ok(stub) => stub,
            Err(lack) => {
                let persona = Some(&self.people.list[number]);
                return stopped(remarks::lack(question, reference, persona, lack));
            }
        };
        let same = self.stubs().of_same_upn(number);
        if same.len() > 1 {
            let people = self.personas(same);
            return stopped(remarks::shared_upn(question, reference, &stub.upn, &people));
        }
        plain(Verdict::Stub(number))
    }

    /// Whom records make a stub user is there for the roles too, however the roles files write them.
    fn join_stubs(&self, references: &[&Reference], resolved: &mut [Resolved]) {
        let verdicts = resolved.iter().map(|one| &one.verdict);
        let stubs: BTreeSet<usize> = verdicts
            .filter_map(|verdict| match verdict {
                Verdict::Stub(person) => Some(*person),
                _ => None,
            })
            .collect();
        for (reference, one) in references.iter().zip(resolved) {
            if one.verdict == Verdict::Stopped(Code::Rol005)
                && let Translation::One(person) = self.translate(reference)
                && stubs.contains(&person)
            {
                one.verdict = Verdict::Stub(person);
                one.remarks.retain(|remark| remark.code != Code::Rol005);
            }
        }
    }

    /// Numbers the stub users by UPN key and puts everything together.
    fn finish(self, mut resolved: Vec<Resolved>) -> Resolution {
        let wish_rows = wishes::rows(&self);
        let mut stubs = BTreeMap::new();
        for one in &resolved {
            if let Verdict::Stub(person) = one.verdict
                && let Ok(stub) = self.stubs().planned(person)
            {
                stubs.insert(comparison_key(&stub.upn), (person, stub.clone()));
            }
        }
        let numbers: BTreeMap<usize, usize> = stubs
            .values()
            .enumerate()
            .map(|(number, (person, _))| (*person, number))
            .collect();
        for one in &mut resolved {
            if let Verdict::Stub(person) = &mut one.verdict {
                *person = numbers[person];
            }
        }
        Resolution {
            resolved,
            stubs: stubs.into_values().map(|(_, stub)| stub).collect(),
            unused_rulings: self.rulings.unused,
            wish_rows,
            fallback: self.fallback.ok().flatten(),
        }
    }
}

fn plain(verdict: Verdict) -> Resolved {
    Resolved {
        verdict,
        remarks: Vec::new(),
        candidates: Vec::new(),
        near_misses: Vec::new(),
    }
}

fn stopped(remark: Remark) -> Resolved {
    let verdict = Verdict::Stopped(remark.code);
    Resolved {
        remarks: vec![remark],
        ..plain(verdict)
    }
}

fn with_candidates(resolved: Resolved, candidates: Vec<Named>) -> Resolved {
    Resolved {
        candidates,
        ..resolved
    }
}
