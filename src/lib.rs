//! `cutover` brings people and their records into Dynamics 365 / Dataverse: it plans, checks,
//! applies, verifies and undoes who owns what, who has which role, and who must be made first.
//!
//! # The way of a datum
//!
//! ```text
//! exports ──read──► rows ──resolve──► matches ──plan──► changes ──check──► findings ──► sealed plan
//! environment ────────────────────────────┘                                                 │
//!                                                 approved plan ──apply──► target ──► journal
//! ```
//!
//! The rooms below stand in the order in which a datum meets them: [`model`] (the nouns and the rule
//! table), [`project`] (manifest, lock, owners sheet, history), [`read`], [`environment`],
//! [`service`] (what Dataverse does with one write), [`resolve`], [`plan`], [`check`], [`target`],
//! [`apply`], [`report`]. [`run`] holds one straight line a command and alone names them all;
//! [`cli`] turns arguments into requests. Which room may name which is a table in
//! `tests/it/tidy.rs`.
//!
//! # What holds everywhere
//!
//! 1. No flag for a dry run exists: a dry run is a plan that is not applied.
//! 2. [`apply`] takes a [`check::ApprovedPlan`], which only [`check`] can make, and reads nothing but
//!    it, its folder, the journal and the target.
//! 3. A bad row is a finding, never an `Err`. An `Err` means that this file, target or run cannot go
//!    on.
//! 4. The same inputs give the same plan, byte for byte, on any number of threads, in any folder: no
//!    clock (`as_of` is data), no randomness, no hash order past [`run`] and [`cli`].
//! 5. Every row has one fate; [`plan::Draft::ledgers`] stops the program where one has none, and
//!    [`plan::seal`] where the changes written are not those that the ledgers know. What became of
//!    the changes of a plan adds up to what it has of them ([`apply::Account`]), or there is no report.
//! 6. [`check`] and [`service`] never name each other and share no look-up: the first predicts what
//!    the second does, and the tests hold them against each other. What both may name is a list with
//!    reasons in `tests/it/tidy/independence.rs`.
//! 7. What was not loaded is unknown: a rule that needs it stays unchecked, and the service, on an
//!    environment file, refuses nothing for lack of it.
//! 8. One command at a time writes to a project, and one to an environment file, whichever projects
//!    name it; a plan is made of one moment of that file.
//! 9. `unsafe` is forbidden.
//!
//! # Where the code differs from the first design, and why
//!
//! - A plan's seal covers `plan.json` with an empty seal field, and `plan.json` holds the hashes of
//!   every other file of the folder; reading a Parquet file checks its hash before its first row.
//! - `undo` deletes the stub users that `apply` made, because on an environment file every table must
//!   be as before; a restoring change goes past the service's refusals, which the state of before
//!   may itself break (an owner who never had a role).
//! - ROL015 (given and removed in one plan) and the removal half of ACC009 joined the rules: without
//!   them two rows could contradict each other in silence, and the service would refuse what nothing
//!   foretold.
//! - A stub user's planned id is derived from the comparison key of its UPN, so that two
//!   spellings of one UPN are one person.
//! - `inheritance` is a field of the role, as in the service, though the environment folder may write
//!   it beside a team's role; two rows that disagree are a fault of the folder.
//! - Of a records file no row is kept whole. While a plan is made its ids lie in a file without a name in the
//!   project folder, its owners and places in columns of a few bytes; repeated ids are told by their hashes.
//! - A CSV is cut at bits, 64 bytes at a time, as long as its quotes stand where a careful writer sets them; any
//!   other block goes through `csv-core` after an exact scan. The property tests hold both against the `csv` crate.
//! - The sheet of an `.xlsx` that records are read from is parsed in pieces on all cores, strictly: what is not
//!   written as nearly all writers do ends that reading, and calamine reads the sheet from its beginning. What is
//!   a date is asked of calamine too, by a workbook of the same styles and one number in each.
//! - A batch of `apply` is 50,000 changes, and the environment's log is put into its file at 256 MB: smaller ones
//!   wrote each page of a large table many times over. A wish to stop waits for the batches under way.
//! - Columns of ids, and of values that a draft knows to be few, are laid out as Parquet pages in
//!   `plan/folder/pages.rs`: the library's writer looks at each value, which was a fifth of a large plan's time.
//! - A glob of the manifest stands for files as if each were named. It goes by the same letters on every
//!   system, meets nothing that `cutover` or a spreadsheet writes, and follows no link: one in its way is an
//!   error, because to pass it over would lose rows in silence.
//! - What is packed or in UTF-16 is decoded while it is read. A unit that decodes to nothing leaves a byte
//!   that is no UTF-8, so that its cell is FIL003 as in any other file; a UTF-16 text of an odd number of bytes
//!   has lost its end, which no row shows, and is FIL001.
//! - All that a users file wishes for one user, and the roles that a roles file gives to the same user, is one
//!   write ([`model::UserChange`]), because a new business unit strips the roles: a target does it whole or not at
//!   all, and says what it holds of no more of the user than the write speaks of. Two rows that wish different things
//!   for one user are both stopped, even where one could be done after the other.
//! - A row that wishes something follows neither a ruling nor a full name alone: rulings are about records, and a
//!   namesake who is moved loses their roles.
//! - Readiness and the lists for administrators are made of the judged draft in [`check`] and are part of the seal;
//!   what a list names is what readiness takes away after it, and nothing else. A disabled user of whom the plan
//!   wants nothing is a leaver: nobody is asked to bring them back.
//! - Added to the rules: ACC014 to ACC017 (wishes), ACC018 and ROL016 and ROL017 (refusals in the published list of
//!   codes), ROL018, ENV008 and PRF004 (likewise), ACC019 and ENV007 (statements S86 and S87), REC010, OWN014 (rulings without effect).
//! - Of which live environment a file is a copy, and since when, stands beside its facts ([`environment::Pulled`]) and in
//!   the plan's seal: the environment, asked again, does not tell it, and would else make each plan stale. `apply`
//!   goes by the copy that the plan was made of. What plans had written by the time of a pull is kept with it as
//!   counts of their journals, since journals know no time.
//! - What a live environment does not tell (licences, directory, groups) a pull takes from the folder `from`; the
//!   directory is what tells a stub user from somebody who is on the way (STB007).
//! - ENV005 goes by settings, `custom_logic.<table>`: they are compared when a plan may be stale, so that a plug-in
//!   switched on meanwhile is seen. One that is absent was not asked for, and leaves the rule unchecked on a live environment.
//! - On a live environment everything is written by `$batch`: owners and role links as single requests of one, a user's
//!   change and a plain stub user with its role as change sets, so that they are whole or not at all. A refusal after an
//!   answer that was lost is looked up first; what is found then goes by the same words as on an environment file.
//! - A batch of `apply` on a live environment is 2,000 changes: it is read before it is written, and a wish to stop waits
//!   for it.
//! - The full name of a stub user is planned as the service composes it, since it takes none: of first and last name, or,
//!   where nobody can say where a name divides, of the whole as the last.
//! - Where no program may import users, `apply` writes a file for the service's wizard and ends with 3; run again, it
//!   finds them by UPN, whatever ids they got.
//! - Reports are made of the sealed plan alone, so `owners.parquet` and `holdings.parquet` joined it: what became of each
//!   owner reference, and who owns how many records before and after. The reports themselves are not sealed; the same plan
//!   planned again makes the page anew and leaves a workbook as it is, since somebody may have ruled in it.
//! - The reconciliation counts by status only where the manifest names the field (`status`): to read it of every record
//!   makes a pull longer, and which field a business signs by is its own to say.
//! - `--anonymise` goes by what a column holds and leaves only what is known to name nobody; reports without people bear
//!   names of their own, so that nobody mails the wrong ones.
//! - The order in which an organisation writes full names is taken from what its users are called.
//! - `tests/statements.md` lists ten statements more than the first reading of the documents found (S84 to S93).
//! - A used cell longer than what a cell of Excel holds is FIL003: it is a quote that was never closed, and
//!   nobody is looked for under megabytes of text.

pub mod apply;
pub mod check;
pub mod cli;
pub mod environment;
pub mod model;
pub mod plan;
pub mod project;
pub mod read;
pub mod rehearse;
pub mod report;
pub mod resolve;
pub mod run;
pub mod service;
pub mod target;
