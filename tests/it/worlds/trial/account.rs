//! Promise 6 and no silence: every row of every export comes to what the generator knows it must.
//!
//! In: the rows as the world wrote them, the plan's changes, findings and ledgers. Out: a fault for a row
//! that must be an error and is none, for one that comes to nothing without a word, and for counts
//! that are not those of the rows. A row that stopped without a finding of its own is blocked by
//! another's: the service is asked for it when everything else is done, and must refuse it.

use std::collections::{BTreeMap, BTreeSet};

use cutover::model::{ChangeKind, Code, Write};
use cutover::plan::Document;
use cutover::service::{self, Performed};
use rusqlite::Connection;

use crate::worlds::disturb::CLOSED;
use crate::worlds::files::{self, Asked};
use crate::worlds::tally::Kind;
use crate::worlds::trial::Trial;
use crate::worlds::trial::script::{Asking, Step};
use crate::worlds::world::{DEFAULT_ROLE, Leads, RoleWant, Who, World};

/// A file's number in the plan, and a row of it.
pub(super) type At = (u16, u64);

/// What the rows of one export came to.
#[derive(Clone, Copy, Debug, Default)]
struct Fates {
    rows: u64,
    changes: u64,
    /// So already, or asked for by another row.
    so: u64,
    left: u64,
}

/// Rows that stopped without a finding of their own, and counts to be compared when these are known.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    blocked: Vec<(u16, Write)>,
    fates: BTreeMap<u16, Fates>,
}

impl Trial<'_> {
    /// Sorts every row by what it came to.
    pub(super) fn account(&mut self) -> Accounts {
        let sources: BTreeSet<At> = self
            .changes
            .iter()
            .filter(|change| change.write.kind() != ChangeKind::CreateStubUser)
            .filter_map(|change| change.source.map(|(file, row)| (file.0, row)))
            .collect();
        let mut accounts = Accounts::default();
        let mut silent = Vec::new();
        for (&at, &asked) in &self.numbered {
            let fates = accounts.fates.entry(at.0).or_default();
            fates.rows += 1;
            let changes = sources.contains(&at) || self.goes_along(at, asked);
            match (asked.leads(), changes, self.errors.contains_key(&at)) {
                (_, true, _) => fates.changes += 1,
                (_, false, true) => {}
                (Leads::Left, false, false) => fates.left += 1,
                (Leads::ToChange, false, false) if self.is_so(asked) => fates.so += 1,
                // Who must not be touched, and is not, because another disturbance made it so.
                (Leads::ToError, false, false) if is_of_a_user(asked) && self.is_so(asked) => {
                    fates.so += 1;
                }
                // What an earlier row said, whatever became of that one.
                _ if self.has_twin(at, asked, &sources) => fates.so += 1,
                (Leads::ToChange, false, false) if self.rests_on_a_move_that_fell(asked) => {}
                (Leads::ToChange, false, false) => {
                    accounts.blocked.push((at.0, self.write_of(asked)));
                }
                (Leads::ToError, false, false) => silent.push(format!("no error at {asked:?}")),
            }
        }
        for words in silent {
            self.fault(Kind::Silent, words);
        }
        accounts
    }

    /// Whether the environment holds already what a row asks for.
    fn is_so(&self, asked: Asked<'_>) -> bool {
        match asked {
            Asked::Record(want) => {
                let table = &self.world.tables[want.table];
                let record = &table.records[want.record];
                let owner = self.principal(record.owner);
                table.loaded && record.is_there && owner == self.owner_meant(want)
            }
            Asked::Role(want) => {
                self.is_held(want) == want.give
                    && !self.rests_on_a_move_that_fell(asked)
                    && !self.comes_with_a_stub(want)
            }
            Asked::User(want) => {
                let clear = want.is_clear && self.world.people[want.person].is_there;
                let change = self.change_of(want);
                want.is_blank() || clear && change.before() == change.after()
            }
        }
    }

    /// Whether a row takes the role that a stub user comes with, which nobody holds before. A role that bears another
    /// name by now comes with nobody.
    fn comes_with_a_stub(&self, want: &RoleWant) -> bool {
        let Who::Person(person) = want.who else {
            return false;
        };
        let is_default = self.world.copy_meant(want) == (DEFAULT_ROLE, 0)
            && self.world.roles[DEFAULT_ROLE].name != CLOSED;
        !want.give && is_default && self.world.stubs().contains(&person)
    }

    /// Whether somebody has the role of a row, as far as was loaded.
    pub(super) fn is_held(&self, want: &RoleWant) -> bool {
        let file = match want.who {
            Who::Team(_) => "team_roles",
            Who::Person(_) | Who::Ghost(_) => "user_roles",
        };
        let copy = self.world.copy_meant(want);
        !self.world.not_loaded.contains(file) && self.world.roles_kept(want.who).contains(&copy)
    }

    /// Whether a row asks for what only a move would have made so, and the move fell. What the service says of
    /// such a row alone is no measure: whether it allows it does not hang on the move.
    fn rests_on_a_move_that_fell(&self, asked: Asked<'_>) -> bool {
        let Asked::Role(want) = asked else {
            return false;
        };
        let Who::Person(person) = want.who else {
            return false;
        };
        let copy = self.world.copy_meant(want);
        let held = self.world.roles_of(want.who).contains(&copy);
        let turns = held != self.world.roles_kept(want.who).contains(&copy);
        let fell = |(at, asked): (&At, &Asked<'_>)| match asked {
            Asked::User(wish) => {
                let wishes = wish.person == person && wish.is_clear && !wish.is_blank();
                wishes && self.errors.contains_key(at)
            }
            Asked::Role(_) | Asked::Record(_) => false,
        };
        let loaded = !self.world.not_loaded.contains("user_roles");
        loaded && turns && self.numbered.iter().any(fell)
    }

    /// Whether another row asks for the same, and is heard: an earlier one, or one that leads somewhere.
    fn has_twin(&self, at: At, asked: Asked<'_>, sources: &BTreeSet<At>) -> bool {
        let write = self.write_of(asked);
        let others = self.numbered.iter().filter(|(other, _)| **other != at);
        let mut heard = others.filter(|(other, _)| {
            **other < at || sources.contains(other) || self.errors.contains_key(other)
        });
        heard.any(|(_, other)| self.write_of(*other) == write)
    }

    /// Asks the service for the blocked rows of one kind, all else of that stage being done.
    pub(super) fn ask_blocked(
        &mut self,
        connection: &Connection,
        stage: ChangeKind,
        accounts: &mut Accounts,
    ) {
        let of_stage = |(_, write): &(u16, Write)| write.kind() == stage;
        let asked: Vec<(u16, Write)> = accounts
            .blocked
            .iter()
            .filter(|one| of_stage(one))
            .cloned()
            .collect();
        for (file, write) in asked {
            if self.cannot_be_asked(&write) || self.rests_on_a_gift_that_fell(&write) {
                continue;
            }
            connection
                .execute_batch("SAVEPOINT blocked")
                .expect("a savepoint");
            let answer = service::perform(connection, &write);
            connection
                .execute_batch("ROLLBACK TO blocked; RELEASE blocked")
                .expect("rolled back");
            self.report.blocked += 1;
            if let Ok(answer) = &answer {
                let step = Step::new(Asking::Blocked, &write, answer.clone());
                self.script.push(step);
            }
            match answer {
                Ok(Performed::Refused(_)) => {}
                Ok(Performed::NoChangeNeeded) => {
                    accounts.fates.entry(file).or_default().so += 1;
                }
                answer => {
                    let words = format!("comes to nothing without a word: {write:?}: {answer:?}");
                    self.fault(Kind::Silent, words);
                }
            }
        }
    }

    /// A role may be taken from somebody only if another that the plan gives stays: where that one
    /// fell, so does the removal, though the service would allow it.
    fn rests_on_a_gift_that_fell(&self, write: &Write) -> bool {
        let fell = |(at, asked): (&At, &Asked<'_>)| match asked {
            Asked::Role(want) => want.give && self.errors.contains_key(at),
            Asked::Record(_) | Asked::User(_) => false,
        };
        matches!(write, Write::RemoveRole { .. }) && self.numbered.iter().any(fell)
    }

    /// The plan's ledgers hold the same counts.
    pub(super) fn compare_ledgers(&mut self, accounts: &Accounts) {
        let mut faults = Vec::new();
        for (file, fates) in &accounts.fates {
            let mut ledgers = self.document.ledgers.iter();
            let Some(ledger) = ledgers.find(|ledger| ledger.file == *file) else {
                faults.push(format!("file {file}: no ledger"));
                continue;
            };
            let kept_out: u64 = ledger.kept_out.values().sum();
            let stopped: u64 = ledger.stopped.values().sum();
            let so = ledger.no_change + ledger.repeated;
            let told = [ledger.rows, ledger.changes, so, ledger.left];
            let counted = [fates.rows, fates.changes, fates.so, fates.left];
            let rest = fates.rows - fates.changes - fates.so - fates.left;
            if told != counted || kept_out + stopped != rest {
                faults.push(format!("{counted:?} and {rest} counted, {ledger:?}"));
            }
            self.report.accounted += 1;
            self.report.reach("no change", ledger.no_change);
            self.report.reach("repeated", ledger.repeated);
            self.report.reach("left", ledger.left);
            self.report.reach("kept out", kept_out);
            self.report.reach("stopped", stopped);
        }
        for words in faults {
            self.fault(Kind::Accounting, words);
        }
    }
}

/// Whether a row asks for what the caller and the service's own users are kept from.
fn is_of_a_user(asked: Asked<'_>) -> bool {
    match asked {
        Asked::Record(_) => false,
        Asked::Role(want) => !want.give,
        Asked::User(_) => true,
    }
}

/// Every row of every export, by file and row of the plan.
pub(super) fn numbered<'w>(world: &'w World, document: &Document) -> BTreeMap<At, Asked<'w>> {
    let all = files::asked(world);
    let mut numbered = BTreeMap::new();
    for input in &document.inputs {
        let rows = all.get(&input.name).map_or(&[][..], Vec::as_slice);
        // Row 1 is the header.
        let rows = (2..).zip(rows.iter().copied());
        numbered.extend(rows.map(|(row, asked)| ((input.file, row), asked)));
    }
    numbered
}

/// Error findings by the row at which they are; of a fault in a ruling, the rows with its reference.
pub(super) fn errors(document: &Document) -> BTreeMap<At, BTreeSet<Code>> {
    let mut errors: BTreeMap<At, BTreeSet<Code>> = BTreeMap::new();
    let findings = document.findings.iter();
    for finding in findings.filter(|finding| finding.severity == "error") {
        let code: Code = finding.code.parse().expect("a rule");
        // What is said of people stands at no row.
        let rowless = [Code::Own006, Code::Lic001, Code::Lic002].contains(&code);
        assert!(
            rowless || finding.count <= finding.places.len() as u64,
            "places of a small world are all there: {finding:?}"
        );
        for place in &finding.places {
            let at = (place.file, place.row);
            errors.entry(at).or_default().insert(code);
        }
    }
    errors
}
