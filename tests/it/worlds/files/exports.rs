//! What a world's project asks for: manifest, exports, and the sheet of rulings.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cutover::model::{Code, ProfileField};
use serde::Serialize;

use crate::foretell::accept;
use crate::worlds::files::{Asked, Rows, asked, table};
use crate::worlds::wish::UserWant;
use crate::worlds::world::{FIRST_PERSON, RecordWant, RoleWant, Who, World};

/// Columns that say who wishes, and what everybody may wish for.
const WISHER: [&str; 2] = ["systemuserid", "upn"];
const WISHES: [&str; 2] = ["business_unit", "access_mode"];

fn manifest(world: &World) -> String {
    let (policy, fallback) = (&world.policy, world.people[FIRST_PERSON].upn());
    let from = "from = \"environment/\"";
    let on_premises = if world.on_premises {
        format!("{from}\non_premises = true")
    } else {
        from.to_owned()
    };
    let lines = [
        "[environment]".to_owned(),
        on_premises,
        "as_of = \"2026-11-24\"".to_owned(),
        format!("kind = {}", word(&world.kind)),
        format!("stubs = {}", word(&world.way)),
        "[owners]".to_owned(),
        format!("missing = {}", word(&policy.missing)),
        format!("ambiguous = {}", word(&policy.ambiguous)),
        format!("by_name = {}", word(&policy.by_name)),
        format!("blank = {}", word(&policy.blank)),
        format!("fallback = \"{fallback}\""),
        "domains = { \"contoso.local\" = \"contoso.com\", \"contoso\" = \"contoso.com\" }"
            .to_owned(),
        accept(),
    ];
    let kept_out = Code::ALL.iter().filter(|code| code.rule().keep_out);
    let kept_out = kept_out.filter(|_| world.keep_out);
    let kept_out = kept_out.map(|code| format!("{code} = \"keep out\"\n"));
    lines.join("\n") + &kept_out.collect::<String>() + &administrators(world)
}

/// Who may be given the administrator's role, by name or UPN.
fn administrators(world: &World) -> String {
    let wants = world.role_wants.iter();
    let given = wants.filter(|want| want.give && world.roles[want.role].administrator);
    let names = given.filter_map(|want| match want.who {
        Who::Person(person) => Some(format!("\"{}\"", world.people[person].upn())),
        Who::Team(team) => Some(format!("\"{}\"", world.teams[team].name)),
        Who::Ghost(_) => None,
    });
    let names: BTreeSet<String> = names.filter(|_| !world.names_nobody).collect();
    if names.is_empty() {
        return String::new();
    }
    let names: Vec<String> = names.into_iter().collect();
    format!("administrators = [{}]\n", names.join(", "))
}

/// A choice as the manifest writes it, in quotes.
fn word(choice: &impl Serialize) -> String {
    serde_json::to_string(choice).expect("a word")
}

pub(super) fn write(world: &World, folder: &Path) {
    let mut manifest = manifest(world);
    let people = world.people.iter().filter(|person| person.in_export);
    let people: Rows = people
        .map(|one| {
            let upn = format!("{}@contoso.local", one.local);
            let texts = [
                &one.old_id,
                &upn,
                one.exported_mail.as_ref().unwrap_or(&one.mail),
                &one.first,
                &one.last,
                &one.employee,
            ];
            texts.map(String::clone).to_vec()
        })
        .collect();
    if !people.is_empty() {
        let header = [
            "id",
            "upn",
            "mail",
            "first_name",
            "last_name",
            "employee_id",
        ];
        table(&folder.join("exports/users.csv"), &header, &people);
        manifest += "[[users]]\nfile = \"exports/users.csv\"\n";
    }
    for (name, rows) in asked(world) {
        manifest += &export(world, folder, &name, &rows);
    }
    fs::write(folder.join("cutover.toml"), manifest).expect("written");
    if !world.rulings.is_empty() {
        let rulings = world
            .rulings
            .iter()
            .map(|(reference, ruling)| vec![reference.clone(), ruling.clone()]);
        table(
            &folder.join("owners.csv"),
            &["reference", "ruling"],
            &rulings.collect::<Rows>(),
        );
    }
}

/// Writes one export; what the manifest says of it.
fn export(world: &World, folder: &Path, name: &str, asked: &[Asked<'_>]) -> String {
    let wished = wished(world);
    let row = |asked: &Asked<'_>| match asked {
        Asked::Record(want) => record_row(world, want),
        Asked::Role(want) => role_row(world, want),
        Asked::User(want) => wish_row(world, want, &wished),
    };
    let rows: Rows = asked.iter().map(row).collect();
    let first = match asked.first() {
        Some(Asked::Record(first)) => first,
        Some(Asked::User(_)) => {
            let fields = wished.iter().map(|field| field.key());
            let change: Vec<&str> = WISHES.into_iter().chain(fields).collect();
            let header: Vec<&str> = WISHER.into_iter().chain(change.iter().copied()).collect();
            table(&folder.join(name), &header, &rows);
            let change = format!("change = [\"{}\"]", change.join("\", \""));
            return format!("[[users]]\nfile = \"{name}\"\n{change}\n");
        }
        Some(Asked::Role(_)) | None => {
            let header = ["user", "role", "business unit", "action"];
            table(&folder.join(name), &header, &rows);
            return format!("[[roles]]\nfile = \"{name}\"\n");
        }
    };
    let about = &world.tables[first.table];
    let (id, key) = if about.keyed {
        (
            "Legacy".to_owned(),
            "key = { column = \"Legacy\", field = \"new_legacyid\" }\n",
        )
    } else {
        (format!("{}id", about.name), "")
    };
    table(&folder.join(name), &[&id, "Owner"], &rows);
    format!(
        "[[records]]\nfile = \"{name}\"\ntable = \"{}\"\n{key}",
        about.name
    )
}

fn record_row(world: &World, want: &RecordWant) -> Vec<String> {
    let table = &world.tables[want.table];
    let record = &table.records[want.record];
    let own = if table.keyed {
        record.old_id.clone()
    } else {
        record.id.to_string()
    };
    vec![want.id_text.clone().unwrap_or(own), want.text.clone()]
}

fn role_row(world: &World, want: &RoleWant) -> Vec<String> {
    let unit = want.unit.map(|unit| world.unit_cell(unit));
    let role = &world.roles[want.role].name;
    vec![
        want.text.clone(),
        want.role_text.as_ref().unwrap_or(role).clone(),
        unit.unwrap_or_default(),
        if want.give { "give" } else { "remove" }.to_owned(),
    ]
}

/// Fields of the profile that anybody wishes for.
fn wished(world: &World) -> BTreeSet<ProfileField> {
    let wants = world.user_wants.iter();
    wants
        .flat_map(|want| want.profile.keys().copied())
        .collect()
}

fn wish_row(world: &World, want: &UserWant, fields: &BTreeSet<ProfileField>) -> Vec<String> {
    let person = &world.people[want.person];
    let (id, upn) = if want.by_id {
        (
            world.id_of(Who::Person(want.person)).to_string(),
            String::new(),
        )
    } else {
        (String::new(), person.upn())
    };
    let unit = want.unit.map(|unit| world.unit_cell(unit));
    let mode = want.mode.map(|mode| mode.word().to_owned());
    let texts = [
        want.unit_text.clone().or(unit),
        want.mode_text.clone().or(mode),
    ];
    let mut row = vec![id, upn];
    row.extend(texts.map(Option::unwrap_or_default));
    let value = |field| want.profile.get(field).cloned().unwrap_or_default();
    row.extend(fields.iter().map(value));
    row
}
