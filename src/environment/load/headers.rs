//! The columns of the files of an environment folder, as data.
//!
//! In: what a file is about. Out: its columns by the design's headers, each with the service's
//! logical name and the words that its own exports use. To how headers are compared, case, blanks,
//! `_` and `-` do not matter.

use crate::model::Loadable;

/// One column of a file.
pub(super) struct Header {
    /// The design's name, by which the code asks for it.
    pub(super) name: &'static str,
    /// Other names for it.
    pub(super) also: &'static [&'static str],
    /// Whether the file is useless without it.
    pub(super) needed: bool,
}

impl Header {
    /// Every name of it, the design's first.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.also.iter().copied())
    }
}

const fn needed(name: &'static str, also: &'static [&'static str]) -> Header {
    Header {
        name,
        also,
        needed: true,
    }
}

const fn optional(name: &'static str, also: &'static [&'static str]) -> Header {
    Header {
        name,
        also,
        needed: false,
    }
}

/// The columns of a file.
pub(super) fn of(what: Loadable) -> &'static [Header] {
    match what {
        Loadable::BusinessUnits => BUSINESS_UNITS,
        Loadable::Users => USERS,
        Loadable::Roles => ROLES,
        Loadable::RolePrivileges => ROLE_PRIVILEGES,
        Loadable::UserRoles => USER_ROLES,
        Loadable::Teams => TEAMS,
        Loadable::TeamMembers => TEAM_MEMBERS,
        Loadable::TeamRoles => TEAM_ROLES,
        Loadable::Entities => ENTITIES,
        Loadable::Cascades => CASCADES,
        Loadable::Settings => SETTINGS,
        Loadable::Licences => LICENCES,
        Loadable::UserLicences => USER_LICENCES,
        Loadable::Directory => DIRECTORY,
        Loadable::Groups => GROUPS,
    }
}

/// Columns of a file that are not read, and whose names resemble those of others.
pub(super) fn unread(what: Loadable) -> &'static [&'static str] {
    match what {
        Loadable::Users => UNREAD_OF_USERS,
        _ => &[],
    }
}

const UNREAD_OF_USERS: &[&str] = &[
    "county",
    "address1_county",
    "address 1: county",
    "street 2",
    "street 3",
    "address1_line2",
    "address1_line3",
    "address 1: street 2",
    "address 1: street 3",
    "address1_telephone2",
    "address1_telephone3",
];

const UNIT: &[&str] = &["businessunitid", "_businessunitid_value", "unit"];
const ROLE: &[&str] = &["roleid", "role name", "security role"];
const USER: &[&str] = &["systemuserid", "upn", "domainname", "user name"];
const TEAM: &[&str] = &["teamid", "team name"];
const INHERITANCE: &[&str] = &["isinherited", "member's privilege inheritance"];

const BUSINESS_UNITS: &[Header] = &[
    needed("id", &["businessunitid", "(do not modify) business unit"]),
    needed("name", &[]),
    needed(
        "parent",
        &[
            "parentbusinessunitid",
            "_parentbusinessunitid_value",
            "parent business",
        ],
    ),
];

const USERS: &[Header] = &[
    needed("id", &["systemuserid", "(do not modify) user"]),
    needed("upn", &["domainname", "user name", "userprincipalname"]),
    optional("mail", &["internalemailaddress", "primary email", "email"]),
    optional("mail2", &["personalemailaddress", "email 2"]),
    optional("mobile_alert_mail", &["mobilealertemail"]),
    optional("first_name", &[]),
    optional("last_name", &[]),
    optional("full_name", &[]),
    optional("employee_id", &["employee"]),
    needed("business_unit", UNIT),
    optional("access_mode", &[]),
    optional("disabled", &["isdisabled", "status"]),
    optional("licensed", &["islicensed", "user licensed"]),
    optional("application_id", &[]),
    optional(
        "directory_id",
        &[
            "azureactivedirectoryobjectid",
            "azure ad object id",
            "object id",
            "activedirectoryguid",
        ],
    ),
    optional("stub", &["stub user"]),
    // The service has `jobtitle` too. What the directory calls the job title flows into `title`.
    optional("title", &[]),
    optional("main_phone", &["address1_telephone1"]),
    optional("mobile_phone", &[]),
    optional("fax", &["address1_fax", "address 1: fax"]),
    optional("home_phone", &[]),
    optional(
        "street",
        &["address1_line1", "street 1", "address 1: street 1"],
    ),
    optional("city", &["address1_city", "address 1: city"]),
    optional(
        "state",
        &[
            "address1_stateorprovince",
            "state/province",
            "state or province",
            "address 1: state/province",
        ],
    ),
    optional(
        "country",
        &[
            "address1_country",
            "country/region",
            "country or region",
            "address 1: country/region",
        ],
    ),
    optional(
        "synchronised",
        &["synchronized", "issyncwithdirectory", "user synced"],
    ),
    optional("deleted", &[]),
    optional("azure_state", &[]),
    optional("deleted_state", &[]),
    optional("invitation", &["invitestatuscode", "invitation status"]),
    optional("invited_on", &[]),
];

const ROLES: &[Header] = &[
    needed("id", &["roleid", "(do not modify) security role"]),
    needed("name", &[]),
    needed("business_unit", UNIT),
    optional(
        "template",
        &["roletemplateid", "_roletemplateid_value", "role template"],
    ),
    optional(
        "root",
        &[
            "parentrootroleid",
            "_parentrootroleid_value",
            "parent root role",
        ],
    ),
    optional("inheritance", INHERITANCE),
];

const ROLE_PRIVILEGES: &[Header] = &[
    needed("role", ROLE),
    needed("privilege", &["privilege name"]),
    needed(
        "depth",
        &["privilegedepthmask", "privilege depth", "access level"],
    ),
];

const USER_ROLES: &[Header] = &[needed("user", USER), needed("role", ROLE)];

const TEAMS: &[Header] = &[
    needed("id", &["teamid", "(do not modify) team"]),
    needed("name", &["team name"]),
    needed("business_unit", UNIT),
    optional("type", &["teamtype", "kind"]),
];

const TEAM_MEMBERS: &[Header] = &[needed("team", TEAM), needed("user", USER)];

const TEAM_ROLES: &[Header] = &[
    needed("team", TEAM),
    needed("role", ROLE),
    optional("inheritance", INHERITANCE),
];

const ENTITIES: &[Header] = &[
    needed("name", &["logicalname", "table", "entity"]),
    needed("ownership", &["ownershiptype"]),
];

const CASCADES: &[Header] = &[
    needed("parent", &["referencedentity", "parent table"]),
    needed("child", &["referencingentity", "child table"]),
    needed("assign", &["cascade assign"]),
];

const SETTINGS: &[Header] = &[needed("name", &["setting"]), needed("value", &[])];

const LICENCES: &[Header] = &[
    needed("product", &["skupartnumber", "licence", "license"]),
    optional("seats", &["enabled", "prepaidunits.enabled", "total"]),
    optional("used", &["consumedunits", "assigned"]),
    optional("provisions", &[]),
];

const USER_LICENCES: &[Header] = &[
    needed("user", USER),
    needed("product", &["skupartnumber", "licence", "license"]),
];

/// Names of the admin centre's export, of both of Entra's, of `Get-ADUser`, and of LDAP.
const DIRECTORY: &[Header] = &[
    optional("upn", &["userprincipalname"]),
    optional("account", &["samaccountname"]),
    optional("id", &["objectid"]),
    optional("local_id", &["objectguid"]),
    optional("dn", &[]),
    optional("class", &["objectclass", "objecttype"]),
    optional("display_name", &["name", "cn"]),
    optional("first_name", &["givenname"]),
    optional("last_name", &["surname", "sn"]),
    optional("mail", &["emailaddress", "email"]),
    optional("proxy_addresses", &[]),
    optional("title", &["jobtitle"]),
    optional(
        "main_phone",
        &["phonenumber", "officephone", "telephonenumber"],
    ),
    optional("mobile_phone", &["mobile"]),
    optional("fax", &["facsimiletelephonenumber"]),
    optional("home_phone", &[]),
    optional("street", &["streetaddress"]),
    optional("city", &["l"]),
    optional("state", &["stateorprovince", "st"]),
    optional("country", &["country/region", "countryorregion", "co", "c"]),
    optional("enabled", &["accountenabled"]),
    optional("blocked", &["block credential"]),
    optional("account_control", &["useraccountcontrol"]),
    optional("deleted", &["soft deletion time stamp", "isdeleted"]),
    optional("user_type", &[]),
    optional("licences", &["licenses"]),
    optional("licence_details", &["license assignment details"]),
    optional("roles", &["directory roles"]),
    optional("role", &["roledisplayname", "role name", "directory role"]),
];

/// Names of the design, and of Entra's list of a group's members.
const GROUPS: &[Header] = &[
    optional("group", &["group name"]),
    optional("member", &["userprincipalname", "upn", "member upn"]),
    optional("id", &["objectid"]),
    optional("via", &["through"]),
    optional("kind", &["objecttype", "member type"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_header_means_two_columns_of_one_file() {
        for what in Loadable::ALL {
            let mut seen = BTreeSet::new();
            for header in of(what) {
                for name in header.names() {
                    let key = name.replace(['_', '-', ' '], "");
                    assert!(seen.insert(key), "{}: `{name}` twice", what.name());
                    assert_eq!(name, name.to_lowercase(), "{}", what.name());
                }
            }
        }
    }
}
