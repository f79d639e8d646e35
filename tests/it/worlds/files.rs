//! A world as a project folder: here its environment, in `exports.rs` exports, rulings and manifest.

mod exports;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::iter;
use std::path::Path;

use cutover::model::{ProfileField, SYSTEM_ADMINISTRATOR_TEMPLATE};

use crate::worlds::wish::UserWant;
use crate::worlds::world::{
    Leads, ORGANISATION, Person, RecordWant, RoleCopy, RoleWant, Stranger, Who, World,
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
    exports::write(world, folder);
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
