//! Rules about what people's roles are worth in the end: ROL009, ROL010.
//!
//! In: people, and the state that the plan leads to. Out: who is enabled and cannot work, or not well, with
//! the roles at hand. What records need of their owners is asked elsewhere.

use crate::check::outcome::Outcome;
use crate::check::people::{Holding, Kind, PersonView};
use crate::check::{Trial, needs};
use crate::model::{Code, Principal};

/// Judges the roles of everybody who is enabled.
pub(super) fn check(trial: &mut Trial<'_>, outcome: &Outcome<'_>) {
    let roles = trial.people.roles();
    let (mut opens_only, mut teams_only) = (Vec::new(), Vec::new());
    for view in trial.people.users().values() {
        let user = view.user;
        let works = PersonView::mode_needs_licence(outcome.mode(user));
        if view.kind != Kind::Human || user.disabled || !works {
            continue;
        }
        let own = outcome.roles(user.id);
        let name = trial.labels.principal(Principal::User(user.id));
        match roles.holding(user.id, &own, |team| outcome.team_roles(team)) {
            Holding::OpensOnly => opens_only.push(name),
            Holding::TeamsOnly(_) => teams_only.push(name),
            Holding::Unknown(missing) => {
                trial.unasked(Code::Rol009, &needs(missing), 1);
                trial.unasked(Code::Rol010, &needs(missing), 1);
            }
            Holding::Nothing | Holding::Works => {}
        }
    }
    let text = "have only roles that open an app and read no data";
    trial.many(Code::Rol009, "roles that read nothing", &opens_only, text);
    let text = "have no role of their own that reads data, only through a team";
    trial.many(Code::Rol010, "roles through teams", &teams_only, text);
}
