//! How a reference came to a principal.
//!
//! In: what `resolve/` found out. Out: one [`Resolved`] per reference. Rows are counted elsewhere.

use serde::{Deserialize, Serialize};

use crate::model::{Code, FileId, Named, Principal, UserId, Wish};

/// The rung of the ladder that decided, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// A ruling of the consultant.
    Ruling,
    /// `systemuserid`, Entra object id or team id.
    Id,
    /// UPN (`domainname`), after the domain map.
    Upn,
    /// Primary e-mail.
    Mail,
    /// E-mail 2.
    Mail2,
    /// Mobile alert e-mail.
    MobileAlertMail,
    /// Employee id.
    EmployeeId,
    /// Team name.
    TeamName,
    /// Full name.
    FullName,
}

impl Rung {
    /// Every rung, in order.
    pub const ALL: [Self; 9] = [
        Self::Ruling,
        Self::Id,
        Self::Upn,
        Self::Mail,
        Self::Mail2,
        Self::MobileAlertMail,
        Self::EmployeeId,
        Self::TeamName,
        Self::FullName,
    ];

    /// What people read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ruling => "ruling",
            Self::Id => "id",
            Self::Upn => "UPN",
            Self::Mail => "mail",
            Self::Mail2 => "e-mail 2",
            Self::MobileAlertMail => "mobile alert mail",
            Self::EmployeeId => "employee id",
            Self::TeamName => "team name",
            Self::FullName => "full name",
        }
    }

    /// How sure a match on this rung is.
    pub fn confidence(self) -> Confidence {
        match self {
            Self::Ruling | Self::Id | Self::Upn => Confidence::High,
            Self::Mail | Self::EmployeeId | Self::TeamName => Confidence::Medium,
            Self::Mail2 | Self::MobileAlertMail | Self::FullName => Confidence::Low,
        }
    }
}

/// How sure a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Confidence {
    High,
    Medium,
    Low,
}

/// What becomes of the rows that hold a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They go to this principal.
    Matched {
        /// Who.
        principal: Principal,
        /// What decided.
        rung: Rung,
    },
    /// They go to a stub user, an index into [`Resolution::stubs`].
    Stub(usize),
    /// They go to the fallback owner, because a ruling or policy says so.
    Fallback(Principal),
    /// They stay with whoever has them.
    Left,
    /// Nobody is chosen; the finding with this code says why.
    Stopped(Code),
}

/// A finding about a reference, before its rows are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Its rule.
    pub code: Code,
    /// Place, found, expected; names the values.
    pub message: String,
    /// What to do, for this very reference.
    pub cure: String,
}

/// A near miss: somebody the reference may have meant, suggested and never taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// Who.
    pub named: Named,
    /// Which of their identifiers resembles the reference.
    pub identifier: String,
}

/// One reference, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// What becomes of its rows.
    pub verdict: Verdict,
    /// Findings about it: at least one of the verdict's code where it is [`Verdict::Stopped`].
    pub remarks: Vec<Remark>,
    /// Who fits, where several do or identifiers disagree.
    pub candidates: Vec<Named>,
    /// Who resembles it, where nobody fits.
    pub near_misses: Vec<NearMiss>,
}

/// One ruling as the owners sheet holds it; rows without one are not listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The row of the sheet, from 1.
    pub row: u64,
    /// The column of the ruling, from 1.
    pub column: u16,
    /// The reference that it is about, as written.
    pub reference: String,
    /// UPN, mail, id, team, `stub`, `fallback` or `leave`, as written.
    pub ruling: String,
}

/// Somebody who does not exist in the target and becomes a stub user if nothing forbids it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingPerson {
    /// The id planned for the stub: UUIDv5 of the organisation id and the UPN's comparison key.
    pub id: UserId,
    /// UPN, or the mail where only that is known; as written, after the domain map.
    pub upn: String,
    /// Mail, or the UPN where only that is known.
    pub mail: String,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Full name, composed `First Last` where none was written.
    pub full_name: String,
    /// Employee id.
    pub employee_id: Option<String>,
    /// Whether the old system says that the person is inactive.
    pub inactive: Option<bool>,
    /// Row of the users export that the facts came from, if any.
    pub source: Option<(FileId, u64)>,
}

/// A row of a users file that the manifest lets wish something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WishRow {
    /// The file.
    pub file: FileId,
    /// The row, from 1.
    pub row: u64,
    /// The physical line.
    pub line: u64,
    /// What the row calls the person.
    pub label: String,
    /// What it wishes; nothing where all cells are blank.
    pub wishes: Box<[Wish]>,
    /// Whom it is about.
    pub meant: Meant,
}

/// Whom a row of a users file is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant {
    /// A user of the environment.
    User(UserId),
    /// Nobody there.
    Nobody,
    /// Several, or one who is not known well enough; in words.
    Unclear(String),
}

/// All references, resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolution {
    /// One per reference, by [`crate::model::ReferenceId`].
    pub resolved: Vec<Resolved>,
    /// Stub users that verdicts name, sorted by UPN key, each person once.
    pub stubs: Vec<MissingPerson>,
    /// The fallback owner, where the manifest names one who exists and is nobody else too.
    pub fallback: Option<Principal>,
    /// Rulings that no reference uses, by row of the owners sheet.
    pub unused_rulings: Vec<u64>,
    /// Rows of users files that wish something, in the order of files and rows.
    pub wish_rows: Vec<WishRow>,
}
