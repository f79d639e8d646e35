//! Worlds in which the plan once lied, kept as folders under `tests/cases/worlds`.
//!
//! A folder holds the world as data (`world.json`), its fault (`fault.json`) and, to be read and tried
//! by hand, the project that it makes (`project/`): `UPDATE_WORLDS=1` writes that anew, where projects look
//! otherwise by now.

use std::fs;
use std::path::PathBuf;

use crate::support::{copy, differences, image, repository};
use crate::worlds::files;
use crate::worlds::live::try_live;
use crate::worlds::tally::Fault;
use crate::worlds::try_world;
use crate::worlds::world::World;

const FOLDER: &str = "tests/cases/worlds";

/// Writes a world and its fault into a folder of its own.
pub(super) fn keep(seed: u64, world: &World, fault: &Fault) -> PathBuf {
    let name = format!("{:?}-{seed}", fault.kind).to_lowercase();
    let folder = repository(FOLDER).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("project")).expect("a folder");
    let json = |value: serde_json::Result<String>| value.expect("JSON") + "\n";
    let world_json = json(serde_json::to_string_pretty(world));
    fs::write(folder.join("world.json"), world_json).expect("written");
    let fault_json = json(serde_json::to_string_pretty(fault));
    fs::write(folder.join("fault.json"), fault_json).expect("written");
    files::write(world, &folder.join("project"));
    folder
}

#[test]
fn worlds_that_once_failed_do_not_fail_again() {
    let folders = fs::read_dir(repository(FOLDER)).expect("the kept worlds");
    let mut faults = Vec::new();
    let mut count = 0;
    for folder in folders.map(|entry| entry.expect("a folder").path()) {
        if !folder.is_dir() {
            continue;
        }
        count += 1;
        let text = fs::read_to_string(folder.join("world.json")).expect("a world");
        let world: World = serde_json::from_str(&text).expect("a world");
        let told = try_world(&world).faults.into_iter();
        for fault in told.chain(try_live(&world).faults) {
            faults.push(format!("{}: {fault}", folder.display()));
        }
        let again = tempfile::tempdir().expect("a folder");
        files::write(&world, again.path());
        if std::env::var_os("UPDATE_WORLDS").is_some() {
            let project = folder.join("project");
            fs::remove_dir_all(&project).expect("removed");
            copy(again.path(), &project);
        }
        let kept = tempfile::tempdir().expect("a folder");
        copy(&folder.join("project"), kept.path());
        let differ = differences(&image(kept.path()), &image(again.path()));
        assert!(differ.is_empty(), "{}: {differ:?}", folder.display());
    }
    println!("{count} kept worlds");
    assert!(count > 0, "{FOLDER} holds no world");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
