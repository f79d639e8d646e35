//! The tables of users, teams, units and roles, and what accounts, contacts and other records are made of.
//!
//! In: nothing. Out: data; platform facts 2 and 3 and the published references of the entities. A column
//! without an expression stands beside the environment file.

use crate::rehearse::schema::{Column, Kind, Source, Table, Way};

/// A table of the file, as data.
pub(super) struct Facts {
    pub(super) logical: &'static str,
    pub(super) set: &'static str,
    pub(super) id: &'static str,
    pub(super) name: Option<&'static str>,
    pub(super) ownership: &'static str,
    pub(super) from: &'static str,
    pub(super) order: &'static str,
    pub(super) columns: &'static [(&'static str, Kind, &'static str)],
    pub(super) beside: &'static [(&'static str, Kind)],
    pub(super) ways: &'static [(&'static str, Way)],
}

pub(super) fn table(facts: &Facts) -> Table {
    let column = |name: &str, kind, sql| Column {
        name: name.to_owned(),
        kind,
        sql,
    };
    let stored = facts.columns.iter();
    let stored = stored.map(|(name, kind, sql)| column(name, *kind, Some(*sql)));
    let beside = facts.beside.iter();
    let beside = beside.map(|(name, kind)| column(name, *kind, None));
    Table {
        logical: facts.logical.to_owned(),
        set: facts.set.to_owned(),
        id: facts.id.to_owned(),
        name: facts.name,
        ownership: facts.ownership,
        source: Source::Facts {
            from: facts.from,
            order: facts.order,
        },
        columns: stored.chain(beside).collect(),
        ways: facts.ways.to_vec(),
    }
}

/// The messages of `bulk.rs`, by which clients ask whether a table knows them (platform facts 5.7).
macro_rules! bulk_messages {
    () => {
        "(SELECT x'0000000000004000a000000000000002' AS id, 'CreateMultiple' AS name, 2 AS sort \
          UNION ALL SELECT x'0000000000004000a000000000000003', 'UpdateMultiple', 3 \
          UNION ALL SELECT x'0000000000004000a000000000000004', 'UpsertMultiple', 4)"
    };
}

/// What is selected of the settings of custom logic: `of_table` has a row for each name, with the table that it is of
/// and an id that stands for that table.
macro_rules! custom_logic {
    ($selected:expr) => {
        concat!(
            "(WITH of_table AS (SELECT substr(setting.name, 14) AS of, trim(entry.value) AS name, \
                CAST(printf('%016d', rank() OVER (ORDER BY setting.name)) AS BLOB) AS id \
             FROM setting, json_each('[' || replace(json_quote(setting.value), ';', '\",\"') || ']') AS entry \
             WHERE setting.name GLOB 'custom_logic.*' AND trim(entry.value) <> '') ",
            $selected,
            ")"
        )
    };
}

use Kind::{Boolean, Id, Integer, Lookup, Number, Text};

#[rustfmt::skip] // keeps a column to a line
pub(super) const FACTS: &[Facts] = &[
    Facts {
        logical: "systemuser", set: "systemusers", id: "systemuserid", name: Some("fullname"),
        ownership: "BusinessOwned", from: "user", order: "id",
        columns: &[
            ("systemuserid", Id, "id"),
            ("domainname", Text, "upn"),
            ("internalemailaddress", Text, "mail"),
            ("personalemailaddress", Text, "mail2"),
            ("mobilealertemail", Text, "mobile_alert_mail"),
            ("firstname", Text, "first_name"),
            ("lastname", Text, "last_name"),
            ("fullname", Text, "full_name"),
            ("employeeid", Text, "employee_id"),
            ("_businessunitid_value", Lookup("businessunit"), "business_unit"),
            ("accessmode", Integer, "access_mode"),
            ("isdisabled", Boolean, "disabled"),
            ("islicensed", Boolean, "licensed"),
            ("applicationid", Id, "application_id"),
            ("azureactivedirectoryobjectid", Id, "directory_id"),
            ("issyncwithdirectory", Boolean, "coalesce(synchronised, directory_id IS NOT NULL)"),
            ("deletedstate", Integer, "deleted"),
            ("invitestatuscode", Integer, "coalesce(invitation, 0)"),
            ("title", Text, "title"),
            ("address1_telephone1", Text, "main_phone"),
            ("mobilephone", Text, "mobile_phone"),
            ("address1_fax", Text, "fax"),
            ("homephone", Text, "home_phone"),
            ("address1_line1", Text, "street"),
            ("address1_city", Text, "city"),
            ("address1_stateorprovince", Text, "state"),
            ("address1_country", Text, "country"),
        ],
        beside: &[
            ("middlename", Text), ("nickname", Text), ("jobtitle", Text), ("governmentid", Text),
            ("caltype", Integer), ("setupuser", Boolean), ("isintegrationuser", Boolean), ("userlicensetype", Integer),
            ("importsequencenumber", Integer), ("disabledreason", Text), ("description", Text),
        ],
        ways: &[
            ("businessunitid", Way::One("_businessunitid_value")),
            ("systemuserroles_association", Way::Through("systemuserroles", "systemuserid", "roleid", "role")),
            ("teammembership_association", Way::Through("teammembership", "systemuserid", "teamid", "team")),
        ],
    },
    Facts {
        logical: "businessunit", set: "businessunits", id: "businessunitid", name: Some("name"),
        ownership: "BusinessOwned", from: "business_unit", order: "id",
        columns: &[
            ("businessunitid", Id, "id"),
            ("name", Text, "name"),
            ("_parentbusinessunitid_value", Lookup("businessunit"), "parent"),
        ],
        beside: &[("isdisabled", Boolean), ("description", Text)],
        ways: &[
            ("parentbusinessunitid", Way::One("_parentbusinessunitid_value")),
            ("business_unit_system_users", Way::Many("systemuser", "_businessunitid_value")),
            ("business_unit_teams", Way::Many("team", "_businessunitid_value")),
        ],
    },
    Facts {
        logical: "role", set: "roles", id: "roleid", name: Some("name"),
        ownership: "BusinessOwned", from: "role", order: "id",
        columns: &[
            ("roleid", Id, "id"),
            ("name", Text, "name"),
            ("_businessunitid_value", Lookup("businessunit"), "business_unit"),
            ("_parentroleid_value", Lookup("role"), "CASE WHEN root = id THEN NULL ELSE root END"),
            ("_parentrootroleid_value", Lookup("role"), "root"),
            ("_roletemplateid_value", Lookup("roletemplate"), "template"),
            ("isinherited", Integer, "inheritance"),
        ],
        beside: &[("ismanaged", Boolean), ("isautoassigned", Integer), ("description", Text)],
        ways: &[
            ("businessunitid", Way::One("_businessunitid_value")),
            ("parentrootroleid", Way::One("_parentrootroleid_value")),
            ("systemuserroles_association", Way::Through("systemuserroles", "roleid", "systemuserid", "systemuser")),
            ("teamroles_association", Way::Through("teamroles", "roleid", "teamid", "team")),
            ("roleprivileges_association", Way::Through("roleprivileges", "roleid", "privilegeid", "privilege")),
        ],
    },
    Facts {
        logical: "team", set: "teams", id: "teamid", name: Some("name"),
        ownership: "BusinessOwned", from: "team", order: "id",
        columns: &[
            ("teamid", Id, "id"),
            ("name", Text, "name"),
            ("_businessunitid_value", Lookup("businessunit"), "business_unit"),
            ("teamtype", Integer, "kind"),
        ],
        beside: &[("isdefault", Boolean), ("description", Text), ("azureactivedirectoryobjectid", Id)],
        ways: &[
            ("businessunitid", Way::One("_businessunitid_value")),
            ("teammembership_association", Way::Through("teammembership", "teamid", "systemuserid", "systemuser")),
            ("teamroles_association", Way::Through("teamroles", "teamid", "roleid", "role")),
        ],
    },
    Facts {
        logical: "systemuserroles", set: "systemuserrolescollection", id: "systemuserroleid", name: None,
        ownership: "None", from: "user_role", order: "user, role",
        columns: &[("systemuserid", Lookup("systemuser"), "user"), ("roleid", Lookup("role"), "role")],
        beside: &[], ways: &[],
    },
    Facts {
        logical: "teammembership", set: "teammemberships", id: "teammembershipid", name: None,
        ownership: "None", from: "team_member", order: "team, user",
        columns: &[("teamid", Lookup("team"), "team"), ("systemuserid", Lookup("systemuser"), "user")],
        beside: &[], ways: &[],
    },
    Facts {
        logical: "teamroles", set: "teamrolescollection", id: "teamroleid", name: None,
        ownership: "None", from: "team_role", order: "team, role",
        columns: &[("teamid", Lookup("team"), "team"), ("roleid", Lookup("role"), "role")],
        beside: &[], ways: &[],
    },
    Facts {
        // Its row is made of settings, in `organisation.rs`.
        logical: "organization", set: "organizations", id: "organizationid", name: Some("name"),
        ownership: "None", from: "(SELECT 1)", order: "1",
        columns: &[],
        beside: &[
            ("organizationid", Id), ("name", Text), ("orgdborgsettings", Text), ("sharetopreviousowneronassign", Boolean),
        ],
        ways: &[],
    },
    Facts {
        // Its rows are made by `bulk_delete.rs` and `import/`, and stand beside the file as a whole.
        logical: "asyncoperation", set: "asyncoperations", id: "asyncoperationid", name: Some("name"),
        ownership: "None", from: "(SELECT id FROM rehearsal_row WHERE logical = 'asyncoperation')", order: "id",
        columns: &[("asyncoperationid", Id, "id")],
        beside: &[
            ("name", Text), ("operationtype", Integer), ("statecode", Integer), ("statuscode", Integer),
            ("message", Text), ("_regardingobjectid_value", Lookup("import")),
        ],
        ways: &[("regardingobjectid_import", Way::One("_regardingobjectid_value"))],
    },
    Facts {
        logical: "privilege", set: "privileges", id: "privilegeid", name: Some("name"),
        ownership: "None", from: "(SELECT DISTINCT privilege FROM role_privilege)", order: "privilege",
        columns: &[("name", Text, "privilege")],
        beside: &[("accessright", Integer)], ways: &[],
    },
    Facts {
        logical: "roleprivileges", set: "roleprivilegescollection", id: "roleprivilegeid", name: None,
        ownership: "None",
        from: "role_privilege JOIN role AS copy ON copy.root = role_privilege.role",
        order: "copy.id, role_privilege.privilege",
        columns: &[
            ("roleid", Lookup("role"), "copy.id"),
            ("privilegename", Text, "role_privilege.privilege"),
            ("privilegedepthmask", Integer, "role_privilege.depth"),
        ],
        beside: &[], ways: &[],
    },
    // What the settings `custom_logic.<table>` name, as the service keeps it.
    Facts {
        logical: "sdkmessage", set: "sdkmessages", id: "sdkmessageid", name: Some("name"),
        ownership: "OrganizationOwned",
        from: concat!(
            "(SELECT x'0000000000004000a000000000000001' AS id, 'Update' AS name UNION ALL SELECT id, name FROM ",
            bulk_messages!(), ")"
        ),
        order: "id",
        columns: &[("sdkmessageid", Id, "id"), ("name", Text, "name")],
        beside: &[], ways: &[],
    },
    Facts {
        logical: "sdkmessagefilter", set: "sdkmessagefilters", id: "sdkmessagefilterid", name: None,
        ownership: "OrganizationOwned",
        // Of the plain messages those on which custom logic runs; the others tell which tables take many rows at once.
        from: custom_logic!(concat!(
            "SELECT DISTINCT id, of, x'0000000000004000a000000000000001' AS message FROM of_table UNION ALL \
             SELECT CAST(printf('b%013d%02d', entity.number, sort) AS BLOB), entity.name, message.id FROM entity, ",
            bulk_messages!(), " AS message WHERE entity.name NOT IN ('systemuser', 'team', 'role', 'businessunit')"
        )),
        order: "id",
        columns: &[
            ("sdkmessagefilterid", Id, "id"), ("primaryobjecttypecode", Text, "of"),
            ("_sdkmessageid_value", Lookup("sdkmessage"), "message"),
        ],
        beside: &[], ways: &[("sdkmessageid", Way::One("_sdkmessageid_value"))],
    },
    Facts {
        logical: "sdkmessageprocessingstep", set: "sdkmessageprocessingsteps", id: "sdkmessageprocessingstepid",
        name: Some("name"), ownership: "OrganizationOwned",
        from: custom_logic!("SELECT * FROM of_table WHERE name NOT GLOB 'workflow *' AND name NOT GLOB 'flow *'"),
        order: "of, name",
        columns: &[
            ("name", Text, "name"),
            ("statecode", Integer, "0"),
            ("_sdkmessageid_value", Lookup("sdkmessage"), "x'0000000000004000a000000000000001'"),
            ("_sdkmessagefilterid_value", Lookup("sdkmessagefilter"), "id"),
        ],
        beside: &[("filteringattributes", Text), ("ishidden", Boolean), ("mode", Integer), ("stage", Integer)],
        ways: &[
            ("sdkmessageid", Way::One("_sdkmessageid_value")),
            ("sdkmessagefilterid", Way::One("_sdkmessagefilterid_value")),
        ],
    },
    Facts {
        logical: "workflow", set: "workflows", id: "workflowid", name: Some("name"), ownership: "UserOwned",
        from: custom_logic!("SELECT of, substr(name, 10) AS name FROM of_table WHERE name GLOB 'workflow *'"),
        order: "of, name",
        columns: &[
            ("name", Text, "name"),
            ("primaryentity", Text, "of"),
            ("type", Integer, "1"),
            ("category", Integer, "0"),
            ("statecode", Integer, "1"),
            ("triggeronupdateattributelist", Text, "'ownerid'"),
        ],
        beside: &[("triggeroncreate", Boolean), ("mode", Integer)], ways: &[],
    },
    Facts {
        logical: "callbackregistration", set: "callbackregistrations", id: "callbackregistrationid", name: Some("name"),
        ownership: "UserOwned",
        from: custom_logic!("SELECT of, substr(name, 6) AS name FROM of_table WHERE name GLOB 'flow *'"),
        order: "of, name",
        columns: &[("name", Text, "name"), ("entityname", Text, "of"), ("message", Integer, "3")],
        beside: &[("filteringattributes", Text)], ways: &[],
    },
];

/// Columns of the records of one table, beside the primary key.
pub(super) fn record_columns(logical: &str) -> Vec<Column> {
    const ALL: &[(&str, Kind)] = &[
        ("_ownerid_value", Lookup("owner")),
        ("_owninguser_value", Lookup("systemuser")),
        ("_owningteam_value", Lookup("team")),
        ("_owningbusinessunit_value", Lookup("businessunit")),
        ("statecode", Integer),
        ("statuscode", Integer),
        ("description", Text),
        ("importsequencenumber", Integer),
    ];
    const ACCOUNT: &[(&str, Kind)] = &[
        ("name", Text),
        ("accountnumber", Text),
        ("telephone1", Text),
        ("websiteurl", Text),
        ("emailaddress1", Text),
        ("address1_city", Text),
        ("address1_line1", Text),
        ("address1_country", Text),
        ("address1_postalcode", Text),
        ("revenue", Number),
        ("numberofemployees", Integer),
        ("creditlimit", Number),
        ("industrycode", Integer),
        ("customertypecode", Integer),
        ("donotphone", Boolean),
        ("_primarycontactid_value", Lookup("contact")),
        ("_parentaccountid_value", Lookup("account")),
    ];
    const CONTACT: &[(&str, Kind)] = &[
        ("firstname", Text),
        ("lastname", Text),
        ("fullname", Text),
        ("emailaddress1", Text),
        ("telephone1", Text),
        ("mobilephone", Text),
        ("jobtitle", Text),
        ("birthdate", Text),
        ("address1_city", Text),
        ("address1_line1", Text),
        ("_parentcustomerid_value", Lookup("account")),
        ("donotphone", Boolean),
    ];
    const OTHER: &[(&str, Kind)] = &[
        ("name", Text),
        ("subject", Text),
        ("title", Text),
        ("topic", Text),
        ("_regardingobjectid_value", Lookup("account")),
    ];
    let own = match logical {
        "account" => ACCOUNT,
        "contact" => CONTACT,
        _ => OTHER,
    };
    let all = ALL.iter().chain(own);
    let columns = all.map(|(name, kind)| Column {
        name: (*name).to_owned(),
        kind: *kind,
        sql: None,
    });
    columns.collect()
}

/// The column that names a record.
pub(super) fn record_name(logical: &str) -> &'static str {
    match logical {
        "contact" => "fullname",
        "task" | "phonecall" | "email" | "appointment" | "annotation" => "subject",
        _ => "name",
    }
}

/// Navigation properties of records.
pub(super) fn record_ways(logical: &str) -> Vec<(&'static str, Way)> {
    let mut ways = vec![
        ("ownerid", Way::One("_ownerid_value")),
        ("owninguser", Way::One("_owninguser_value")),
        ("owningteam", Way::One("_owningteam_value")),
    ];
    match logical {
        "account" => ways.extend([
            ("primarycontactid", Way::One("_primarycontactid_value")),
            ("parentaccountid", Way::One("_parentaccountid_value")),
            (
                "contact_customer_accounts",
                Way::Many("contact", "_parentcustomerid_value"),
            ),
        ]),
        "contact" => ways.extend([
            (
                "parentcustomerid_account",
                Way::One("_parentcustomerid_value"),
            ),
            (
                "account_primary_contact",
                Way::Many("account", "_primarycontactid_value"),
            ),
        ]),
        _ => {}
    }
    ways
}
