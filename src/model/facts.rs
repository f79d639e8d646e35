//! The nouns that an environment is made of, as plain facts.
//!
//! In: rows of an environment file or answers of a live one. Out: the same, typed. No judgement:
//! what a fact allows or forbids is worked out by `check/` and by `service/`, each for itself.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::{
    DirectoryPerson, GroupMember, Invitation, Licence, OrganisationId, Principal, Profile,
    ProfileField, RecordId, RoleId, TeamId, UnitId, UserId, UserLicence,
};

/// A business unit; the one without parent is the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusinessUnit {
    /// `businessunitid`.
    pub id: UnitId,
    /// Its name.
    pub name: String,
    /// The unit above it.
    pub parent: Option<UnitId>,
}

macro_rules! word_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal / $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every value, in the order of the codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in files and messages.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The number under which it is stored (the service's own where it has one).
            pub fn code(self) -> u8 {
                match self { $(Self::$variant => $code),+ }
            }

            /// The value of a stored number.
            pub fn from_code(code: u8) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.code() == code)
            }

            /// The value of a word or number as written in a file; case and blanks do not matter.
            pub fn from_word(text: &str) -> Option<Self> {
                let text = text.trim();
                Self::ALL.iter().copied().find(|value| {
                    value.word().eq_ignore_ascii_case(text) || text == value.code().to_string()
                })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.word())
            }
        }
    };
}

word_enum! {
    /// `accessmode` of a user.
    AccessMode {
        /// Full rights within the roles.
        ReadWrite = "read-write" / 0,
        /// Settings only.
        Administrative = "administrative" / 1,
        /// Reading only.
        Read = "read" / 2,
        /// Microsoft's support user.
        Support = "support" / 3,
        /// Programs only.
        NonInteractive = "non-interactive" / 4,
        /// Partner administrators.
        DelegatedAdministrator = "delegated-administrator" / 5,
    }
}

word_enum! {
    /// `teamtype`.
    TeamType {
        /// Owns records and holds roles.
        Owner = "owner" / 0,
        /// Shares records; owns nothing and holds no roles.
        Access = "access" / 1,
        /// Bound to a security group of the directory.
        SecurityGroup = "security-group" / 2,
        /// Bound to a Microsoft 365 group.
        OfficeGroup = "office-group" / 3,
    }
}

word_enum! {
    /// How far a privilege reaches.
    Depth {
        /// Own records.
        User = "user" / 1,
        /// Records of the own business unit.
        Unit = "unit" / 2,
        /// Records of the own business unit and those below.
        UnitAndBelow = "unit-and-below" / 4,
        /// All records.
        Organisation = "organisation" / 8,
    }
}

word_enum! {
    /// How a role that a team holds reaches the team's members (`isinherited` of the role).
    Inheritance {
        /// Team privileges only: nothing reaches a member as his own.
        TeamOnly = "team-only" / 0,
        /// Direct user (Basic) access level and team privileges.
        DirectUser = "direct-user" / 1,
    }
}

word_enum! {
    /// Who can own rows of a table (`OwnershipType`).
    Ownership {
        /// Users and teams.
        User = "user" / 1,
        /// Teams only, in old metadata.
        Team = "team" / 2,
        /// The business unit.
        Business = "business" / 4,
        /// The organisation.
        Organisation = "organisation" / 8,
        /// By way of the business unit of the parent.
        BusinessParented = "business-parented" / 16,
        /// Nobody.
        None = "none" / 0,
    }
}

word_enum! {
    /// What assigning a parent record does to its children.
    CascadeAssign {
        /// Nothing.
        None = "none" / 0,
        /// All children follow.
        All = "all" / 1,
        /// Active children follow.
        Active = "active" / 2,
        /// Children of the same owner follow.
        UserOwned = "user-owned" / 3,
    }
}

/// A user as the environment knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// `systemuserid`.
    pub id: UserId,
    /// `domainname`; may be empty for built-in users.
    pub upn: String,
    /// `internalemailaddress`.
    pub mail: Option<String>,
    /// `personalemailaddress`.
    pub mail2: Option<String>,
    /// `mobilealertemail`.
    pub mobile_alert_mail: Option<String>,
    /// `firstname`.
    pub first_name: Option<String>,
    /// `lastname`.
    pub last_name: Option<String>,
    /// `fullname`.
    pub full_name: Option<String>,
    /// `employeeid`.
    pub employee_id: Option<String>,
    /// `businessunitid`.
    pub business_unit: UnitId,
    /// `accessmode`.
    pub access_mode: AccessMode,
    /// `isdisabled`.
    pub disabled: bool,
    /// `islicensed`, where the source said.
    pub licensed: Option<bool>,
    /// `applicationid`: there for application users only.
    pub application_id: Option<Uuid>,
    /// `azureactivedirectoryobjectid`.
    pub directory_id: Option<Uuid>,
    /// Whether it is a stub user.
    pub stub: bool,
    /// What only rules about people ask for.
    pub details: Box<UserDetails>,
}

/// What an environment knows of a user that neither matching nor writing records needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserDetails {
    /// Title, phones and address; names and mail are the user's own fields.
    pub profile: Profile,
    /// `issyncwithdirectory`, where the source said: the directory fills the profile.
    pub synchronised: Option<bool>,
    /// Whether the directory no longer has the person (`azurestate`, `deletedstate`).
    pub deleted: bool,
    /// `invitestatuscode`, where the source said.
    pub invitation: Option<Invitation>,
    /// The day of the invitation, `YYYY-MM-DD`.
    pub invited_on: Option<String>,
}

impl User {
    /// The name to show: full name, else UPN, else id.
    pub fn label(&self) -> String {
        match &self.full_name {
            Some(name) if !name.is_empty() => name.clone(),
            _ if self.upn.is_empty() => self.id.to_string(),
            _ => self.upn.clone(),
        }
    }

    /// The name with what a ruling can name them by: `Ana Costa <ana@contoso.com>`.
    pub fn name_and_upn(&self) -> String {
        if self.upn.is_empty() {
            format!("{} <{}>", self.label(), self.id)
        } else {
            format!("{} <{}>", self.label(), self.upn)
        }
    }

    /// What stands in a field of the profile.
    pub fn field(&self, field: ProfileField) -> Option<&String> {
        match field {
            ProfileField::FirstName => self.first_name.as_ref(),
            ProfileField::LastName => self.last_name.as_ref(),
            ProfileField::FullName => self.full_name.as_ref(),
            ProfileField::Mail => self.mail.as_ref(),
            other => self.details.profile.get(&other),
        }
    }
}

/// One copy of a role: the row that belongs to one business unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// `roleid` of this copy.
    pub id: RoleId,
    /// Its name, the same in all copies.
    pub name: String,
    /// The unit that this copy belongs to.
    pub business_unit: UnitId,
    /// `parentrootroleid`: the copy in the unit where the role was made; itself there.
    pub root: RoleId,
    /// `roletemplateid`: only roles that came with the service have one.
    pub template: Option<Uuid>,
    /// How it reaches members of a team that holds it.
    pub inheritance: Inheritance,
}

/// The template of System Administrator, the same in every environment (platform facts, 3.1).
pub const SYSTEM_ADMINISTRATOR_TEMPLATE: Uuid =
    Uuid::from_u128(0x6270_90ff_40a3_4053_8790_584e_dc5b_e201);

/// A privilege of a role, kept with the root copy and valid for all copies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RolePrivilege {
    /// Root copy of the role.
    pub role: RoleId,
    /// Name as the service writes it, such as `prvReadAccount`.
    pub privilege: String,
    /// How far it reaches.
    pub depth: Depth,
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// `teamid`.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// `businessunitid`.
    pub business_unit: UnitId,
    /// `teamtype`.
    pub kind: TeamType,
}

/// A record as it is pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PulledRecord {
    /// Which.
    pub record: RecordId,
    /// Whose it is; `None` where the table's rows are nobody's.
    pub owner: Option<Principal>,
    /// What stands in the field by which exports name it.
    pub key: Option<String>,
}

/// A table of the environment and who can own its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// Logical name, lower case.
    pub name: String,
    /// Who can own its rows; `None` where that was not loaded.
    pub ownership: Option<Ownership>,
    /// Whether its records were loaded.
    pub records_loaded: bool,
}

/// What assigning a row of `parent` does to its rows in `child`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cascade {
    /// Logical name of the parent table.
    pub parent: String,
    /// Logical name of the child table.
    pub child: String,
    /// What happens to the children.
    pub assign: CascadeAssign,
}

/// What can be loaded into an environment, or not: a rule that needs what is missing stays unchecked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the variants are the file names of the environment folder"
)]
pub enum Loadable {
    BusinessUnits,
    Users,
    Roles,
    RolePrivileges,
    UserRoles,
    Teams,
    TeamMembers,
    TeamRoles,
    Entities,
    Cascades,
    Settings,
    Licences,
    UserLicences,
    Directory,
    Groups,
}

impl Loadable {
    /// Every one, in the order in which they are loaded.
    pub const ALL: [Self; 15] = [
        Self::BusinessUnits,
        Self::Users,
        Self::Roles,
        Self::RolePrivileges,
        Self::UserRoles,
        Self::Teams,
        Self::TeamMembers,
        Self::TeamRoles,
        Self::Entities,
        Self::Cascades,
        Self::Settings,
        Self::Licences,
        Self::UserLicences,
        Self::Directory,
        Self::Groups,
    ];

    /// The file name without its ending, which is also its name in the environment file.
    pub fn name(self) -> &'static str {
        match self {
            Self::BusinessUnits => "business_units",
            Self::Users => "users",
            Self::Roles => "roles",
            Self::RolePrivileges => "role_privileges",
            Self::UserRoles => "user_roles",
            Self::Teams => "teams",
            Self::TeamMembers => "team_members",
            Self::TeamRoles => "team_roles",
            Self::Entities => "entities",
            Self::Cascades => "cascades",
            Self::Settings => "settings",
            Self::Licences => "licences",
            Self::UserLicences => "user_licences",
            Self::Directory => "directory",
            Self::Groups => "groups",
        }
    }
}

/// Which environment this is, and on which day it was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Host of a live target; for an environment file its name without folders.
    pub host: String,
    /// Who writes: the setting `caller` of an environment file, the signed-in user of a live one;
    /// `None` is one who may do everything.
    pub caller: Option<UserId>,
}

/// One fact of an environment, as a target streams them. Records are read apart, by table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the noun it holds")]
pub enum Fact {
    Unit(BusinessUnit),
    User(User),
    Role(Role),
    RolePrivilege(RolePrivilege),
    UserRole {
        user: UserId,
        role: RoleId,
    },
    Team(Team),
    TeamMember {
        team: TeamId,
        user: UserId,
    },
    TeamRole {
        team: TeamId,
        role: RoleId,
    },
    Entity(Entity),
    Cascade(Cascade),
    Setting {
        name: String,
        value: String,
    },
    Licence(Licence),
    UserLicence(UserLicence),
    Person(Box<DirectoryPerson>),
    GroupMember(GroupMember),
    Loaded(Loadable),
    /// The source told this field of users, so that a blank one holds nothing.
    LoadedField(ProfileField),
}

/// Names of the organisation settings that this product reads; case matters to the service.
pub mod setting {
    /// Lets roles go to disabled users; default off.
    pub const ROLES_ON_DISABLED: &str = "AllowRoleAssignmentOnDisabledUsers";
    /// Lets roles of any business unit be given; default off.
    pub const OWNERSHIP_ACROSS_UNITS: &str = "EnableOwnershipAcrossBusinessUnits";
    /// A moved user keeps the roles; default off, and only with ownership across units.
    pub const KEEP_ROLES_ON_MOVE: &str = "DoNotRemoveRolesOnChangeBusinessUnit";
    /// Records follow a moved owner; default on, and only switchable with ownership across units.
    pub const MOVE_RECORDS_WITH_OWNER: &str = "AlwaysMoveRecordToOwnerBusinessUnit";
    /// How many non-interactive users there may be (statements S74 and S75); default 7, older releases 5.
    pub const NON_INTERACTIVE_MAX: &str = "MaxNumberOfNonInteractiveUsers";
    /// The group of the directory whose members alone are users, by its name in `groups`.
    pub const SECURITY_GROUP: &str = "security_group";
    /// The roles that come by themselves with a licence (`isautoassigned`), by name, separated by `;`.
    pub const AUTOMATIC_ROLES: &str = "automatic_roles";
    /// Whoever owned a record before it was assigned keeps a share of it; default off.
    pub const SHARE_TO_PREVIOUS_OWNER: &str = "sharetopreviousowneronassign";
    /// Before the name of a table: what of the customer's own runs where its rows are assigned (of users: where they
    /// are made, changed or given roles), parted by `;`. Empty where nothing does, absent where nobody looked.
    pub const CUSTOM_LOGIC: &str = "custom_logic.";
    /// What names of [`CUSTOM_LOGIC`] begin with that are workflows of the environment.
    pub const WORKFLOW: &str = "workflow ";
    /// What names of [`CUSTOM_LOGIC`] begin with that are flows of Power Automate.
    pub const FLOW: &str = "flow ";
    /// The user who writes, on an environment file.
    pub const CALLER: &str = "caller";
    /// The organisation id, on an environment file.
    pub const ORGANISATION: &str = "organisation_id";
    /// The day that rules about dates go by, on an environment file.
    pub const AS_OF: &str = "as_of";
}

/// Whether a setting's value says yes; what is absent is the service's default, given by the caller.
pub fn setting_on(value: Option<&str>, default: bool) -> bool {
    match value.map(str::trim) {
        Some(text) if text.eq_ignore_ascii_case("true") || text == "1" => true,
        Some(text) if text.eq_ignore_ascii_case("false") || text == "0" => false,
        _ => default,
    }
}

/// A principal's name for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Who.
    pub principal: Principal,
    /// What people call them.
    pub label: String,
}
