//! What is wrong in files of the directory, told at its file, row and column.
//!
//! In: the good folder of `tests.rs` with other files of the directory. Out: problems. How they are
//! compared is `problems.rs`.

use crate::environment::load::tests::problems::check;

#[test]
fn problems_of_one_file() {
    check(
        "a person twice, by UPN and by id, and one without either",
        &[(
            "directory.csv",
            "upn,id\nana@contoso.com,@u9\nAna@contoso.com,\nrui@contoso.com,@u9\n,@u8\n",
        )],
        &[
            (
                "directory.csv",
                3,
                "upn",
                "this person stands in an earlier row too",
            ),
            (
                "directory.csv",
                4,
                "upn",
                "this person stands in an earlier row too",
            ),
            (
                "directory.csv",
                5,
                "upn",
                "blank, expected the person's UPN",
            ),
        ],
    );
    check(
        "words that are none",
        &[(
            "directory.csv",
            "DN,userPrincipalName,userType,userAccountControl,isDeleted,objectGUID,sn\n\
             x,a@contoso.com,Gast,,,,\nx,b@contoso.com,,many,,,\nx,c@contoso.com,,,perhaps,,\n\
             x,d@contoso.com,,,,X'00',\nx,e@contoso.com,,,,,X'ff'\n",
        )],
        &[
            (
                "directory.csv",
                2,
                "userType",
                "`Gast`, expected `Member` or `Guest`",
            ),
            (
                "directory.csv",
                3,
                "userAccountControl",
                "`many`, expected a number",
            ),
            (
                "directory.csv",
                4,
                "isDeleted",
                "`perhaps`, expected `yes`, `no` or a time",
            ),
            ("directory.csv", 5, "objectGUID", "`X'00'`, expected a GUID"),
            (
                "directory.csv",
                6,
                "sn",
                "hexadecimal digits that are no text",
            ),
        ],
    );
}

#[test]
fn problems_of_names_and_columns() {
    check(
        "nobody is named, or no group",
        &[
            ("directory.csv", "displayName,id\nAna,@u9\n"),
            ("groups.csv", "userPrincipalName\nana@contoso.com\n"),
            ("groups-CRM.csv", "displayName\nAna\n"),
        ],
        &[
            (
                "directory.csv",
                0,
                "",
                "no column `upn`; found `displayName`, `id`",
            ),
            (
                "groups-CRM.csv",
                0,
                "",
                "no column `member`; found `displayName`",
            ),
            (
                "groups.csv",
                0,
                "",
                "no column `group`; found `userPrincipalName`",
            ),
        ],
    );
    check(
        "one file twice, and a name without a name",
        &[
            ("directory-.csv", "upn\n"),
            ("directory-a.csv", "upn\n"),
            ("Directory-A.csv", "upn\n"),
        ],
        &[
            ("Directory-A.csv", 0, "", "say the same thing twice"),
            (
                "directory-.csv",
                0,
                "",
                "`directory-<name>`, `groups-<group>`",
            ),
            ("directory-a.csv", 0, "", "say the same thing twice"),
        ],
    );
}

/// The first file of two that contradict each other.
const FIRST: &str = "upn,id,mail,enabled,userType,licences,deleted,roles\n\
                     a@contoso.com,@u1,a@contoso.com,yes,Member,A+B,no,X\nb@contoso.com,@u2,,,,,,\n";

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn files_that_contradict_each_other() {
    //        header and row of the second file                  column, and what is said of it
    contradict("upn,id",               "a@contoso.com,@u7",        "id", "object id: `@u7` here and `@u1`");
    contradict("upn,id",               "z@contoso.com,@u1",        "upn", "UPN: `z@contoso.com` here");
    contradict("upn,mail",             "a@contoso.com,a@b.example", "mail", "mail: `a@b.example` here");
    contradict("upn,block credential", "a@contoso.com,TRUE",       "block credential", "sign-in allowed: `no` here");
    contradict("upn,userType",         "a@contoso.com,Guest",      "userType", "user type: `Guest` here");
    contradict("upn,licences",         "a@contoso.com,A",          "licences", "licences: `A` here and `A+B`");
    contradict("upn,licences",         "a@contoso.com,",           "licences", "licences: `none` here and `A+B`");
    contradict("upn,deleted",          "a@contoso.com,yes",        "deleted", "account deleted: `yes` here");
    contradict("upn,roles",            "a@contoso.com,Y",          "roles", "directory roles: `Y` here");
    contradict("upn,id",               "b@contoso.com,@u1",        "id",
               "that of `a@contoso.com` in `environment/directory.csv`, row 2, the UPN that of \
                `b@contoso.com` in `environment/directory.csv`, row 3");
}

#[track_caller]
fn contradict(header: &str, row: &str, column: &str, says: &str) {
    let second = format!("{header}\n{row}\n");
    let files = [
        ("directory.csv", FIRST),
        ("directory-b.csv", second.as_str()),
    ];
    check(row, &files, &[("directory-b.csv", 2, column, says)]);
}

#[test]
fn problems_of_who_is_meant() {
    check(
        "where the other value stands",
        &[
            ("directory.csv", "upn\na@contoso.com\n"),
            (
                "directory-b.csv",
                "upn,mail\nb@contoso.com,\na@contoso.com,a@x.example\n",
            ),
            ("directory-c.csv", "upn,mail\na@contoso.com,a@y.example\n"),
        ],
        &[(
            "directory-c.csv",
            2,
            "mail",
            "in `environment/directory-b.csv`, row 3",
        )],
    );
    check(
        "roles of nobody known",
        &[
            (
                "directory.csv",
                "upn,id\na@contoso.com,@u1\nb@contoso.com,@u2\n",
            ),
            (
                "directory-roles.csv",
                "role,upn,id\nX,,@u7\nY,a@contoso.com,@u2\n,a@contoso.com,\nZ,,\n",
            ),
        ],
        &[
            (
                "directory-roles.csv",
                2,
                "id",
                "`@u7` is nobody of the directory's other files",
            ),
            ("directory-roles.csv", 3, "upn", "expected one person"),
            (
                "directory-roles.csv",
                4,
                "role",
                "blank, expected a directory role",
            ),
            ("directory-roles.csv", 5, "upn", "blank, expected the UPN"),
        ],
    );
}

#[test]
fn problems_of_what_is_known_of_users() {
    check(
        "words of the service that are none",
        &[
            (
                "users.csv",
                "id,upn,business unit,issyncwithdirectory,azurestate,deletedstate,Invitation Status,\
                 invited_on\n\
                 @u1,ana@contoso.com,Porto,perhaps,4,gone,Sent,soon\n@u2,rui@contoso.com,Portugal,,,,,\n\
                 @u3,old@contoso.com,Contoso,,,,,\n",
            ),
            ("records-account.csv", ""),
            ("records-contact.csv", ""),
        ],
        &[
            (
                "users.csv",
                2,
                "issyncwithdirectory",
                "`perhaps`, expected `yes` or `no`",
            ),
            ("users.csv", 2, "azurestate", "`4`, expected `Exists`"),
            (
                "users.csv",
                2,
                "deletedstate",
                "`gone`, expected `Not deleted`",
            ),
            (
                "users.csv",
                2,
                "Invitation Status",
                "`Sent`, expected one of `not sent`",
            ),
            ("users.csv", 2, "invited_on", "`soon`, expected a day"),
        ],
    );
    check(
        "a header that is a slip, and one that is right and not read",
        &[
            (
                "users.csv",
                "id,upn,business unit,Main Phon,County\n@u1,ana@contoso.com,Porto,,\n",
            ),
            ("team_members.csv", ""),
            ("user_roles.csv", ""),
            ("records-account.csv", ""),
            ("records-contact.csv", ""),
        ],
        &[("users.csv", 1, "Main Phon", "expected `main_phone`")],
    );
}
