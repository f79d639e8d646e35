//! Random projects without a fault: people, teams, records, roles and wishes in which everybody is known and
//! everything is allowed.
//!
//! In: a seed. Out: a project folder, laid over the base project.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::support::{copy, repository};

/// A generator that is the same on every machine (Knuth's MMIX constants).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.below(sides) == 0
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let at = usize::try_from(self.below(words.len() as u64)).unwrap();
        words[at]
    }
}

/// Makes the project of a seed.
pub(super) fn project(seed: u64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository("tests/cases/base"), folder.path());
    // Of these people no directory knows, and nothing here is about licences.
    for file in ["directory.csv", "licences.csv", "groups.csv"] {
        fs::remove_file(folder.path().join("environment").join(file)).unwrap();
    }
    let mut dice = Dice(seed);
    let people = 3 + dice.below(9);
    let leavers = 1 + dice.below(4);
    let write = |file: &str, text: &str| fs::write(folder.path().join(file), text).unwrap();

    let mut users = fs::read_to_string(folder.path().join("environment/users.csv")).unwrap();
    let mut held = fs::read_to_string(folder.path().join("environment/user_roles.csv")).unwrap();
    let mut known = "id,upn,mail,first_name,last_name\n".to_owned();
    let mut roles = "user,role,action\n".to_owned();
    let mut wishes = "upn,business unit,access mode\n".to_owned();
    for person in 0..people {
        let unit = dice.of(&["Contoso", "North", "South"]);
        let mail = format!("user{person}@contoso.com");
        writeln!(
            users,
            "{},{mail},{mail},First{person},Last{person},P{person},{unit},read-write,no",
            id(1, person)
        )
        .unwrap();
        writeln!(known, "U{person},{mail},{mail},First{person},Last{person}").unwrap();
        writeln!(held, "{mail},Salesperson").unwrap();
        // The second is moved and gets a role too; nobody is moved by what is so.
        if person == 1 || dice.one_in(3) {
            let to = if person == 1 { other(unit) } else { "North" };
            let mode = dice.of(&["", "read-write", "administrative"]);
            writeln!(wishes, "{mail},{to},{mode}").unwrap();
        }
        // The first of them has both, so that something is always given and something taken.
        if person == 0 || (person > 1 && dice.one_in(2)) {
            writeln!(held, "{mail},Sales Manager").unwrap();
            if person == 0 || dice.one_in(2) {
                let role = dice.of(&["Salesperson", "Sales Manager"]);
                writeln!(roles, "{mail},{role},remove").unwrap();
            }
        } else if person == 1 || dice.one_in(2) {
            writeln!(roles, "{mail},Sales Manager,give").unwrap();
        }
    }
    for leaver in 0..leavers {
        writeln!(
            known,
            "L{leaver},leaver{leaver}@contoso.com,leaver{leaver}@contoso.com,Gone,Number{leaver}"
        )
        .unwrap();
    }
    let (mut present, mut wanted) = ("id,owner\n".to_owned(), "accountid,ownerid\n".to_owned());
    for record in 0..20 + dice.below(60) {
        let somebody = format!("user{}@contoso.com", dice.below(people));
        writeln!(present, "{},{somebody}", id(2, record)).unwrap();
        let owner = match dice.below(5) {
            // The first records go to every leaver once.
            _ if record < leavers => format!("L{record}"),
            0 => format!("U{}", dice.below(people)),
            1 => id(1, dice.below(people)),
            2 => "Key Accounts".to_owned(),
            3 => format!("L{}", dice.below(leavers)),
            _ => format!("user{}@contoso.com", dice.below(people)),
        };
        writeln!(wanted, "{},{owner}", id(2, record)).unwrap();
    }
    write("environment/users.csv", &users);
    write("environment/user_roles.csv", &held);
    write("environment/records-account.csv", &present);
    write("exports/users.csv", &known);
    write("exports/roles.csv", &roles);
    write("exports/accounts.csv", &wanted);
    write("exports/wishes.csv", &wishes);
    write("cutover.toml", &(manifest(folder.path()) + WISHES));
    folder
}

const WISHES: &str = "
[[users]]
file = \"exports/wishes.csv\"
change = [\"business_unit\", \"access_mode\"]
";

fn manifest(folder: &Path) -> String {
    fs::read_to_string(folder.join("cutover.toml")).unwrap()
}

fn other(unit: &str) -> &'static str {
    if unit == "South" { "Contoso" } else { "South" }
}

fn id(kind: u64, number: u64) -> String {
    format!("0000000{kind}-0000-4000-8000-{number:012x}")
}
