//! Business units of an environment folder.
//!
//! In: `business_units`. Out: one tree under one root; a parent may be named by id or by name, and
//! may stand below its children in the file.

use std::collections::BTreeMap;

use crate::environment::EnvironmentError;
use crate::environment::load::Loading;
use crate::environment::load::cells::Column;
use crate::environment::load::cells::Sheet;
use crate::environment::load::cells::Spot;
use crate::environment::load::world::Found;
use crate::model::{BusinessUnit, Fact, UnitId, quoted};

struct Line {
    spot: Spot,
    id: UnitId,
    name: String,
    parent: String,
}

/// Reads the units; the answer is how many rows there were.
pub(super) fn read(sheet: &Sheet, loading: &mut Loading<'_>) -> Result<u64, EnvironmentError> {
    let before = loading.problems.count();
    let (lines, rows) = lines(sheet, loading)?;
    loading.world.units.whole = true;
    let parents = parents(sheet, loading, &lines);
    tell_roots(sheet, loading, &lines);
    tell_circles(sheet, loading, &lines, &parents);
    loading.world.tree_is_sound = loading.problems.count() == before;
    for line in lines {
        let parent = parents.get(&line.id).copied();
        if let Some(parent) = parent {
            loading.world.parents.insert(line.id, parent);
            let children = loading.world.children.entry(parent).or_default();
            children.push(line.id);
        }
        loading.writer.add(&Fact::Unit(BusinessUnit {
            id: line.id,
            name: line.name,
            parent,
        }))?;
    }
    Ok(rows)
}

fn lines(sheet: &Sheet, loading: &mut Loading<'_>) -> Result<(Vec<Line>, u64), EnvironmentError> {
    let id = sheet.column("id");
    let name = sheet.column("name");
    let parent = sheet.column("parent");
    let mut lines = Vec::new();
    let world = &mut loading.world;
    let rows = sheet.rows(loading.progress, &mut loading.problems, &mut |cells| {
        let found = cells.guid(id).map(UnitId);
        let text = cells.text(name, "the unit's name").unwrap_or_default();
        let Some(unit) = found else {
            return Ok(());
        };
        if world.units.add(unit, &text, None) {
            lines.push(Line {
                spot: cells.spot(),
                id: unit,
                name: text,
                parent: cells.cell(parent).to_owned(),
            });
        } else {
            cells.repeated(id, "unit");
        }
        Ok(())
    })?;
    Ok((lines, rows))
}

fn parents(sheet: &Sheet, loading: &mut Loading<'_>, lines: &[Line]) -> BTreeMap<UnitId, UnitId> {
    let column = sheet.column("parent");
    let mut parents = BTreeMap::new();
    for line in lines.iter().filter(|line| !line.parent.is_empty()) {
        let text = &line.parent;
        let message = match loading.world.units.find(text) {
            Found::One(parent) => {
                parents.insert(line.id, parent);
                continue;
            }
            Found::Several(count) => {
                format!(
                    "{text} names {count} business units, expected one; name it by its id",
                    text = quoted(&text)
                )
            }
            Found::Nothing | Found::Unknowable => format!(
                "{text} is no business unit of this file, expected an id or name; correct the \
                 cell or add the unit",
                text = quoted(&text)
            ),
        };
        sheet.problem_at(&mut loading.problems, line.spot, column, &message);
    }
    parents
}

fn tell_roots(sheet: &Sheet, loading: &mut Loading<'_>, lines: &[Line]) {
    let roots: Vec<&Line> = lines.iter().filter(|line| line.parent.is_empty()).collect();
    let problems = &mut loading.problems;
    if roots.is_empty() {
        sheet.problem(
            problems,
            "every unit has a parent, expected one root unit without; clear the root's parent, or \
             add the root",
        );
    }
    for line in roots.iter().filter(|_| roots.len() > 1) {
        let message = format!(
            "blank for {} units, expected one root unit; fill in the parents of the others",
            roots.len()
        );
        sheet.problem_at(problems, line.spot, sheet.column("parent"), &message);
    }
}

fn tell_circles(
    sheet: &Sheet,
    loading: &mut Loading<'_>,
    lines: &[Line],
    parents: &BTreeMap<UnitId, UnitId>,
) {
    let column: Column = sheet.column("parent");
    for line in lines {
        let above = std::iter::successors(parents.get(&line.id), |unit| parents.get(unit));
        if above.take(lines.len()).any(|unit| *unit == line.id) {
            let message = format!(
                "{} makes {} a unit below itself, expected a way up to the root unit; correct \
                 the parent",
                quoted(&line.parent),
                quoted(&line.name)
            );
            sheet.problem_at(&mut loading.problems, line.spot, column, &message);
        }
    }
}
