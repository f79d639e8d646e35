//! What is known of one person or team, as keys that can be looked up.
//!
//! In: a reference's text, a row of a users export, the domain map. Out: [`Identifiers`], by kind.
//! What the text looks like decides which kinds it can be; whom it finds is `ladder`'s.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::model::{Person, comparison_key, parse_guid, reference_key, salesforce_id};

/// What the text of a reference looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A GUID in any spelling.
    Guid(Uuid),
    /// `name@domain`: a UPN or a mail.
    Address,
    /// `DOMAIN\user`.
    Login,
    /// An id of the old system: digits, a Salesforce id, a Zoho id.
    ForeignId,
    /// Anything else: a full name, a team's name, an employee id.
    Name,
}

/// The shape of a text.
pub(super) fn shape(text: &str) -> Shape {
    let text = text.trim();
    if let Some(id) = parse_guid(text) {
        Shape::Guid(id)
    } else if is_address(text) {
        Shape::Address
    } else if split_login(text).is_some() {
        Shape::Login
    } else if is_foreign_id(text) {
        Shape::ForeignId
    } else {
        Shape::Name
    }
}

/// Whether a text can be a UPN or a mail: one `@` with something on both sides, and no blanks.
pub(super) fn is_address(text: &str) -> bool {
    split_address(text).is_some()
}

fn split_address(text: &str) -> Option<(&str, &str)> {
    let (local, domain) = text.trim().split_once('@')?;
    let fits = |part: &str| !part.is_empty() && !part.contains(['@', '\\', '/']);
    let solid = !text.trim().contains(char::is_whitespace);
    (solid && fits(local) && fits(domain)).then_some((local, domain))
}

fn split_login(text: &str) -> Option<(&str, &str)> {
    let (domain, user) = text.trim().split_once('\\')?;
    let fits = !domain.is_empty() && !domain.contains(char::is_whitespace);
    (fits && !user.is_empty() && !user.contains(['\\', '@'])).then_some((domain, user))
}

fn is_foreign_id(text: &str) -> bool {
    let digits = text.strip_prefix("zcrm_").unwrap_or(text);
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits || salesforce_id(text).is_some()
}

/// The UPN that an address or a `DOMAIN\user` has after the domain map; `None` where the map does
/// not name its domain.
pub(super) fn after_domain_map(text: &str, domains: &BTreeMap<String, String>) -> Option<String> {
    let (local, domain) = match split_address(text) {
        Some(parts) => parts,
        None => split_login(text).map(|(domain, user)| (user, domain))?,
    };
    let domain = domains.get(&comparison_key(domain))?;
    Some(format!("{local}@{domain}"))
}

/// The part of an address before the `@`, or of a `DOMAIN\user` after the `\`; else the text.
pub(super) fn local_part(text: &str) -> &str {
    match (split_address(text), split_login(text)) {
        (Some((local, _)), _) => local,
        (None, Some((_, user))) => user,
        (None, None) => text,
    }
}

/// The comparison key of a full name, `Last, First` turned round.
pub(super) fn name_key(text: &str) -> String {
    let key = comparison_key(text);
    match split_last_first(&key) {
        Some((first, last)) => format!("{first} {last}"),
        None => key,
    }
}

/// First and last name of a text that says `Last, First`.
pub(super) fn split_last_first(text: &str) -> Option<(&str, &str)> {
    let (last, first) = text.split_once(',')?;
    let (last, first) = (last.trim(), first.trim());
    (!last.is_empty() && !first.is_empty() && !first.contains(',')).then_some((first, last))
}

/// Everything that is known of one person or team. Texts are comparison keys, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Identifiers {
    /// `systemuserid`, Entra object id or team id.
    pub(super) ids: Vec<Uuid>,
    /// UPNs, after the domain map.
    pub(super) upns: Vec<String>,
    /// Primary mails, after the domain map and as written.
    pub(super) mails: Vec<String>,
    /// E-mails 2.
    pub(super) mails2: Vec<String>,
    /// Mobile alert mails.
    pub(super) mobile_alert_mails: Vec<String>,
    /// Employee ids, as [`reference_key`] gives them: some keep Salesforce ids there.
    pub(super) employee_ids: Vec<String>,
    /// What may be a team's name.
    pub(super) team_names: Vec<String>,
    /// Full names, as [`name_key`] gives them.
    pub(super) full_names: Vec<String>,
}

impl Identifiers {
    /// What the text of a reference says by itself.
    pub(super) fn of_text(text: &str, domains: &BTreeMap<String, String>) -> Self {
        let mut known = Self::default();
        let shape = shape(text);
        if let Shape::Guid(id) = shape {
            add(&mut known.ids, id);
            return known;
        }
        add_text(&mut known.team_names, text);
        match shape {
            Shape::Guid(_) => {}
            Shape::Address => {
                known.add_upn(text, domains);
                known.add_mail(text, domains);
            }
            Shape::Login => known.add_upn(text, domains),
            Shape::ForeignId => add_employee_id(&mut known.employee_ids, text),
            Shape::Name => {
                add_text(&mut known.upns, text);
                add_employee_id(&mut known.employee_ids, text);
                add(&mut known.full_names, name_key(text));
            }
        }
        known
    }

    /// What a row of a users export says. UPN or mail serves as both where only one is known.
    pub(super) fn of_person(person: &Person, domains: &BTreeMap<String, String>) -> Self {
        let mut known = Self::default();
        let id = person.id.as_deref().and_then(parse_guid);
        for id in [id, person.directory_id].into_iter().flatten() {
            add(&mut known.ids, id);
        }
        if let Some(upn) = &person.upn {
            known.add_upn(upn, domains);
        }
        if let Some(mail) = &person.mail {
            known.add_mail(mail, domains);
        }
        match (&person.upn, &person.mail) {
            (Some(upn), None) if is_address(upn) => known.add_mail(upn, domains),
            (None, Some(mail)) if is_address(mail) => known.add_upn(mail, domains),
            _ => {}
        }
        for (list, cell) in [
            (&mut known.mails2, &person.mail2),
            (&mut known.mobile_alert_mails, &person.mobile_alert_mail),
        ] {
            if let Some(text) = cell {
                add_text(list, text);
            }
        }
        if let Some(text) = &person.employee_id {
            add_employee_id(&mut known.employee_ids, text);
        }
        if let Some(name) = full_name(person) {
            add_text(&mut known.team_names, &name);
            add(&mut known.full_names, name_key(&name));
        }
        known
    }

    /// Adds all that `other` knows.
    pub(super) fn join(&mut self, other: &Self) {
        for id in &other.ids {
            add(&mut self.ids, *id);
        }
        for (mine, theirs) in [
            (&mut self.upns, &other.upns),
            (&mut self.mails, &other.mails),
            (&mut self.mails2, &other.mails2),
            (&mut self.mobile_alert_mails, &other.mobile_alert_mails),
            (&mut self.employee_ids, &other.employee_ids),
            (&mut self.team_names, &other.team_names),
            (&mut self.full_names, &other.full_names),
        ] {
            for text in theirs {
                add(mine, text.clone());
            }
        }
    }

    /// After the map only: the map says which domain the old one became.
    fn add_upn(&mut self, text: &str, domains: &BTreeMap<String, String>) {
        let mapped = after_domain_map(text, domains);
        if let Some(upn) = &mapped {
            add_text(&mut self.upns, upn);
        }
        if mapped.is_none() || split_login(text).is_some() {
            add_text(&mut self.upns, text);
        }
    }

    /// As written too: a user keeps the old address as e-mail 2 long after the domain was renamed.
    fn add_mail(&mut self, text: &str, domains: &BTreeMap<String, String>) {
        if let Some(mail) = after_domain_map(text, domains) {
            add_text(&mut self.mails, &mail);
        }
        add_text(&mut self.mails, text);
    }
}

/// The full name of a row: as written, else composed `First Last`, else the one part there is.
pub(super) fn full_name(person: &Person) -> Option<String> {
    let parts = [person.first_name.as_deref(), person.last_name.as_deref()];
    let composed = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let name = person.full_name.clone().unwrap_or(composed);
    (!name.trim().is_empty()).then_some(name)
}

fn add_text(list: &mut Vec<String>, text: &str) {
    let key = comparison_key(text);
    if !key.is_empty() {
        add(list, key);
    }
}

fn add_employee_id(list: &mut Vec<String>, text: &str) {
    let key = reference_key(text);
    if !key.is_empty() {
        add(list, key);
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if !list.contains(&value) {
        list.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        let guid = "274589c3-2dbf-465b-938a-4992a24fea5b";
        let id = parse_guid(guid).expect("a GUID");
        check_shape("GUID", guid, Shape::Guid(id));
        check_shape("address", "ana@contoso.com", Shape::Address);
        check_shape("guest", "ana_x.com#EXT#@contoso.com", Shape::Address);
        check_shape("name beside a mail", "Ana <ana@contoso.com>", Shape::Name);
        check_shape("two at signs", "ana@x@y", Shape::Name);
        check_shape("login", r"CONTOSO\ana", Shape::Login);
        check_shape("login without a user", r"CONTOSO\", Shape::Name);
        check_shape("digits", "10023", Shape::ForeignId);
        check_shape("Salesforce", "005bm00000NCJmQAAX", Shape::ForeignId);
        check_shape("Zoho", "zcrm_410888000000264002", Shape::ForeignId);
        check_shape("a name", "Costa, Ana", Shape::Name);
    }

    #[track_caller]
    fn check_shape(case: &str, text: &str, expected: Shape) {
        assert_eq!(shape(text), expected, "case: {case}");
    }

    #[test]
    fn names_are_turned_round() {
        check_name("as it is", "Ana  Costa", "ana costa");
        check_name("last first", "COSTA , Ana", "ana costa");
        check_name(
            "two commas say nothing",
            "Costa, Ana, Dr.",
            "costa, ana, dr.",
        );
        check_name("an open comma says nothing", "Costa,", "costa,");
        check_name("full-width comma", "Costa，Ana", "ana costa");
    }

    #[track_caller]
    fn check_name(case: &str, text: &str, expected: &str) {
        assert_eq!(name_key(text), expected, "case: {case}");
    }

    #[test]
    fn the_domain_map() {
        check_map("address", "Ana@CONTOSO.local", Some("Ana@contoso.com"));
        check_map("login", r"Contoso\ana", Some("ana@contoso.com"));
        check_map("another domain", "ana@fabrikam.com", None);
        check_map("a name", "contoso", None);
    }

    #[track_caller]
    fn check_map(case: &str, text: &str, expected: Option<&str>) {
        let domains = [("contoso.local", "contoso.com"), ("contoso", "contoso.com")];
        let domains = domains.map(|(old, new)| (old.to_owned(), new.to_owned()));
        let mapped = after_domain_map(text, &domains.into());
        assert_eq!(mapped.as_deref(), expected, "case: {case}");
    }
}
