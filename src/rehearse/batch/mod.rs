//! Answers a batch: many requests in one, some of them bound together as change sets.
//!
//! In: a request to `$batch` and an [`Exchange`] that answers single requests. Out: one answer that
//! holds the answers of the parts. The whole body is read before its first part is done, so a
//! malformed batch changes nothing. What a part means, what it may do, and what is stored are left
//! to the exchange; so are keeping and undoing a change set, which this room only frames.

mod multipart;
mod parts;
mod references;
mod written;

#[cfg(test)]
mod tests;

use http::StatusCode;

use crate::rehearse::batch::parts::Operation;
use crate::rehearse::batch::parts::Part;
use crate::rehearse::batch::references::References;
use crate::rehearse::batch::written::Answered;
use crate::rehearse::batch::written::AnsweredOperation;
use crate::rehearse::exchange::Answer;
use crate::rehearse::exchange::Request;

/// The code of every error that the reader of a batch raises, as seen in public reports of the
/// service (a part of a change set that has no `Content-ID`); for the other faults it is inferred.
const BATCH_REFUSED: &str = "0x80060888";

/// What answers the requests of a batch, and keeps or undoes its change sets.
pub(in crate::rehearse) trait Exchange {
    /// Does one request.
    fn answer(&mut self, request: &Request) -> Answer;
    /// Opens a change set; they do not nest.
    fn begin(&mut self);
    /// Keeps what was done since `begin`.
    fn commit(&mut self);
    /// Undoes what was done since `begin`.
    fn roll_back(&mut self);
}

/// Answers a request to `$batch`.
///
/// Without `Prefer: odata.continue-on-error` the first part that fails is the last one done, and its
/// status is the status of the whole; with it all parts are done and the status is 200.
pub(in crate::rehearse) fn answer(request: &Request, exchange: &mut dyn Exchange) -> Answer {
    let batch = match parts::read(request) {
        Ok(batch) => batch,
        Err(malformed) => {
            let message = malformed.to_string();
            return Answer::error(StatusCode::BAD_REQUEST, BATCH_REFUSED, &message);
        }
    };
    let goes_on = goes_on_after_a_failure(request);
    let mut status = StatusCode::OK;
    let mut answers = Vec::with_capacity(batch.parts.len());
    for part in batch.parts {
        let answered = match part {
            Part::Single(operation) => single(operation, exchange),
            Part::ChangeSet {
                boundary,
                operations,
            } => change_set(boundary, operations, exchange),
        };
        let failure = answered.failure();
        answers.push(answered);
        if let Some(failure) = failure
            && !goes_on
        {
            status = failure;
            break;
        }
    }
    written::batch(&batch.boundary, status, &answers)
}

/// Whether the request asks for all parts to be done, come what may.
fn goes_on_after_a_failure(request: &Request) -> bool {
    let preferences = request.headers.get_all("prefer").iter();
    preferences
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split([',', ';']))
        .map(|preference| preference.trim().to_ascii_lowercase())
        .any(|preference| {
            preference == "odata.continue-on-error" || preference == "odata.continue-on-error=true"
        })
}

/// Does a request that stands alone.
fn single(operation: Operation, exchange: &mut dyn Exchange) -> Answered {
    Answered::Single(AnsweredOperation {
        answer: exchange.answer(&operation.request),
        content_id: operation.content_id,
    })
}

/// Does all of a change set or nothing; the first failure is then the one answer.
fn change_set(
    boundary: String,
    operations: Vec<Operation>,
    exchange: &mut dyn Exchange,
) -> Answered {
    let mut references = References::default();
    let mut operations_answered = Vec::with_capacity(operations.len());
    exchange.begin();
    for operation in operations {
        let answer = exchange.answer(&references.resolved(operation.request));
        if let Some(content_id) = &operation.content_id {
            references.note(content_id, &answer);
        }
        let answered = AnsweredOperation {
            answer,
            content_id: operation.content_id,
        };
        if answered.failure().is_some() {
            exchange.roll_back();
            return Answered::Single(answered);
        }
        operations_answered.push(answered);
    }
    exchange.commit();
    Answered::ChangeSet {
        boundary,
        operations: operations_answered,
    }
}
