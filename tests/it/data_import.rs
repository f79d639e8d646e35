//! Stub users by the service's data import, both ends of it: the connector against the rehearsal server.
//!
//! In: a sample's environment, served, and stub users. Out: what became of each, who is there, and how often each was
//! made by the server's log; also where an earlier run was stopped, which the served file is set back to by hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use cutover::model::{RoleId, SignIn, StubUser, StubWay, UnitId, UserId};
use cutover::rehearse::{DataImport, Limits, Rehearsal, Settings, Switches};
use cutover::target::{Dataverse, Imported, wizard_file};
use rusqlite::Connection;
use uuid::Uuid;

use crate::support::{copy, repository, run};

/// A user of the sample.
const GRETA: &str = "greta.aumann@alpineskihouse.com";

/// An environment file that is served again and again.
struct Served {
    _folder: tempfile::TempDir,
    file: PathBuf,
    log: PathBuf,
    switches: Switches,
}

impl Served {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&repository("samples/clean"), folder.path());
        run(|console| cutover::run::load(folder.path(), false, console));
        Self {
            file: folder.path().join("environment.sqlite"),
            log: folder.path().join("log"),
            _folder: folder,
            switches: Switches::default(),
        }
    }

    /// Makes the stub users, with so many faults.
    fn import(&self, stubs: &[StubUser], faults: &str, seed: u64) -> Vec<Imported> {
        let rehearsal = Rehearsal::start(Settings {
            file: self.file.clone(),
            is_a_copy: true,
            port: 0,
            latency: Duration::ZERO,
            limits: Limits::Off,
            faults: faults.parse().unwrap(),
            seed,
            switches: self.switches,
            secret: "s3cret".to_owned(),
            log: Some(self.log.clone()),
        });
        let rehearsal = rehearsal.unwrap();
        let url = format!("http://{}", rehearsal.address());
        let target = Dataverse::open(&url, SignIn::Secret, &|_| None).unwrap();
        let imported = target.import_users(stubs).unwrap();
        rehearsal.stop().unwrap();
        imported
    }

    fn sql(&self) -> Connection {
        Connection::open(&self.file).unwrap()
    }

    fn change(&self, sql: &str) {
        self.sql().execute_batch(sql).unwrap();
    }

    /// The ids of the users of a UPN.
    fn users(&self, upn: &str) -> Vec<UserId> {
        let file = self.sql();
        let mut users = file.prepare("SELECT id FROM user WHERE upn = ?1").unwrap();
        let ids = users.query_map([upn], |row| row.get(0)).unwrap();
        ids.map(|id| UserId(Uuid::from_bytes(id.unwrap())))
            .collect()
    }

    /// The imports that are there, by name, and their statuses.
    fn imports(&self) -> Vec<(String, i64)> {
        let file = self.sql();
        let sql = "SELECT columns ->> 'name', columns ->> 'statuscode' FROM rehearsal_row
                   WHERE logical = 'import' ORDER BY columns ->> 'sequence'";
        let mut imports = file.prepare(sql).unwrap();
        let rows = imports.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// How many rows of each table were made while the file was served last.
    fn made(&self) -> BTreeMap<String, usize> {
        let mut made = BTreeMap::new();
        for line in fs::read_to_string(&self.log).unwrap().lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["what"], "create", "{line}");
            let table = line["table"].as_str().unwrap().to_owned();
            *made.entry(table).or_default() += 1;
        }
        made
    }

    /// Each stub user is there once, under the id that was told, with the default role alone.
    #[track_caller]
    fn all_are_made(&self, case: &str, stubs: &[StubUser], imported: &[Imported]) {
        assert_eq!(stubs.len(), imported.len(), "{case}");
        for (stub, imported) in stubs.iter().zip(imported) {
            let users = self.users(&stub.upn);
            let [user] = users.as_slice() else {
                panic!("{case}: {users:?} of {}", stub.upn);
            };
            assert_eq!(*imported, Imported::Made(*user), "{case}: {}", stub.upn);
            assert_ne!(*user, stub.id, "{case}: the service gives ids of its own");
            let sql = "SELECT group_concat(role.name), user.disabled AND user.stub, user.full_name FROM user
                       JOIN user_role ON user_role.user = user.id JOIN role ON role.id = user_role.role
                       WHERE user.id = ?1";
            let row = self.sql().query_row(sql, [user.0.as_bytes()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            });
            let (roles, is_stub, name): (String, bool, String) = row.unwrap();
            assert!(
                is_stub && roles == "Salesperson" && name == stub.full_name,
                "{case}"
            );
        }
    }
}

fn stub(upn: &str, name: &str) -> StubUser {
    StubUser {
        id: UserId(Uuid::new_v5(&Uuid::NAMESPACE_URL, upn.as_bytes())),
        upn: upn.to_owned(),
        mail: upn.to_owned(),
        first_name: Some(name.to_owned()),
        last_name: Some("Doe".to_owned()),
        full_name: format!("{name} Doe"),
        employee_id: None,
        business_unit: UnitId(Uuid::nil()),
        default_role: RoleId(Uuid::nil()),
        way: StubWay::Import,
    }
}

/// Names that a CSV, a filter and an address have to bear.
fn stubs() -> Vec<StubUser> {
    vec![
        stub("kit@old.example", "Kit"),
        stub("o'neil+a&b=c#d@old.example", "O'Neil, \"Bo\""),
        stub("=zoë%20@old.example", "=Zoë\nZ"),
    ]
}

/// The code of a refusal, and what its words hold.
#[track_caller]
fn is_refused(imported: &Imported, code: &str, words: &str) {
    let Imported::Refused(refusal) = imported else {
        panic!("{imported:?}");
    };
    assert_eq!(refusal.code.to_string(), code, "{}", refusal.message);
    assert!(refusal.message.contains(words), "{}", refusal.message);
}

#[test]
fn each_is_made_once_and_found_again() {
    let served = Served::new();
    let stubs = stubs();
    let imported = served.import(&stubs, "0", 1);
    served.all_are_made("made", &stubs, &imported);
    let made = served.made();
    assert_eq!(made["systemuser"], 3, "{made:?}");
    assert_eq!(
        (made["import"], made["importfile"], made["asyncoperation"]),
        (1, 1, 3)
    );
    let again = served.import(&stubs, "0", 1);
    assert_eq!(again, imported);
    assert_eq!(
        served.made(),
        BTreeMap::new(),
        "nothing is made for who is there"
    );
    let fewer = served.import(&stubs[1..], "0", 1);
    assert_eq!(fewer, imported[1..], "whichever import of ours made them");
    assert_eq!(served.import(&[], "0", 1), []);
}

#[test]
fn faults_of_the_line_make_nobody_twice() {
    // Side by side: nearly all of it is waiting.
    std::thread::scope(|scope| {
        for seed in 1..=24 {
            scope.spawn(move || under_faults(seed));
        }
    });
}

#[track_caller]
fn under_faults(seed: u64) {
    let stubs = stubs();
    let served = Served::new();
    let imported = served.import(&stubs, "20%", seed);
    served.all_are_made(&format!("seed {seed}"), &stubs, &imported);
    let made = served.made();
    let once = [
        ("importmap", 1),
        ("columnmapping", 5),
        ("import", 1),
        ("importfile", 1),
    ];
    // The server would take the first two steps again.
    for (table, count) in once
        .into_iter()
        .chain([("asyncoperation", 3), ("systemuser", 3)])
    {
        assert_eq!(made[table], count, "seed {seed}: {made:?}");
    }
}

#[test]
fn a_refused_row_leaves_the_others_standing() {
    let served = Served::new();
    let mut stubs = stubs();
    stubs[1].mail = GRETA.to_owned();
    stubs.push(stub(GRETA, "Greta"));
    stubs.push(stub("KIT@old.example", "Twin"));
    let imported = served.import(&stubs, "0", 1);
    let rest = [stubs[0].clone(), stubs[2].clone()];
    let made = [imported[0].clone(), imported[2].clone()];
    served.all_are_made("the others", &rest, &made);
    is_refused(
        &imported[1],
        "0x80041d2c",
        "internalemailaddress of 4b7af695",
    );
    is_refused(
        &imported[3],
        "0x80041d2c",
        "4b7af695-852b-489f-a93b-984487ff09cf has this user name",
    );
    is_refused(&imported[4], "0x80041d2c", "has this user name");
    assert_eq!(served.users(GRETA).len(), 1);
    assert_eq!(served.made()["systemuser"], 2);
    // What was in the way is taken away: the same call makes who is missing, and nobody else.
    served.change(&format!(
        "UPDATE user SET mail = NULL WHERE upn = '{GRETA}'"
    ));
    let again = served.import(&stubs, "0", 1);
    served.all_are_made("later", &stubs[1..2], &again[1..2]);
    assert_eq!(served.made()["systemuser"], 1);
}

#[test]
fn without_the_default_role_all_are_refused_until_it_is_there() {
    let served = Served::new();
    let stubs = stubs();
    served.change("UPDATE role SET name = 'Sold' WHERE name = 'Salesperson'");
    let imported = served.import(&stubs, "0", 1);
    for imported in &imported {
        is_refused(imported, "0x80040237", "system_user_roles");
    }
    served.change("UPDATE role SET name = 'Salesperson' WHERE name = 'Sold'");
    let again = served.import(&stubs, "0", 1);
    served.all_are_made("later", &stubs, &again);
}

#[test]
fn where_the_service_offers_no_import_nothing_is_made() {
    let mut served = Served::new();
    served.switches.data_import = DataImport::Refused;
    let mut stubs = stubs();
    stubs.push(stub(GRETA, "Greta"));
    let imported = served.import(&stubs, "20%", 1);
    assert_eq!(
        imported[..3],
        [
            Imported::NotServed,
            Imported::NotServed,
            Imported::NotServed
        ]
    );
    is_refused(&imported[3], "0x80041d2c", "has this user name");
    assert_eq!(
        served.made(),
        BTreeMap::new(),
        "nor is anything left lying about"
    );
}

#[test]
fn actions_bound_otherwise_are_found() {
    let mut served = Served::new();
    served.switches.data_import = DataImport::Unbound;
    let stubs = stubs();
    let imported = served.import(&stubs, "20%", 2);
    served.all_are_made("unbound", &stubs, &imported);
    assert_eq!(served.made()["asyncoperation"], 3);
}

#[test]
fn an_import_of_many_is_several_files() {
    let served = Served::new();
    let many = (0..1003).map(|number| stub(&format!("user{number}@old.example"), "Kit"));
    let many: Vec<StubUser> = many.collect();
    let imported = served.import(&many, "0", 1);
    served.all_are_made("many", &many[995..], &imported[995..]);
    let made = served.made();
    assert_eq!((made["systemuser"], made["importfile"]), (1003, 2));
}

/// What takes users away again, as undo does.
const UNDONE: &str =
    "DELETE FROM user_role WHERE user IN (SELECT id FROM user WHERE upn LIKE '%old.example');
    DELETE FROM user WHERE upn LIKE '%old.example';";

/// Takes the jobs of the last steps away, and what they made.
fn undone_from(operation: u8) -> String {
    format!(
        "{UNDONE} UPDATE rehearsal_row SET columns = json_set(columns, '$.statuscode', {}) WHERE logical = 'import';
        DELETE FROM rehearsal_row WHERE logical = 'asyncoperation' AND columns ->> 'operationtype' >= {operation};",
        i64::from(operation) - 3
    )
}

/// Sets the job of a step to this state and status.
fn job(operation: u8, state: u8, status: u8) -> String {
    format!(
        "UPDATE rehearsal_row SET columns = json_set(columns, '$.statecode', {state}, '$.statuscode', {status})
        WHERE logical = 'asyncoperation' AND columns ->> 'operationtype' = {operation};"
    )
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn what_an_earlier_run_left_is_gone_on_with() {
    let no_file = "DELETE FROM rehearsal_row WHERE logical IN ('importfile', 'asyncoperation');";
    let by_hand = format!("INSERT INTO user (id, upn, business_unit, access_mode, disabled, stub, full_name)
        SELECT randomblob(16), '{}', id, 0, 1, 1, 'x' FROM business_unit WHERE parent IS NULL;", "kit@old.example");
    let running = undone_from(6) + &job(5, 2, 20) + "UPDATE rehearsal_row SET columns = json_set(columns, '$.statuscode', 3) WHERE logical = 'import';";
    //    stopped where                                left by it                          imports  new users
    check("before its file was made",                  &(undone_from(3) + no_file),            1, 3);
    check("before it was parsed",                      &undone_from(3),                        1, 3);
    check("while it was parsed",                       &(undone_from(4) + &job(3, 0, 0)),      1, 3);
    check("before it was transformed",                 &undone_from(4),                        1, 3);
    check("before it was run",                         &undone_from(5),                        1, 3);
    check("while it ran",                              &running,                               1, 3);
    check("after it ran",                              "",                                     1, 0);
    check("after parsing failed",                      &(undone_from(4) + &job(3, 3, 31)),     2, 3);
    check("after all of it was undone",                UNDONE,                                 2, 3);
    check("and one was made by hand since",            &(undone_from(5) + &by_hand),           2, 2);
}

#[track_caller]
fn check(case: &str, left: &str, imports: usize, made: usize) {
    let served = Served::new();
    let stubs = stubs();
    served.import(&stubs, "0", 1);
    served.change(left);
    let imported = served.import(&stubs, "0", 1);
    let is_by_hand = made == 2;
    let from = usize::from(is_by_hand);
    served.all_are_made(case, &stubs[from..], &imported[from..]);
    if is_by_hand {
        is_refused(&imported[0], "0x80041d2c", "has this user name");
        assert_eq!(served.users(&stubs[0].upn).len(), 1, "{case}");
    }
    let (there, log) = (served.imports(), served.made());
    assert_eq!(there.len(), imports, "{case}: {there:?}");
    assert_eq!(
        there.last().map(|(_, status)| *status),
        Some(4),
        "{case}: {there:?}"
    );
    assert_eq!(
        log.get("systemuser").copied().unwrap_or_default(),
        made,
        "{case}: {log:?}"
    );
}

#[test]
fn an_import_of_others_still_running_is_waited_for() {
    let served = Served::new();
    let stubs = stubs();
    served.import(&stubs, "0", 1);
    served.change(&(undone_from(6) + &job(5, 2, 20)));
    // Another selection of the same users, as after a kill: another import, which waits for the first.
    let imported = served.import(&stubs[..2], "0", 1);
    served.all_are_made("two", &stubs[..2], &imported);
    assert_eq!(
        served.made()["systemuser"],
        3,
        "by the one that was running"
    );
    assert_eq!(served.imports().len(), 1);
}

#[test]
fn the_file_for_the_wizard_is_guarded() {
    let mut stubs = stubs();
    stubs[0].employee_id = Some("7".to_owned());
    let file = wizard_file(&stubs).unwrap();
    let expected = "First Name,Last Name,Primary Email,User Name,Employee\r\n\
                    Kit,Doe,kit@old.example,kit@old.example,7\r\n\
                    \"O'Neil, \"\"Bo\"\"\",Doe,o'neil+a&b=c#d@old.example,o'neil+a&b=c#d@old.example,\r\n\
                    \"'=Zoë\nZ\",Doe,'=zoë%20@old.example,'=zoë%20@old.example,\r\n";
    assert_eq!(file.text, expected);
    assert_eq!(file.guarded, 3);
}
