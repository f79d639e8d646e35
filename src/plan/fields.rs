//! The fields of an environment that planning used: what makes a plan stale where they moved.
//!
//! In: facts, in any order. Out: sorted rows of kind, id, label, field and value; their hash; and the
//! differences between two such sets in words that a consultant can check in the environment.
//! Left out is what no change rests on: licences and directory, cascades, what was loaded, and records,
//! which are compared one by one when they are written.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::environment::Facts;
use crate::model::{
    BusinessUnit, Cascade, Entity, Fact, Role, RoleId, RolePrivilege, Team, TeamId, User, UserId,
};

/// What a field says for yes; links between two subjects say it too.
const YES: &str = "yes";
const NO: &str = "no";

/// The field that every subject has, so that one with nothing else to say is seen to come and go.
const EXISTS: &str = "exists";

/// What fields belong to. The order is that of the words, so that rows are sorted as texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    BusinessUnit,
    Entity,
    Role,
    Setting,
    Team,
    User,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::BusinessUnit,
        Self::Entity,
        Self::Role,
        Self::Setting,
        Self::Team,
        Self::User,
    ];

    /// As the file has it.
    fn word(self) -> &'static str {
        match self {
            Self::BusinessUnit => "business_unit",
            Self::Entity => "entity",
            Self::Role => "role",
            Self::Setting => "setting",
            Self::Team => "team",
            Self::User => "user",
        }
    }

    /// As people read it.
    fn shown(self) -> &'static str {
        match self {
            Self::BusinessUnit => "business unit",
            Self::Entity => "table",
            other => other.word(),
        }
    }
}

/// One row: a field of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldRow<'a> {
    /// `business_unit`, `entity`, `role`, `setting`, `team` or `user`.
    pub kind: &'a str,
    /// The GUID, or the name of what has none.
    pub id: &'a str,
    /// What people call it.
    pub label: &'a str,
    /// The field. Links are `role <id>`, `member <id>`, `privilege <name>` and `cascade <table>`.
    pub field: &'a str,
    /// Its value; ids where it names another subject.
    pub value: &'a str,
}

/// The rows of one subject.
#[derive(Clone, Copy, Debug)]
pub struct SubjectRows<'a> {
    kind: Kind,
    id: &'a str,
    subject: &'a Subject,
}

impl<'a> SubjectRows<'a> {
    /// How many.
    pub fn len(&self) -> usize {
        self.subject.fields.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.subject.fields.is_empty()
    }

    /// All, sorted by field.
    pub fn rows(self) -> impl Iterator<Item = FieldRow<'a>> {
        let fields = self.subject.fields.iter();
        fields.map(move |(field, value)| FieldRow {
            kind: self.kind.word(),
            id: self.id,
            label: &self.subject.label,
            field,
            value,
        })
    }
}

/// A field that differs between two looks at an environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moved {
    /// Whose: `user Ana Costa`.
    pub what: String,
    /// Which: `disabled`.
    pub field: String,
    /// Its value at the first look; `None` where it had none.
    pub before: Option<String>,
    /// Its value at the second.
    pub after: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Subject {
    label: Box<str>,
    fields: BTreeMap<Cow<'static, str>, Box<str>>,
}

/// The fields of an environment's principals, roles, units, tables and settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    subjects: BTreeMap<(Kind, Box<str>), Subject>,
}

impl Fields {
    /// The fields of all facts of an environment.
    pub fn of(facts: &Facts) -> Self {
        let mut fields = Self::default();
        for unit in facts.units().values() {
            fields.unit(unit);
        }
        for entity in facts.entities().values() {
            fields.entity(entity);
        }
        for cascade in facts.cascades() {
            fields.cascade(cascade);
        }
        for role in facts.roles().values() {
            fields.role(role);
            for held in facts.role_privileges(role.id) {
                fields.privilege(held);
            }
        }
        for user in facts.users().values() {
            fields.user(user);
            for role in facts.user_roles(user.id) {
                fields.user_role(user.id, *role);
            }
        }
        for team in facts.teams().values() {
            fields.team(team);
            for user in facts.team_members(team.id) {
                fields.team_member(team.id, *user);
            }
            for role in facts.team_roles(team.id) {
                fields.team_role(team.id, *role);
            }
        }
        for (name, value) in facts.settings() {
            fields.setting(name, value);
        }
        fields
    }

    /// Adds a fact; the order in which facts come does not matter.
    pub fn add(&mut self, fact: Fact) {
        match fact {
            Fact::Unit(unit) => self.unit(&unit),
            Fact::User(user) => self.user(&user),
            Fact::Role(role) => self.role(&role),
            Fact::RolePrivilege(privilege) => self.privilege(&privilege),
            Fact::UserRole { user, role } => self.user_role(user, role),
            Fact::Team(team) => self.team(&team),
            Fact::TeamMember { team, user } => self.team_member(team, user),
            Fact::TeamRole { team, role } => self.team_role(team, role),
            Fact::Entity(entity) => self.entity(&entity),
            Fact::Setting { name, value } => self.setting(&name, &value),
            Fact::Cascade(cascade) => self.cascade(&cascade),
            Fact::Loaded(_)
            | Fact::LoadedField(_)
            | Fact::Licence(_)
            | Fact::UserLicence(_)
            | Fact::Person(_)
            | Fact::GroupMember(_) => {}
        }
    }

    /// Adds a row as [`Fields::rows`] gave it; false where its kind is unknown.
    #[must_use]
    pub fn add_row(&mut self, row: &FieldRow<'_>) -> bool {
        let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.word() == row.kind) else {
            return false;
        };
        let subject = self.subject(kind, row.id, row.label);
        subject
            .fields
            .insert(Cow::Owned(row.field.to_owned()), row.value.into());
        true
    }

    /// All rows, sorted by kind, id and field.
    pub fn rows(&self) -> impl Iterator<Item = FieldRow<'_>> {
        self.subjects().flat_map(SubjectRows::rows)
    }

    /// The same, those of each subject together.
    pub fn subjects(&self) -> impl Iterator<Item = SubjectRows<'_>> {
        let subjects = self.subjects.iter();
        subjects.map(|((kind, id), subject)| SubjectRows {
            kind: *kind,
            id,
            subject,
        })
    }

    /// BLAKE3 over all rows, in hexadecimal.
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for row in self.rows() {
            for text in [row.kind, row.id, row.label, row.field, row.value] {
                hasher.update(&(text.len() as u64).to_le_bytes());
                hasher.update(text.as_bytes());
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    /// What differs in `now`, sorted by kind, id and field. A subject that came or went is one row.
    ///
    /// Tables are compared where `now` holds any: a look at the principals alone says nothing of them.
    pub fn moved_to(&self, now: &Self) -> Vec<Moved> {
        let mut keys: Vec<_> = self.subjects.keys().chain(now.subjects.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        let tables_seen = now.subjects.keys().any(|(kind, _)| *kind == Kind::Entity);
        let differ = Difference { before: self, now };
        let mut moved = Vec::new();
        for key in keys {
            if key.0 != Kind::Entity || tables_seen {
                differ.subject(key, &mut moved);
            }
        }
        moved
    }

    fn subject(&mut self, kind: Kind, id: impl Into<Box<str>>, label: &str) -> &mut Subject {
        let id = id.into();
        let subject = self.subjects.entry((kind, id)).or_default();
        if !label.is_empty() && *subject.label != *label {
            subject.label = label.into();
        }
        subject
    }

    fn unit(&mut self, unit: &BusinessUnit) {
        let subject = self.subject(Kind::BusinessUnit, unit.id.to_string(), &unit.name);
        subject.exists();
        subject.set("name", unit.name.as_str());
        subject.set_some("parent", unit.parent);
    }

    fn user(&mut self, user: &User) {
        let subject = self.subject(Kind::User, user.id.to_string(), &user.label());
        subject.exists();
        subject.set("upn", user.upn.as_str());
        subject.set_some("mail", user.mail.as_ref());
        subject.set_some("mail2", user.mail2.as_ref());
        subject.set_some("mobile_alert_mail", user.mobile_alert_mail.as_ref());
        subject.set_some("first_name", user.first_name.as_ref());
        subject.set_some("last_name", user.last_name.as_ref());
        subject.set_some("full_name", user.full_name.as_ref());
        subject.set_some("employee_id", user.employee_id.as_ref());
        subject.set("business_unit", user.business_unit.to_string());
        subject.set("access_mode", user.access_mode.word());
        subject.set("disabled", yes_or_no(user.disabled));
        subject.set_some("application_id", user.application_id);
        subject.set_some("directory_id", user.directory_id);
        subject.set("stub", yes_or_no(user.stub));
        for (field, value) in &user.details.profile {
            subject.set(field.key(), value.as_str());
        }
    }

    fn role(&mut self, role: &Role) {
        let subject = self.subject(Kind::Role, role.id.to_string(), &role.name);
        subject.exists();
        subject.set("name", role.name.as_str());
        subject.set("business_unit", role.business_unit.to_string());
        subject.set("root", role.root.to_string());
        subject.set_some("template", role.template);
        subject.set("inheritance", role.inheritance.word());
    }

    fn privilege(&mut self, privilege: &RolePrivilege) {
        self.subject(Kind::Role, privilege.role.to_string(), "")
            .set(
                format!("privilege {}", privilege.privilege),
                privilege.depth.word(),
            );
    }

    fn user_role(&mut self, user: UserId, role: RoleId) {
        self.subject(Kind::User, user.to_string(), "")
            .set(format!("role {role}"), YES);
    }

    fn team_role(&mut self, team: TeamId, role: RoleId) {
        self.subject(Kind::Team, team.to_string(), "")
            .set(format!("role {role}"), YES);
    }

    fn team_member(&mut self, team: TeamId, user: UserId) {
        self.subject(Kind::Team, team.to_string(), "")
            .set(format!("member {user}"), YES);
    }

    fn team(&mut self, team: &Team) {
        let subject = self.subject(Kind::Team, team.id.to_string(), &team.name);
        subject.exists();
        subject.set("name", team.name.as_str());
        subject.set("business_unit", team.business_unit.to_string());
        subject.set("type", team.kind.word());
    }

    fn setting(&mut self, name: &str, value: &str) {
        self.subject(Kind::Setting, name, name).set("value", value);
    }

    fn entity(&mut self, entity: &Entity) {
        let subject = self.subject(Kind::Entity, entity.name.as_str(), &entity.name);
        subject.exists();
        subject.set_some("ownership", entity.ownership);
    }

    /// The order in which tables are written rests on it.
    fn cascade(&mut self, cascade: &Cascade) {
        let parent = cascade.parent.as_str();
        let subject = self.subject(Kind::Entity, parent, parent);
        subject.set(format!("cascade {}", cascade.child), cascade.assign.word());
    }
}

impl Subject {
    fn exists(&mut self) {
        self.set(EXISTS, YES);
    }

    fn set(&mut self, field: impl Into<Cow<'static, str>>, value: impl Into<Box<str>>) {
        self.fields.insert(field.into(), value.into());
    }

    fn set_some(&mut self, field: &'static str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.set(field, value.to_string());
        }
    }
}

fn yes_or_no(value: bool) -> &'static str {
    if value { YES } else { NO }
}

fn what(kind: Kind, label: &str) -> String {
    format!("{} {label}", kind.shown())
}

fn existence(kind: Kind, subject: &Subject, before: &str, after: &str) -> Moved {
    Moved {
        what: what(kind, &subject.label),
        field: EXISTS.to_owned(),
        before: Some(before.to_owned()),
        after: Some(after.to_owned()),
    }
}

/// Two looks at one environment.
struct Difference<'a> {
    before: &'a Fields,
    now: &'a Fields,
}

impl Difference<'_> {
    fn subject(&self, key: &(Kind, Box<str>), moved: &mut Vec<Moved>) {
        let (before, after) = (self.before.subjects.get(key), self.now.subjects.get(key));
        match (before, after) {
            (Some(before), Some(after)) => self.fields(key.0, before, after, moved),
            (Some(before), None) if before.fields.contains_key(EXISTS) => {
                moved.push(existence(key.0, before, YES, NO));
            }
            (None, Some(after)) if after.fields.contains_key(EXISTS) => {
                moved.push(existence(key.0, after, NO, YES));
            }
            (Some(before), None) => self.fields(key.0, before, &Subject::default(), moved),
            (None, Some(after)) => self.fields(key.0, &Subject::default(), after, moved),
            (None, None) => {}
        }
    }

    fn fields(&self, kind: Kind, before: &Subject, after: &Subject, moved: &mut Vec<Moved>) {
        if before.fields == after.fields {
            return;
        }
        let mut names: Vec<_> = before.fields.keys().chain(after.fields.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let label = match &*before.label {
            "" => &after.label,
            label => label,
        };
        for name in names {
            let (old, new) = (before.fields.get(name), after.fields.get(name));
            if old != new {
                moved.push(Moved {
                    what: what(kind, label),
                    field: self.field_words(name),
                    before: old.map(|value| self.value_words(kind, name, value)),
                    after: new.map(|value| self.value_words(kind, name, value)),
                });
            }
        }
    }

    /// `role 2745...` as `role Salesperson`, `business_unit` as `business unit`.
    fn field_words(&self, field: &str) -> String {
        match field.split_once(' ') {
            Some(("role", id)) => format!("role {}", self.label(Kind::Role, id)),
            Some(("member", id)) => format!("member {}", self.label(Kind::User, id)),
            Some(_) => field.to_owned(),
            None if field == "upn" => "UPN".to_owned(),
            None => field.replace('_', " "),
        }
    }

    /// Where a value is another subject's id, that one's label.
    fn value_words(&self, kind: Kind, field: &str, value: &str) -> String {
        match (kind, field) {
            (_, "business_unit") | (Kind::BusinessUnit, "parent") => {
                self.label(Kind::BusinessUnit, value)
            }
            _ => value.to_owned(),
        }
    }

    fn label(&self, kind: Kind, id: &str) -> String {
        let key = (kind, Box::from(id));
        let subject = self.now.subjects.get(&key);
        subject
            .or_else(|| self.before.subjects.get(&key))
            .filter(|subject| !subject.label.is_empty())
            .map_or_else(|| id.to_owned(), |subject| subject.label.to_string())
    }
}

#[cfg(test)]
mod tests;
