//! A world as a project folder: environment, exports, rulings and manifest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::iter;
use std::path::Path;

use cutover::model::{Code, ProfileField, SYSTEM_ADMINISTRATOR_TEMPLATE};
use serde::Serialize;

use crate::foretell::accept;
use crate::worlds::wish::UserWant;
use crate::worlds::world::{
    FIRST_PERSON, Leads, ORGANISATION, Person, RecordWant, RoleCopy, RoleWant, Stranger, Who, World,
};

/// What one row of an export asks for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked<'w> {
    Record(&'w RecordWant),
    Role(&'w RoleWant),
    User(&'w UserWant),
}

impl Asked<'_> {
    pub(super) fn leads(&self) -> Leads {
        match self {
            Asked::Record(want) => want.leads,
            Asked::Role(want) => want.leads,
            Asked::User(want) => want.leads,
        }
    }
}

/// The rows of each export, by its name in the manifest.
pub(super) fn asked(world: &World) -> BTreeMap<String, Vec<Asked<'_>>> {
    let mut rows: BTreeMap<String, Vec<Asked<'_>>> = BTreeMap::new();
    for want in &world.record_wants {
        let name = records_export(&world.tables[want.table].name);
        rows.entry(name).or_default().push(Asked::Record(want));
    }
    for want in &world.role_wants {
        let name = ROLES_EXPORT.to_owned();
        rows.entry(name).or_default().push(Asked::Role(want));
    }
    for want in &world.user_wants {
        let name = WISHES_EXPORT.to_owned();
        rows.entry(name).or_default().push(Asked::User(want));
    }
    rows
}

const ROLES_EXPORT: &str = "exports/roles.csv";
const WISHES_EXPORT: &str = "exports/wishes.csv";

fn records_export(table: &str) -> String {
    format!("exports/records-{table}.csv")
}

pub(super) fn write(world: &World, folder: &Path) {
    for name in ["environment", "exports"] {
        fs::create_dir(folder.join(name)).expect("a folder");
    }
    let environment = folder.join("environment");
    let add = |name: &str, header: &[&str], rows: Vec<Vec<String>>| {
        if !world.not_loaded.contains(name) {
            table(&environment.join(format!("{name}.csv")), header, &rows);
        }
    };
    let tree = units_and_roles(world);
    add("business_units", &["id", "name", "parent"], tree.0);
    add(
        "roles",
        &["id", "name", "business_unit", "template", "inheritance"],
        tree.1,
    );
    add("role_privileges", &["role", "privilege", "depth"], tree.2);
    let (header, rows) = users(world);
    add("users", &header, rows);
    add(
        "user_roles",
        &["user", "role"],
        held(world, &people_there(world)),
    );
    let teams: Vec<Who> = (0..world.teams.len()).map(Who::Team).collect();
    add("team_roles", &["team", "role"], held(world, &teams));
    let (teams, members) = self::teams(world);
    add("teams", &["id", "name", "business_unit", "type"], teams);
    add("team_members", &["team", "user"], members);
    let settings = world
        .settings
        .iter()
        .map(|(name, value)| vec![name.clone(), value.clone()]);
    let organisation = vec!["organisation_id".to_owned(), ORGANISATION.to_string()];
    table(
        &environment.join("settings.csv"),
        &["name", "value"],
        &if world.not_loaded.contains("settings") {
            vec![organisation]
        } else {
            settings.chain([organisation]).collect()
        },
    );
    let ownership = |table: &super::world::Table| vec![table.name.clone(), table.ownership.clone()];
    add(
        "entities",
        &["name", "ownership"],
        world.tables.iter().map(ownership).collect(),
    );
    let cascade =
        |(parent, child): &(String, String)| vec![parent.clone(), child.clone(), "all".to_owned()];
    add(
        "cascades",
        &["parent", "child", "assign"],
        world.cascades.iter().map(cascade).collect(),
    );
    if world.has_directory {
        let header = ["upn", "roles", "licences"];
        add("directory", &header, directory(world));
    }
    records(world, &environment);
    exports(world, folder);
}

fn directory(world: &World) -> Rows {
    let people = world.people.iter().enumerate();
    let people = people
        .filter(|(_, person)| person.is_there && !person.stub && person.application.is_none());
    let row = |(number, person): (usize, &Person)| {
        let rules = world.directory_administrators.contains(&number);
        let role = if rules { "Global Administrator" } else { "" };
        vec![
            person.upn(),
            role.to_owned(),
            "Dynamics 365 Sales".to_owned(),
        ]
    };
    people.map(row).collect()
}

const USERS: &[&str] = &[
    "id",
    "upn",
    "mail",
    "first_name",
    "last_name",
    "employee_id",
    "business_unit",
    "access_mode",
    "disabled",
];

fn table(path: &Path, header: &[&str], rows: &[Vec<String>]) {
    let mut writer = csv::Writer::from_path(path).expect("a file");
    writer.write_record(header).expect("written");
    for row in rows {
        writer.write_record(row).expect("written");
    }
    writer.flush().expect("written");
}

type Rows = Vec<Vec<String>>;

fn units_and_roles(world: &World) -> (Rows, Rows, Rows) {
    let units = world.units.iter().map(|unit| {
        let parent = unit.parent.map(|parent| world.units[parent].id.to_string());
        vec![
            unit.id.to_string(),
            unit.name.clone(),
            parent.unwrap_or_default(),
        ]
    });
    let roles = world.roles.iter().map(|role| {
        let template = role
            .administrator
            .then(|| SYSTEM_ADMINISTRATOR_TEMPLATE.to_string());
        vec![
            role.id.to_string(),
            role.name.clone(),
            world.units[role.unit].id.to_string(),
            template.unwrap_or_default(),
            role.inheritance.word().to_owned(),
        ]
    });
    let privileges = world.roles.iter().flat_map(|role| {
        let held = role.privileges.iter();
        held.map(|(name, depth)| vec![role.id.to_string(), name.clone(), depth.word().to_owned()])
    });
    (units.collect(), roles.collect(), privileges.collect())
}

/// What of a profile the users of a world have, names and mail apart.
fn fields(world: &World) -> BTreeSet<ProfileField> {
    let people = world.people.iter().filter(|person| person.is_there);
    people
        .flat_map(|person| person.profile.keys().copied())
        .collect()
}

fn users(world: &World) -> (Vec<&str>, Rows) {
    let fields = fields(world);
    let with_stubs = world.people.iter().any(|person| person.stub);
    let with_applications = world.people.iter().any(|one| one.application.is_some());
    let mut header = USERS.to_vec();
    header.extend(with_stubs.then_some("stub"));
    header.extend(with_applications.then_some("application_id"));
    let with_licences = world.people.iter().any(|one| one.unlicensed);
    header.extend(with_licences.then_some("licensed"));
    header.extend(fields.iter().map(|field| field.key()));
    let there = world
        .people
        .iter()
        .filter(|person| person.is_there)
        .map(|person| {
            let mut row = vec![
                person.id.to_string(),
                person.upn(),
                person.mail.clone(),
                person.first.clone(),
                person.last.clone(),
                person.employee.clone(),
                world.units[person.unit].id.to_string(),
                person.access_mode.clone(),
                person.disabled.to_string(),
            ];
            row.extend(with_stubs.then(|| person.stub.to_string()));
            let application = person.application.map(|id| id.to_string());
            row.extend(with_applications.then(|| application.unwrap_or_default()));
            row.extend(with_licences.then(|| (!person.unlicensed).to_string()));
            let value = |field| person.profile.get(field).cloned().unwrap_or_default();
            row.extend(fields.iter().map(value));
            row
        });
    let more = header.len() - USERS.len();
    let strangers = world.strangers.iter().map(|Stranger { id, upn, mail }| {
        let root = world.units[0].id.to_string();
        let texts = [
            &id.to_string(),
            upn,
            mail,
            "Some",
            "Stranger",
            "",
            &root,
            "read-write",
            "false",
        ];
        let texts = texts.into_iter().chain(iter::repeat_n("", more));
        texts.map(str::to_owned).collect()
    });
    let rows = there.chain(strangers).collect();
    (header, rows)
}

fn people_there(world: &World) -> Vec<Who> {
    let numbers = 0..world.people.len();
    numbers
        .filter(|number| world.people[*number].is_there)
        .map(Who::Person)
        .collect()
}

fn held(world: &World, holders: &[Who]) -> Rows {
    let row = |who: Who, copy: RoleCopy| {
        vec![
            world.id_of(who).to_string(),
            world.copy_id(copy).to_string(),
        ]
    };
    let rows = holders.iter().flat_map(|who| {
        world
            .roles_of(*who)
            .iter()
            .map(move |copy| row(*who, *copy))
    });
    rows.collect()
}

fn teams(world: &World) -> (Rows, Rows) {
    let teams = world.teams.iter().map(|team| {
        let unit = world.units[team.unit].id.to_string();
        vec![
            team.id.to_string(),
            team.name.clone(),
            unit,
            team.kind.clone(),
        ]
    });
    let members = world.teams.iter().flat_map(|team| {
        let members = team.members.iter();
        members.map(|member| vec![team.id.to_string(), world.people[*member].id.to_string()])
    });
    (teams.collect(), members.collect())
}

fn records(world: &World, environment: &Path) {
    for table in world.tables.iter().filter(|table| table.loaded) {
        let there = table.records.iter().filter(|record| record.is_there);
        let rows: Rows = there
            .map(|record| {
                vec![
                    record.id.to_string(),
                    world.id_of(record.owner).to_string(),
                    record.old_id.clone(),
                ]
            })
            .collect();
        let path = environment.join(format!("records-{}.csv", table.name));
        self::table(&path, &["id", "owner", "new_legacyid"], &rows);
    }
}

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

fn exports(world: &World, folder: &Path) {
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
    let unit = want.unit.map(|unit| world.units[unit].name.clone());
    let role = &world.roles[want.role].name;
    vec![
        want.text.clone(),
        want.role_text.as_ref().unwrap_or(role).clone(),
        unit.unwrap_or_default(),
        if want.give { "give" } else { "remove" }.to_owned(),
    ]
}

/// Columns that say who wishes, and what everybody may wish for.
const WISHER: [&str; 2] = ["systemuserid", "upn"];
const WISHES: [&str; 2] = ["business_unit", "access_mode"];

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
    let unit = want.unit.map(|unit| world.units[unit].name.clone());
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
