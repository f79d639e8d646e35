//! Rules about licences: LIC001 to LIC006.
//!
//! In: people, and the state that the plan leads to. Out: who cannot work for want of a licence, and
//! licences that serve nobody. Nothing falls by them: records may belong to somebody without a licence,
//! who only cannot open them. On-premises none of it is asked.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::check::labels::{names, person_label};
use crate::check::outcome::Outcome;
use crate::check::people::{DisabledBy, Kind, Licensed, Membership, PersonView, is_honoured};
use crate::check::{Trial, needs};
use crate::model::{
    AccessMode, Code, Invitation, Licence, Loadable, Principal, comparison_key, quoted,
};
use crate::plan::DraftStub;

/// How long an invitation stays open (S27; platform facts, 7.5).
const INVITATION_DAYS: i32 = 14;

/// Judges the licences of everybody.
pub(super) fn check(trial: &mut Trial<'_>, outcome: &Outcome<'_>, stubs: &[DraftStub]) {
    if trial.policy.on_premises {
        return;
    }
    let unlicensed = unlicensed(trial, outcome);
    seats_short(trial, &unlicensed);
    invitations(trial);
    without_need(trial, outcome);
    below_use(trial);
    not_honoured(trial, stubs);
}

/// LIC001: those of the plan who are enabled to read and write, and have no licence.
fn unlicensed(trial: &mut Trial<'_>, outcome: &Outcome<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for view in trial.people.users().values() {
        let user = view.user;
        let works = view.kind == Kind::Human
            && !user.disabled
            && outcome.mode(user) == AccessMode::ReadWrite;
        if !works || !outcome.concerns(user.id) {
            continue;
        }
        match view.licensed {
            Licensed::No => {}
            Licensed::Unknown(missing) => {
                trial.unasked(Code::Lic001, &needs(missing), 1);
                continue;
            }
            Licensed::Yes | Licensed::OnDemand | Licensed::NotAsked => continue,
        }
        let subject = trial.labels.principal(Principal::User(user.id));
        let wanted = wanted(outcome, view);
        let message = || {
            format!(
                "{subject} is enabled with access mode `read-write` and has no licence; the plan \
                 {wanted}, and expected is a licence to work with that"
            )
        };
        let cure = || Code::Lic001.rule().cure.to_owned();
        trial.findings.about(Code::Lic001, &subject, message, cure);
        found.push(subject);
    }
    found
}

fn wanted(outcome: &Outcome<'_>, view: &PersonView<'_>) -> String {
    let principal = Principal::User(view.user.id);
    let records = outcome.records_of(principal);
    let roles = outcome.given(principal).count();
    match (records, roles) {
        (0, 0) => "changes this user".to_owned(),
        (0, _) => "gives this user a role".to_owned(),
        (1, _) => "gives this user a record".to_owned(),
        (many, _) => format!("gives this user {many} records"),
    }
}

/// LIC002: those people need more seats than are free.
fn seats_short(trial: &mut Trial<'_>, unlicensed: &[String]) {
    let needed = unlicensed.len() as u64;
    if needed == 0 {
        return;
    }
    let products = honoured(trial);
    let counted: Option<Vec<(String, u64, u64)>> = products
        .iter()
        .map(|licence| {
            let used = in_use(trial, licence)?;
            Some((licence.product.clone(), u64::from(licence.seats?), used))
        })
        .collect();
    let Some(counted) = counted.filter(|products| !products.is_empty()) else {
        trial.unasked(Code::Lic002, &needs(&[Loadable::Licences]), needed);
        return;
    };
    let free: u64 = counted
        .iter()
        .map(|(_, seats, used)| seats.saturating_sub(*used))
        .sum();
    if needed <= free {
        return;
    }
    let seats: Vec<String> = counted
        .iter()
        .map(|(product, seats, used)| {
            format!(
                "{product} {used} of {seats} seats are in use",
                product = quoted(&product)
            )
        })
        .collect();
    let (seats, names, buy) = (seats.join(", of "), names(unlicensed), needed - free);
    let message = || {
        format!(
            "{needed} people of the plan need a licence ({names}); of {seats}: seats free {free}, to be \
             bought {buy}"
        )
    };
    let cure = || format!("buy {buy} more seats. {}", Code::Lic002.rule().cure);
    let finding = trial
        .findings
        .about(Code::Lic002, "free seats", message, cure);
    trial.findings.people(finding, needed);
}

fn honoured(trial: &Trial<'_>) -> Vec<Licence> {
    let all = trial.facts.licences().values();
    all.filter(|licence| is_honoured(trial.facts, &licence.product))
        .cloned()
        .collect()
}

/// Seats in use, by the administrator's count, else by the holders whom the directory knows.
fn in_use(trial: &Trial<'_>, licence: &Licence) -> Option<u64> {
    if let Some(used) = licence.used {
        return Some(used.into());
    }
    let key = comparison_key(&licence.product);
    let mut people = trial.facts.people().values().peekable();
    people.peek()?;
    people.try_fold(0, |count, person| {
        let mut held = person.licences.as_ref()?.iter();
        Some(count + u64::from(held.any(|product| comparison_key(product) == key)))
    })
}

/// LIC003: invitations that are open, and those that nobody can accept any more.
fn invitations(trial: &mut Trial<'_>) {
    let today: Option<Date> = trial.policy.as_of.parse().ok();
    let (mut open, mut expired) = (Vec::new(), Vec::new());
    for view in trial.people.users().values() {
        let details = &view.user.details;
        let is_open = matches!(
            details.invitation,
            Some(Invitation::Invited | Invitation::NearExpired)
        );
        let day: Option<Date> = (details.invited_on.as_deref()).and_then(|day| day.parse().ok());
        let is_old = today.zip(day).is_some_and(|(today, day)| {
            let last = day.checked_add(jiff::Span::new().days(INVITATION_DAYS));
            last.is_ok_and(|last| last < today)
        });
        let label = || trial.labels.principal(Principal::User(view.user.id));
        if details.invitation == Some(Invitation::Expired) || (is_open && is_old) {
            expired.push(label());
        } else if is_open {
            open.push(label());
        }
    }
    let text = "invited and not accepted yet, which holds a seat until the invitation ends";
    trial.many(Code::Lic003, "open invitations", &open, text);
    let text = "the invitation has ended without being accepted (they last two weeks), and nobody can \
                accept it any more";
    trial.many(Code::Lic003, "expired invitations", &expired, text);
}

/// LIC004: licences that serve nobody.
fn without_need(trial: &mut Trial<'_>, outcome: &Outcome<'_>) {
    let reasons = [
        "access mode Administrative",
        "access mode non-interactive",
        "stub users",
        "disabled leavers",
    ];
    let mut by_reason: [Vec<String>; 4] = Default::default();
    for view in trial.people.users().values() {
        let held = view.licensed == Licensed::Yes;
        let Some(reason) = needless(view, outcome).filter(|_| held) else {
            continue;
        };
        let name = trial.labels.principal(Principal::User(view.user.id));
        by_reason[reason].push(name);
    }
    for (reason, names) in reasons.into_iter().zip(by_reason) {
        let text = format!("hold a licence without need ({reason})");
        trial.many(Code::Lic004, reason, &names, &text);
    }
}

/// The number of the reason why somebody needs no licence, today and after the plan.
fn needless(view: &PersonView<'_>, outcome: &Outcome<'_>) -> Option<usize> {
    let user = view.user;
    let stays = outcome.mode(user) == user.access_mode;
    match (view.kind, user.access_mode) {
        (Kind::Stub, _) => return Some(2),
        (Kind::Human, AccessMode::Administrative) if stays => return Some(0),
        (Kind::Human, AccessMode::NonInteractive) if stays => return Some(1),
        (Kind::Human, _) => {}
        _ => return None,
    }
    let left = match view.disabled_by {
        Some(DisabledBy::SignInBlocked) => true,
        Some(DisabledBy::NotInGroup) => view.membership == Membership::Outside,
        _ => false,
    };
    left.then_some(3)
}

/// LIC005: fewer seats than are in use.
fn below_use(trial: &mut Trial<'_>) {
    for licence in honoured(trial) {
        let (Some(seats), Some(used)) = (licence.seats, in_use(trial, &licence)) else {
            continue;
        };
        if used <= u64::from(seats) {
            continue;
        }
        let product = &licence.product;
        let message = || {
            format!(
                "{product} has {seats} seats and {used} in use; expected no fewer than are in use",
                product = quoted(&product)
            )
        };
        let cure = || Code::Lic005.rule().cure.to_owned();
        trial.findings.about(Code::Lic005, product, message, cure);
    }
}

/// LIC006: people whose licence makes no user of them before they first sign in. Who in a company has
/// such a licence and nothing to do with this environment is not told: only members of its group, and
/// those for whom a stub user is planned.
fn not_honoured(trial: &mut Trial<'_>, stubs: &[DraftStub]) {
    let planned: BTreeSet<String> = stubs
        .iter()
        .flat_map(|stub| [&stub.person.upn, &stub.person.mail])
        .map(|text| comparison_key(text))
        .collect();
    let outsiders = trial.people.outsiders().iter();
    let meant = outsiders.filter(|outsider| {
        outsider.licensed == Licensed::OnDemand
            && (outsider.membership == Membership::Direct
                || planned.contains(&comparison_key(&outsider.person.upn)))
    });
    let names: Vec<String> = meant
        .map(|outsider| person_label(outsider.person))
        .collect();
    let text =
        "no users yet, with only such licences as make nobody a user before the first sign-in";
    trial.many(Code::Lic006, "not yet users", &names, text);
}
