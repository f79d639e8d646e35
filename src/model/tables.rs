//! Names that the platform gives to tables and to the privileges that read them.
//!
//! In: nothing. Out: data. Who may read what is worked out by `check/` and by `service/`, each for
//! itself; that `task` is an activity is no judgement, so both read it here.

/// Logical names of the activities that come with the service, sorted: all of them are read by
/// [`READ_ACTIVITY`] (platform facts, 4.3). Activities of a customer's own are not told apart.
pub const ACTIVITY_TABLES: [&str; 18] = [
    "activitypointer",
    "appointment",
    "bulkoperation",
    "campaignactivity",
    "campaignresponse",
    "chat",
    "email",
    "fax",
    "incidentresolution",
    "letter",
    "opportunityclose",
    "orderclose",
    "phonecall",
    "quoteclose",
    "recurringappointmentmaster",
    "serviceappointment",
    "socialactivity",
    "task",
];

/// The privilege that reads every activity.
pub const READ_ACTIVITY: &str = "prvReadActivity";

/// Tables whose read privilege bears another name than `prvRead` and the table's own, sorted.
pub const READ_PRIVILEGES: [(&str, &str); 3] = [
    ("annotation", "prvReadNote"),
    ("salesorder", "prvReadOrder"),
    ("systemuser", "prvReadUser"),
];
