//! Files beside a pull: what no live environment tells comes from the folder that `from` names.
//!
//! In: a sample, served, and a project that names the server and its own folder. Out: what the environment file holds
//! of licences, directory and groups, what is said of the folder's other files, and the findings side by side.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cutover::environment::EnvironmentFile;
use cutover::model::Fact;
use cutover::run::Exit;

use crate::live::Live;
use crate::support::{document, run};

/// Somebody of the sample, and her id.
const GRETA: &str = "Greta.Aumann@alpineskihouse.com";
const GRETAS_ID: &str = "4b7af695-852b-489f-a93b-984487ff09cf";

/// A project that names a server and, beside it, its own folder, which holds these files and no others.
fn beside(files: &[(&str, &str)]) -> Live {
    let live = Live::of("samples/clean", "0");
    let folder = live.project.path().join("environment");
    fs::remove_dir_all(&folder).unwrap();
    fs::create_dir(&folder).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    live
}

/// What a file holds that no live environment tells.
fn told(project: &Path) -> BTreeSet<String> {
    let file = EnvironmentFile::open(&project.join("environment.sqlite")).unwrap();
    let mut told = BTreeSet::new();
    let mut take = |fact: Fact| match fact {
        Fact::Licence(_) | Fact::UserLicence(_) | Fact::Person(_) | Fact::GroupMember(_) => {
            told.insert(format!("{fact:?}"));
        }
        _ => {}
    };
    file.facts(&mut take).unwrap();
    told
}

/// The findings of a plan, but for the forecast, which is of live environments alone.
fn findings(project: &Path) -> Vec<(String, String, u64)> {
    let findings = document(project).findings.into_iter();
    let findings = findings.map(|finding| (finding.code, finding.subject, finding.count));
    findings.filter(|(code, ..)| code != "ENV004").collect()
}

#[test]
fn what_the_environment_does_not_tell_comes_from_the_folder() {
    let live = Live::of("samples/clean", "0");
    let (served, own) = (live.served.path(), live.project.path());
    let pulled = live.pull();
    assert_eq!(pulled.exit, Exit::Done, "{}{}", pulled.out, pulled.err);
    live.is_pulled_whole();
    assert!(told(own).len() > 20);
    assert_eq!(told(own), told(served));
    for words in [
        "  licences: 1 rows from licences.csv of `environment/`\n",
        "rows from directory-roles.csv of `environment/`\n",
        "rows from groups-CRM Users.csv of `environment/`\n",
        "  not pulled, and not in `environment/`: user_licences\n",
        "  passed over in `environment/`, as the environment itself tells what they hold: business_units.csv, \
         cascades.csv, ",
    ] {
        assert!(pulled.err.contains(words), "{words}: {}", pulled.err);
    }
    let passed_over = pulled.err.lines().find(|line| line.contains("passed over"));
    assert!(!passed_over.unwrap().contains("licences.csv"));
    let planned = live.plan();
    assert_eq!(planned.exit, Exit::Done, "{}{}", planned.out, planned.err);
    run(|console| cutover::run::plan(served, false, console));
    assert_eq!(findings(own), findings(served), "the same rules speak");
    assert_eq!(live.log(), "");
}

#[test]
fn who_has_a_licence_is_looked_up_among_the_users_that_were_pulled() {
    let held = format!("user,product\n{GRETA},Sales\n");
    let live = beside(&[("user_licences.csv", &held)]);
    let pulled = live.pull();
    assert_eq!(pulled.exit, Exit::Done, "{}{}", pulled.out, pulled.err);
    for words in [
        "user_licences: 1 rows",
        "not in `environment/`: licences, directory, groups\n",
    ] {
        assert!(pulled.err.contains(words), "{words}: {}", pulled.err);
    }
    assert!(!pulled.err.contains("passed over"), "{}", pulled.err);
    let told = told(live.project.path());
    assert!(
        told.len() == 1 && told.iter().all(|fact| fact.contains(GRETAS_ID)),
        "{told:?}"
    );
}

#[test]
fn what_is_wrong_with_the_folder_is_told_and_nothing_is_made() {
    let nobody = "user,product\nnobody@contoso.com,Sales\n";
    let licences = "product,seats\n";
    check(
        &[("user_licences.csv", nobody)],
        "environment/user_licences.csv, row 2, column user: `nobody@contoso.com` is no user, expected the id or UPN of \
         a user of the environment",
        true,
    );
    check(
        &[("licences.csv", "product,seats\nSales,many\n")],
        "column seats: `many`",
        true,
    );
    check(
        &[("licenses.csv", licences)],
        "environment/licenses.csv: no file of that name is loaded; expected one of",
        false,
    );
    check(
        &[("licences.csv", licences), ("licences.xlsx", "")],
        "`licences.csv`, `licences.xlsx` say the same thing twice",
        false,
    );
    let live = beside(&[]);
    fs::remove_dir(live.project.path().join("environment")).unwrap();
    let pulled = live.pull();
    assert_eq!(pulled.exit, Exit::Usage);
    let words = "correct `[environment] from`";
    assert!(pulled.err.contains(words), "{}", pulled.err);
}

/// Of what is wrong with names it is told before anything is asked for.
#[track_caller]
fn check(files: &[(&str, &str)], words: &str, is_asked: bool) {
    let live = beside(files);
    let pulled = live.pull();
    assert_eq!(pulled.exit, Exit::Usage, "{words}: {}", pulled.err);
    assert!(pulled.err.contains(words), "{words}: {}", pulled.err);
    let asked = pulled.err.contains("pulling from");
    assert_eq!(asked, is_asked, "{words}: {}", pulled.err);
    assert!(!live.project.path().join("environment.sqlite").exists());
}

#[test]
fn files_that_change_after_the_pull_are_told_where_they_are_read() {
    let live = Live::of("samples/clean", "0");
    let own = live.project.path();
    live.pull();
    let planned = live.plan();
    let changed = "has changed since the environment file was loaded from it";
    assert!(!planned.err.contains(changed), "{}", planned.err);
    // What the environment itself tells may change: nobody reads it.
    fs::write(own.join("environment/users.csv"), "id\n").unwrap();
    let planned = live.plan();
    assert!(!planned.err.contains(changed), "{}", planned.err);
    fs::write(own.join("environment/licences.csv"), "product,seats\n").unwrap();
    let planned = live.plan();
    let cure = format!("(`cutover pull {}` takes the change over)", own.display());
    assert!(
        planned.err.contains(changed) && planned.err.contains(&cure),
        "{}",
        planned.err
    );
}
