//! Leave to write: asked for, or given beforehand.
//!
//! In: what the command line said, and what is about to be written where. Out: nothing, or why not. An environment
//! file needs a word; a live environment has to be named, with the plan that was signed off, so that a line out of a
//! script's history never writes to another one.

use crate::run::{Answer, Console, Exit, Failure};

/// Characters of a seal that name it.
const SEAL_SHOWN: usize = 8;

/// Leave, as far as it was given beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent<'a> {
    /// Not at all: somebody is asked.
    Ask,
    /// For whatever the project writes to, if that is an environment file.
    Yes,
    /// For this plan and this target.
    Named {
        /// Host of a live environment, or name of an environment file.
        target: &'a str,
        /// The seal, or its first eight digits or more.
        seal: &'a str,
    },
}

/// What is about to be written to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sought<'a> {
    /// Host, or name of the file.
    pub(super) host: &'a str,
    /// Whether it is a live environment.
    pub(super) is_live: bool,
    /// The whole seal of the plan.
    pub(super) seal: &'a str,
}

impl Sought<'_> {
    /// The seal as people read it.
    pub(super) fn short_seal(&self) -> &str {
        self.seal.get(..SEAL_SHOWN).unwrap_or(self.seal)
    }
}

/// Goes on only with leave.
pub(super) fn agreed(
    consent: Consent<'_>,
    sought: Sought<'_>,
    question: &str,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    match consent {
        Consent::Named { target, seal } => named(target, seal, sought),
        Consent::Yes if sought.is_live => Err(Failure::new(
            Exit::Usage,
            format!(
                "`{}` is a live environment, and `--yes` is for environment files; nothing was written. Name what \
                 was signed off: {}",
                sought.host,
                words(sought)
            ),
        )),
        Consent::Yes => Ok(()),
        Consent::Ask => match (console.ask)(question) {
            Answer::Yes => Ok(()),
            Answer::No => Err(Failure::new(
                Exit::Refused,
                "the answer was no; nothing was written",
            )),
            Answer::Nobody => Err(Failure::new(
                Exit::Usage,
                format!(
                    "there is no terminal to ask on; say `{}` to go on without a question",
                    if sought.is_live {
                        words(sought)
                    } else {
                        "--yes".to_owned()
                    }
                ),
            )),
        },
    }
}

fn named(target: &str, seal: &str, sought: Sought<'_>) -> Result<(), Failure> {
    let refused = |found: &str, kind: &str, expected: &str| {
        Err(Failure::new(
            Exit::Refused,
            format!(
                "`--{kind} {found}` is not what this plan is for, which is `{expected}`; nothing was written"
            ),
        ))
    };
    if !target.eq_ignore_ascii_case(sought.host) {
        return refused(target, "target", sought.host);
    }
    let seal_given = seal.to_ascii_lowercase();
    if seal.len() < SEAL_SHOWN || !sought.seal.starts_with(&seal_given) {
        return refused(seal, "seal", sought.short_seal());
    }
    Ok(())
}

fn words(sought: Sought<'_>) -> String {
    format!("--target {} --seal {}", sought.host, sought.short_seal())
}

#[cfg(test)]
mod tests {
    use super::{Consent, Sought, named};

    #[test]
    fn leave_by_name_is_for_that_plan_and_that_target() {
        check("contoso.crm4.dynamics.com", "0123abcd", true);
        check("Contoso.CRM4.dynamics.com", "0123ABCD", true);
        check("contoso.crm4.dynamics.com", "0123abcdef99", true);
        check("contoso.crm4.dynamics.com", "0123abc", false);
        check("contoso.crm4.dynamics.com", "", false);
        check("contoso.crm4.dynamics.com", "0123abce", false);
        check("contoso.crm.dynamics.com", "0123abcd", false);
        check("", "0123abcd", false);
    }

    #[track_caller]
    fn check(target: &str, seal: &str, goes_on: bool) {
        let sought = Sought {
            host: "contoso.crm4.dynamics.com",
            is_live: true,
            seal: "0123abcdef99aa",
        };
        let consent = Consent::Named { target, seal };
        assert_eq!(named(target, seal, sought).is_ok(), goes_on, "{consent:?}");
    }
}
