//! The refusals of the service, as data: code, words, how certain, and the source.
//!
//! In: a reason and the values of one write. Out: the answer with the values filled in. Where no
//! source has the code or its trigger, an assumed one stands here, marked; a live check that finds
//! another changes this table and nothing else. When a reason applies is the business of the writes.

use std::fmt::Display;

use crate::model::{Refusal, ServiceCode, TextColumn};

/// Why the service refuses a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The record to be assigned is not there.
    RecordMissing,
    /// The user or team is not there.
    PrincipalMissing,
    /// The business unit is not there.
    UnitMissing,
    /// No role of that id.
    UnknownRole,
    /// The role is the copy of another business unit than the user's.
    RoleOfOtherUnit,
    /// The role is the copy of another business unit than the team's.
    TeamRoleOfOtherUnit,
    /// The user is disabled, and the setting that lets roles go to such users is off.
    RoleToDisabledUser,
    /// Access teams hold no roles.
    RoleToAccessTeam,
    /// A team that follows a group of the directory holds only roles that reach its members as their own.
    TeamOnlyRoleToGroupTeam,
    /// A support user holds no roles.
    RoleToSupportUser,
    /// Nobody else has System Administrator.
    LastSystemAdministrator,
    /// An administrator of the directory keeps System Administrator.
    DirectoryAdministrator,
    /// The caller has not the privilege, or not at the depth that it takes.
    CallerLacksPrivilege,
    /// Access modes are changed by a System Administrator of full access.
    CallerChangesNoModes,
    /// The access mode of an application user stays.
    ApplicationUserMode,
    /// Who has no licence keeps the access mode.
    ModeWithoutLicence,
    /// There are as many non-interactive users as there may be.
    NonInteractiveLimit,
    /// Access teams own nothing.
    OwnerIsAccessTeam,
    /// The user to own has no role at all.
    UserWithoutRoles,
    /// The team to own has no role at all.
    TeamWithoutRoles,
    /// The owner to be cannot read the table.
    ReadMissing,
    /// The table's rows do not belong to users or teams.
    TableNotOwned,
    /// UPN or mail of the stub user is taken.
    UserTaken,
    /// The default role has no copy in the root business unit.
    DefaultRoleMissing,
    /// The id is in use.
    DuplicateKey,
    /// A column that the system requires is blank.
    RequiredColumn,
    /// A text is longer than its column.
    TextTooLong,
    /// A stub user is wanted outside the root business unit.
    StubOutsideRoot,
    /// What is there is not what the change was planned upon.
    NotAsBefore,
}

/// How certain code and trigger of a refusal are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// A source has them.
    Confirmed,
    /// No source has the code, or none has that this write raises it.
    Assumed,
}

/// One refusal, as data.
#[derive(Clone, Copy, Debug)]
pub struct RefusalRule {
    /// Why.
    pub reason: Reason,
    /// The code that is answered.
    pub code: ServiceCode,
    /// The service's words; `{name}` stands for a value.
    pub template: &'static str,
    /// Whether a source has it.
    pub certainty: Certainty,
    /// Section of the platform facts.
    pub source: &'static str,
}

const fn rule(
    reason: Reason,
    code: u32,
    certainty: Certainty,
    source: &'static str,
    template: &'static str,
) -> RefusalRule {
    RefusalRule {
        reason,
        code: ServiceCode(code),
        template,
        certainty,
        source,
    }
}

use Certainty::{Assumed, Confirmed};

/// Every refusal there is, in the order of [`Reason`].
#[rustfmt::skip] // keeps one refusal to a pair of lines
pub const REFUSALS: [RefusalRule; 29] = [
    rule(Reason::RecordMissing, 0x8004_0217, Confirmed, "3.6",
        "{entity} With Id = {id} Does Not Exist"),
    rule(Reason::PrincipalMissing, 0x8004_0217, Assumed, "4.1",
        "{entity} With Id = {id} Does Not Exist"),
    rule(Reason::UnitMissing, 0x8004_0217, Assumed, "3.6",
        "businessunit With Id = {id} Does Not Exist"),
    rule(Reason::UnknownRole, 0x8006_0888, Confirmed, "3.6",
        "role With Id = {role} Does Not Exist"),
    rule(Reason::RoleOfOtherUnit, 0x8004_1409, Confirmed, "3.4",
        "The user with id={principal} belongs to a different business unit={unit} than the role with roleId={role} and rolebusinessUnit={role_unit}."),
    rule(Reason::TeamRoleOfOtherUnit, 0x8004_140D, Confirmed, "3.4",
        "The team with id={principal} belongs to a different business unit={unit} than the role with roleId={role} and rolebusinessUnit={role_unit}."),
    rule(Reason::RoleToDisabledUser, 0x8004_0225, Assumed, "3.6",
        "The specified user(Id = {principal}) is disabled. Consider enabling this user. Additional Details: roles are not given to disabled users while {setting} is off"),
    rule(Reason::RoleToAccessTeam, 0x8004_8331, Confirmed, "3.3",
        "Cannot assign roles or profiles to an access team."),
    rule(Reason::TeamOnlyRoleToGroupTeam, 0x8004_8350, Confirmed, "3.6",
        "Cannot assign security role with \"Team Privileges only\" Inheritance to Microsoft Entra ID Group or Office Group teams. (TeamId = {principal})"),
    rule(Reason::RoleToSupportUser, 0x8004_1D51, Confirmed, "3.6",
        "The support user are read-only, which cannot be assigned with other roles (Id = {principal})."),
    rule(Reason::LastSystemAdministrator, 0x8004_1D2F, Assumed, "3.6",
        "The user (Id = {principal}) is the only user that has the System Administrator Role."),
    rule(Reason::DirectoryAdministrator, 0x8004_1D64, Assumed, "3.6",
        "Users who are granted the Microsoft 365 Global administrator or Service administrator role cannot be removed from the System Administrator security role. (Id = {principal})"),
    rule(Reason::CallerLacksPrivilege, 0x8004_0220, Assumed, "3.6",
        "Principal user (Id={caller}, type=8), is missing {privilege} privilege at depth {depth}."),
    rule(Reason::CallerChangesNoModes, 0x8004_8D2F, Confirmed, "3.6",
        "You need to have system administrator role and access mode Full to change access mode of a user. Details: {caller}"),
    rule(Reason::ApplicationUserMode, 0x8004_0D40, Confirmed, "3.6",
        "An application user's access mode cannot be changed. (Id = {principal})"),
    rule(Reason::ModeWithoutLicence, 0x8004_1D66, Confirmed, "3.6",
        "The access mode of a user without a licence cannot be changed. (Id = {principal})"),
    rule(Reason::NonInteractiveLimit, 0x8004_0216, Assumed, "2",
        "An unexpected error occurred. Only {max} users can have the access mode non-interactive, and {count} have it."),
    rule(Reason::OwnerIsAccessTeam, 0x8004_8340, Confirmed, "3.3",
        "You cannot assign a record to the access team. You can assign a record to the owner team."),
    rule(Reason::UserWithoutRoles, 0x8004_2F09, Confirmed, "3.6",
        "RetrievePrivilegeForUser: The user with id {principal} has not been assigned any roles. They need a role with the {privilege} privilege."),
    rule(Reason::TeamWithoutRoles, 0x8004_2F0A, Confirmed, "3.6",
        "The team (Id = {principal}) has not been assigned any roles. They need a role with the {privilege} privilege."),
    rule(Reason::ReadMissing, 0x8004_0299, Confirmed, "4.3",
        "Read Privilege Check For Owner failed with exception: Principal {kind} (Id={principal}, type={type}), is missing {privilege} privilege for entity '{entity}'. Consider adding missed privilege to one of the principal (user/team) roles."),
    rule(Reason::TableNotOwned, 0x8004_0203, Assumed, "4.4",
        "Invalid argument. Rows of {entity} do not belong to users or teams."),
    rule(Reason::UserTaken, 0x8004_1D2C, Assumed, "1.4",
        "The specified Active Directory user already exists as a Dynamics 365 user. ({column} of {other})"),
    rule(Reason::DefaultRoleMissing, 0x8004_0237, Assumed, "1.3",
        "Statement conflicted with a constraint. The INSERT statement conflicted with the FOREIGN KEY constraint \"system_user_roles\", table \"dbo.SystemUserBase\", column 'SystemUserId': role {role} is not in the root business unit."),
    rule(Reason::DuplicateKey, 0x8004_0237, Confirmed, "3.6",
        "Cannot insert duplicate key. ({entity} {id})"),
    rule(Reason::RequiredColumn, 0x8004_0203, Assumed, "1.6",
        "Invalid argument. {column} is required."),
    rule(Reason::TextTooLong, 0x8004_4331, Confirmed, "2",
        "A validation error occurred. The length of the '{column}' attribute of the 'systemuser' entity exceeded the maximum allowed length of '{max}'."),
    rule(Reason::StubOutsideRoot, 0x8004_0203, Assumed, "1.2",
        "Invalid argument. A stub user is made in the root business unit {root}, not in {unit}."),
    rule(Reason::NotAsBefore, 0x8006_0882, Confirmed, "3.6",
        "The version of the existing record doesn't match the RowVersion property provided: {what}"),
];

/// The refusal for a reason, its words filled with the values of the write.
pub(super) fn refusal(reason: Reason, values: &[(&str, &dyn Display)]) -> Refusal {
    let rule = &REFUSALS[reason as usize];
    debug_assert_eq!(
        rule.reason, reason,
        "the table stands in the order of reasons"
    );
    let mut message = rule.template.to_owned();
    for (name, value) in values {
        message = message.replace(&format!("{{{name}}}"), &value.to_string());
    }
    debug_assert!(!message.contains('{'), "a value is missing: {message}");
    Refusal {
        code: rule.code,
        message,
    }
}

/// The refusal of a text that its column does not hold.
pub(super) fn too_long(column: TextColumn) -> Refusal {
    let values: [(&str, &dyn Display); 2] = [("column", &column.name), ("max", &column.length_max)];
    refusal(Reason::TextTooLong, &values)
}

#[cfg(test)]
mod tests {
    use super::{REFUSALS, Reason, refusal};
    use crate::model::ServiceCode;

    #[test]
    fn the_table_is_whole() {
        for (index, rule) in REFUSALS.iter().enumerate() {
            assert_eq!(
                rule.reason as usize, index,
                "{:?} stands elsewhere",
                rule.reason
            );
            assert!(
                rule.code.0 >> 16 == 0x8004 || rule.code.0 >> 16 == 0x8006,
                "{}: no code of the service",
                rule.code
            );
            assert!(!rule.source.is_empty() && !rule.template.is_empty());
        }
        assert_eq!(Reason::NotAsBefore as usize + 1, REFUSALS.len());
    }

    #[test]
    fn values_are_filled_in() {
        let refusal = refusal(Reason::RecordMissing, &[("entity", &"account"), ("id", &7)]);
        assert_eq!(refusal.code, ServiceCode(0x8004_0217));
        assert_eq!(refusal.message, "account With Id = 7 Does Not Exist");
    }
}
