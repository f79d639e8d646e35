//! The manifest's values that matter to the outcome of a plan, for the seal.
//!
//! In: a checked manifest. Out: dotted keys and values. Where a file lies is not among them: the
//! same plan is made in any folder.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::project::{ExportFile, Manifest};

impl Manifest {
    /// Everything that, changed, could lead to another plan, apart from the contents of files.
    pub fn settings(&self) -> BTreeMap<String, String> {
        let mut settings = BTreeMap::new();
        let mut put = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                settings.insert(key.to_owned(), value);
            }
        };
        let stubs = &self.environment.stubs;
        put("environment.kind", Some(word(&stubs.kind)));
        put("environment.stubs", Some(word(&stubs.way)));
        put("environment.default_role", stubs.default_role.clone());
        put("environment.as_of", self.environment.as_of.clone());
        let said = &self.environment;
        let most = said.non_interactive_max;
        put(
            "environment.non_interactive_max",
            most.map(|most| most.to_string()),
        );
        // What is said as it would be anyway is nothing said: the same plan comes of it.
        let yes = |said: bool| said.then(|| true.to_string());
        put("environment.mail_synchronised", yes(said.mail_synchronised));
        put("environment.on_premises", yes(said.on_premises));
        put(
            "environment.bypass_custom_logic",
            yes(said.bypass_custom_logic),
        );
        let daily = said.daily_requests;
        put(
            "environment.daily_requests",
            daily.map(|daily| daily.to_string()),
        );
        put("owners.missing", Some(word(&self.owners.missing)));
        put("owners.ambiguous", Some(word(&self.owners.ambiguous)));
        put("owners.by_name", Some(word(&self.owners.by_name)));
        put("owners.blank", Some(word(&self.owners.blank)));
        put("owners.fallback", self.owners.fallback.clone());
        put("owners.rulings", self.rulings.clone());
        for (old, new) in &self.owners.domains {
            put(&format!("owners.domains.{old}"), Some(new.clone()));
        }
        for (index, users) in self.users.iter().enumerate() {
            let name = format!("users.{index}");
            put_export(&mut put, &name, &users.export);
            let change: Vec<&str> = users.change.iter().map(|field| field.key()).collect();
            let some = (!change.is_empty()).then(|| change.join(", "));
            put(&format!("{name}.change"), some);
        }
        for (index, records) in self.records.iter().enumerate() {
            let name = format!("records.{index}");
            put_export(&mut put, &name, &records.export);
            put(&format!("{name}.table"), Some(records.table.clone()));
            put(&format!("{name}.id"), records.id.clone());
            put(&format!("{name}.owner"), records.owner.clone());
            put(&format!("{name}.status"), records.status.clone());
            let key = records.key.as_ref();
            put(
                &format!("{name}.key.column"),
                key.map(|(column, _)| column.clone()),
            );
            put(
                &format!("{name}.key.field"),
                key.map(|(_, field)| field.clone()),
            );
        }
        for (index, export) in self.roles.iter().enumerate() {
            put_export(&mut put, &format!("roles.{index}"), export);
        }
        settings
    }
}

fn put_export(put: &mut impl FnMut(&str, Option<String>), name: &str, export: &ExportFile) {
    put(&format!("{name}.file"), Some(export.file.clone()));
    put(&format!("{name}.sheet"), export.sheet.clone());
    put(&format!("{name}.encoding"), export.encoding.clone());
    put(
        &format!("{name}.delimiter"),
        export.delimiter.map(String::from),
    );
}

/// The word under which the manifest writes a policy.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(error) => error.to_string(),
    }
}
