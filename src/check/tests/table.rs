//! Every rule is asked somewhere, and where the table says.

use std::fs;
use std::path::{Path, PathBuf};

use crate::check::{HOMES, Home};
use crate::model::Code;

#[test]
fn every_code_has_one_home() {
    let codes: Vec<Code> = HOMES.iter().map(|(code, _)| *code).collect();
    assert_eq!(
        codes,
        Code::ALL,
        "in the order of the rule table, each once"
    );
}

#[test]
fn every_code_is_spoken_where_the_table_says() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (code, home) in HOMES {
        let name = format!("Code::{code:?}");
        match home {
            Home::Here(file, function) => {
                let text = fs::read_to_string(source.join(format!("check/{file}.rs"))).unwrap();
                let start = text.find(&format!("fn {function}("));
                let body = &text[start.unwrap_or_else(|| panic!("{code}: no `{function}`"))..];
                let body = &body[..body.find("\n}\n").unwrap()];
                assert!(
                    body.contains(&name),
                    "{code}: `{function}` does not name it"
                );
            }
            Home::Room(room) => {
                let files = files(&source.join(room));
                let is_spoken = files
                    .iter()
                    .any(|file| fs::read_to_string(file).unwrap().contains(&name));
                assert!(
                    is_spoken || files.is_empty(),
                    "{code}: `{room}` does not name it"
                );
            }
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}
