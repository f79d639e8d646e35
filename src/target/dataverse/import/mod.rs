//! Stub users by the service's own data import, which alone makes them wholly (platform facts 1).
//!
//! In: stub users. Out: for each in its turn the id under which the service made it, or the refusal, or that the service
//! offers no such import. Nothing is made twice: an import is named after the users that it is for, what an earlier run
//! left is looked up and gone on from where it stands, and nobody is sent whose UPN is there. Who of those there was made
//! by an import of ours its sequence number says, which the service writes into each row that it imports. Steps and jobs
//! are `steps.rs`, the import's rows `rows.rs`, users and the log `users.rs`, the file for the wizard `hand_over.rs`.

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use crate::model::{Refusal, StubUser, UserId};
use crate::target::dataverse::client::Client;
use crate::target::dataverse::import::rows::Stamp;
use crate::target::dataverse::import::steps::{STEPS, Stepped};
use crate::target::dataverse::import::users::Found;
use crate::target::dataverse::row::Row;
use crate::target::dataverse::tables::rows as rows_of_page;
use crate::target::dataverse::{DataverseError, pull};

mod hand_over;
mod rows;
mod steps;
mod users;

pub use hand_over::{WizardFile, wizard_file};

/// Users of one import file: its text stays well below the 8 MB that the service's own wizard takes.
const USERS_MAX: usize = 1000;

/// What ends an import: completed, failed.
const ENDED: [i64; 2] = [4, 5];

/// What became of one stub user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    /// It is there, under this id, which need not be the planned one.
    Made(UserId),
    /// It is not there, and why.
    Refused(Refusal),
    /// It is not there, and the service offers no data import.
    NotServed,
}

/// An import of ours that the service knows.
#[derive(Clone, Debug)]
struct Import {
    id: Uuid,
    name: String,
    /// What stands in every row that it makes.
    sequence: i64,
    status: i64,
}

impl Import {
    fn has_ended(&self) -> bool {
        ENDED.contains(&self.status)
    }
}

/// How an attempt ended.
enum Attempt {
    /// The import has run: its file's rows and log say who was refused. Whoever was not there before and is now was
    /// made by it, whether or not the service writes its number into users.
    Ran { absent_before: BTreeSet<String> },
    /// The service does not offer it.
    NotServed,
    /// What an earlier run left cannot be gone on with.
    Abandoned,
    /// There is nobody to make.
    NobodyAbsent,
}

/// Makes stub users, or finds those that an earlier run made.
pub(super) async fn import_users(
    client: &Arc<Client>,
    stubs: &[StubUser],
) -> Result<Vec<Imported>, DataverseError> {
    let mut imported = Vec::with_capacity(stubs.len());
    for some in stubs.chunks(USERS_MAX) {
        imported.extend(import_file(client, some).await?);
    }
    Ok(imported)
}

/// The same for as many as go into one file.
async fn import_file(
    client: &Arc<Client>,
    stubs: &[StubUser],
) -> Result<Vec<Imported>, DataverseError> {
    let earlier = imports(client).await?;
    // An import that still runs may be about to make the very users that are looked for.
    for import in earlier.iter().filter(|import| !import.has_ended()) {
        steps::wait_if_running(client, import.id, &import.name).await?;
    }
    let mut stamp = Stamp::of(stubs);
    let attempt = loop {
        let Some(import) = earlier.iter().find(|import| import.id == stamp.import) else {
            break begin(client, stubs, &stamp).await?;
        };
        if !import.has_ended() {
            match go_on(client, stubs, &stamp).await? {
                Attempt::Abandoned => {}
                attempt => break attempt,
            }
        }
        stamp = stamp.next();
    };
    account(client, stubs, &stamp, &attempt).await
}

/// Goes on with what an earlier run left of this very import.
async fn go_on(
    client: &Arc<Client>,
    stubs: &[StubUser],
    stamp: &Stamp,
) -> Result<Attempt, DataverseError> {
    if steps::was_asked_to_run(client, stamp.import).await? {
        return run(client, stamp, BTreeSet::new(), true).await;
    }
    // Nothing of it was imported yet: what its file holds may be there by another way meanwhile.
    let found = users::look_up(client, stubs).await?;
    let held = rows::held(client, stamp).await?;
    let there: BTreeSet<String> = stubs
        .iter()
        .zip(&found)
        .filter(|(_, found)| !found.is_empty())
        .map(|(stub, _)| users::key(&stub.upn))
        .collect();
    match held {
        Some(upns) if upns.iter().any(|upn| there.contains(&users::key(upn))) => {
            return Ok(Attempt::Abandoned);
        }
        Some(_) => {}
        None => {
            if !rows::make_file(client, stamp, &absent(stubs, &found)).await? {
                return Ok(Attempt::NotServed);
            }
        }
    }
    run(client, stamp, keys(&absent(stubs, &found)), true).await
}

/// Makes an import for those who are not there, and runs it.
async fn begin(
    client: &Arc<Client>,
    stubs: &[StubUser],
    stamp: &Stamp,
) -> Result<Attempt, DataverseError> {
    let found = users::look_up(client, stubs).await?;
    let absent = absent(stubs, &found);
    if absent.is_empty() {
        return Ok(Attempt::NobodyAbsent);
    }
    // Asked first, so that nothing is left lying about where the import is not offered.
    if !steps::is_offered(client, stamp.import).await?
        || !rows::make_map(client, stamp).await?
        || !rows::make_import(client, stamp).await?
        || !rows::make_file(client, stamp, &absent).await?
    {
        return Ok(Attempt::NotServed);
    }
    run(client, stamp, keys(&absent), false).await
}

/// By what users are told apart.
fn keys(stubs: &[&StubUser]) -> BTreeSet<String> {
    stubs.iter().map(|stub| users::key(&stub.upn)).collect()
}

/// Runs an import to its end, from where it stands.
async fn run(
    client: &Arc<Client>,
    stamp: &Stamp,
    absent_before: BTreeSet<String>,
    was_left: bool,
) -> Result<Attempt, DataverseError> {
    for step in STEPS {
        match steps::step(client, stamp, step).await? {
            Stepped::Done => {}
            Stepped::NotServed => return Ok(Attempt::NotServed),
            Stepped::Broken(_) if was_left => return Ok(Attempt::Abandoned),
            Stepped::Broken(why) => return Err(stamp.failed(client, why)),
        }
    }
    Ok(Attempt::Ran { absent_before })
}

/// Says what became of each, by what is there now.
async fn account(
    client: &Arc<Client>,
    stubs: &[StubUser],
    stamp: &Stamp,
    attempt: &Attempt,
) -> Result<Vec<Imported>, DataverseError> {
    let found = users::look_up(client, stubs).await?;
    let ours: BTreeSet<i64> = imports(client)
        .await?
        .iter()
        .map(|import| import.sequence)
        .collect();
    let log = match attempt {
        Attempt::Ran { .. } => users::log(client, stamp).await?,
        Attempt::NotServed | Attempt::Abandoned | Attempt::NobodyAbsent => users::Log::default(),
    };
    let absent = absent(stubs, &found);
    let refusals = log.of_rows(absent.iter().map(|stub| stub.upn.as_str()));
    let mut known = BTreeSet::new();
    let mut imported = Vec::with_capacity(stubs.len());
    for (stub, found) in stubs.iter().zip(&found) {
        // A second stub user of one UPN has nobody of its own.
        let is_first = known.insert(users::key(&stub.upn));
        let came = match attempt {
            Attempt::Ran { absent_before } => absent_before.contains(&users::key(&stub.upn)),
            _ => false,
        };
        let is_ours = |found: &&Found| {
            let sequence = found.sequence;
            is_first && (came || sequence.is_some_and(|sequence| ours.contains(&sequence)))
        };
        let mine: Vec<UserId> = found.iter().filter(is_ours).map(|found| found.id).collect();
        imported.push(match (mine.as_slice(), found.first()) {
            ([id], _) => Imported::Made(*id),
            ([one, other, ..], _) => {
                return Err(stamp.failed(client, users::twice(*one, *other)));
            }
            ([], Some(other)) => Imported::Refused(users::taken(other.id)),
            ([], None) if matches!(attempt, Attempt::NotServed) => Imported::NotServed,
            ([], None) => Imported::Refused(refusals.of(&stub.upn, stamp)),
        });
    }
    Ok(imported)
}

/// Those who are not there, each once.
fn absent<'s>(stubs: &'s [StubUser], found: &[Vec<Found>]) -> Vec<&'s StubUser> {
    let mut absent: Vec<&StubUser> = Vec::new();
    let mut known = BTreeSet::new();
    for (stub, found) in stubs.iter().zip(found) {
        if found.is_empty() && known.insert(users::key(&stub.upn)) {
            absent.push(stub);
        }
    }
    absent
}

/// Every import of ours that the service knows, of this run and of earlier ones.
async fn imports(client: &Arc<Client>) -> Result<Vec<Import>, DataverseError> {
    const WHAT: &str = "imports of stub users";
    let path = format!(
        "imports?$select=name,sequence,statuscode&$filter=startswith(name,'{}')&$orderby=sequence",
        rows::PREFIX
    );
    let mut imports = Vec::new();
    let mut pages = pull::pages(client, &path, WHAT);
    while let Some(page) = pages.recv().await {
        let page = page?;
        let read = |unreadable| pull::malformed(client, WHAT, unreadable);
        for row in rows_of_page(&page).map_err(read)? {
            let row = Row(row);
            imports.push(Import {
                id: row.id("importid").map_err(read)?,
                name: row.text("name").map_err(read)?.unwrap_or_default(),
                sequence: row.needed_number("sequence").map_err(read)?,
                status: row.needed_number("statuscode").map_err(read)?,
            });
        }
    }
    Ok(imports)
}
