//! Rulings of the owners sheet: what the consultant decided, reference by reference.
//!
//! In: rows of the sheet that hold a ruling, the environment's [`Index`]. Out: [`Rulings`]: one
//! decision or fault (OWN006) for each reference that some row holds; the faults, and rulings that no row asks
//! for (OWN014), as findings at their cells. What a decision leads to is `mod.rs`'s.

use std::collections::BTreeMap;

use crate::model::{
    AmbiguousPolicy, BlankPolicy, Code, Findings, MissingPolicy, OwnerPolicy, Place, Principal,
    Ruling, comparison_key, parse_guid, quoted, reference_key, unticked,
};
use crate::resolve::Question;
use crate::resolve::identifiers::name_key;
use crate::resolve::index::{Index, special};
use crate::resolve::remarks::list;

/// What a ruling says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Principal(Principal),
    Stub,
    Fallback,
    Leave,
}

/// Why a ruling cannot be obeyed (OWN006), and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) cure: String,
}

impl Fault {
    /// A ruling or policy says `fallback`, and the manifest names nobody.
    pub(super) fn no_fallback() -> Self {
        Self {
            message: "a ruling or policy says `fallback`, but no fallback owner is named"
                .to_owned(),
            cure: "name one as `fallback` under [owners] in cutover.toml, or decide otherwise"
                .to_owned(),
        }
    }
}

/// The decisions by reference key.
#[derive(Debug, Default)]
pub(super) struct Rulings {
    decisions: BTreeMap<String, Result<Decision, Fault>>,
    /// Rows whose reference nothing holds, in order.
    pub(super) unused: Vec<u64>,
}

impl Rulings {
    /// Reads all rulings; each fault becomes a finding at its cells.
    pub(super) fn of(question: &Question<'_>, index: &Index<'_>, findings: &mut Findings) -> Self {
        let mut this = Self::default();
        let mut by_key: BTreeMap<String, Vec<&Ruling>> = BTreeMap::new();
        for ruling in question.rulings {
            if question.references.find(&ruling.reference).is_some() {
                let rows = by_key.entry(reference_key(&ruling.reference)).or_default();
                rows.push(ruling);
            } else {
                this.unused.push(ruling.row);
                without_effect(question, ruling, findings);
            }
        }
        this.unused.sort_unstable();
        for (key, mut rows) in by_key {
            rows.sort_by_key(|ruling| ruling.row);
            let decision = decide(&rows, question, index);
            if let Err((fault, at_fault)) = &decision {
                report(question, fault, at_fault, findings);
            }
            let decision = decision.map_err(|(fault, _)| fault);
            this.decisions.insert(key, decision);
        }
        this
    }

    /// What was decided about the reference of this key, if anything.
    pub(super) fn about(&self, key: &str) -> Option<&Result<Decision, Fault>> {
        self.decisions.get(key)
    }
}

/// The decision that all rulings on one reference agree on, else the fault and the rows at fault.
fn decide<'a>(
    rows: &[&'a Ruling],
    question: &Question<'_>,
    index: &Index<'_>,
) -> Result<Decision, (Fault, Vec<&'a Ruling>)> {
    let mut decided: Vec<(Decision, &Ruling)> = Vec::new();
    for ruling in rows.iter().copied() {
        match read(&ruling.ruling, question, index) {
            Ok(decision) => decided.push((decision, ruling)),
            Err(fault) => return Err((fault, vec![ruling])),
        }
    }
    let (decision, first) = decided[0];
    match decided.iter().find(|(other, _)| *other != decision) {
        None => Ok(decision),
        Some((_, second)) => {
            let fault = contradiction(first, second, question);
            Err((fault, rows.to_vec()))
        }
    }
}

fn contradiction(first: &Ruling, second: &Ruling, question: &Question<'_>) -> Fault {
    Fault {
        message: format!(
            "the rulings on {} contradict each other: row {} says {}, row {} says {}",
            quoted(&first.reference),
            first.row,
            quoted(&first.ruling),
            second.row,
            quoted(&second.ruling)
        ),
        cure: format!(
            "keep one of the rows of {} in {} and empty column `ruling` of the others",
            quoted(&first.reference),
            question.sheet()
        ),
    }
}

/// OWN014: a ruling on what no export holds. It is not judged: nothing depends on what it says.
fn without_effect(question: &Question<'_>, ruling: &Ruling, findings: &mut Findings) {
    let (reference, sheet) = (&ruling.reference, question.sheet());
    let subject = if reference.is_empty() {
        "blank reference"
    } else {
        reference
    };
    let message = || match reference.as_str() {
        "" => format!("a ruling in {sheet} has no effect: its reference is blank"),
        _ => format!(
            "the ruling on {reference} has no effect: no owner cell of the exports holds that reference",
            reference = quoted(&reference)
        ),
    };
    let cure = || {
        format!(
            "correct column `reference` of {sheet}, or empty the ruling if it is of no use any more"
        )
    };
    let finding = findings.about(Code::Own014, subject, message, cure);
    let place = Place::row(question.rulings_file, ruling.row, ruling.row);
    findings.place(finding, place.cell(ruling.column, &ruling.ruling));
}

fn report(question: &Question<'_>, fault: &Fault, rows: &[&Ruling], findings: &mut Findings) {
    let subject = question.references.find(&rows[0].reference);
    let subject = subject.map_or(rows[0].reference.as_str(), |id| {
        question.references.get(id).text.as_str()
    });
    let fault = fault.clone();
    let finding = findings.about(Code::Own006, subject, || fault.message, || fault.cure);
    for ruling in rows {
        let place = Place::row(question.rulings_file, ruling.row, ruling.row);
        findings.place(finding, place.cell(ruling.column, &ruling.ruling));
    }
}

fn read(text: &str, question: &Question<'_>, index: &Index<'_>) -> Result<Decision, Fault> {
    let says = |word: &str| comparison_key(text) == word;
    let decision = if says("stub") {
        Decision::Stub
    } else if says("leave") {
        Decision::Leave
    } else if says("fallback") {
        if question.policy.fallback.is_none() {
            return Err(Fault::no_fallback());
        }
        Decision::Fallback
    } else {
        Decision::Principal(whom(text, index).map_err(|why| why.in_ruling(text, question))?)
    };
    Ok(decision)
}

/// The fallback owner, or why there is none where the manifest names or needs one.
pub(super) fn fallback(
    policy: &OwnerPolicy,
    index: &Index<'_>,
) -> Result<Option<Principal>, Fault> {
    let asked_for = policy.missing == MissingPolicy::Fallback
        || policy.ambiguous == AmbiguousPolicy::Fallback
        || policy.blank == BlankPolicy::Fallback;
    match &policy.fallback {
        Some(text) => whom(text, index).map(Some).map_err(|why| Fault {
            message: format!(
                "`fallback` under [owners] in cutover.toml is {text}, which {why}",
                text = quoted(&text)
            ),
            cure: "give `fallback` the UPN of one user, or the id or name of one team".to_owned(),
        }),
        None if asked_for => Err(Fault::no_fallback()),
        None => Ok(None),
    }
}

/// Why a text is nobody's.
#[derive(Debug, thiserror::Error)]
enum NotOne {
    #[error("names nobody in the environment")]
    Nobody,
    #[error("names nobody by UPN, mail, id or team; it is the full name of {0}")]
    OnlyByName(String),
    #[error("names several: {0}")]
    Several(String),
    #[error("is {0}, {1}: nothing can be given to it")]
    BuiltIn(String, &'static str),
}

impl NotOne {
    fn in_ruling(&self, text: &str, question: &Question<'_>) -> Fault {
        let cure = match self {
            Self::Several(_) => "write the id of the one that is meant",
            Self::OnlyByName(_) => "write the UPN",
            Self::Nobody | Self::BuiltIn(..) => {
                "write the UPN, mail, id or team of somebody who is there, or `stub`, `fallback` \
                 or `leave`,"
            }
        };
        Fault {
            message: format!("the ruling is {text}, which {self}", text = quoted(&text)),
            cure: format!("{cure} into column `ruling` of {}", question.sheet()),
        }
    }
}

/// The one principal that a consultant means by a UPN, mail, id or team name, or by all that the sheet says of a
/// candidate.
fn whom(text: &str, index: &Index<'_>) -> Result<Principal, NotOne> {
    if let Some(principal) = copied(text, index) {
        return Ok(principal);
    }
    by_identifier(text, index)
}

/// Whom a text names that was copied from another cell of the sheet: `Ana Costa <ana@contoso.com>`, `team Sales`.
/// What stands in the brackets must be theirs, and the name before them too.
fn copied(text: &str, index: &Index<'_>) -> Option<Principal> {
    let shown = |text: &str| comparison_key(text.trim().trim_end_matches("(disabled)"));
    let (_, behind) = text.rsplit_once('<')?;
    let (inner, _) = behind.split_once('>')?;
    let principal = by_identifier(inner, index).ok()?;
    (shown(&index.show(principal)) == shown(text)).then_some(principal)
}

fn by_identifier(text: &str, index: &Index<'_>) -> Result<Principal, NotOne> {
    let key = comparison_key(text);
    let mut hits: Vec<Principal> = match parse_guid(text) {
        Some(id) => index.ids.get(&id).to_vec(),
        None => [&index.upns, &index.mails, &index.team_names]
            .into_iter()
            .flat_map(|lookup| lookup.get(&key))
            .copied()
            .collect(),
    };
    if hits.is_empty() {
        // As every report calls it.
        let named = key
            .strip_prefix("team ")
            .map(|name| index.team_names.get(name));
        hits.extend(named.into_iter().flatten());
    }
    if hits.is_empty() {
        let lesser = [&index.mails2, &index.mobile_alert_mails].into_iter();
        hits.extend(lesser.flat_map(|lookup| lookup.get(&key)));
    }
    hits.sort_unstable();
    hits.dedup();
    match hits.as_slice() {
        [] => Err(nobody(text, index)),
        [one] => match index
            .user(*one)
            .and_then(|user| special(user).zip(Some(user)))
        {
            Some((what, user)) if user.application_id.is_none() => Err(NotOne::BuiltIn(
                unticked(&index.show(*one)).into_owned(),
                what,
            )),
            _ => Ok(*one),
        },
        _ => Err(NotOne::Several(list(&index.named(hits)))),
    }
}

fn nobody(text: &str, index: &Index<'_>) -> NotOne {
    let key = name_key(text);
    let named = index.named(index.full_names.get(&key).iter().copied());
    if named.is_empty() {
        NotOne::Nobody
    } else {
        NotOne::OnlyByName(list(&named))
    }
}
