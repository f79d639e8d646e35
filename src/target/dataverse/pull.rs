//! Reading a live environment: facts, then records, page by page.
//!
//! In: questions. Out: facts in a fixed order, and owners and keys of records; nothing is ever written, and nobody is
//! asked for by a key that would make a user of them (platform facts 0.5). The tables are asked for side by side, and
//! handed on in order: each has a few pages in hand while it waits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::environment::organisation_settings;
use crate::model::{
    Cascade, CascadeAssign, Entity, Fact, Loadable, Ownership, Principal, ProfileField,
    PulledRecord, RecordId, RoleId, RolePrivilege, TeamId, UserId, setting,
};
use crate::target::dataverse::client::{Ask, Client};
use crate::target::dataverse::custom_logic;
use crate::target::dataverse::row::{Row, Unreadable};
use crate::target::dataverse::tables::{TABLES, depth, rows};
use crate::target::dataverse::{Caller, DataverseError};

/// Rows of a page: the most that the service gives.
const PREFER: &str =
    "odata.maxpagesize=5000,odata.include-annotations=\"Microsoft.Dynamics.CRM.lookuplogicalname\"";

/// The annotation that says whether an owner is a user or a team.
const OWNER_TABLE: &str = "_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname";

/// Pages that a table has in hand before its turn comes.
const PAGES_AHEAD: usize = 4;

/// Roles whose privileges are asked for at once.
const ROLES_AT_ONCE: usize = 20;

/// Pages as they come.
pub(super) type Pages = mpsc::Receiver<Result<Value, DataverseError>>;

/// Asks for the pages of a path one after another, each as soon as there is room for it.
pub(super) fn pages(client: &Arc<Client>, path: &str, what: &str) -> Pages {
    let (sender, receiver) = mpsc::channel(PAGES_AHEAD);
    let (client, path, what) = (Arc::clone(client), path.to_owned(), what.to_owned());
    tokio::spawn(async move {
        let mut next = client.at(&path);
        loop {
            let page = match next {
                Ok(url) => {
                    client
                        .json(&Ask::get(url, &*what).with("prefer", PREFER))
                        .await
                }
                Err(error) => Err(error),
            };
            let link = page
                .as_ref()
                .ok()
                .and_then(|page| page.get("@odata.nextLink"));
            let link = link.and_then(Value::as_str).map(ToOwned::to_owned);
            // Nobody listens any more where another table has failed.
            if sender.send(page).await.is_err() {
                return;
            }
            let Some(link) = link else { return };
            next = client.at(&link);
        }
    });
    receiver
}

/// Everything of an environment but its licences, its directory and its records.
pub(super) async fn facts(
    client: &Arc<Client>,
    caller: &Caller,
    tables: &BTreeSet<String>,
    sink: &mut dyn FnMut(Fact),
) -> Result<(), DataverseError> {
    let mut waiting: Vec<Pages> = TABLES
        .iter()
        .map(|table| pages(client, &(table.path)(), table.what))
        .collect();
    let mut known = Known::default();
    for (table, pages) in TABLES.iter().zip(&mut waiting) {
        while let Some(page) = pages.recv().await {
            let page = page?;
            let read = |unreadable| malformed(client, table.what, unreadable);
            for row in rows(&page).map_err(read)? {
                let fact = (table.read)(&Row(row)).map_err(read)?;
                if known.takes(&fact) {
                    sink(fact);
                }
            }
        }
        if table.what == "roles" {
            privileges(client, &known.roots, sink).await?;
        }
    }
    for table in tables {
        entity(client, table, sink).await?;
    }
    owners_of_others(client, tables, sink).await?;
    for table in tables.iter().map(String::as_str).chain(["systemuser"]) {
        custom_logic::facts(client, table, sink).await?;
    }
    settings(client, caller, sink).await?;
    for what in LOADED {
        sink(Fact::Loaded(what));
    }
    for field in ProfileField::ALL {
        sink(Fact::LoadedField(field));
    }
    Ok(())
}

/// What a pull loads.
const LOADED: [Loadable; 11] = [
    Loadable::BusinessUnits,
    Loadable::Users,
    Loadable::Roles,
    Loadable::RolePrivileges,
    Loadable::UserRoles,
    Loadable::Teams,
    Loadable::TeamMembers,
    Loadable::TeamRoles,
    Loadable::Entities,
    Loadable::Cascades,
    Loadable::Settings,
];

/// What came so far, as links need it: a row that was made or deleted meanwhile leaves none behind.
#[derive(Default)]
struct Known {
    users: BTreeSet<UserId>,
    teams: BTreeSet<TeamId>,
    roles: BTreeSet<RoleId>,
    roots: BTreeSet<RoleId>,
}

impl Known {
    /// Notes a fact; whether what it points to has come.
    fn takes(&mut self, fact: &Fact) -> bool {
        match fact {
            Fact::User(user) => self.users.insert(user.id),
            Fact::Team(team) => self.teams.insert(team.id),
            Fact::Role(role) => {
                self.roots.insert(role.root);
                self.roles.insert(role.id)
            }
            Fact::UserRole { user, role } => self.users.contains(user) && self.roles.contains(role),
            Fact::TeamMember { team, user } => {
                self.teams.contains(team) && self.users.contains(user)
            }
            Fact::TeamRole { team, role } => self.teams.contains(team) && self.roles.contains(role),
            _ => true,
        }
    }
}

/// The privileges of root copies, which hold for all copies.
async fn privileges(
    client: &Arc<Client>,
    roots: &BTreeSet<RoleId>,
    sink: &mut dyn FnMut(Fact),
) -> Result<(), DataverseError> {
    let what = "privileges of roles";
    let read = |unreadable| malformed(client, what, unreadable);
    let mut names: BTreeMap<Uuid, String> = BTreeMap::new();
    let mut pages_of_names = pages(client, "privileges?$select=name", "privileges");
    while let Some(page) = pages_of_names.recv().await {
        for row in rows(&page?).map_err(read)? {
            let row = Row(row);
            let name = row.text("name").map_err(read)?.unwrap_or_default();
            names.insert(row.id("privilegeid").map_err(read)?, name);
        }
    }
    let roots: Vec<RoleId> = roots.iter().copied().collect();
    let questions = roots.chunks(ROLES_AT_ONCE).map(|some| {
        let each = some.iter().map(|role| format!("roleid eq {role}"));
        let filter = each.collect::<Vec<_>>().join(" or ");
        let columns = "roleid,privilegeid,privilegedepthmask";
        let path = format!("roleprivilegescollection?$select={columns}&$filter={filter}");
        pages(client, &path, what)
    });
    for mut answer in questions.collect::<Vec<_>>() {
        while let Some(page) = answer.recv().await {
            for row in rows(&page?).map_err(read)? {
                let row = Row(row);
                let id = row.id("privilegeid").map_err(read)?;
                // A privilege that came into being meanwhile has no name yet.
                if let Some(privilege) = names.get(&id) {
                    sink(Fact::RolePrivilege(RolePrivilege {
                        role: RoleId(row.id("roleid").map_err(read)?),
                        privilege: privilege.clone(),
                        depth: depth(&row).map_err(read)?,
                    }));
                }
            }
        }
    }
    Ok(())
}

/// Who can own rows of the tables that the plan does not concern: what roles read of them says who works with data.
async fn owners_of_others(
    client: &Arc<Client>,
    tables: &BTreeSet<String>,
    sink: &mut dyn FnMut(Fact),
) -> Result<(), DataverseError> {
    let what = "who can own rows of which table";
    let read = |unreadable| malformed(client, what, unreadable);
    let path = "EntityDefinitions?$select=LogicalName,OwnershipType";
    let mut answer = pages(client, path, what);
    while let Some(page) = answer.recv().await {
        for row in rows(&page?).map_err(read)? {
            let row = Row(row);
            let text = |column: &'static str| row.text(column).map_err(read);
            let (Some(name), Some(word)) = (text("LogicalName")?, text("OwnershipType")?) else {
                continue;
            };
            if !tables.contains(&name) {
                sink(Fact::Entity(Entity {
                    name,
                    ownership: Some(ownership(&word)),
                    records_loaded: false,
                }));
            }
        }
    }
    Ok(())
}

/// What the service calls `OwnershipType`.
fn ownership(word: &str) -> Ownership {
    match word {
        "UserOwned" => Ownership::User,
        "TeamOwned" => Ownership::Team,
        "BusinessOwned" => Ownership::Business,
        "OrganizationOwned" => Ownership::Organisation,
        "BusinessParented" => Ownership::BusinessParented,
        _ => Ownership::None,
    }
}

/// A table that the plan concerns: who can own its rows, and what assigning one does to others.
async fn entity(
    client: &Arc<Client>,
    table: &str,
    sink: &mut dyn FnMut(Fact),
) -> Result<(), DataverseError> {
    let Some(definition) = definition(client, table).await? else {
        return Ok(());
    };
    sink(Fact::Entity(Entity {
        name: table.to_owned(),
        ownership: Some(ownership(&definition.ownership)),
        records_loaded: true,
    }));
    let what = format!("what follows rows of `{table}`");
    let path = format!(
        "EntityDefinitions(LogicalName='{table}')/OneToManyRelationships\
         ?$select=ReferencingEntity,CascadeConfiguration"
    );
    let page = client.json(&Ask::get(client.at(&path)?, &*what)).await?;
    let read = |unreadable| malformed(client, &what, unreadable);
    for relationship in rows(&page).map_err(read)? {
        let child = Row(relationship).text("ReferencingEntity").map_err(read)?;
        let assign = relationship.get("CascadeConfiguration");
        let assign = assign.and_then(|configuration| configuration.get("Assign")?.as_str());
        let assign = match assign {
            Some("Cascade") => CascadeAssign::All,
            Some("Active") => CascadeAssign::Active,
            Some("UserOwned") => CascadeAssign::UserOwned,
            _ => CascadeAssign::None,
        };
        if let (Some(child), true) = (child, assign != CascadeAssign::None) {
            sink(Fact::Cascade(Cascade {
                parent: table.to_owned(),
                child,
                assign,
            }));
        }
    }
    Ok(())
}

/// What the service says of a table.
pub(super) struct Definition {
    /// The set that its rows stand in.
    pub(super) set: String,
    /// The column of their ids.
    pub(super) id: String,
    ownership: String,
}

/// `None` where there is no such table.
pub(super) async fn definition(
    client: &Arc<Client>,
    table: &str,
) -> Result<Option<Definition>, DataverseError> {
    let what = format!("the table `{table}`");
    let path = format!(
        "EntityDefinitions?$select=LogicalName,EntitySetName,PrimaryIdAttribute,OwnershipType\
         &$filter=LogicalName eq '{table}'"
    );
    let page = client.json(&Ask::get(client.at(&path)?, &*what)).await?;
    let read = |unreadable| malformed(client, &what, unreadable);
    let Some(row) = rows(&page).map_err(read)?.first() else {
        return Ok(None);
    };
    let text = |column: &str| {
        let text = Row(row).text(column).map_err(read)?;
        text.ok_or_else(|| read(Unreadable(format!("a table without `{column}`"))))
    };
    Ok(Some(Definition {
        set: text("EntitySetName")?,
        id: text("PrimaryIdAttribute")?,
        ownership: text("OwnershipType")?,
    }))
}

/// The settings of the organisation, and who asks.
pub(super) async fn settings(
    client: &Arc<Client>,
    caller: &Caller,
    sink: &mut dyn FnMut(Fact),
) -> Result<(), DataverseError> {
    let what = "the organisation";
    let columns = "orgdborgsettings,sharetopreviousowneronassign";
    let path = format!("organizations?$select={columns}");
    let page = client.json(&Ask::get(client.at(&path)?, what)).await?;
    let read = |unreadable| malformed(client, what, unreadable);
    let mut set = |name: &str, value: String| {
        sink(Fact::Setting {
            name: name.to_owned(),
            value,
        });
    };
    set(setting::ORGANISATION, caller.organisation.to_string());
    set(setting::CALLER, caller.user.to_string());
    for row in rows(&page).map_err(read)? {
        let row = Row(row);
        let shares = row.flag(setting::SHARE_TO_PREVIOUS_OWNER).map_err(read)?;
        set(
            setting::SHARE_TO_PREVIOUS_OWNER,
            shares.unwrap_or(false).to_string(),
        );
        let xml = row.text("orgdborgsettings").map_err(read)?;
        let settings = organisation_settings(xml.as_deref().unwrap_or_default());
        let settings = settings.map_err(|error| read(Unreadable(error.to_string())));
        for (name, value) in settings? {
            set(&name, value);
        }
    }
    Ok(())
}

/// Owners, and keys where a field of them is named, of all records of a table.
pub(super) async fn records(
    client: &Arc<Client>,
    table: &str,
    field: Option<&str>,
    sink: &mut dyn FnMut(PulledRecord),
) -> Result<bool, DataverseError> {
    let Some(definition) = definition(client, table).await? else {
        return Ok(false);
    };
    let is_owned = matches!(definition.ownership.as_str(), "UserOwned" | "TeamOwned");
    let mut columns = vec![definition.id.as_str()];
    columns.extend(is_owned.then_some("_ownerid_value"));
    columns.extend(field);
    let what = format!("records of `{table}`");
    let path = format!("{}?$select={}", definition.set, columns.join(","));
    let read = |unreadable| malformed(client, &what, unreadable);
    let mut answer = pages(client, &path, &what);
    while let Some(page) = answer.recv().await {
        let page = page?;
        let page = rows(&page).map_err(read)?;
        for row in page {
            let row = Row(row);
            let owner = owner(&row).map_err(read)?;
            let key = match field {
                Some(field) => row.text(field).map_err(read)?,
                None => None,
            };
            sink(PulledRecord {
                record: RecordId(row.id(&definition.id).map_err(read)?),
                owner,
                key,
            });
        }
    }
    Ok(true)
}

/// Who owns a record; nobody where the row says nothing.
pub(super) fn owner(row: &Row<'_>) -> Result<Option<Principal>, Unreadable> {
    let owner = row.maybe_id("_ownerid_value")?;
    let kind = row.text(OWNER_TABLE)?;
    Ok(owner.map(|id| match kind.as_deref() {
        Some("team") => Principal::Team(TeamId(id)),
        _ => Principal::User(UserId(id)),
    }))
}

/// An answer that cannot be read.
pub(super) fn malformed(client: &Client, what: &str, unreadable: Unreadable) -> DataverseError {
    DataverseError::Malformed {
        host: client.host().to_owned(),
        what: what.to_owned(),
        found: unreadable.0,
    }
}
