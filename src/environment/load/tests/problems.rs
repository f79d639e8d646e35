//! Every kind of problem in a folder, told at its file, row and column.
//!
//! In: the good folder of `tests.rs` with one file or more other than they were. Out: problems, and
//! no environment file.

use crate::environment::load::tests::{folder, load_into, with_ids};

/// Loads the good folder with these changes and compares the problems: file, row, column, and a
/// part of the message.
#[track_caller]
pub(super) fn check(case: &str, changes: &[(&str, &str)], expected: &[(&str, u64, &str, &str)]) {
    let exports = folder(changes);
    let path = exports.path().join("environment.sqlite");
    let error = load_into(exports.path(), &path).expect_err(case);
    assert!(!path.exists(), "{case}: a file was made");
    let found: Vec<_> = error
        .problems()
        .iter()
        .map(|problem| {
            let file = problem.file.strip_prefix("environment/").unwrap_or("?");
            let header = problem.header.as_deref().unwrap_or("");
            (file, problem.row, header, problem.message.as_str())
        })
        .collect();
    assert_eq!(found.len(), expected.len(), "case: {case}: {found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        let place = |row: &(&str, u64, &str, &str)| (row.0.to_owned(), row.1, row.2.to_owned());
        assert_eq!(place(found), place(expected), "case: {case}: {found:?}");
        let part = with_ids(expected.3);
        assert!(found.3.contains(&part), "case: {case}: {found:?}");
        assert!(found.3.contains("; "), "case: {case}: no cure: {found:?}");
    }
}

#[test]
fn problems_of_the_folder() {
    check(
        "a file that is needed is absent",
        &[("roles.csv", "")],
        &[("roles", 0, "", "expected `roles.csv` or `roles.xlsx`")],
    );
    check(
        "a name that is no file of the folder",
        &[("user_role.csv", "user,role\n"), ("records-.csv", "id\n")],
        &[
            ("records-.csv", 0, "", "expected one of `business_units`"),
            ("user_role.csv", 0, "", "`user_roles`"),
        ],
    );
    check(
        "members without teams, told once",
        &[
            ("teams.csv", ""),
            ("team_roles.csv", ""),
            ("records-account.csv", ""),
        ],
        &[("team_members.csv", 0, "", "refers to `teams`")],
    );
    check(
        "a column that is needed is absent",
        &[("team_members.csv", "team,members\nSales,@u1\n")],
        &[(
            "team_members.csv",
            0,
            "",
            "no column `user`; found `team`, `members`",
        )],
    );
}

#[test]
fn problems_of_units() {
    let units = |text: &str| -> String { format!("id,name,parent\n{text}") };
    check(
        "two roots",
        &[(
            "business_units.csv",
            &units("@b1,Contoso,\n@b2,Portugal,\n@b3,Porto,@b2\n"),
        )],
        &[
            ("business_units.csv", 2, "parent", "blank for 2 units"),
            ("business_units.csv", 3, "parent", "blank for 2 units"),
        ],
    );
    check(
        "a circle",
        &[(
            "business_units.csv",
            &units("@b1,Contoso,\n@b2,Portugal,Porto\n@b3,Porto,@b2\n"),
        )],
        &[
            ("business_units.csv", 3, "parent", "a unit below itself"),
            ("business_units.csv", 4, "parent", "a unit below itself"),
        ],
    );
    check(
        "a parent that nobody is, an id twice, no id, no name",
        &[(
            "business_units.csv",
            &units(
                "@b1,Contoso,\n@b2,Portugal,Spain\n@b2,Twice,@b1\n\
                 b4,Four,@b1\n@b3,Porto,@b2\n@b5,,@b1\n",
            ),
        )],
        &[
            (
                "business_units.csv",
                3,
                "parent",
                "`Spain` is no business unit",
            ),
            (
                "business_units.csv",
                4,
                "id",
                "stands in an earlier row too",
            ),
            ("business_units.csv", 5, "id", "`b4`, expected a GUID"),
            (
                "business_units.csv",
                7,
                "name",
                "blank, expected the unit's name",
            ),
        ],
    );
}

#[test]
fn problems_of_users() {
    let users = "id,upn,business_unit,access_mode,disabled,application_id\n\
                 @u1,ana@contoso.com,Porto,0,maybe,\n\
                 @u2,,Lisbon,sometimes,no,\n\
                 @u3,bot@contoso.com,Porto,4,no,17\n\
                 @u3,bot@contoso.com,Porto,4,no,\n\
                 ,new@contoso.com,Porto,4,no,\n";
    check(
        "every cell of a user, and nobody who refers to them is told again",
        &[
            ("users.csv", users),
            ("team_members.csv", ""),
            ("user_roles.csv", "user,role\n@u1,@r1\n@u2,@r1\n"),
            ("records-account.csv", ""),
            ("records-contact.csv", ""),
        ],
        &[
            (
                "users.csv",
                2,
                "disabled",
                "`maybe`, expected `yes` or `no`",
            ),
            ("users.csv", 3, "upn", "blank, expected the user's UPN"),
            (
                "users.csv",
                3,
                "business_unit",
                "`Lisbon` is no business unit",
            ),
            (
                "users.csv",
                3,
                "access_mode",
                "expected one of `read-write`",
            ),
            ("users.csv", 4, "application_id", "`17`, expected a GUID"),
            (
                "users.csv",
                5,
                "id",
                "this user stands in an earlier row too",
            ),
            ("users.csv", 6, "id", "blank, expected a GUID"),
        ],
    );
}

#[test]
fn problems_of_roles() {
    let roles = "id,name,business_unit,root,inheritance\n\
                 @r1,Salesperson,Contoso,,direct-user\n\
                 @r2,Porto Clerk,Porto,,\n\
                 @r3,Porto Clerk,Contoso,@r2,\n\
                 @r4,Sales,Portugal,@r1,\n\
                 @r5,Salesperson,Portugal,@r9,\n\
                 @r6,Salesperson,Portugal,@r1,team-only\n\
                 @r7,Salesperson,Portugal,@r1,\n\
                 @r7,Salesperson,Porto,@r1,often\n";
    check(
        "copies that cannot be, and inheritance that is said two ways",
        &[("roles.csv", roles)],
        &[
            (
                "roles.csv",
                4,
                "business_unit",
                "not below the unit of the root copy",
            ),
            ("roles.csv", 5, "name", "`Sales`, expected `Salesperson`"),
            ("roles.csv", 6, "root", "`@r9` is no role of this file"),
            ("roles.csv", 7, "inheritance", "another copy says otherwise"),
            ("roles.csv", 8, "business_unit", "two copies in this unit"),
            (
                "roles.csv",
                9,
                "inheritance",
                "`often`, expected one of `team-only`",
            ),
            (
                "team_roles.csv",
                2,
                "inheritance",
                "says otherwise of this role",
            ),
        ],
    );
}

#[test]
fn problems_of_privileges() {
    check(
        "privileges",
        &[(
            "role_privileges.csv",
            "role,privilege,depth\nClerk,prvReadTask,1\n@r2,prvReadTask,far\n@r2,prvReadTask,user\n\
             @r2,prvReadTask,user\n@r2,prvreadtask,unit\n@r2,,\n",
        )],
        &[
            ("role_privileges.csv", 2, "role", "`Clerk` is no role"),
            (
                "role_privileges.csv",
                3,
                "depth",
                "`far`, expected one of `user`",
            ),
            (
                "role_privileges.csv",
                6,
                "depth",
                "`unit` here and `user` in an earlier row",
            ),
            ("role_privileges.csv", 7, "privilege", "blank"),
            ("role_privileges.csv", 7, "depth", "blank"),
        ],
    );
}

#[test]
fn problems_of_who_holds_what() {
    check(
        "who holds them",
        &[(
            "user_roles.csv",
            "user,role\nnobody@contoso.com,Salesperson\n@u2,Porto Clerk\n@u1,@r9\n@u9,\n",
        )],
        &[
            (
                "user_roles.csv",
                2,
                "user",
                "`nobody@contoso.com` is no user",
            ),
            ("user_roles.csv", 3, "role", "has a copy in the user's unit"),
            ("user_roles.csv", 4, "role", "`@r9` is no role"),
            ("user_roles.csv", 5, "user", "`@u9` is no user"),
            ("user_roles.csv", 5, "role", "blank"),
        ],
    );
}

#[test]
fn problems_of_names_that_several_bear() {
    let roles = "id,name,business_unit\n@r1,Salesperson,Contoso\n@r2,Porto Clerk,Porto\n\
                 @r3,salesperson,Contoso\n";
    let teams = "id,name,business_unit,type\n@t1,Sales,Porto,\n@t2,sales,Contoso,club\n\
                 @t3,Ana Costa,Contoso,\n";
    check(
        "roles, teams, owners",
        &[
            ("roles.csv", roles),
            ("teams.csv", teams),
            ("team_roles.csv", ""),
            (
                "records-contact.csv",
                "id,owner\n@e1,Ana Costa\n@e2,ana@contoso.com\n@e2,@t1\n@e3,\n@e4,Zoe\n",
            ),
            ("records-account.csv", ""),
        ],
        &[
            (
                "records-contact.csv",
                2,
                "owner",
                "`Ana Costa` names 2 of the kind user or team",
            ),
            (
                "records-contact.csv",
                4,
                "id",
                "stands in an earlier row too",
            ),
            ("records-contact.csv", 5, "owner", "blank"),
            (
                "records-contact.csv",
                6,
                "owner",
                "`Zoe` is no user or team",
            ),
            (
                "role_privileges.csv",
                2,
                "role",
                "`salesperson` names 2 of the kind role",
            ),
            (
                "team_members.csv",
                2,
                "team",
                "`sales` names 2 of the kind team",
            ),
            ("teams.csv", 3, "type", "`club`, expected one of `owner`"),
            (
                "user_roles.csv",
                2,
                "role",
                "`Salesperson` names 2 of the kind role",
            ),
        ],
    );
}

#[test]
fn problems_of_settings() {
    check(
        "settings",
        &[(
            "settings.csv",
            "name,value\nCaller,@u1\ncaller,nobody\nas_of,tomorrow\norganisation_id,17\n\
             Other,1\nOther,2\n,3\nMaxNumberOfNonInteractiveUsers,few\nSecurity_Group,CRM\n",
        )],
        &[
            ("settings.csv", 2, "name", "`Caller`, expected `caller`"),
            ("settings.csv", 3, "value", "`nobody` is no user"),
            ("settings.csv", 4, "value", "expected a day"),
            (
                "settings.csv",
                5,
                "value",
                "expected the organisation's GUID",
            ),
            (
                "settings.csv",
                7,
                "name",
                "this setting stands in an earlier row too",
            ),
            ("settings.csv", 8, "name", "blank"),
            ("settings.csv", 9, "value", "`few`, expected a number"),
            ("settings.csv", 10, "name", "expected `security_group`"),
        ],
    );
}

#[test]
fn problems_of_tables() {
    check(
        "tables, cascades, licences",
        &[
            (
                "entities.csv",
                "name,ownership\naccount,users\nlead,\nLead,user\n",
            ),
            (
                "cascades.csv",
                "parent,child,assign\naccount,contact,RemoveLink\naccount,,\n",
            ),
            (
                "licences.csv",
                "product,seats\nSALES,ten\nsales,1\nSales,1\n",
            ),
        ],
        &[
            (
                "cascades.csv",
                2,
                "assign",
                "`RemoveLink`, expected one of `none`",
            ),
            ("cascades.csv", 3, "child", "blank"),
            ("cascades.csv", 3, "assign", "blank"),
            (
                "entities.csv",
                2,
                "ownership",
                "`users`, expected one of `user`",
            ),
            (
                "entities.csv",
                4,
                "name",
                "this table stands in an earlier row too",
            ),
            ("licences.csv", 2, "seats", "`ten`, expected a number"),
            (
                "licences.csv",
                4,
                "product",
                "this product stands in an earlier row too",
            ),
        ],
    );
}

#[test]
fn a_row_that_cannot_be_read_is_told() {
    check(
        "too many cells",
        &[(
            "groups.csv",
            "group,member,via\nCRM,ana@contoso.com,Sales,more\n",
        )],
        &[("groups.csv", 2, "", "the row has 4 cells, the header 3")],
    );
}

#[test]
fn what_a_spreadsheet_mangled_is_nobody() {
    check(
        "an employee id and an id",
        &[
            (
                "users.csv",
                "id,upn,business unit,employee id\n\
             @u1,ana@contoso.com,Porto,#N/A\n@u2,rui@contoso.com,Porto,17\n\
             @u3,old@contoso.com,Porto,1.2E+17\n",
            ),
            ("user_roles.csv", ""),
            ("team_members.csv", ""),
            ("user_licences.csv", ""),
            ("settings.csv", ""),
            ("records-account.csv", ""),
            ("records-contact.csv", ""),
        ],
        &[
            ("users.csv", 2, "employee id", "`#N/A`: a formula's error"),
            (
                "users.csv",
                4,
                "employee id",
                "`1.2E+17`: a formula's error",
            ),
        ],
    );
}

#[test]
fn a_switch_is_on_or_off() {
    check(
        "another word, and none",
        &[(
            "settings.csv",
            "name,value\nAllowRoleAssignmentOnDisabledUsers,ja\n\
             EnableOwnershipAcrossBusinessUnits,\nSomethingElse,ja\n",
        )],
        &[
            (
                "settings.csv",
                2,
                "value",
                "`ja`, expected `true` or `false`",
            ),
            (
                "settings.csv",
                3,
                "value",
                "blank, expected `true` or `false`",
            ),
        ],
    );
}
