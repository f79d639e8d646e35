//! Writing to the journal: one transaction for a batch, durable when it returns.
//!
//! In: intents, outcomes. Out: rows. Only here does an entry change, so only here can the order
//! "intent, write, outcome" be broken in the file.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::apply::entry::{self, Intent, Settled, State};
use crate::apply::journal::number;
use crate::model::{Outcome, Seq};

/// The kinds of what arrived come back, `None` for a change that was not about to be written.
pub(super) fn write_all(
    connection: &mut Connection,
    begun: bool,
    intents: &[Intent],
    settled: &[Settled],
    arrived: &[(Seq, Outcome)],
) -> rusqlite::Result<Vec<Option<i64>>> {
    let transaction = connection.transaction()?;
    let kinds = write_arrived(&transaction, arrived)?;
    write_settled(&transaction, settled)?;
    write_intents(&transaction, intents)?;
    if !begun && !intents.is_empty() {
        transaction.execute("UPDATE run SET begun = 1", [])?;
    }
    transaction.commit()?;
    Ok(kinds)
}

fn write_arrived(
    transaction: &Transaction<'_>,
    arrived: &[(Seq, Outcome)],
) -> rusqlite::Result<Vec<Option<i64>>> {
    let mut kinds = Vec::with_capacity(arrived.len());
    for run in arrived.chunk_by(|one, next| is_plain(one) && is_plain(next) && follows(one, next)) {
        match write_run(transaction, run)? {
            Some(found) => kinds.extend(found.into_iter().map(Some)),
            None => {
                for one in run {
                    kinds.push(write_one(transaction, one)?);
                }
            }
        }
    }
    Ok(kinds)
}

/// Whether nothing is to be noted but that it was written.
fn is_plain((_, outcome): &(Seq, Outcome)) -> bool {
    matches!(outcome, Outcome::Done { actual: None })
}

fn follows((one, _): &(Seq, Outcome), (next, _): &(Seq, Outcome)) -> bool {
    one.0.checked_add(1) == Some(next.0)
}

/// A million changes end one after the other and alike, so they are noted by their range. `None`, and
/// nothing noted, where some of them were not about to be written, or there is but one.
fn write_run(
    transaction: &Transaction<'_>,
    run: &[(Seq, Outcome)],
) -> rusqlite::Result<Option<Vec<i64>>> {
    let [(first, outcome), .., (last, _)] = run else {
        return Ok(None);
    };
    let range = [number(first.0), number(last.0)];
    let kinds: Vec<i64> = transaction
        .prepare_cached(
            "SELECT kind FROM change WHERE seq BETWEEN ?1 AND ?2 AND state = 0 ORDER BY seq",
        )?
        .query_map(range, |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    if kinds.len() != run.len() {
        return Ok(None);
    }
    transaction
        .prepare_cached(
            "UPDATE change SET state = ?3, actual = NULL, detail = NULL
             WHERE seq BETWEEN ?1 AND ?2 AND state = 0",
        )?
        .execute((range[0], range[1], State::of(outcome).code()))?;
    Ok(Some(kinds))
}

fn write_one(
    transaction: &Transaction<'_>,
    (seq, outcome): &(Seq, Outcome),
) -> rusqlite::Result<Option<i64>> {
    let actual = match outcome {
        Outcome::Done { actual } => actual.map(|id| id.0.into_bytes()),
        _ => None,
    };
    transaction
        .prepare_cached(
            "UPDATE change SET state = ?2, actual = ?3, detail = ?4
             WHERE seq = ?1 AND state = 0 RETURNING kind",
        )?
        .query_row(
            params![
                number(seq.0),
                State::of(outcome).code(),
                actual,
                entry::detail(outcome)
            ],
            |row| row.get(0),
        )
        .optional()
}

fn write_settled(transaction: &Transaction<'_>, settled: &[Settled]) -> rusqlite::Result<()> {
    // The value read stays: with it, a change of ours that a crash left open can be taken back.
    let mut statement = transaction.prepare_cached(
        "INSERT INTO change (seq, kind, state, actual, detail) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (seq) DO UPDATE SET
             state = excluded.state, actual = excluded.actual, detail = excluded.detail",
    )?;
    for settled in settled {
        statement.execute(params![
            number(settled.seq.0),
            entry::kind_code(settled.kind),
            State::of(&settled.outcome).code(),
            settled.actual.map(|id| id.0.into_bytes()),
            entry::detail(&settled.outcome),
        ])?;
    }
    Ok(())
}

fn write_intents(transaction: &Transaction<'_>, intents: &[Intent]) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO change (seq, kind, state, value_read) VALUES (?1, ?2, 0, ?3)
         ON CONFLICT (seq) DO UPDATE SET
             state = 0, value_read = excluded.value_read, actual = NULL, detail = NULL",
    )?;
    for intent in intents {
        statement.execute(params![
            number(intent.seq.0),
            entry::kind_code(intent.kind),
            entry::encode_value(&intent.value_read),
        ])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;
    use uuid::Uuid;

    use super::write_all;
    use crate::apply::entry::{Intent, kind_code};
    use crate::apply::journal::SCHEMA;
    use crate::model::{ChangeKind, Outcome, Present, Refusal, Seq, ServiceCode, UserId};

    const DONE: Outcome = Outcome::Done { actual: None };

    /// Changes about to be written; the first half of them give roles.
    const INTENDED: u64 = 6;

    fn kind(seq: u64) -> ChangeKind {
        if seq < INTENDED / 2 {
            ChangeKind::GiveRole
        } else {
            ChangeKind::AssignRecord
        }
    }

    #[test]
    fn outcomes_are_noted_where_there_was_an_intent() {
        let done = |seqs: &[u64]| -> Vec<(Seq, Outcome)> {
            seqs.iter().map(|seq| (Seq(*seq), DONE)).collect()
        };
        let amid = |outcome: Outcome| vec![(Seq(1), DONE), (Seq(2), outcome), (Seq(3), DONE)];
        check("a run", &done(&[0, 1, 2, 3, 4, 5]), &[], "111111");
        check("one", &done(&[4]), &[], "000010");
        check("runs with a gap", &done(&[0, 1, 4, 5]), &[], "110011");
        check("backwards", &done(&[3, 2, 1]), &[], "011100");
        check("one twice", &done(&[0, 1, 1, 2]), &[2], "111000");
        check("beyond intents", &done(&[4, 5, 6, 7]), &[2, 3], "000011");
        let refused = Outcome::Failed(Refusal {
            code: ServiceCode(0x8004_1409),
            message: "no".to_owned(),
        });
        check("a refusal amid a run", &amid(refused), &[], "013100");
        let other_id = Outcome::Done {
            actual: Some(UserId(Uuid::from_u128(7))),
        };
        check("another id amid a run", &amid(other_id), &[], "011100");
    }

    /// Notes `arrived`: those at the places `unknown` have no kind, and then the states are `states`.
    #[track_caller]
    fn check(case: &str, arrived: &[(Seq, Outcome)], unknown: &[usize], states: &str) {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        let intents: Vec<Intent> = (0..INTENDED)
            .map(|seq| Intent {
                seq: Seq(seq),
                kind: kind(seq),
                value_read: Present::Absent,
            })
            .collect();
        write_all(&mut connection, true, &intents, &[], &[]).unwrap();
        let kinds = write_all(&mut connection, true, &[], &[], arrived).unwrap();
        let expected: Vec<Option<i64>> = (0..)
            .zip(arrived)
            .map(|(place, (seq, _))| (!unknown.contains(&place)).then(|| kind_code(kind(seq.0))))
            .collect();
        assert_eq!(kinds, expected, "case: {case}");
        let found: String = connection
            .query_row(
                "SELECT group_concat(state, '') FROM (SELECT state FROM change ORDER BY seq)",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(found, states, "case: {case}");
        let ids: u32 = connection
            .query_row("SELECT count(actual) FROM change", [], |row| row.get(0))
            .unwrap();
        let told = |outcome: &Outcome| matches!(outcome, Outcome::Done { actual: Some(_) });
        let expected = arrived.iter().filter(|(_, outcome)| told(outcome)).count();
        assert_eq!(ids as usize, expected, "case: {case}");
    }
}
