//! The people behind users: what directory, licences and groups say of each user of the environment.
//!
//! In: facts. Out: one [`PersonView`] per user, worked out once, and the other way round the people of
//! the directory who have no user. It speaks of today: what the plan makes of it is for who asks.
//! What was not loaded is unknown, with what is missing for an answer; it is never taken for a no.

mod holding;
mod licences;
mod membership;

use std::collections::{BTreeMap, BTreeSet};

use crate::check::people::licences::Products;
use crate::check::people::membership::Gate;
use crate::environment::Facts;
use crate::model::{AccessMode, DirectoryPerson, Loadable, User, UserId, comparison_key};

pub(in crate::check) use holding::{Holding, Roles};
pub(in crate::check) use licences::is_honoured;

/// What has to be loaded for an answer.
pub(in crate::check) type Needs = &'static [Loadable];

/// What a user is, access mode apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::check) enum Kind {
    /// Somebody who may sign in, or a program with the account of a person (mode non-interactive).
    Human,
    /// A placeholder: never signs in, is never enabled, never synchronised (S80).
    Stub,
    /// An application user (S76).
    Application,
    /// SYSTEM, INTEGRATION, and whoever has no UPN.
    BuiltIn,
    /// Microsoft's support user, and partners' delegated administrator.
    Support,
}

impl Kind {
    fn of(user: &User) -> Self {
        let name = comparison_key(user.full_name.as_deref().unwrap_or_default());
        let by_mode = matches!(
            user.access_mode,
            AccessMode::Support | AccessMode::DelegatedAdministrator
        );
        if user.stub {
            Self::Stub
        } else if user.application_id.is_some() {
            Self::Application
        } else if by_mode {
            Self::Support
        } else if user.upn.trim().is_empty() || name == "system" || name == "integration" {
            Self::BuiltIn
        } else {
            Self::Human
        }
    }
}

/// Who of the directory a user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::check) enum InDirectory<'a> {
    /// This person: the object id is the same, or where one of them has none the UPN.
    Person(&'a DirectoryPerson),
    /// The directory was loaded, and nobody of it is this user.
    Absent,
    /// The directory was not loaded.
    Unknown,
}

impl<'a> InDirectory<'a> {
    /// The person, where there is one.
    pub(in crate::check) fn person(self) -> Option<&'a DirectoryPerson> {
        match self {
            Self::Person(person) => Some(person),
            Self::Absent | Self::Unknown => None,
        }
    }
}

/// Whether somebody has a licence that lets them work in the environment.
///
/// Asked in this order, and the first that knows decides: the licences of the person in the directory,
/// `user_licences`, the column `licensed` of `users`; who is not in the directory has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::check) enum Licensed {
    /// One that makes its holder a user of the environment before the first sign-in.
    Yes,
    /// Only such as are not honoured before the first sign-in (platform facts, 1.4 and 7.3).
    OnDemand,
    /// None.
    No,
    /// On-premises, where the directory knows no licences.
    NotAsked,
    /// Nobody can tell without these.
    Unknown(Needs),
}

/// Whether somebody is in the security group of the environment (platform facts, 7.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) enum Membership<'a> {
    /// The environment has no group: everybody with a licence may be a user.
    NoGroup,
    /// Of the group itself.
    Direct,
    /// Only of a group inside it, which this is: not made a user before the first sign-in.
    Nested(&'a str),
    /// Not in it.
    Outside,
    /// Nobody can tell without these.
    Unknown(Needs),
}

impl Membership<'_> {
    /// Whether the group keeps nobody out here: there is none, or it is the person's own.
    pub(in crate::check) fn passes(&self) -> bool {
        matches!(self, Self::NoGroup | Self::Direct)
    }
}

/// Why a user is disabled, the first of these that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::check) enum DisabledBy {
    /// Deleted in the directory (S61).
    Deleted,
    /// The directory does not hold the person.
    NotInDirectory,
    /// The directory does not let the person sign in (platform facts, 7.3).
    SignInBlocked,
    /// No licence, where the access mode needs one (S57).
    NoLicence,
    /// Not, or not directly, in the security group (S57 S59).
    NotInGroup,
    /// Entitled, so in the environment itself (S62); or entitled again and not signed in since, which
    /// is what enables such a user (platform facts, 7.3).
    ByHand,
    /// Nobody can tell without these.
    Unknown(Needs),
}

impl DisabledBy {
    /// The reason in words.
    pub(in crate::check) fn words(self) -> &'static str {
        match self {
            Self::Deleted => "deleted in the directory",
            Self::NotInDirectory => "not in the directory",
            Self::SignInBlocked => "sign-in is blocked in the directory",
            Self::NoLicence => "no licence",
            Self::NotInGroup => "not directly in the security group of the environment",
            Self::ByHand => "by hand, or not signed in since entitled again",
            Self::Unknown(_) => "the reason is not known",
        }
    }
}

/// A user of the environment as a person, today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) struct PersonView<'a> {
    /// The user.
    pub(in crate::check) user: &'a User,
    /// What the user is. Licences, groups and the directory matter for humans only.
    pub(in crate::check) kind: Kind,
    /// Who of the directory this is.
    pub(in crate::check) directory: InDirectory<'a>,
    /// Whether the directory lets the person sign in; `None` where it does not say.
    pub(in crate::check) sign_in: Option<bool>,
    /// Whether directory or environment say that the person was deleted in the directory.
    pub(in crate::check) deleted: bool,
    /// Whether there is a licence.
    pub(in crate::check) licensed: Licensed,
    /// Whether the person is in the security group.
    pub(in crate::check) membership: Membership<'a>,
    /// Why the user is disabled; `None` where the user is not, or is no human.
    pub(in crate::check) disabled_by: Option<DisabledBy>,
    /// Whether the directory fills the profile: `issyncwithdirectory`, else what follows from being a
    /// stub, an application or one of the service's own; `None` where nothing says so.
    pub(in crate::check) synchronised: Option<bool>,
}

impl PersonView<'_> {
    /// Whether the access mode needs a licence to work with: programs and administrators need none (S67 S70).
    pub(in crate::check) fn mode_needs_licence(mode: AccessMode) -> bool {
        matches!(mode, AccessMode::ReadWrite | AccessMode::Read)
    }

    /// The directory roles that make somebody System Administrator of every environment, as written
    /// (S48 S50); `None` where the directory's roles are not known.
    pub(in crate::check) fn administrator_roles(&self) -> Option<Vec<&str>> {
        let roles = self.directory.person()?.roles.as_ref()?;
        let all = roles.iter().map(String::as_str);
        Some(all.filter(|role| is_administrator_role(role)).collect())
    }
}

/// Somebody of the directory, not deleted, who is no user of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) struct Outsider<'a> {
    /// Who.
    pub(in crate::check) person: &'a DirectoryPerson,
    /// Whether there is a licence.
    pub(in crate::check) licensed: Licensed,
    /// Whether the person is in the security group.
    pub(in crate::check) membership: Membership<'a>,
}

impl Outsider<'_> {
    /// Whether this is somebody who ought to be a user and only has not been synchronised yet (S04). Who
    /// administers the directory is let in without a licence (S84).
    pub(in crate::check) fn is_due(&self) -> bool {
        let roles = self.person.roles.iter().flatten();
        let administers = roles.map(String::as_str).any(is_administrator_role);
        (self.licensed == Licensed::Yes || administers)
            && self.membership.passes()
            && self.person.enabled != Some(false)
    }
}

/// Everybody.
#[derive(Clone, Debug)]
pub(in crate::check) struct People<'a> {
    roles: Roles<'a>,
    users: BTreeMap<UserId, PersonView<'a>>,
    outsiders: Vec<Outsider<'a>>,
}

impl<'a> People<'a> {
    /// Looks at everybody once. On-premises neither licences nor groups of the directory decide anything.
    pub(in crate::check) fn of(facts: &'a Facts, on_premises: bool) -> Self {
        let products = Products::of(facts, on_premises);
        let gate = Gate::of(facts, on_premises);
        let mut known = BTreeSet::new();
        let users = facts.users().values().map(|user| {
            let view = view(facts, user, &products, &gate);
            if let Some(person) = view.directory.person().filter(|_| view.kind != Kind::Stub) {
                known.insert(comparison_key(&person.upn));
            }
            (user.id, view)
        });
        let users = users.collect();
        let others = facts.people().iter();
        let others = others.filter(|(key, person)| !person.deleted && !known.contains(*key));
        let outsiders = others.map(|(_, person)| Outsider {
            person,
            licensed: products.of_person(person),
            membership: gate.of_person(&person.upn, person.id),
        });
        let outsiders = outsiders.collect();
        Self {
            roles: Roles::of(facts),
            users,
            outsiders,
        }
    }

    /// Every user, by id.
    pub(in crate::check) fn users(&self) -> &BTreeMap<UserId, PersonView<'a>> {
        &self.users
    }

    /// People of the directory who are no users, by UPN.
    pub(in crate::check) fn outsiders(&self) -> &[Outsider<'a>] {
        &self.outsiders
    }

    /// What roles are worth to those who hold them.
    pub(in crate::check) fn roles(&self) -> &Roles<'a> {
        &self.roles
    }
}

fn view<'a>(
    facts: &'a Facts,
    user: &'a User,
    products: &Products<'a>,
    gate: &Gate<'a>,
) -> PersonView<'a> {
    let directory = in_directory(facts, user);
    let person = directory.person();
    let kind = Kind::of(user);
    let deleted = user.details.deleted || person.is_some_and(|person| person.deleted);
    let mut view = PersonView {
        user,
        kind,
        directory,
        sign_in: person.and_then(|person| person.enabled),
        deleted,
        licensed: products.of_user(user, directory),
        membership: match person {
            Some(person) => gate.of_person(&person.upn, person.id.or(user.directory_id)),
            None => gate.of_person(&user.upn, user.directory_id),
        },
        disabled_by: None,
        synchronised: (user.details.synchronised).or((kind != Kind::Human).then_some(false)),
    };
    if user.disabled && kind == Kind::Human {
        view.disabled_by = Some(disabled_by(&view));
    }
    view
}

/// By object id; by UPN only where one side has no id, as UPNs are given to others again.
fn in_directory<'a>(facts: &'a Facts, user: &User) -> InDirectory<'a> {
    if !facts.loaded(Loadable::Directory) {
        return InDirectory::Unknown;
    }
    let by_id = user.directory_id.and_then(|id| facts.person_by_id(id));
    let by_upn = facts.person(&user.upn).filter(|person| {
        let differ = person.id.is_some() && user.directory_id.is_some();
        !differ && !user.upn.trim().is_empty()
    });
    by_id
        .or(by_upn)
        .map_or(InDirectory::Absent, InDirectory::Person)
}

fn disabled_by(view: &PersonView<'_>) -> DisabledBy {
    let needs_licence = PersonView::mode_needs_licence(view.user.access_mode);
    if view.deleted {
        return DisabledBy::Deleted;
    }
    if view.directory == InDirectory::Absent {
        return DisabledBy::NotInDirectory;
    }
    if view.sign_in == Some(false) {
        return DisabledBy::SignInBlocked;
    }
    match (view.licensed, &view.membership) {
        (Licensed::No, _) if needs_licence => DisabledBy::NoLicence,
        (_, Membership::Outside | Membership::Nested(_)) => DisabledBy::NotInGroup,
        (Licensed::Unknown(needs), _) if needs_licence => DisabledBy::Unknown(needs),
        (_, Membership::Unknown(needs)) => DisabledBy::Unknown(needs),
        _ if view.directory == InDirectory::Unknown => DisabledBy::Unknown(&[Loadable::Directory]),
        _ => DisabledBy::ByHand,
    }
}

/// What the directory calls the administrators who are System Administrators of every environment
/// (S48; the names have changed with the years), as comparison keys.
const ADMINISTRATOR_ROLES: [&str; 8] = [
    "global administrator",
    "general administrator",
    "company administrator",
    "dynamics 365 administrator",
    "dynamics 365 service administrator",
    "crm service administrator",
    "power platform administrator",
    "service administrator",
];

/// The names of the role that rules the whole subscription (S50 S89), as comparison keys.
pub(in crate::check) const GLOBAL_ADMINISTRATOR: [&str; 3] = [
    "global administrator",
    "company administrator",
    "general administrator",
];

fn is_administrator_role(role: &str) -> bool {
    ADMINISTRATOR_ROLES.contains(&comparison_key(role).as_str())
}
