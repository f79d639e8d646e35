//! The security group of the environment, and who is in it.
//!
//! In: `groups`, and the setting `security_group`. Out: the gate that everybody but application users
//! passes or not. The group is the one that the setting names, else the only one that was loaded.
//! A member of a group inside it is a nested member, whether `groups` says so in its column `via` or
//! lists the inner group as a member.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::check::people::{Membership, Needs};
use crate::environment::Facts;
use crate::model::{GroupMember, Loadable, comparison_key, parse_guid, setting};

/// Who is let in.
pub(super) enum Gate<'a> {
    /// Everybody.
    Open,
    /// Members: by the comparison key of UPN or object id, and the inner group through which alone.
    Group(BTreeMap<String, Option<&'a str>>),
    /// Which group it is, or who is in it, is not known.
    Unknown(Needs),
}

impl<'a> Gate<'a> {
    pub(super) fn of(facts: &'a Facts, on_premises: bool) -> Self {
        let groups = facts.groups();
        let named = facts.setting(setting::SECURITY_GROUP);
        if on_premises {
            return Self::Open;
        }
        if !facts.loaded(Loadable::Groups) {
            return Self::Unknown(&[Loadable::Groups]);
        }
        let named = named.filter(|name| !name.trim().is_empty());
        let group = match named.map(comparison_key) {
            Some(key) if groups.contains_key(&key) => key,
            Some(_) => return Self::Unknown(&[Loadable::Groups]),
            None => match (groups.len(), groups.keys().next()) {
                (1, Some(only)) => only.clone(),
                (0, _) => return Self::Open,
                _ => return Self::Unknown(&[Loadable::Settings]),
            },
        };
        Self::Group(members(groups, &group))
    }

    fn of_keys(&self, keys: &[String]) -> Membership<'a> {
        let members = match self {
            Self::Open => return Membership::NoGroup,
            Self::Unknown(needs) => return Membership::Unknown(needs),
            Self::Group(members) => members,
        };
        let found = keys.iter().filter_map(|key| members.get(key)).copied();
        let found: Vec<Option<&str>> = found.collect();
        match found.first() {
            None => Membership::Outside,
            Some(_) if found.contains(&None) => Membership::Direct,
            Some(via) => via.map_or(Membership::Direct, Membership::Nested),
        }
    }

    /// Somebody of this UPN and object id.
    pub(super) fn of_person(&self, upn: &str, id: Option<Uuid>) -> Membership<'a> {
        let upn = Some(comparison_key(upn)).filter(|key| !key.is_empty());
        let id = id.map(|id| id.to_string());
        let keys: Vec<String> = upn.into_iter().chain(id).collect();
        self.of_keys(&keys)
    }
}

/// Everybody in the group; who is in it directly and by way of another group is in it directly.
fn members<'a>(
    groups: &'a BTreeMap<String, Vec<GroupMember>>,
    group: &str,
) -> BTreeMap<String, Option<&'a str>> {
    let mut members: BTreeMap<String, Option<&'a str>> = BTreeMap::new();
    let mut visited = BTreeSet::from([group.to_owned()]);
    let mut inner: Vec<(String, &'a str)> = Vec::new();
    let of = |key: &str| groups.get(key).map_or(&[][..], Vec::as_slice);
    for member in of(group) {
        let via = member.via.as_deref().filter(|via| !via.trim().is_empty());
        add(&mut members, member, via);
        inner.push((member_key(&member.member), member.member.as_str()));
    }
    while let Some((key, by_way_of)) = inner.pop() {
        if !visited.insert(key.clone()) {
            continue;
        }
        for member in of(&key) {
            add(&mut members, member, Some(by_way_of));
            inner.push((member_key(&member.member), by_way_of));
        }
    }
    members
}

fn add<'a>(
    members: &mut BTreeMap<String, Option<&'a str>>,
    member: &GroupMember,
    via: Option<&'a str>,
) {
    let known = members.entry(member_key(&member.member)).or_insert(via);
    if via.is_none() {
        *known = None;
    }
}

/// Object ids are written in several ways, and are compared as what they are.
fn member_key(text: &str) -> String {
    parse_guid(text).map_or_else(|| comparison_key(text), |id| id.to_string())
}
