//! What a run over many worlds came to: the figures, how often each thing was reached, the faults.
//!
//! In: the reports of all worlds. Out: a table to print, and an assertion that enough was reached: a
//! run that reaches little proves little.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cutover::model::{ChangeKind, Code};
use cutover::service::{REFUSALS, Reason};
use serde::{Deserialize, Serialize};

use crate::worlds::disturb::DISTURBANCES;
use crate::worlds::trial::{self, Report};

/// In what the plan was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Kind {
    /// No plan was made at all.
    NotPlanned,
    /// A valid world is not approved.
    NotApproved,
    /// A change about somebody else than was meant.
    WrongPerson,
    /// A row that must be an error and is none, or that comes to nothing without a word.
    Silent,
    /// Counts of an export that are not those of its rows.
    Accounting,
    /// A stub user to whom no record goes.
    Needless,
    /// Planned, and not done.
    Recall,
    /// Foretold to be refused, and not refused, or otherwise.
    Precision,
    /// A write that must be refused is not.
    Probe,
    /// Of those who could administer the environment, the plan leaves nobody who can.
    LockedOut,
    /// After apply other cells differ than those that were planned.
    Frame,
    /// After undo not all is as before.
    Undo,
    /// A plan that grew stale is not refused as it must be.
    Stale,
    /// What somebody else wrote meanwhile is not left alone, or not told.
    Drift,
    /// Verify does not tell what is there.
    Verify,
    /// The service in this process and the server over the wire say different things of one write.
    Judges,
    /// What is pulled of a live environment leads to another plan than its file.
    Pulled,
    /// The program stopped itself.
    Panic,
}

/// One thing in which the plan was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fault {
    pub(super) kind: Kind,
    pub(super) words: String,
}

impl Fault {
    pub(super) fn new(kind: Kind, words: impl Into<String>) -> Self {
        let words = words.into();
        Self { kind, words }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}: {}", self.kind, self.words)
    }
}

/// A world that was tried: its seed, what was disturbed in it, what came of it.
pub(super) struct Tried {
    pub(super) seed: u64,
    /// Whether its disturbances are left to chance.
    pub(super) by_chance: bool,
    pub(super) disturbed: Vec<String>,
    pub(super) report: Report,
}

/// Of each hundred worlds left to chance so many plan without an error and hold every kind of change.
const WHOLE_PERCENT_MIN: u64 = 40;

/// The kinds of change that a plan can hold.
const KINDS: [ChangeKind; 5] = [
    ChangeKind::CreateStubUser,
    ChangeKind::ChangeUser,
    ChangeKind::GiveRole,
    ChangeKind::AssignRecord,
    ChangeKind::RemoveRole,
];

/// What becomes of rows, changes apart.
const FATES: [&str; 5] = ["no change", "repeated", "left", "kept out", "stopped"];

/// Whether a rule foretells a refusal of the service, always or for some rows.
fn foretells(code: Code) -> bool {
    let for_some = [
        Code::Acc009,
        Code::Acc014,
        Code::Acc015,
        Code::Own005,
        Code::Rol001,
        Code::Rol005,
    ];
    code.rule().guards || for_some.contains(&code)
}

/// The figures of a run.
#[derive(Debug, Default)]
pub(super) struct Tally {
    worlds: u64,
    by_chance: u64,
    clean: u64,
    kept_out: u64,
    whole: u64,
    asked: u64,
    missed: u64,
    forced: u64,
    wrongly_foretold: u64,
    probed: u64,
    frames: u64,
    accounted: u64,
    faults: BTreeMap<Kind, u64>,
    kinds: BTreeMap<ChangeKind, u64>,
    rules: BTreeMap<Code, u64>,
    confirmed: BTreeMap<Code, u64>,
    fates: BTreeMap<&'static str, u64>,
    blocked: u64,
    reasons: BTreeMap<Reason, u64>,
    disturbed: BTreeMap<String, u64>,
    moved: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(super) fn of(worlds: &[Tried]) -> Self {
        let mut tally = Self::default();
        for Tried {
            by_chance,
            disturbed,
            report,
            ..
        } in worlds
        {
            let clean = report.approved && report.rules.is_empty();
            let whole = clean && report.kinds.len() == KINDS.len();
            tally.worlds += 1;
            tally.by_chance += u64::from(*by_chance);
            tally.clean += u64::from(*by_chance && clean);
            tally.kept_out += u64::from(report.approved && !clean);
            tally.whole += u64::from(*by_chance && whole);
            tally.asked += report.asked;
            tally.missed += report.missed;
            tally.forced += report.forced;
            tally.wrongly_foretold += report.wrongly_foretold;
            tally.probed += report.probed;
            tally.frames += report.frames;
            tally.accounted += report.accounted;
            add(
                &mut tally.faults,
                report.faults.iter().map(|fault| (fault.kind, 1)),
            );
            add(&mut tally.kinds, report.kinds.clone());
            tally.blocked += report.blocked;
            add(&mut tally.fates, report.fates.clone());
            add(&mut tally.rules, once_each(&report.rules));
            add(&mut tally.confirmed, once_each(&report.confirmed));
            add(&mut tally.reasons, once_each(&report.reasons));
            add(&mut tally.disturbed, once_each(disturbed));
            add(&mut tally.moved, report.moved.clone());
        }
        tally
    }

    /// What was never reached of all that there is.
    pub(super) fn not_reached(&self) -> Vec<String> {
        let kinds = KINDS.iter().filter(|kind| !self.kinds.contains_key(kind));
        let rules = Code::ALL.iter().filter(|code| foretells(**code));
        let rules = rules.filter(|code| !self.confirmed.contains_key(code));
        let reasons = REFUSALS.iter().map(|rule| rule.reason);
        let reasons = reasons.filter(|reason| !self.reasons.contains_key(reason));
        let disturbances = DISTURBANCES.iter().map(|(name, _)| *name);
        let quiet = disturbances.filter(|name| !self.disturbed.contains_key(*name));
        let moves = trial::names_of_moves();
        let moves = moves.filter(|name| !self.moved.contains_key(name));
        let fates = FATES.iter().filter(|fate| !self.fates.contains_key(*fate));
        kinds
            .map(|kind| format!("change {}", kind.words()))
            .chain(rules.map(|code| format!("rule {code}, confirmed by a refusal")))
            .chain(reasons.map(|reason| format!("refusal {reason:?}")))
            .chain(quiet.map(|name| format!("disturbance `{name}`")))
            .chain(moves.map(|name| format!("writing by others `{name}`")))
            .chain(fates.map(|fate| format!("rows {fate}")))
            .chain((self.kept_out == 0).then(|| "a plan with rows kept out".to_owned()))
            .collect()
    }

    /// # Panics
    ///
    /// Where too few worlds hold everything, or something was never reached.
    pub(super) fn is_enough(&self) {
        assert!(
            self.whole * 100 >= self.by_chance * WHOLE_PERCENT_MIN,
            "{} of {} worlds left to chance plan without an error and hold every kind of change, expected \
             {WHOLE_PERCENT_MIN} %",
            self.whole,
            self.by_chance
        );
        let missing = self.not_reached();
        assert!(missing.is_empty(), "never reached: {missing:?}");
    }

    fn count(&self, kinds: &[Kind]) -> u64 {
        kinds.iter().filter_map(|kind| self.faults.get(kind)).sum()
    }
}

pub(super) fn add<K: Ord>(counts: &mut BTreeMap<K, u64>, more: impl IntoIterator<Item = (K, u64)>) {
    for (key, count) in more {
        *counts.entry(key).or_default() += count;
    }
}

fn once_each<'a, K: Ord + Clone + 'a>(keys: impl IntoIterator<Item = &'a K>) -> Vec<(K, u64)> {
    let distinct: BTreeSet<K> = keys.into_iter().cloned().collect();
    distinct.into_iter().map(|key| (key, 1)).collect()
}

/// A share in percent, down to a hundredth and never rounded up: all is all, and of nothing there is none.
fn percent(part: u64, all: u64) -> String {
    let Some(hundredths) = (part * 10_000).checked_div(all) else {
        return "nothing asked".to_owned();
    };
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, words) in self.figures() {
            writeln!(out, "{name:<15}{words}")?;
        }
        let kinds = self.kinds.iter().map(|(kind, count)| (kind.words(), count));
        listed(out, "changes", kinds)?;
        listed(out, "rows, by what became of them", &self.fates)?;
        listed(
            out,
            "rules confirmed by a refusal, by world",
            &self.confirmed,
        )?;
        listed(out, "error rules that spoke, by world", &self.rules)?;
        let reasons = self.reasons.iter();
        let reasons = reasons.map(|(reason, count)| (format!("{reason:?}"), count));
        listed(out, "refusals, by world", reasons)?;
        listed(out, "disturbances", &self.disturbed)?;
        listed(out, "writes by others", &self.moved)
    }
}

impl Tally {
    /// The figures that the promises stand for.
    fn figures(&self) -> [(&'static str, String); 9] {
        let refused = self.forced - self.wrongly_foretold;
        let (clean, whole) = (
            percent(self.clean, self.by_chance),
            percent(self.whole, self.by_chance),
        );
        let recall = percent(refused, refused + self.missed);
        let precision = percent(refused, self.forced);
        let of_states = [
            Kind::Frame,
            Kind::Undo,
            Kind::Stale,
            Kind::Drift,
            Kind::Verify,
        ];
        let (missed, asked, forced) = (self.missed, self.asked, self.forced);
        let (frames, differ) = (self.frames, self.count(&of_states));
        let (accounted, lost) = (self.accounted, self.count(&[Kind::Accounting]));
        let (silent, blocked) = (self.count(&[Kind::Silent]), self.blocked);
        let (probed, allowed) = (self.probed, self.count(&[Kind::Probe]));
        let faults: u64 = self.faults.values().sum();
        [
            ("worlds", self.worlds.to_string()),
            (
                "clean",
                format!(
                    "{clean} of the {} left to chance without any error, {whole} and with every kind \
                     of change; {} more applied with rows kept out",
                    self.by_chance, self.kept_out
                ),
            ),
            (
                "recall",
                format!(
                    "{recall}: {refused} refusals foretold, {missed} of {asked} planned changes refused"
                ),
            ),
            (
                "precision",
                format!("{precision}: {refused} of {forced} foretold refusals came when forced"),
            ),
            (
                "frame",
                format!("{frames} states compared cell by cell, {differ} faults"),
            ),
            (
                "wrong persons",
                self.count(&[Kind::WrongPerson]).to_string(),
            ),
            (
                "rows",
                format!(
                    "{accounted} exports counted row by row, {lost} faults; {silent} rows without a word; \
                     {blocked} blocked ones refused too"
                ),
            ),
            (
                "probes",
                format!("{probed} writes that no plan asks for, {allowed} not refused"),
            ),
            ("faults", format!("{faults} {:?}", self.faults)),
        ]
    }
}

fn listed<K: fmt::Display, V: fmt::Display>(
    out: &mut fmt::Formatter<'_>,
    heading: &str,
    counts: impl IntoIterator<Item = (K, V)>,
) -> fmt::Result {
    writeln!(out, "{heading}")?;
    for (name, count) in counts {
        writeln!(out, "  {count:>7}  {name}")?;
    }
    Ok(())
}
