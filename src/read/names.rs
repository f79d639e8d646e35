//! The header names by which columns are known, as data: one list per purpose, best first.
//!
//! In: nothing. Out: patterns. Sources: exports of Dynamics 365 (views, static worksheets, logical
//! names), the Microsoft 365 admin centre, Entra, Active Directory, Salesforce, `HubSpot`, Zoho and
//! Pipedrive. Ids come before login names, these before mails, and names last: what identifies best
//! decides. How names are compared is said in `header.rs`.

/// How a header is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// It is this name; blanks, `_`, `-` and case do not matter.
    Is(&'static str),
    /// It begins so, one such column at most.
    Starts(&'static str),
    /// It ends so, one such column at most.
    Ends(&'static str),
    /// It is the table's name, or what other systems call such rows, and this; one such column at
    /// most. `Previous owner` is no such name.
    TableOwner(&'static str),
    /// The logical name of the table and `id`.
    TableId,
    /// The first `(Do Not Modify)` column, or its like in another language, that holds GUIDs.
    DoNotModify,
}

use Pattern::{DoNotModify, Ends, Is, Starts, TableId, TableOwner};

/// What other systems call the rows of a table, in their headers.
pub(super) fn also_called(table: &str) -> &'static [&'static str] {
    match table {
        "account" => &["company", "organization", "organisation", "customer"],
        "contact" => &["person"],
        "opportunity" => &["deal"],
        "incident" => &["case", "ticket"],
        _ => &[],
    }
}

/// What a column is looked for as.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// What it says, in messages.
    pub what: &'static str,
    /// Its names, best first.
    pub patterns: &'static [Pattern],
}

pub(super) const RECORD_ID: Wanted = Wanted {
    what: "record id",
    patterns: &[
        TableId,
        Is("activityid"),
        DoNotModify,
        Is("id"),
        Is("record id"),
        Is("record guid"),
        Starts("record id - "),
        Ends(" - id"),
    ],
};

/// `ownerid.LogicalName`, the type of the owner, is none of these.
pub(super) const RECORD_OWNER: Wanted = Wanted {
    what: "owner",
    patterns: &[
        Is("ownerid"),
        Is("_ownerid_value"),
        Is("owninguser"),
        Is("_owninguser_value"),
        Is("owner.id"),
        TableOwner(" owner.id"),
        Is("owner"),
        Is("record owner"),
        Is("owner email"),
        Is("owner name"),
        Is("owneridname"),
        TableOwner(" - owner"),
        TableOwner(" owner"),
    ],
};

pub(super) const USER_ID: Wanted = Wanted {
    what: "id of the user",
    patterns: &[
        Is("systemuserid"),
        Is("(do not modify) user"),
        DoNotModify,
        Is("user id"),
        Is("id"),
        Is("record id"),
        Is("object id"),
        Is("user"),
    ],
};

/// `id` is an Entra object id where the file is an Entra export; see `users`.
pub(super) const DIRECTORY_ID: Wanted = Wanted {
    what: "Entra object id",
    patterns: &[
        Is("azureactivedirectoryobjectid"),
        Is("azure ad object id"),
        Is("entra object id"),
        Is("object id"),
    ],
};

pub(super) const USER_UPN: Wanted = Wanted {
    what: "user principal name",
    patterns: &[
        Is("domainname"),
        Is("user principal name"),
        Is("upn"),
        Is("user name"),
        Is("login"),
        Is("samaccountname"),
    ],
};

pub(super) const USER_MAIL: Wanted = Wanted {
    what: "mail",
    patterns: &[
        Is("internalemailaddress"),
        Is("primary email"),
        Is("mail"),
        Is("email"),
        Is("email address"),
    ],
};

pub(super) const USER_MAIL_2: Wanted = Wanted {
    what: "e-mail 2",
    patterns: &[Is("personalemailaddress"), Is("email 2")],
};

pub(super) const USER_MOBILE_ALERT_MAIL: Wanted = Wanted {
    what: "mobile alert e-mail",
    patterns: &[Is("mobilealertemail")],
};

pub(super) const USER_FIRST_NAME: Wanted = Wanted {
    what: "first name",
    patterns: &[Is("first name"), Is("given name")],
};

pub(super) const USER_LAST_NAME: Wanted = Wanted {
    what: "last name",
    patterns: &[Is("last name"), Is("surname"), Is("sn")],
};

pub(super) const USER_FULL_NAME: Wanted = Wanted {
    what: "full name",
    patterns: &[Is("full name"), Is("display name"), Is("name"), Is("cn")],
};

pub(super) const USER_EMPLOYEE_ID: Wanted = Wanted {
    what: "employee id",
    patterns: &[Is("employee id"), Is("employee number")],
};

/// `true` there means that the person is inactive.
pub(super) const USER_DISABLED: Wanted = Wanted {
    what: "whether disabled",
    patterns: &[
        Is("isdisabled"),
        Is("disabled"),
        Is("block credential"),
        Is("block sign in"),
    ],
};

/// `true` there means that the person is active; a status says it in words.
pub(super) const USER_ENABLED: Wanted = Wanted {
    what: "whether enabled",
    patterns: &[
        Is("isactive"),
        Is("active"),
        Is("account enabled"),
        Is("enabled"),
        Is("status"),
        Is("user status"),
    ],
};

pub(super) const ROLE_USER: Wanted = Wanted {
    what: "user",
    patterns: &[
        Is("systemuserid"),
        Is("user id"),
        Is("map.systemuserid.systemuser.domainname"),
        Is("domainname"),
        Is("user principal name"),
        Is("upn"),
        Is("user name"),
        Is("systemuser"),
        Is("user"),
        Is("login"),
        Is("primary email"),
        Is("email"),
        Is("mail"),
        Is("full name"),
    ],
};

pub(super) const ROLE_NAME: Wanted = Wanted {
    what: "role",
    patterns: &[
        Is("map.roleid.role.name"),
        Is("security role"),
        Is("role"),
        Is("role name"),
        Is("security role name"),
    ],
};

pub(super) const ROLE_BUSINESS_UNIT: Wanted = Wanted {
    what: "business unit",
    patterns: &[
        Is("map.roleid.role.businessunitid"),
        Is("business unit"),
        Is("business unit name"),
        Is("business unit id"),
    ],
};

pub(super) const ROLE_ACTION: Wanted = Wanted {
    what: "action",
    patterns: &[Is("action"), Is("operation")],
};
