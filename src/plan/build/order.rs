//! The order of tables: parents before children, because assigning a parent can take its children
//! along and would overwrite an owner given to them before.
//!
//! In: the tables of a plan and the cascades of the environment. Out: a number per table; tables of
//! the same number may run together.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Cascade, CascadeAssign};

/// The order of each table: 0 for one without a parent among them, else one more than its highest
/// parent's. Tables in a ring of cascades keep the order that the rest of the ring gives them.
pub(super) fn order(tables: &BTreeSet<&str>, cascades: &[Cascade]) -> BTreeMap<String, u16> {
    let mut order: BTreeMap<String, u16> = tables
        .iter()
        .map(|table| ((*table).to_owned(), 0))
        .collect();
    // A chain of n tables settles in n rounds; a ring never does, and is cut by the bound.
    for _ in 0..tables.len() {
        let mut moved = false;
        for cascade in cascades.iter().filter(|cascade| reaches(cascade)) {
            let Some(parent) = order.get(&cascade.parent).copied() else {
                continue;
            };
            let Some(child) = order.get_mut(&cascade.child) else {
                continue;
            };
            if *child <= parent {
                *child = parent + 1;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    order
}

fn reaches(cascade: &Cascade) -> bool {
    cascade.assign != CascadeAssign::None && cascade.parent != cascade.child
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn parents_first() {
        //    case                      cascades (parent > child)                       order of account, contact, task
        check("unrelated",              &[],                                            [0, 0, 0]);
        check("a chain, written late",  &[("contact", "task"), ("account", "contact")], [0, 1, 2]);
        check("two parents",            &[("account", "task"), ("contact", "task")],    [0, 0, 1]);
        check("to itself",              &[("account", "account")],                      [0, 0, 0]);
        check("a table not planned",    &[("lead", "contact")],                         [0, 0, 0]);
    }

    #[test]
    fn a_ring_ends() {
        let ring = cascades(&[("account", "contact"), ("contact", "account")]);
        assert_eq!(order(&tables(), &ring).len(), 3);
    }

    #[test]
    fn no_cascade_no_order() {
        let mut none = cascades(&[("account", "contact")]);
        none[0].assign = CascadeAssign::None;
        assert_eq!(order(&tables(), &none)["contact"], 0);
    }

    fn tables() -> BTreeSet<&'static str> {
        BTreeSet::from(["account", "contact", "task"])
    }

    fn cascades(pairs: &[(&str, &str)]) -> Vec<Cascade> {
        let cascade = |(parent, child): &(&str, &str)| Cascade {
            parent: (*parent).to_owned(),
            child: (*child).to_owned(),
            assign: CascadeAssign::All,
        };
        pairs.iter().map(cascade).collect()
    }

    #[track_caller]
    fn check(case: &str, pairs: &[(&str, &str)], expected: [u16; 3]) {
        let order = order(&tables(), &cascades(pairs));
        let found = ["account", "contact", "task"].map(|table| order[table]);
        assert_eq!(found, expected, "case: {case}");
    }
}
