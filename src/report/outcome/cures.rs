//! What the service's codes mean to whoever applies a plan, and what to do.
//!
//! In: a code as the service answers it. Out: its meaning, a cure, and the rules of the dry run that foretell it where
//! they can. The codes and where they come from: platform facts 3.6, 5.9 and 6.1.

use crate::model::Code;

/// What a code of the service means.
#[derive(Clone, Copy, Debug)]
pub struct ServiceCure {
    /// The code.
    pub code: u32,
    /// What it means here.
    pub meaning: &'static str,
    /// What to do.
    pub cure: &'static str,
    /// Rules that foretell it.
    pub rules: &'static [Code],
}

const fn cure(
    code: u32,
    meaning: &'static str,
    cure: &'static str,
    rules: &'static [Code],
) -> ServiceCure {
    ServiceCure {
        code,
        meaning,
        cure,
        rules,
    }
}

/// Every code that is known, by number.
#[rustfmt::skip] // keeps one code to three lines
pub const SERVICE_CURES: &[ServiceCure] = &[
    cure(0x8004_0203, "an argument is invalid: a column that is required is blank, or the table has no owners",
        "look at the words; pull or load anew and plan again, so that the dry run sees the table as it is now",
        &[Code::Rec005]),
    cure(0x8004_0216, "an error of the service without a name of its own; also too many non-interactive users",
        "apply again; where it stays, look for a plug-in or workflow of the environment that throws it",
        &[Code::Acc004]),
    cure(0x8004_0217, "the record, user, team or business unit is not there",
        "it was deleted since the plan was made: pull or load anew and plan again",
        &[Code::Rec002, Code::Rol005, Code::Own005, Code::Acc014, Code::Acc015]),
    cure(0x8004_0220, "who applies the plan lacks a privilege",
        "give them System Administrator, or the privilege that the words name, at organisation depth; then apply again",
        &[Code::Env002, Code::Rol013]),
    cure(0x8004_0224, "a plug-in or workflow of the environment failed",
        "show the words to whoever keeps the environment's custom logic; then apply again",
        &[Code::Env005]),
    cure(0x8004_0225, "the user is disabled, and roles do not go to disabled users",
        "enable the user, or switch on the setting that lets roles go to disabled users; then apply again",
        &[Code::Rol003, Code::Stb004]),
    cure(0x8004_022B, "the new owner is disabled",
        "enable the user, or rule another owner and plan again",
        &[]),
    cure(0x8004_0237, "the id or link is in use already, or the default role is missing in the root business unit",
        "pull or load anew and plan again; see that the default role is there",
        &[Code::Stb003, Code::Stb005]),
    cure(0x8004_0265, "a plug-in of the environment refused it",
        "show the words to whoever keeps the environment's custom logic, or set `bypass_custom_logic`; then apply again",
        &[Code::Env005]),
    cure(0x8004_0299, "the new owner cannot read the table",
        "give the new owner a role that reads it; roles that were given a moment ago are seen after some seconds, so \
         apply again first",
        &[Code::Own009]),
    cure(0x8004_0333, "a duplicate detection rule of the environment refused it",
        "switch the rule off for the time of the migration, then apply again",
        &[]),
    cure(0x8004_0D40, "the access mode of an application user stays as it is",
        "take the user out of the wishes and plan again",
        &[Code::Acc018]),
    cure(0x8004_1409, "the role belongs to another business unit than the user",
        "somebody moved the user since the plan was made: pull or load anew and plan again",
        &[Code::Rol004, Code::Rol003]),
    cure(0x8004_140D, "the role belongs to another business unit than the team",
        "somebody moved the team since the plan was made: pull or load anew and plan again",
        &[Code::Rol004]),
    cure(0x8004_1D2C, "a user of this UPN is there already",
        "pull or load anew and plan again: the reference will find that user",
        &[Code::Stb005]),
    cure(0x8004_1D2F, "it would take System Administrator from the last who has it",
        "give System Administrator to somebody else first",
        &[Code::Acc009]),
    cure(0x8004_1D51, "a support user holds no other roles",
        "take the row out of the roles export and plan again",
        &[Code::Rol016]),
    cure(0x8004_1D64, "an administrator of Microsoft 365 keeps System Administrator",
        "take the row out of the roles export and plan again, or take the directory role first",
        &[Code::Rol017]),
    cure(0x8004_1D66, "who has no licence keeps the access mode",
        "give the licence first, then apply again",
        &[Code::Acc020]),
    cure(0x8004_2F09, "the user has no role at all",
        "give the user a role that reads the table; roles that were given a moment ago are seen after some seconds, so \
         apply again first",
        &[Code::Own010]),
    cure(0x8004_2F0A, "the team has no role at all",
        "give the team a role that reads the table, then apply again",
        &[Code::Own010]),
    cure(0x8004_4150, "the service's database failed, mostly two writes to one record at once",
        "apply again, when nothing else writes to these records",
        &[]),
    cure(0x8004_4151, "the service's database took too long",
        "apply again, at a quieter hour; plug-ins that run at each change make it slower",
        &[Code::Env005]),
    cure(0x8004_4331, "a text is longer than its column, or another check of a value failed",
        "shorten the text in the users export and plan again",
        &[Code::Prf004]),
    cure(0x8004_8331, "an access team holds no roles",
        "take the row out of the roles export and plan again",
        &[Code::Rol012]),
    cure(0x8004_8340, "an access team owns nothing",
        "rule an owner team or a user, and plan again",
        &[Code::Own008]),
    cure(0x8004_8350, "a team that follows a group takes no role of team privileges only",
        "give the role direct privileges too, or take the row out; then plan again",
        &[Code::Rol018]),
    cure(0x8004_8D2F, "access modes are changed by a System Administrator of full access alone",
        "sign in as one, then apply again",
        &[Code::Env008]),
    cure(0x8004_D24B, "the user has no licence",
        "give the licence first, then apply again",
        &[]),
    cure(0x8006_0882, "it is no longer what the plan was made upon",
        "somebody changed it meanwhile: pull or load anew and plan again",
        &[]),
    cure(0x8006_0888, "no role of that id is there",
        "it was deleted since the plan was made: pull or load anew and plan again",
        &[Code::Rol001, Code::Stb003]),
    cure(0x8006_088A, "the environment has no such table",
        "pull anew and plan again, or take the records file out of the manifest",
        &[]),
    cure(0x8006_0891, "no record has that key",
        "pull anew and plan again",
        &[]),
    cure(0x8007_2321, "too much work was asked for in five minutes",
        "apply again in some minutes; it goes on where it ended",
        &[]),
    cure(0x8007_2322, "too many requests were sent in five minutes",
        "apply again in some minutes; it goes on where it ended",
        &[]),
    cure(0x8007_2326, "too many requests were under way at once",
        "apply again, when nobody else writes with the same sign-in",
        &[]),
    cure(0x8007_2560, "who applies the plan is not a user of the environment",
        "add the application user to the environment, then apply again",
        &[]),
];

/// What a code means; `None` for one that is not known here.
pub(super) fn of(code: u32) -> Option<&'static ServiceCure> {
    SERVICE_CURES.iter().find(|cure| cure.code == code)
}
