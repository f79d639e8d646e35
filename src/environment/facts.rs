//! Plain indexes over the facts of an environment.
//!
//! In: facts, in any order. Out: the same by id, by name and by what they belong to, always in
//! order. No judgement: what a user may do is worked out elsewhere.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use uuid::Uuid;

use crate::environment::EnvironmentError;
use crate::environment::EnvironmentFile;
use crate::model::{
    BusinessUnit, Cascade, DirectoryPerson, Entity, Fact, GroupMember, Licence, Loadable,
    ProfileField, Role, RoleId, RolePrivilege, Team, TeamId, UnitId, User, UserId, UserLicence,
    comparison_key,
};

/// Everything that is known of an environment but its records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    units: BTreeMap<UnitId, BusinessUnit>,
    users: BTreeMap<UserId, User>,
    roles: BTreeMap<RoleId, Role>,
    role_copies: BTreeMap<RoleId, Vec<RoleId>>,
    roles_named: BTreeMap<String, Vec<RoleId>>,
    role_privileges: BTreeMap<RoleId, Vec<RolePrivilege>>,
    user_roles: BTreeMap<UserId, Vec<RoleId>>,
    teams: BTreeMap<TeamId, Team>,
    team_members: BTreeMap<TeamId, Vec<UserId>>,
    teams_of: BTreeMap<UserId, Vec<TeamId>>,
    team_roles: BTreeMap<TeamId, Vec<RoleId>>,
    entities: BTreeMap<String, Entity>,
    cascades: Vec<Cascade>,
    settings: BTreeMap<String, String>,
    licences: BTreeMap<String, Licence>,
    user_licences: BTreeMap<UserId, Vec<UserLicence>>,
    people: BTreeMap<String, DirectoryPerson>,
    people_by_id: BTreeMap<Uuid, String>,
    groups: BTreeMap<String, Vec<GroupMember>>,
    loaded: BTreeSet<Loadable>,
    loaded_fields: BTreeSet<ProfileField>,
}

impl Facts {
    /// All facts of a file.
    pub fn of(file: &EnvironmentFile) -> Result<Self, EnvironmentError> {
        let mut facts = Self::default();
        file.facts(&mut |fact| facts.add(fact))?;
        Ok(facts)
    }

    /// Adds one fact; one that is known already changes nothing.
    pub fn add(&mut self, fact: Fact) {
        match fact {
            Fact::Unit(unit) => {
                self.units.insert(unit.id, unit);
            }
            Fact::User(user) => {
                self.users.insert(user.id, user);
            }
            Fact::Role(role) => self.add_role(role),
            Fact::RolePrivilege(privilege) => {
                put(&mut self.role_privileges, privilege.role, privilege);
            }
            Fact::UserRole { user, role } => put(&mut self.user_roles, user, role),
            Fact::Team(team) => {
                self.teams.insert(team.id, team);
            }
            Fact::TeamMember { team, user } => {
                put(&mut self.team_members, team, user);
                put(&mut self.teams_of, user, team);
            }
            Fact::TeamRole { team, role } => put(&mut self.team_roles, team, role),
            Fact::Entity(entity) => {
                self.entities.insert(entity.name.clone(), entity);
            }
            Fact::Cascade(cascade) => put_sorted(&mut self.cascades, cascade),
            Fact::Setting { name, value } => {
                self.settings.insert(name, value);
            }
            Fact::Licence(licence) => {
                let key = comparison_key(&licence.product);
                self.licences.insert(key, licence);
            }
            Fact::UserLicence(held) => put(&mut self.user_licences, held.user, held),
            Fact::Person(person) => self.add_person(*person),
            Fact::GroupMember(member) => {
                put(&mut self.groups, comparison_key(&member.group), member);
            }
            Fact::Loaded(what) => {
                self.loaded.insert(what);
            }
            Fact::LoadedField(field) => {
                self.loaded_fields.insert(field);
            }
        }
    }

    fn add_person(&mut self, person: DirectoryPerson) {
        let key = comparison_key(&person.upn);
        if let Some(id) = person.id {
            self.people_by_id.insert(id, key.clone());
        }
        self.people.insert(key, person);
    }

    fn add_role(&mut self, role: Role) {
        put(&mut self.role_copies, role.root, role.id);
        put(&mut self.roles_named, comparison_key(&role.name), role.id);
        self.roles.insert(role.id, role);
    }

    /// Business units.
    pub fn units(&self) -> &BTreeMap<UnitId, BusinessUnit> {
        &self.units
    }

    /// The business unit without parent.
    pub fn root_unit(&self) -> Option<&BusinessUnit> {
        self.units.values().find(|unit| unit.parent.is_none())
    }

    /// Users, stub users included.
    pub fn users(&self) -> &BTreeMap<UserId, User> {
        &self.users
    }

    /// Roles, every copy.
    pub fn roles(&self) -> &BTreeMap<RoleId, Role> {
        &self.roles
    }

    /// The copies of the role with this root copy, the root itself included; sorted.
    pub fn role_copies(&self, root: RoleId) -> &[RoleId] {
        of(&self.role_copies, &root)
    }

    /// All copies of all roles of this name, compared as all texts are; sorted.
    pub fn roles_named(&self, name: &str) -> &[RoleId] {
        of(&self.roles_named, &comparison_key(name))
    }

    /// The privileges of a role, by its root copy; sorted by name.
    pub fn role_privileges(&self, root: RoleId) -> &[RolePrivilege] {
        of(&self.role_privileges, &root)
    }

    /// The roles that a user holds himself; sorted.
    pub fn user_roles(&self, user: UserId) -> &[RoleId] {
        of(&self.user_roles, &user)
    }

    /// Teams.
    pub fn teams(&self) -> &BTreeMap<TeamId, Team> {
        &self.teams
    }

    /// The members of a team; sorted.
    pub fn team_members(&self, team: TeamId) -> &[UserId] {
        of(&self.team_members, &team)
    }

    /// The teams that a user is a member of; sorted.
    pub fn teams_of(&self, user: UserId) -> &[TeamId] {
        of(&self.teams_of, &user)
    }

    /// The roles that a team holds; sorted.
    pub fn team_roles(&self, team: TeamId) -> &[RoleId] {
        of(&self.team_roles, &team)
    }

    /// A table by its logical name, in whatever case.
    pub fn entity(&self, name: &str) -> Option<&Entity> {
        self.entities.get(&name.trim().to_lowercase())
    }

    /// Tables, by logical name.
    pub fn entities(&self) -> &BTreeMap<String, Entity> {
        &self.entities
    }

    /// What assigning does to children; sorted.
    pub fn cascades(&self) -> &[Cascade] {
        &self.cascades
    }

    /// The value of a setting; its name is written as the service writes it.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(String::as_str)
    }

    /// Settings, by name.
    pub fn settings(&self) -> &BTreeMap<String, String> {
        &self.settings
    }

    /// Products with their seats, by comparison key.
    pub fn licences(&self) -> &BTreeMap<String, Licence> {
        &self.licences
    }

    /// The licences that the environment itself knows of a user; sorted.
    pub fn user_licences(&self, user: UserId) -> &[UserLicence] {
        of(&self.user_licences, &user)
    }

    /// The people of the directory, by the comparison key of their UPN.
    pub fn people(&self) -> &BTreeMap<String, DirectoryPerson> {
        &self.people
    }

    /// The person of this UPN, compared as all texts are.
    pub fn person(&self, upn: &str) -> Option<&DirectoryPerson> {
        self.people.get(&comparison_key(upn))
    }

    /// The person of this object id.
    pub fn person_by_id(&self, id: Uuid) -> Option<&DirectoryPerson> {
        self.people.get(self.people_by_id.get(&id)?)
    }

    /// Who is in which group, by the group's comparison key; each list sorted.
    pub fn groups(&self) -> &BTreeMap<String, Vec<GroupMember>> {
        &self.groups
    }

    /// Whether this was loaded; what was not is unknown, which is not the same as empty.
    pub fn loaded(&self, what: Loadable) -> bool {
        self.loaded.contains(&what)
    }

    /// Whether this field of users was told; one that was not is unknown, which is not the same as
    /// blank.
    pub fn loaded_field(&self, field: ProfileField) -> bool {
        self.loaded_fields.contains(&field)
    }
}

fn put<K: Ord, V: Ord>(index: &mut BTreeMap<K, Vec<V>>, key: K, value: V) {
    put_sorted(index.entry(key).or_default(), value);
}

fn put_sorted<V: Ord>(list: &mut Vec<V>, value: V) {
    if let Err(position) = list.binary_search(&value) {
        list.insert(position, value);
    }
}

fn of<'a, K: Ord, V>(index: &'a BTreeMap<K, Vec<V>>, key: &K) -> &'a [V] {
    index.get(key).map_or(&[], Vec::as_slice)
}
