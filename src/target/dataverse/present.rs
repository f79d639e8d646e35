//! What a live environment holds of the subjects of changes.
//!
//! In: subjects. Out: what is there of each, in their order. Rows are asked for by filters over a few dozen ids at a
//! time, several questions side by side, and never by a key that would make a user (platform facts 0.5). What a value
//! found means is `apply/`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use crate::model::{
    Aspects, Present, Principal, RecordId, RoleId, Subject, User, UserId, UserValues,
    comparison_key,
};
use crate::target::dataverse::DataverseError;
use crate::target::dataverse::client::Client;
use crate::target::dataverse::pull::{definition, malformed, owner, pages};
use crate::target::dataverse::row::{Row, Unreadable};
use crate::target::dataverse::tables::{rows, user, user_columns};

/// Ids in one question. The service takes a longer chain, but proxies on the way may not take a longer address.
const IDS_AT_ONCE: usize = 50;

/// UPNs in one question: texts are longer than ids.
const UPNS_AT_ONCE: usize = 20;

/// What is there of each subject, in their order.
pub(super) async fn present(
    client: &Arc<Client>,
    subjects: &[Subject],
) -> Result<Vec<Present>, DataverseError> {
    let asked = Asked::of(subjects);
    let known = Known {
        owners: owners(client, &asked.records).await?,
        users: users(client, &asked).await?,
        user_roles: roles(client, USER_ROLES, &asked.role_users).await?,
        team_roles: roles(client, TEAM_ROLES, &asked.role_teams).await?,
    };
    // Roles of those who were found by another name than their id.
    let others: BTreeSet<Uuid> = subjects
        .iter()
        .filter_map(|subject| match subject {
            Subject::Stub { id, upn } => known.users.stub(*id, upn).map(|user| user.id.0),
            _ => None,
        })
        .filter(|id| !asked.role_users.contains(id))
        .collect();
    let mut known = known;
    known
        .user_roles
        .extend(roles(client, USER_ROLES, &others).await?);
    Ok(subjects.iter().map(|subject| known.of(subject)).collect())
}

/// What has to be asked for.
#[derive(Default)]
struct Asked {
    records: BTreeMap<Arc<str>, BTreeSet<Uuid>>,
    users: BTreeSet<Uuid>,
    /// Of stub users, by id.
    upns: BTreeMap<UserId, String>,
    role_users: BTreeSet<Uuid>,
    role_teams: BTreeSet<Uuid>,
}

impl Asked {
    fn of(subjects: &[Subject]) -> Self {
        let mut asked = Self::default();
        for subject in subjects {
            match subject {
                Subject::Stub { id, upn } => {
                    asked.users.insert(id.0);
                    asked.upns.insert(*id, upn.clone());
                    asked.role_users.insert(id.0);
                }
                Subject::User { id, aspects } => {
                    asked.users.insert(id.0);
                    if aspects.roles {
                        asked.role_users.insert(id.0);
                    }
                }
                Subject::Role { principal, .. } => match principal {
                    Principal::User(user) => _ = asked.role_users.insert(user.0),
                    Principal::Team(team) => _ = asked.role_teams.insert(team.0),
                },
                Subject::Record { entity, record } => {
                    let ids = asked.records.entry(Arc::clone(entity)).or_default();
                    ids.insert(record.0);
                }
            }
        }
        asked
    }
}

/// What was found.
struct Known {
    owners: BTreeMap<(Arc<str>, RecordId), Principal>,
    users: Users,
    user_roles: BTreeMap<Uuid, BTreeSet<RoleId>>,
    team_roles: BTreeMap<Uuid, BTreeSet<RoleId>>,
}

/// Users by id, and those who bear a stub user's UPN.
#[derive(Default)]
struct Users {
    by_id: BTreeMap<UserId, User>,
    by_upn: BTreeMap<String, UserId>,
}

impl Users {
    /// By id, else by UPN: the import way may have given another id.
    fn stub(&self, id: UserId, upn: &str) -> Option<&User> {
        self.by_id.get(&id).or_else(|| {
            let other = self.by_upn.get(&comparison_key(upn))?;
            self.by_id.get(other)
        })
    }

    fn take_in(&mut self, user: User) {
        let key = comparison_key(&user.upn);
        let of_that_name = self.by_upn.get(&key).and_then(|id| self.by_id.get(id));
        // Where two share a UPN the stub user is meant, and of several the first by id.
        let is_nearer =
            of_that_name.is_none_or(|known| (!user.stub, user.id) < (!known.stub, known.id));
        if is_nearer && !key.is_empty() {
            self.by_upn.insert(key, user.id);
        }
        self.by_id.insert(user.id, user);
    }
}

impl Known {
    fn of(&self, subject: &Subject) -> Present {
        match subject {
            Subject::Stub { id, upn } => {
                let user = self.users.stub(*id, upn);
                user.map_or(Present::Absent, |user| self.stub(user))
            }
            Subject::User { id, aspects } => {
                let user = self.users.by_id.get(id);
                user.map_or(Present::Absent, |user| self.values(user, aspects))
            }
            Subject::Role { principal, role } => {
                let roles = match principal {
                    Principal::User(user) => self.user_roles.get(&user.0),
                    Principal::Team(team) => self.team_roles.get(&team.0),
                };
                Present::Role(roles.is_some_and(|roles| roles.contains(role)))
            }
            Subject::Record { entity, record } => {
                let owner = self.owners.get(&(Arc::clone(entity), *record));
                owner.map_or(Present::Absent, |owner| Present::Owner(*owner))
            }
        }
    }

    fn roles_of(&self, user: &User) -> BTreeSet<RoleId> {
        self.user_roles.get(&user.id.0).cloned().unwrap_or_default()
    }

    fn stub(&self, user: &User) -> Present {
        Present::User {
            id: user.id,
            upn: user.upn.clone(),
            mail: user.mail.clone().unwrap_or_default(),
            full_name: full_name(user),
            stub: user.stub,
            roles: self.roles_of(user).into_iter().collect(),
        }
    }

    fn values(&self, user: &User, aspects: &Aspects) -> Present {
        let fields = aspects.profile.iter();
        Present::Values(Box::new(UserValues {
            business_unit: aspects.business_unit.then_some(user.business_unit),
            access_mode: aspects.access_mode.then_some(user.access_mode),
            profile: fields
                .map(|field| (*field, user.field(*field).cloned()))
                .collect(),
            roles: aspects.roles.then(|| self.roles_of(user)),
        }))
    }
}

/// The full name as plans have it: an organisation may show the two names in another order, with a comma, with more.
fn full_name(user: &User) -> String {
    let names = [&user.first_name, &user.last_name];
    let names: Vec<&str> = names
        .into_iter()
        .filter_map(|name| name.as_deref().map(str::trim))
        .collect();
    if names.is_empty() {
        return user.full_name.clone().unwrap_or_default();
    }
    names.join(" ")
}

/// Owners of records, table by table; a table that is not there has none.
async fn owners(
    client: &Arc<Client>,
    records: &BTreeMap<Arc<str>, BTreeSet<Uuid>>,
) -> Result<BTreeMap<(Arc<str>, RecordId), Principal>, DataverseError> {
    let mut owners = BTreeMap::new();
    for (entity, ids) in records {
        let Some(table) = definition(client, entity).await? else {
            continue;
        };
        let what = format!("records of `{entity}`");
        let path = format!("{}?$select={},_ownerid_value", table.set, table.id);
        ask(client, &what, &path, &by_ids(&table.id, ids), |row| {
            if let Some(owner) = owner(row)? {
                owners.insert((Arc::clone(entity), RecordId(row.id(&table.id)?)), owner);
            }
            Ok(())
        })
        .await?;
    }
    Ok(owners)
}

/// Users by id, then those of the stub users' UPNs that no id found.
async fn users(client: &Arc<Client>, asked: &Asked) -> Result<Users, DataverseError> {
    let mut users = Users::default();
    let path = format!("systemusers?$select={}", user_columns().join(","));
    let take = |users: &mut Users, row: &Row<'_>| {
        users.take_in(user(row)?);
        Ok(())
    };
    let filters = by_ids("systemuserid", &asked.users);
    ask(client, "users", &path, &filters, |row| {
        take(&mut users, row)
    })
    .await?;
    let filters = by_upns(asked, &users);
    ask(client, "users", &path, &filters, |row| {
        take(&mut users, row)
    })
    .await?;
    Ok(users)
}

/// Where links to roles stand: the set, and the column of who holds them.
type RoleLinks = (&'static str, &'static str);

const USER_ROLES: RoleLinks = ("systemuserrolescollection", "systemuserid");
const TEAM_ROLES: RoleLinks = ("teamrolescollection", "teamid");

async fn roles(
    client: &Arc<Client>,
    (set, holder): RoleLinks,
    ids: &BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, BTreeSet<RoleId>>, DataverseError> {
    let mut roles: BTreeMap<Uuid, BTreeSet<RoleId>> = BTreeMap::new();
    let path = format!("{set}?$select={holder},roleid");
    ask(client, "roles held", &path, &by_ids(holder, ids), |row| {
        let held = roles.entry(row.id(holder)?).or_default();
        held.insert(RoleId(row.id("roleid")?));
        Ok(())
    })
    .await?;
    Ok(roles)
}

/// Asks all questions of one path side by side, and takes the rows in the order of the questions.
async fn ask(
    client: &Arc<Client>,
    what: &str,
    path: &str,
    filters: &[String],
    mut take: impl FnMut(&Row<'_>) -> Result<(), Unreadable>,
) -> Result<(), DataverseError> {
    let answers: Vec<_> = filters
        .iter()
        .map(|filter| pages(client, &format!("{path}&$filter={filter}"), what))
        .collect();
    let read = |unreadable| malformed(client, what, unreadable);
    for mut answer in answers {
        while let Some(page) = answer.recv().await {
            for row in rows(&page?).map_err(read)? {
                take(&Row(row)).map_err(read)?;
            }
        }
    }
    Ok(())
}

/// Filters that name each id once.
fn by_ids(column: &str, ids: &BTreeSet<Uuid>) -> Vec<String> {
    let ids: Vec<&Uuid> = ids.iter().collect();
    ids.chunks(IDS_AT_ONCE)
        .map(|ids| chain(ids.iter().map(|id| format!("{column} eq {id}"))))
        .collect()
}

/// Filters that name each UPN of a stub user whose id nobody has.
fn by_upns(asked: &Asked, users: &Users) -> Vec<String> {
    let missing = asked
        .upns
        .iter()
        .filter(|(id, upn)| !users.by_id.contains_key(id) && !upn.is_empty());
    let upns: Vec<&String> = missing.map(|(_, upn)| upn).collect();
    upns.chunks(UPNS_AT_ONCE)
        .map(|upns| {
            chain(
                upns.iter()
                    .map(|upn| format!("domainname eq {}", text(upn))),
            )
        })
        .collect()
}

fn chain(conditions: impl Iterator<Item = String>) -> String {
    conditions.collect::<Vec<_>>().join(" or ")
}

/// A text as a filter has it: its quotes doubled, and nothing in it that an address would read as its own.
fn text(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    format!("'{}'", utf8_percent_encode(&doubled, NON_ALPHANUMERIC))
}
