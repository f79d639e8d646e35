//! What is said of a role's name that means no role, or several.
//!
//! In: the text of a cell. Out: words for people: what it may have been, or which of several. Which role a
//! row means is chosen in `roles.rs`.

use std::collections::BTreeMap;

use crate::model::{RoleId, comparison_key, quoted, quoted_list, unticked};
use crate::plan::build::Wanted;
use crate::plan::build::roles::unit_of_role;

/// Roles of the directory: they rule the subscription, and are no security roles of an environment.
const DIRECTORY_ROLES: &[&str] = &[
    "global administrator",
    "company administrator",
    "general administrator",
    "crm service administrator",
    "password reset administrator",
    "global reader",
    "billing administrator",
    "user administrator",
    "user management administrator",
    "password administrator",
    "helpdesk administrator",
    "service support administrator",
    "service administrator",
    "license administrator",
    "security administrator",
    "exchange administrator",
    "sharepoint administrator",
    "teams administrator",
    "dynamics 365 administrator",
    "dynamics 365 service administrator",
    "power platform administrator",
];

pub(super) fn unknown(wanted: &Wanted<'_>, text: &str) -> String {
    if text.is_empty() {
        return "the row names no role".to_owned();
    }
    if DIRECTORY_ROLES.contains(&comparison_key(text).as_str()) {
        return format!(
            "{text} is a role of the directory, which rules the subscription; expected a security \
             role of the environment",
            text = quoted(&text)
        );
    }
    let near = near_names(wanted, text);
    let hint = match near.as_slice() {
        [] => String::new(),
        names => format!("; near: {}", quoted_list(names)),
    };
    format!(
        "the environment has no role {text}{hint}",
        text = quoted(&text)
    )
}

/// Up to three role names that resemble a text, the nearest first.
fn near_names(wanted: &Wanted<'_>, text: &str) -> Vec<String> {
    const LIKENESS_MIN: f64 = 0.8;
    let key = comparison_key(text);
    let mut names: BTreeMap<&str, f64> = BTreeMap::new();
    for role in wanted.facts.roles().values() {
        let likeness = strsim::jaro_winkler(&key, &comparison_key(&role.name));
        if likeness >= LIKENESS_MIN {
            names.insert(&role.name, likeness);
        }
    }
    let mut names: Vec<(&str, f64)> = names.into_iter().collect();
    names.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(right.0)));
    names
        .into_iter()
        .take(3)
        .map(|(name, _)| name.to_owned())
        .collect()
}

pub(super) fn several(wanted: &Wanted<'_>, text: &str, roots: &[RoleId]) -> String {
    let units: Vec<String> = roots
        .iter()
        .filter_map(|root| {
            let unit = wanted.facts.units().get(&unit_of_role(wanted, *root)?)?;
            Some(format!("{} ({root})", unticked(&unit.name)))
        })
        .collect();
    format!(
        "{} roles are called {text}: made in {}",
        roots.len(),
        units.join(", "),
        text = quoted(&text)
    )
}
