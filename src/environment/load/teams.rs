//! Teams of an environment folder.
//!
//! In: `teams`, `team_members`, `team_roles`. Out: teams, who is in them, what they hold. A team
//! that names no type is an owner team, as in the service.

use crate::environment::EnvironmentError;
use crate::environment::load::Loading;
use crate::environment::load::cells::Cells;
use crate::environment::load::cells::Column;
use crate::environment::load::cells::Sheet;
use crate::environment::load::roles::user;
use crate::environment::load::users::unit;
use crate::environment::load::world::World;
use crate::model::{Fact, Principal, Team, TeamId, TeamType, quoted};

/// Reads the teams; the answer is how many rows there were.
pub(super) fn read(sheet: &Sheet, loading: &mut Loading<'_>) -> Result<u64, EnvironmentError> {
    let id_column = sheet.column("id");
    let name_column = sheet.column("name");
    let unit_column = sheet.column("business_unit");
    let kind_column = sheet.column("type");
    let world = &mut loading.world;
    let writer = &mut loading.writer;
    let rows = sheet.rows(loading.progress, &mut loading.problems, &mut |cells| {
        let id = cells.guid(id_column).map(TeamId);
        let name = cells.text(name_column, "the team's name");
        let unit = unit(cells, unit_column, &world.units);
        let kind = cells.word(kind_column);
        let Some(id) = id else {
            return Ok(());
        };
        let known_as = name.as_deref().unwrap_or_default();
        if !world.teams.add(id, known_as, unit) {
            cells.repeated(id_column, "team");
            return Ok(());
        }
        world.name_owner(Principal::Team(id), known_as);
        let (Some(name), Some(business_unit), Ok(kind)) = (name, unit, kind) else {
            return Ok(());
        };
        writer.add(&Fact::Team(Team {
            id,
            name,
            business_unit,
            kind: kind.unwrap_or(TeamType::Owner),
        }))
    })?;
    loading.world.teams.whole = true;
    Ok(rows)
}

fn team(cells: &mut Cells<'_>, column: Column, world: &World) -> Option<TeamId> {
    let expected = "the id or name of a team in `teams`";
    cells.reference(column, "team", expected, |text| world.teams.find(text))
}

/// Reads who is in which team; the answer is how many rows there were.
pub(super) fn read_members(
    sheet: &Sheet,
    loading: &mut Loading<'_>,
) -> Result<u64, EnvironmentError> {
    let team_column = sheet.column("team");
    let user_column = sheet.column("user");
    let world = &loading.world;
    let writer = &mut loading.writer;
    sheet.rows(loading.progress, &mut loading.problems, &mut |cells| {
        let team = team(cells, team_column, world);
        let user = user(cells, user_column, world);
        match (team, user) {
            (Some(team), Some(user)) => writer.add(&Fact::TeamMember { team, user }),
            _ => Ok(()),
        }
    })
}

/// Reads which team holds which role; the answer is how many rows there were.
pub(super) fn read_roles(
    sheet: &Sheet,
    loading: &mut Loading<'_>,
) -> Result<u64, EnvironmentError> {
    let team_column = sheet.column("team");
    let role_column = sheet.column("role");
    let inheritance_column = sheet.column("inheritance");
    let world = &loading.world;
    let writer = &mut loading.writer;
    let staged = &mut loading.roles;
    sheet.rows(loading.progress, &mut loading.problems, &mut |cells| {
        let team = team(cells, team_column, world);
        let inheritance = cells.word(inheritance_column);
        let Some(team) = team else {
            return Ok(());
        };
        let unit = world.teams.unit(team);
        let expected = "the id of a role, or the name of one that has a copy in the team's unit";
        let role = cells.reference(role_column, "role", expected, |text| {
            world.roles.find_copy(text, unit)
        });
        let Some(role) = role else {
            return Ok(());
        };
        let root = world.roles.copies[&role].0;
        if let Ok(Some(inheritance)) = inheritance
            && !staged.inherit(root, inheritance)
        {
            let message = format!(
                "{inheritance}, but `roles` or an earlier row says otherwise of this role, \
                 expected the same; correct one of the cells",
                inheritance = quoted(&inheritance)
            );
            cells.problem(inheritance_column, &message);
        }
        writer.add(&Fact::TeamRole { team, role })
    })
}
