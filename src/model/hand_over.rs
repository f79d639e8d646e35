//! What only an administrator may do: lists to hand over, and the order of go-live.
//!
//! In: what `check/` found out about people, licences and settings. Out: rows of files that the administrator's
//! own tools take, each with an instruction, and the steps of go-live with whose they are. Never a password.

use crate::model::Readiness;

/// A list for an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the words say it")]
pub enum HandOverKind {
    BusinessUnitsToCreate,
    LicencesToBuy,
    PeopleToCreate,
    LicencesToGive,
    GroupMembersToAdd,
    PeopleToSynchronise,
    SettingsToSwitch,
    Invitations,
    LicencesToFree,
    Leavers,
    ProfilesToCorrect,
}

impl HandOverKind {
    /// Every kind, in the order in which they are to be done.
    pub const ALL: [Self; 11] = [
        Self::BusinessUnitsToCreate,
        Self::LicencesToBuy,
        Self::PeopleToCreate,
        Self::LicencesToGive,
        Self::GroupMembersToAdd,
        Self::PeopleToSynchronise,
        Self::SettingsToSwitch,
        Self::Invitations,
        Self::LicencesToFree,
        Self::Leavers,
        Self::ProfilesToCorrect,
    ];

    /// Its file in `handover/`, without the ending.
    pub fn file(self) -> &'static str {
        match self {
            Self::BusinessUnitsToCreate => "business-units-to-create",
            Self::LicencesToBuy => "licences-to-buy",
            Self::PeopleToCreate => "people-to-create",
            Self::LicencesToGive => "licences-to-give",
            Self::GroupMembersToAdd => "group-members-to-add",
            Self::PeopleToSynchronise => "people-to-synchronise",
            Self::SettingsToSwitch => "settings-to-switch",
            Self::Invitations => "invitations",
            Self::LicencesToFree => "licences-to-free",
            Self::Leavers => "leavers",
            Self::ProfilesToCorrect => "profiles-to-correct",
        }
    }

    /// What people read: `licences to buy`.
    pub fn words(self) -> &'static str {
        match self {
            Self::BusinessUnitsToCreate => "business units to create",
            Self::LicencesToBuy => "licences to buy",
            Self::PeopleToCreate => "people to create",
            Self::LicencesToGive => "licences to give",
            Self::GroupMembersToAdd => "group members to add",
            Self::PeopleToSynchronise => "people to synchronise",
            Self::SettingsToSwitch => "settings to switch",
            Self::Invitations => "invitations to send",
            Self::LicencesToFree => "licences to free",
            Self::Leavers => "leavers",
            Self::ProfilesToCorrect => "profile fields to correct in the directory",
        }
    }

    /// Who may do it (statement S54).
    pub fn whose(self) -> &'static str {
        match self {
            Self::LicencesToBuy => "billing administrator",
            Self::PeopleToCreate | Self::ProfilesToCorrect | Self::Leavers => "user administrator",
            Self::LicencesToGive | Self::LicencesToFree => "licence administrator",
            Self::GroupMembersToAdd => "groups administrator",
            Self::BusinessUnitsToCreate | Self::PeopleToSynchronise | Self::SettingsToSwitch => {
                "System Administrator of the environment"
            }
            Self::Invitations => "go-live lead",
        }
    }

    /// The columns of its file.
    ///
    /// `people-to-create` is the bulk template of the Microsoft 365 admin centre, `group-members-to-add` that of
    /// Entra (platform facts, 8.5a): both are taken as they are, so their headers are not ours to choose.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::BusinessUnitsToCreate => &["Name"],
            Self::LicencesToBuy => &["Product", "Seats", "In use", "Needed", "To buy"],
            Self::PeopleToCreate => &[
                "Username",
                "First name",
                "Last name",
                "Display name",
                "Job title",
                "Department",
                "Office number",
                "Office phone",
                "Mobile phone",
                "Fax",
                "Alternate email address",
                "Address",
                "City",
                "State or province",
                "ZIP or postal code",
                "Country or region",
            ],
            Self::LicencesToGive => &["User principal name", "Name", "Why", "Until"],
            Self::GroupMembersToAdd => {
                &["Member object ID or user principal name [memberObjectIdOrUpn] Required"]
            }
            Self::PeopleToSynchronise => &["User principal name", "Name", "Cures, in this order"],
            Self::SettingsToSwitch => &["Setting", "Now", "Switch to", "Before", "Switch back"],
            Self::Invitations => &["User principal name", "Name", "Why"],
            Self::LicencesToFree => &["User principal name", "Name", "Product", "Why"],
            Self::Leavers => &["User principal name", "Name", "What to do"],
            Self::ProfilesToCorrect => &["User principal name", "Name", "Field", "Now", "Wanted"],
        }
    }

    /// What the administrator is to do with the file.
    pub fn instruction(self) -> &'static str {
        match self {
            Self::BusinessUnitsToCreate => {
                "Add each unit under the one that it belongs to, or correct its name in the export; then \
                 load the environment and plan again."
            }
            Self::LicencesToBuy => {
                "Buy so many more seats before licences are given, of the product that each person works \
                 with; what `leavers` and `licences-to-free` give back is not counted."
            }
            Self::PeopleToCreate => {
                "Microsoft 365 admin centre, Users, Active users, Add multiple users: upload the file. \
                 It holds no passwords; send the ones that are made there by a protected channel. Plan again \
                 once they are users: somebody for whom a stub user was made meanwhile stays there twice."
            }
            Self::LicencesToGive => {
                "Give each person a licence of the environment's product. Where a day or event stands \
                 under `Until`, take it away again then."
            }
            Self::GroupMembersToAdd => {
                "Entra admin centre, Groups, the environment's security group, Members, Bulk operations, \
                 Import members: upload the file. Members of groups inside the group do not count."
            }
            Self::PeopleToSynchronise => {
                "Wait some minutes after licence and group are given, then take the cures in the order \
                 of the file until the person appears in the environment."
            }
            Self::SettingsToSwitch => {
                "Switch each setting before the plan is applied, and back afterwards as the file says."
            }
            Self::Invitations => {
                "Tell these people, after the records are moved, that they can sign in; who was disabled \
                 before needs a new invitation."
            }
            Self::LicencesToFree => {
                "Take the licence away once the plan is applied; read the access mode back first where \
                 it is the reason."
            }
            Self::Leavers => {
                "Free the licence. Do not delete the account while other services of it are needed."
            }
            Self::ProfilesToCorrect => {
                "Correct the field in the directory, from where it flows into every environment within \
                 minutes; what is typed into the environment would be overwritten."
            }
        }
    }
}

/// One list with its rows, as many cells each as the kind has columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOver {
    /// Which.
    pub kind: HandOverKind,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
}

/// How far a step of go-live is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Progressed {
    /// Nothing is left to do.
    Done,
    /// So much is left to do.
    Open(u64),
    /// What it depends on was not loaded.
    NotKnown,
}

/// One step of the order of go-live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoLiveStep {
    /// What is to be done.
    pub title: String,
    /// Who does it.
    pub whose: String,
    /// How far it is.
    pub state: Progressed,
    /// The file in `handover/` that lists it, if one does.
    pub list: Option<HandOverKind>,
    /// Why it comes here, with the statements that say so.
    pub why: String,
}

/// Everything about people that a plan says beside its changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleReport {
    /// Everybody in scope, by name.
    pub readiness: Vec<Readiness>,
    /// Lists that have rows, in the order of doing.
    pub hand_over: Vec<HandOver>,
    /// The order of go-live.
    pub steps: Vec<GoLiveStep>,
}
