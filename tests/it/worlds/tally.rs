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
use crate::worlds::trial::Report;

/// In what the plan was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Kind {
    /// No plan was made at all.
    NotPlanned,
    /// A valid world is not approved.
    NotApproved,
    /// A change about somebody else than was meant.
    WrongPerson,
    /// Planned, and not done.
    Recall,
    /// Foretold to be refused, and not refused, or otherwise.
    Precision,
    /// A write that must be refused is not.
    Probe,
    /// After apply other cells differ than those that were planned.
    Frame,
    /// After undo not all is as before.
    Undo,
    /// A plan that grew stale is not refused as it must be.
    Stale,
    /// What somebody else wrote meanwhile is not left alone, or not told.
    Drift,
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
    pub(super) disturbed: Vec<String>,
    pub(super) report: Report,
}

/// Of each hundred worlds so many are approved and hold every kind of change, at least.
const WHOLE_PERCENT_MIN: u64 = 40;

/// The kinds of change that a plan can hold.
const KINDS: [ChangeKind; 4] = [
    ChangeKind::CreateStubUser,
    ChangeKind::GiveRole,
    ChangeKind::AssignRecord,
    ChangeKind::RemoveRole,
];

/// The figures of a run.
#[derive(Debug, Default)]
pub(super) struct Tally {
    worlds: u64,
    approved: u64,
    whole: u64,
    asked: u64,
    missed: u64,
    forced: u64,
    wrongly_foretold: u64,
    probed: u64,
    frames: u64,
    faults: BTreeMap<Kind, u64>,
    kinds: BTreeMap<ChangeKind, u64>,
    rules: BTreeMap<Code, u64>,
    reasons: BTreeMap<Reason, u64>,
    disturbed: BTreeMap<String, u64>,
    moved: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(super) fn of(worlds: &[Tried]) -> Self {
        let mut tally = Self::default();
        for Tried {
            disturbed, report, ..
        } in worlds
        {
            let whole = report.approved && report.kinds.len() == KINDS.len();
            tally.worlds += 1;
            tally.approved += u64::from(report.approved);
            tally.whole += u64::from(whole);
            tally.asked += report.asked;
            tally.missed += report.missed;
            tally.forced += report.forced;
            tally.wrongly_foretold += report.wrongly_foretold;
            tally.probed += report.probed;
            tally.frames += report.frames;
            add(
                &mut tally.faults,
                report.faults.iter().map(|fault| (fault.kind, 1)),
            );
            add(&mut tally.kinds, report.kinds.clone());
            add(&mut tally.rules, once_each(&report.rules));
            add(&mut tally.reasons, once_each(&report.reasons));
            add(&mut tally.disturbed, once_each(disturbed));
            add(&mut tally.moved, report.moved.clone());
        }
        tally
    }

    /// What was never reached of all that there is.
    pub(super) fn not_reached(&self) -> Vec<String> {
        let kinds = KINDS.iter().filter(|kind| !self.kinds.contains_key(kind));
        let guarding = Code::ALL.iter().filter(|code| code.rule().guards);
        let rules = guarding.filter(|code| !self.rules.contains_key(code));
        let reasons = REFUSALS.iter().map(|rule| rule.reason);
        let reasons = reasons.filter(|reason| !self.reasons.contains_key(reason));
        let disturbances = DISTURBANCES.iter().map(|(name, _)| *name);
        let quiet = disturbances.filter(|name| !self.disturbed.contains_key(*name));
        kinds
            .map(|kind| format!("change {}", kind.words()))
            .chain(rules.map(|code| format!("rule {code}")))
            .chain(reasons.map(|reason| format!("refusal {reason:?}")))
            .chain(quiet.map(|name| format!("disturbance `{name}`")))
            .collect()
    }

    /// # Panics
    ///
    /// Where too few worlds hold everything, or something was never reached.
    pub(super) fn is_enough(&self) {
        assert!(
            self.whole * 100 >= self.worlds * WHOLE_PERCENT_MIN,
            "{} of {} worlds are approved and hold every kind of change, expected {WHOLE_PERCENT_MIN} %",
            self.whole,
            self.worlds
        );
        let missing = self.not_reached();
        assert!(missing.is_empty(), "never reached: {missing:?}");
    }

    fn count(&self, kinds: &[Kind]) -> u64 {
        kinds.iter().filter_map(|kind| self.faults.get(kind)).sum()
    }
}

fn add<K: Ord>(counts: &mut BTreeMap<K, u64>, more: impl IntoIterator<Item = (K, u64)>) {
    for (key, count) in more {
        *counts.entry(key).or_default() += count;
    }
}

fn once_each<'a, K: Ord + Clone + 'a>(keys: impl IntoIterator<Item = &'a K>) -> Vec<(K, u64)> {
    let distinct: BTreeSet<K> = keys.into_iter().cloned().collect();
    distinct.into_iter().map(|key| (key, 1)).collect()
}

/// A share in percent, down to a hundredth and never rounded up: all is all.
fn percent(part: u64, all: u64) -> String {
    let hundredths = (part * 10_000).checked_div(all).unwrap_or(10_000);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused = self.forced - self.wrongly_foretold;
        let (approved, whole) = (
            percent(self.approved, self.worlds),
            percent(self.whole, self.worlds),
        );
        writeln!(out, "worlds         {}", self.worlds)?;
        writeln!(
            out,
            "clean          {approved} approved, {whole} and with every kind of change"
        )?;
        let recall = percent(refused, refused + self.missed);
        writeln!(
            out,
            "recall         {recall}: {refused} refusals foretold, {} of {} planned changes refused",
            self.missed, self.asked
        )?;
        let precision = percent(refused, self.forced);
        writeln!(
            out,
            "precision      {precision}: {refused} of {} foretold refusals came when forced",
            self.forced
        )?;
        writeln!(
            out,
            "frame          {} states compared cell by cell, {} differ",
            self.frames,
            self.count(&[Kind::Frame, Kind::Undo, Kind::Stale, Kind::Drift])
        )?;
        writeln!(out, "wrong persons  {}", self.count(&[Kind::WrongPerson]))?;
        writeln!(
            out,
            "probes         {} writes that no plan asks for, {} not refused",
            self.probed,
            self.count(&[Kind::Probe])
        )?;
        let faults: u64 = self.faults.values().sum();
        writeln!(out, "faults         {faults} {:?}", self.faults)?;
        let kinds = self.kinds.iter().map(|(kind, count)| (kind.words(), count));
        listed(out, "changes", kinds)?;
        let guarding = self.rules.iter().filter(|(code, _)| code.rule().guards);
        listed(out, "guarding rules, by world", guarding)?;
        let others = self.rules.iter().filter(|(code, _)| !code.rule().guards);
        listed(out, "other error rules, by world", others)?;
        let reasons = self
            .reasons
            .iter()
            .map(|(reason, count)| (format!("{reason:?}"), count));
        listed(out, "refusals, by world", reasons)?;
        listed(out, "disturbances", &self.disturbed)?;
        listed(out, "writes by others", &self.moved)
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
