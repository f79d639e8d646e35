//! Rules about owners: OWN008, OWN009, OWN010.
//!
//! In: the rows of one table that still stand. Out: rows that fall because their owner to be may not
//! own. Judged once per distinct owner and table, however many rows: a pass counts, the owners are
//! judged in parallel, a pass marks.

use rayon::prelude::*;

use crate::check::privileges::{Reading, Right, Standing, lost, standing};
use crate::check::records::{Column, mark};
use crate::check::state::{Seen, State};
use crate::check::{Fall, Trial};
use crate::model::{Code, Depth, Fate, Loadable, Principal, Team, quoted};
use crate::plan::{CHUNK_ROWS, Cause, DraftFile, DraftTable, PrincipalIndex};

/// Judges the owners to be of a table's standing rows.
pub(super) fn check(
    trial: &mut Trial<'_>,
    state: &State<'_>,
    principals: &[Principal],
    table: &mut DraftTable,
) {
    let counts = count(&table.files, principals.len());
    let reading = Reading::of(&table.entity, trial.facts);
    let judged: Vec<Option<Judgement>> = counts
        .par_iter()
        .zip(principals)
        .map(|(rows, principal)| (*rows > 0).then(|| judge(state, &reading, *principal)))
        .collect();
    let mut falls: Vec<Option<Fall>> = vec![None; principals.len()];
    for (index, judgement) in judged.into_iter().enumerate() {
        let Some(judgement) = judgement else { continue };
        let about = About {
            state,
            reading: &reading,
            entity: &table.entity,
            principal: principals[index],
        };
        falls[index] = speak(trial, &about, judgement, counts[index]);
    }
    if falls.iter().any(Option::is_some) {
        mark(trial, table, Column::Owner, |row| falls[row.after.get()]);
    }
}

/// Standing rows per owner to be.
fn count(files: &[DraftFile], principals: usize) -> Vec<u64> {
    let add = |mut left: Vec<u64>, right: Vec<u64>| {
        for (sum, more) in left.iter_mut().zip(right) {
            *sum += more;
        }
        left
    };
    let of_file = |file: &DraftFile| {
        let chunk = CHUNK_ROWS.max(file.len() / (4 * rayon::current_num_threads()));
        let rows = file
            .fates
            .par_chunks(chunk)
            .zip(file.after.par_chunks(chunk));
        rows.map(|(fates, after)| count_rows(fates, after, principals))
            .reduce(|| vec![0; principals], add)
    };
    files.iter().map(of_file).fold(vec![0; principals], add)
}

fn count_rows(fates: &[Fate], after: &[Option<PrincipalIndex>], principals: usize) -> Vec<u64> {
    let mut counts = vec![0_u64; principals];
    let standing = fates
        .iter()
        .zip(after)
        .filter(|(fate, _)| **fate == Fate::Change);
    for owner in standing.filter_map(|(_, after)| *after) {
        counts[owner.get()] += 1;
    }
    counts
}

/// What becomes of an owner's rows.
enum Judgement {
    /// Nothing speaks against it.
    Stands,
    /// The owner fails even as intended.
    Own(Standing),
    /// The owner fails because something fell.
    Blocked(Cause),
    /// Nothing that is loaded decides.
    Unknown(Standing),
}

fn judge(state: &State<'_>, reading: &Reading, principal: Principal) -> Judgement {
    if let Some(cause) = state.stub_fell(principal)
        && state.lacks_default_role(principal)
    {
        return Judgement::Blocked(cause);
    }
    let intended = standing(state, reading, principal, Seen::Intended);
    if intended.fails() {
        return Judgement::Own(intended);
    }
    if let Some(cause) = state.stub_fell(principal) {
        return Judgement::Blocked(cause);
    }
    let surviving = standing(state, reading, principal, Seen::Surviving);
    match surviving {
        Standing::Reads => Judgement::Stands,
        Standing::Unknown { .. } => Judgement::Unknown(surviving),
        Standing::AccessTeam | Standing::NoRole | Standing::CannotRead => {
            let cause = lost(state, Right::Read(reading), principal)
                .or_else(|| lost(state, Right::AnyRole, principal));
            cause.map_or(Judgement::Own(surviving), Judgement::Blocked)
        }
    }
}

/// An owner to be of rows of one table.
struct About<'a> {
    state: &'a State<'a>,
    reading: &'a Reading,
    entity: &'a str,
    principal: Principal,
}

/// Says what was judged; how the rows fall, if they do.
fn speak(
    trial: &mut Trial<'_>,
    about: &About<'_>,
    judgement: Judgement,
    rows: u64,
) -> Option<Fall> {
    match judgement {
        Judgement::Stands => None,
        Judgement::Blocked(cause) => Some(Fall::Blocked(cause)),
        Judgement::Unknown(standing) => {
            unasked(trial, &standing, rows);
            None
        }
        Judgement::Own(Standing::AccessTeam) => Some(Fall::Own(access_team(trial, about))),
        Judgement::Own(Standing::NoRole) => Some(Fall::Own(no_role(trial, about))),
        Judgement::Own(_) => Some(Fall::Own(cannot_read(trial, about))),
    }
}

fn unasked(trial: &mut Trial<'_>, standing: &Standing, rows: u64) {
    let Standing::Unknown { needs, kind, role } = standing else {
        return;
    };
    trial.unasked(Code::Own009, needs, rows);
    if *role {
        let mut needs = needs.clone();
        needs.remove(&Loadable::RolePrivileges);
        trial.unasked(Code::Own010, &needs, rows);
    }
    if *kind {
        let needs = [Loadable::Teams].into();
        trial.unasked(Code::Own008, &needs, rows);
    }
}

/// OWN008.
fn access_team(trial: &mut Trial<'_>, about: &About<'_>) -> Cause {
    let subject = trial.labels.principal(about.principal);
    let message = || format!("{subject} is an access team; expected a user or a team that can own");
    let cure = || Code::Own008.rule().cure.to_owned();
    trial.cause(Code::Own008, &subject, message, cure)
}

/// OWN010.
fn no_role(trial: &mut Trial<'_>, about: &About<'_>) -> Cause {
    let subject = trial.labels.principal(about.principal);
    let unit = trial.labels.unit(about.state.unit(about.principal));
    let through = match about.principal {
        Principal::User(_) => ", own or through a team",
        Principal::Team(_) => "",
    };
    let message = || {
        format!(
            "{subject} in business unit {unit} has no role{through}, and the plan gives none; \
             expected one that reads the tables concerned"
        )
    };
    let cure = || Code::Own010.rule().cure.to_owned();
    trial.cause(Code::Own010, &subject, message, cure)
}

/// OWN009.
fn cannot_read(trial: &mut Trial<'_>, about: &About<'_>) -> Cause {
    let who = trial.labels.principal(about.principal);
    let subject = format!("{who} on {}", about.entity);
    let message = cannot_read_because(trial, about, &who);
    let privilege = &about.reading.privilege;
    let readers = trial.facts.roles().values();
    let readers: Vec<_> = readers
        .filter(|role| about.reading.depth(role).is_some())
        .map(|role| role.id)
        .collect();
    let cure = if readers.is_empty() {
        format!(
            "add {privilege} to a role of theirs and load again (no role has it yet)",
            privilege = quoted(&privilege)
        )
    } else {
        let readers = trial.labels.roles(readers);
        format!(
            "give {who} a role with {privilege} by a row of a `[[roles]]` file: {readers}",
            privilege = quoted(&privilege)
        )
    };
    let cure = || format!("{cure}; or rule for another owner in `owners.csv`");
    trial.cause(Code::Own009, &subject, || message, cure)
}

fn cannot_read_because(trial: &Trial<'_>, about: &About<'_>, who: &str) -> String {
    let About {
        state,
        reading,
        principal,
        ..
    } = about;
    let unit = trial.labels.unit(state.unit(*principal));
    let own = trial.labels.roles(state.roles(*principal, Seen::Intended));
    let mut found = format!("{who} in business unit {unit} has {own}");
    if let Principal::User(user) = principal {
        for team in state.teams_of(*user) {
            found.push_str(&through_team(trial, state, reading, team));
        }
    }
    let privilege = &reading.privilege;
    format!(
        "{found}; none of it gives {privilege}, expected one that does",
        privilege = quoted(&privilege)
    )
}

/// What a member has through a team, and what the team's roles read that does not reach him.
fn through_team(trial: &Trial<'_>, state: &State<'_>, reading: &Reading, team: &Team) -> String {
    let roles = state.roles(Principal::Team(team.id), Seen::Intended);
    if roles.is_empty() {
        return String::new();
    }
    let deepest: Option<Depth> = roles
        .iter()
        .filter_map(|role| reading.depth(state.role(*role)?))
        .max();
    let short = deepest.map_or_else(String::new, |depth| {
        format!(
            " (`team-only`, reads at level {depth}, for members it needs `organisation`)",
            depth = quoted(&depth)
        )
    });
    let roles = trial.labels.roles(roles);
    format!(", through team {} {roles}{short}", quoted(&team.name))
}
