//! The approval of a plan: the only maker of an [`ApprovedPlan`].
//!
//! In: findings and unchecked rules, or a sealed plan that carries both. Out: whether it may be
//! applied. A plan's own word for it is not enough: it is worked out again from the findings and
//! unchecked rules that it lists, by the rule table of this very program.

use std::collections::BTreeSet;

use crate::model::{Code, Finding, Severity, quoted_list};
use crate::plan::{Document, SealedPlan, Unchecked};

/// A plan that may be applied.
pub struct ApprovedPlan(SealedPlan);

impl ApprovedPlan {
    /// The plan itself.
    pub fn plan(&self) -> &SealedPlan {
        &self.0
    }
}

/// The plan may not be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotApproved {
    /// Findings or unchecked rules stop it.
    #[error(
        "the plan is not approved: {errors} error findings that are not accepted, {} guarding rules \
         that could not be checked{}; `cutover show findings` lists them with their cures, then plan \
         again",
        unchecked.len(),
        listed(unchecked)
    )]
    Stopped {
        /// Error findings that the manifest does not accept.
        errors: u64,
        /// Codes of guarding rules that were left unchecked and not accepted.
        unchecked: Vec<String>,
    },
    /// Nothing in the plan stops it, and yet it says that it is not approved.
    #[error(
        "the plan says that it is not approved and lists nothing that stops it; it was made by \
         another version or changed by hand: run `cutover plan` again"
    )]
    NotSaid,
}

fn listed(codes: &[String]) -> String {
    if codes.is_empty() {
        return String::new();
    }
    format!(" ({})", quoted_list(codes))
}

/// Whether nothing forbids to apply what was found: no error that is not accepted, and no guarding
/// rule left unchecked that the manifest does not accept.
pub fn approvable(findings: &[Finding], unchecked: &[Unchecked]) -> bool {
    let stops = |finding: &Finding| finding.stops() || finding.severity() == Severity::Fatal;
    let blocks = |rule: &Unchecked| rule.code.rule().guards && !rule.accepted;
    !findings.iter().any(stops) && !unchecked.iter().any(blocks)
}

/// Approves a sealed plan, if it says so and what it lists agrees.
pub fn approve(plan: SealedPlan) -> Result<ApprovedPlan, NotApproved> {
    verdict(plan.document())?;
    Ok(ApprovedPlan(plan))
}

fn verdict(document: &Document) -> Result<(), NotApproved> {
    let errors = errors(document);
    let unchecked = unchecked(document);
    if errors > 0 || !unchecked.is_empty() {
        return Err(NotApproved::Stopped { errors, unchecked });
    }
    if document.approved {
        Ok(())
    } else {
        Err(NotApproved::NotSaid)
    }
}

/// Error findings that are not accepted, those that only the Parquet file lists included.
fn errors(document: &Document) -> u64 {
    let kept_out: BTreeSet<&str> = names(&document.accept.keep_out);
    let stops = |code: &str| match code.parse::<Code>() {
        Ok(known) => {
            let rule = known.rule();
            let accepted = rule.keep_out && kept_out.contains(code);
            rule.severity <= Severity::Error && !accepted
        }
        // A code of another version: whatever it means, nobody has approved it.
        Err(_) => true,
    };
    let listed = document.findings.iter();
    let listed = listed.filter(|finding| stops(&finding.code)).count() as u64;
    let more = document.findings_more.iter();
    let more: u64 = more
        .filter(|(code, _)| stops(code))
        .map(|(_, count)| count)
        .sum();
    listed + more
}

/// Guarding rules left unchecked that the manifest does not accept.
fn unchecked(document: &Document) -> Vec<String> {
    let accepted: BTreeSet<&str> = names(&document.accept.unchecked);
    let guards = |code: &str| code.parse::<Code>().map_or(true, |code| code.rule().guards);
    let blocking = document.unchecked.iter().map(|rule| &rule.code);
    blocking
        .filter(|code| guards(code) && !accepted.contains(code.as_str()))
        .cloned()
        .collect()
}

fn names(list: &[String]) -> BTreeSet<&str> {
    list.iter().map(String::as_str).collect()
}
