//! Why a request is not answered as it wished, in the service's words.
//!
//! In: refusals of `service/`, faults of the file, and what a request says wrong. Out: status, code and words
//! (platform facts 3.6 and 5.9). Which status goes with which code is data.

use http::StatusCode;

use crate::model::Refusal;
use crate::rehearse::exchange::Answer;
use crate::service::ServiceError;

/// A request that fails.
#[derive(Clone, Debug)]
pub(in crate::rehearse) struct Failure {
    status: StatusCode,
    code: String,
    message: String,
}

/// Statuses of the codes that are no bad argument.
const STATUSES: [(&str, StatusCode); 14] = [
    ("0x80040217", StatusCode::NOT_FOUND),
    ("0x80060891", StatusCode::NOT_FOUND),
    ("0x8006088a", StatusCode::NOT_FOUND),
    ("0x80040220", StatusCode::FORBIDDEN),
    ("0x80040225", StatusCode::FORBIDDEN),
    ("0x80040299", StatusCode::FORBIDDEN),
    ("0x80042f09", StatusCode::FORBIDDEN),
    ("0x80042f0a", StatusCode::FORBIDDEN),
    ("0x80072560", StatusCode::FORBIDDEN),
    ("0x80040237", StatusCode::PRECONDITION_FAILED),
    ("0x80060882", StatusCode::PRECONDITION_FAILED),
    ("0x80060892", StatusCode::PRECONDITION_FAILED),
    ("0x80041d2c", StatusCode::PRECONDITION_FAILED),
    ("0x80040265", StatusCode::INTERNAL_SERVER_ERROR),
];

impl Failure {
    /// A failure by its code; the status is the code's.
    pub(in crate::rehearse) fn new(code: &str, message: impl Into<String>) -> Self {
        let lower = code.to_ascii_lowercase();
        let status = STATUSES.iter().find(|(known, _)| *known == lower);
        Self {
            status: status.map_or(StatusCode::BAD_REQUEST, |(_, status)| *status),
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// The same with another status.
    pub(in crate::rehearse) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Something in the request that cannot be read.
    pub(in crate::rehearse) fn unreadable(message: impl Into<String>) -> Self {
        Self::new("0x80060888", message)
    }

    /// A property that the table has not.
    pub(in crate::rehearse) fn no_property(property: &str, logical: &str) -> Self {
        Self::unreadable(format!(
            "Could not find a property named '{property}' on type 'Microsoft.Dynamics.CRM.{logical}'."
        ))
    }

    /// A segment of the URL that is nothing.
    pub(in crate::rehearse) fn no_resource(segment: &str) -> Self {
        Self::new(
            "0x8006088a",
            format!("Resource not found for the segment '{segment}'."),
        )
    }

    /// A row that is not there.
    pub(in crate::rehearse) fn no_row(logical: &str, id: impl std::fmt::Display) -> Self {
        Self::new(
            "0x80040217",
            format!("{logical} With Id = {id} Does Not Exist"),
        )
    }

    /// A method that the resource does not take.
    pub(in crate::rehearse) fn no_method() -> Self {
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            ..Self::unreadable("The requested resource does not support this method.")
        }
    }

    /// The answer that says so.
    pub(in crate::rehearse) fn answer(&self) -> Answer {
        Answer::error(self.status, &self.code, &self.message)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(&refusal.code.to_string(), refusal.message)
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            ..Self::new("0x80040216", error.to_string())
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        ServiceError::from(error).into()
    }
}
