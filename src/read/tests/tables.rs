//! Tables by header names: environment folders and rulings.

use std::ops::ControlFlow;

use super::Folder;
use crate::model::{Findings, Silent};
use crate::read::open_table;

#[test]
fn rows_columns_and_defects() {
    let folder = Folder::new();
    let bytes = b"Team_Id, name ,type\n1, Sales ,owner\n,,\n2,\"A\nB\",access\n3\n4,a,b,c\n5,Zo\xc3\xab,\n6,\xff,x\n";
    let table = open_table(&folder.file("t.csv", bytes), &mut Findings::default()).unwrap();
    let name = table.column(&["label", "NAME"]).unwrap();
    assert_eq!((table.column(&["teamid"]), name), (Some(0), 1));
    assert_eq!(table.column(&["id"]), None);
    let mut shown = Vec::new();
    table
        .rows(&Silent, &mut |row| {
            let defect = row.defect().unwrap_or("fine");
            shown.push(format!(
                "{}/{} {}|{}|{} {defect}",
                row.row(),
                row.line(),
                row.cell(0),
                row.cell(name),
                row.cell(9)
            ));
            ControlFlow::Continue(())
        })
        .unwrap();
    let expected = [
        "2/2 1|Sales| fine",
        "4/4 2|A\nB| fine",
        "5/6 3|| the row has 1 cells, the header 3",
        "6/7 4|a| the row has 4 cells, the header 3",
        "7/8 5|Zo\u{eb}| fine",
        "8/9 6|| column `name` holds bytes that are no utf-8",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn a_table_may_have_no_rows_and_a_reader_may_stop() {
    let folder = Folder::new();
    let table = open_table(
        &folder.file("t.csv", b"id,name\n"),
        &mut Findings::default(),
    )
    .unwrap();
    let count = |table: &crate::read::Table, most: usize| {
        let mut rows = 0;
        let stop = |rows: usize| {
            if rows < most {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        table
            .rows(&Silent, &mut |_| {
                rows += 1;
                stop(rows)
            })
            .unwrap();
        rows
    };
    assert_eq!(count(&table, 9), 0);
    let many = format!("id,name\n{}", "1,a\n".repeat(1000));
    let table = open_table(&folder.file("u.csv", many), &mut Findings::default()).unwrap();
    assert_eq!(
        (count(&table, 7), count(&table, 9999)),
        (7, 1000),
        "and it can be read again"
    );
}
