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
    let mut statement = transaction.prepare_cached(
        "UPDATE change SET state = ?2, actual = ?3, detail = ?4
         WHERE seq = ?1 AND state = 0 RETURNING kind",
    )?;
    arrived
        .iter()
        .map(|(seq, outcome)| {
            let actual = match outcome {
                Outcome::Done { actual } => actual.map(|id| id.0.into_bytes()),
                _ => None,
            };
            statement
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
        })
        .collect()
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
