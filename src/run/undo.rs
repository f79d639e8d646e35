//! `undo`: takes back what apply wrote, the newest plan first, each change in reverse order.

use crate::apply::{Applied, JOURNAL, JournalState, Options, journal_state, way_back};
use crate::plan::SealedPlan;
use crate::project::Project;
use crate::report::{Way, shell_word, thousands};
use crate::run::anonymous::Teller;
use crate::run::apply::{ApplyRequest, ended, explained, within};
use crate::run::completed::standing;
use crate::run::consent::{Sought, agreed};
use crate::run::outcome::{Reported, print};
use crate::run::target::Site;
use crate::run::timing::Timed;
use crate::run::{Console, Exit, Failure};

/// Undoes the newest plan whose writing stands.
pub fn undo(request: &ApplyRequest<'_>, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let project = console.project(request.folder)?;
    let _lock = project.lock()?;
    let Some(folder) = standing(&project)?.into_iter().next() else {
        let words = match journal_state(&project.plan())? {
            JournalState::Undone => "the plan is undone already: nothing to take back",
            _ => "no plan of this project wrote anything: nothing to take back",
        };
        console.say(words)?;
        return Ok(Exit::Done);
    };
    let _environment = project.lock_environment()?;
    let plan = console.plan(&folder)?;
    let teller = &Teller::of(&project, &plan, console)?;
    let journal = folder.join(JOURNAL);
    let current = current(&project, &plan);
    let back = way_back(&plan, &journal)?;
    let look = "without `--limit` they are told by kind, and you are asked";
    within(request.limit, back.total(), look)?;
    let seal = plan.short_seal().to_owned();
    let site = Site::of(&project, console)?;
    console.say(&format!(
        "takes back plan {seal} from {} · organisation {}",
        site.host(),
        plan.document().environment.organisation
    ))?;
    for (kind, count) in &back.counts {
        console.say(&format!("  {}: {}", kind.words(), thousands(*count)))?;
    }
    console.say(site.undo_words())?;
    let sought = Sought {
        host: &site.host(),
        is_live: site.is_live(),
        seal: &plan.document().seal,
    };
    let question = format!("Take these back (seal {seal})?");
    agreed(request.consent, sought, &question, console)?;
    let batch = site.batch();
    let target = site.open()?;
    let timed = Timed::begin(console.progress, &*target);
    let options = Options {
        journal: &journal,
        stop: console.stop,
        progress: &timed,
        batch,
        now: &jiff::Timestamp::now,
        current: &current,
    };
    let undone = crate::apply::undo(&plan, &*target, &back, &options)
        .map_err(|error| explained(error, request.folder, teller))?;
    let timing = timed.end(&*target, &undone, None);
    let reported = Reported {
        heading: &format!("Took back plan {seal}"),
        applied: &undone,
        document: None,
        way: Way::Back,
        runs: &[],
        timing: Some(&timing),
        folder: &request.folder.display().to_string(),
        teller,
    };
    print(&reported, console)?;
    if let Some(words) = next(&undone, &shell_word(&request.folder.display().to_string())) {
        console.say(&words)?;
    }
    Ok(ended(&undone))
}

/// The seal of the plan in the plan folder. One that cannot be read is not verified either, so that nobody asks what was
/// taken back under it.
fn current(project: &Project, undone: &SealedPlan) -> String {
    let current = SealedPlan::open(&project.plan());
    let current = current.as_ref().unwrap_or(undone);
    current.seal().to_owned()
}

/// What is said in the end, where anything is left to do.
fn next(undone: &Applied, folder: &str) -> Option<String> {
    if undone.interrupted {
        return Some(format!("Interrupted. Go on with:\n  cutover undo {folder}"));
    }
    if undone.is_complete() {
        return None;
    }
    let total = undone.total();
    let again =
        format!("\nWhat was refused or skipped is tried again with:\n  cutover undo {folder}");
    // Tried again it would drift again.
    let drifted = format!(
        "\nWhat drifted is left as it is; what was there before the plan is told by:\n  cutover verify {folder}"
    );
    let told = [
        (total.failed + total.skipped, again),
        (total.drifted, drifted),
    ];
    let told = told.into_iter().filter(|(count, _)| *count > 0);
    let words: String = told.map(|(_, words)| words).collect();
    Some(format!(
        "Not everything was taken back. See why above.{words}"
    ))
}
