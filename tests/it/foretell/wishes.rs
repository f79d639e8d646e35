//! The rows that ask for a change of an existing user: a users file that wishes, and a roles file for the
//! roles that go along.
//!
//! In: what a case wants of a user. Out: exports and the manifest that names them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use uuid::Uuid;

use crate::foretell::{Project, accept};
use crate::service_cases::RoleName;

impl Project<'_> {
    /// A users file with one row that wishes for all this. The full name follows the names by itself.
    pub(super) fn wishes(
        &self,
        user: &str,
        unit: Option<String>,
        access_mode: Option<String>,
        profile: &BTreeMap<String, String>,
    ) {
        let mut wishes: Vec<(&str, String)> = Vec::new();
        wishes.extend(unit.map(|unit| ("business_unit", unit)));
        wishes.extend(access_mode.map(|mode| ("access_mode", mode)));
        let fields = profile.iter().filter(|(field, _)| *field != "full_name");
        wishes.extend(fields.map(|(field, value)| (field.as_str(), value.clone())));
        let (columns, cells): (Vec<&str>, Vec<String>) = wishes.into_iter().unzip();
        let id = if Uuid::try_parse(user).is_ok() {
            "systemuserid"
        } else {
            "upn"
        };
        let header = format!("{id},{}", columns.join(","));
        let line = format!("{user},{}", cells.join(","));
        self.file("exports/users.csv", &[&header, &line]);
        // On-premises, where the directory does not keep the profile.
        let environment = "[environment]\nfrom = \"environment/\"\non_premises = true";
        let change = format!("change = [\"{}\"]", columns.join("\", \""));
        let users = format!("[[users]]\nfile = \"exports/users.csv\"\n{change}\n");
        self.file("cutover.toml", &[environment, &accept(), &users]);
    }

    /// Rows of a roles file for the roles that the user has not, in whatever unit.
    pub(super) fn gifts(&self, user: &str, roles: &[RoleName]) {
        let table = |file: &str| {
            let path = self.folder.join("environment").join(file);
            let text = fs::read_to_string(path).unwrap_or_default();
            let lines = text
                .lines()
                .skip(1)
                .map(|line| line.split(',').map(str::to_owned).collect::<Vec<String>>());
            lines.collect::<Vec<_>>()
        };
        let (users, held) = (table("users.csv"), table("user_roles.csv"));
        let names = table("roles.csv");
        let of_user =
            |key: &str| key == user || users.iter().any(|row| row[0] == key && row[1] == user);
        let name = |key: &str| {
            let row = names.iter().find(|row| row[0] == key);
            row.map_or(key, |row| row[1].as_str()).to_owned()
        };
        let held: BTreeSet<String> = held
            .iter()
            .filter(|row| of_user(&row[0]))
            .map(|row| name(&row[1]))
            .collect();
        let mut lines = vec!["user,role".to_owned()];
        for role in roles {
            let id = role.id.map(|id| id.to_string());
            let text = role.name.clone().or(id).expect("a role");
            if !held.contains(&name(&text)) {
                lines.push(format!("{user},{text}"));
            }
        }
        if lines.len() > 1 {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            self.file("exports/roles.csv", &lines);
            let path = self.folder.join("cutover.toml");
            let manifest = fs::read_to_string(&path).expect("the manifest");
            let roles = "[[roles]]\nfile = \"exports/roles.csv\"\n";
            fs::write(path, manifest + roles).expect("written");
        }
    }
}
