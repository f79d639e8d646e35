//! The manifest's values that matter to the outcome of a plan, for the seal.
//!
//! In: a checked manifest. Out: dotted keys and values. Where a file lies is not among them: the
//! same plan is made in any folder.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Accept, OwnerPolicy, StubPolicy};
use crate::project::{
    EnvironmentSection, ExportFile, Manifest, RecordsExportFile, UsersExportFile,
};

impl Manifest {
    /// Everything that, changed, could lead to another plan, apart from the contents of files.
    ///
    /// Each field is named, so that one which joins the manifest is thought of here.
    pub fn settings(&self) -> BTreeMap<String, String> {
        let Self {
            environment,
            owners,
            rulings,
            users,
            records,
            roles,
            accept,
        } = self;
        let mut settings = BTreeMap::new();
        let mut put = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                settings.insert(key.to_owned(), value);
            }
        };
        put_environment(&mut put, environment);
        put_owners(&mut put, owners);
        put("owners.rulings", rulings.clone());
        put_users(&mut put, users);
        put_records(&mut put, records);
        for (index, export) in roles.iter().enumerate() {
            put_export(&mut put, &format!("roles.{index}"), export);
        }
        put_accept(&mut put, accept);
        settings
    }
}

type Put<'a> = &'a mut dyn FnMut(&str, Option<String>);

/// Where the environment is, how it is signed in to and how old its copy may be lead to no other plan.
fn put_environment(put: Put<'_>, environment: &EnvironmentSection) {
    let EnvironmentSection {
        file: _,
        from: _,
        as_of,
        stubs,
        url: _,
        sign_in: _,
        non_interactive_max,
        mail_synchronised,
        on_premises,
        max_age: _,
        bypass_custom_logic,
        daily_requests,
    } = environment;
    let StubPolicy {
        way,
        kind,
        default_role,
    } = stubs;
    put("environment.kind", Some(word(kind)));
    put("environment.stubs", Some(word(way)));
    put("environment.default_role", default_role.clone());
    put("environment.as_of", as_of.clone());
    let most = non_interactive_max.map(|most| most.to_string());
    put("environment.non_interactive_max", most);
    // What is said as it would be anyway is nothing said: the same plan comes of it.
    let yes = |said: &bool| said.then(|| true.to_string());
    put("environment.mail_synchronised", yes(mail_synchronised));
    put("environment.on_premises", yes(on_premises));
    put("environment.bypass_custom_logic", yes(bypass_custom_logic));
    let daily = daily_requests.map(|daily| daily.to_string());
    put("environment.daily_requests", daily);
}

fn put_owners(put: Put<'_>, owners: &OwnerPolicy) {
    let OwnerPolicy {
        missing,
        ambiguous,
        by_name,
        blank,
        fallback,
        domains,
    } = owners;
    put("owners.missing", Some(word(missing)));
    put("owners.ambiguous", Some(word(ambiguous)));
    put("owners.by_name", Some(word(by_name)));
    put("owners.blank", Some(word(blank)));
    put("owners.fallback", fallback.clone());
    for (old, new) in domains {
        put(&format!("owners.domains.{old}"), Some(new.clone()));
    }
}

fn put_users(put: Put<'_>, users: &[UsersExportFile]) {
    for (index, UsersExportFile { export, change }) in users.iter().enumerate() {
        let name = format!("users.{index}");
        put_export(put, &name, export);
        let change: Vec<&str> = change.iter().map(|field| field.key()).collect();
        let some = (!change.is_empty()).then(|| change.join(", "));
        put(&format!("{name}.change"), some);
    }
}

fn put_records(put: Put<'_>, records: &[RecordsExportFile]) {
    for (index, file) in records.iter().enumerate() {
        let RecordsExportFile {
            export,
            table,
            id,
            key,
            owner,
            status,
        } = file;
        let name = format!("records.{index}");
        put_export(put, &name, export);
        put(&format!("{name}.table"), Some(table.clone()));
        put(&format!("{name}.id"), id.clone());
        put(&format!("{name}.owner"), owner.clone());
        put(&format!("{name}.status"), status.clone());
        let (column, field) = key.clone().unzip();
        put(&format!("{name}.key.column"), column);
        put(&format!("{name}.key.field"), field);
    }
}

/// Who may be given what rules; the codes have a place of their own in the plan's document.
fn put_accept(put: Put<'_>, accept: &Accept) {
    let Accept {
        keep_out: _,
        unchecked: _,
        administrators,
    } = accept;
    let named = (!administrators.is_empty()).then(|| word(administrators));
    put("accept.administrators", named);
}

fn put_export(put: Put<'_>, name: &str, export: &ExportFile) {
    let ExportFile {
        file,
        sheet,
        encoding,
        delimiter,
    } = export;
    put(&format!("{name}.file"), Some(file.clone()));
    put(&format!("{name}.sheet"), sheet.clone());
    put(&format!("{name}.encoding"), encoding.clone());
    put(&format!("{name}.delimiter"), delimiter.map(String::from));
}

/// The word under which the manifest writes a policy; of a list, the list as it is written.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(error) => error.to_string(),
    }
}
