//! What no source is sure of, as switches: a live check that finds otherwise changes a word, and no code.
//!
//! In: words of the command line such as `duplicate-link=succeed`. Out: switches. Platform facts 1.7, 3.6, 4.3 and 10.

use std::str::FromStr;

/// The doubtful answers of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switches {
    /// A role that is held already: `true` answers 412 with `0x80040237`, `false` 204.
    pub duplicate_link_fails: bool,
    /// Owner checks that fail after a role was given, because privileges are cached; a request with
    /// `Consistency: Strong` is not held up.
    pub stale_owner_checks: u32,
    /// How the actions of the data import are offered.
    pub data_import: DataImport,
    /// Whether a user who is made by a plain create has the default role at once, as one who was imported.
    pub create_gives_role: bool,
}

/// How the service offers the actions of its data import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DataImport {
    /// As the published reference has it: parsing and importing are bound to an import, transforming is not; each
    /// answers with its job.
    #[default]
    Documented,
    /// All of them unbound, each answering with its job's id alone, as the organisation service has it.
    Unbound,
    /// Not at all.
    Refused,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            duplicate_link_fails: true,
            stale_owner_checks: 0,
            data_import: DataImport::default(),
            create_gives_role: false,
        }
    }
}

/// One switch, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// `duplicate-link=fail` or `=succeed`.
    DuplicateLink(bool),
    /// `stale-owner-checks=3`.
    StaleOwnerChecks(u32),
    /// `data-import=documented`, `=unbound` or `=refused`.
    DataImport(DataImport),
    /// `created-users=bare` or `=with-role`.
    CreatedUsers(bool),
}

/// A text that is no switch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no switch; expected `duplicate-link=fail` or `=succeed`, `stale-owner-checks=` and a number, \
     `data-import=documented`, `=unbound` or `=refused`, or `created-users=bare` or `=with-role`"
)]
pub struct NoSwitch(String);

impl FromStr for Switch {
    type Err = NoSwitch;

    fn from_str(text: &str) -> Result<Self, NoSwitch> {
        let none = || NoSwitch(text.to_owned());
        match text.split_once('=').ok_or_else(none)? {
            ("duplicate-link", "fail") => Ok(Self::DuplicateLink(true)),
            ("duplicate-link", "succeed") => Ok(Self::DuplicateLink(false)),
            ("stale-owner-checks", count) => count
                .parse()
                .map(Self::StaleOwnerChecks)
                .map_err(|_| none()),
            ("data-import", "documented") => Ok(Self::DataImport(DataImport::Documented)),
            ("data-import", "unbound") => Ok(Self::DataImport(DataImport::Unbound)),
            ("data-import", "refused") => Ok(Self::DataImport(DataImport::Refused)),
            ("created-users", "bare") => Ok(Self::CreatedUsers(false)),
            ("created-users", "with-role") => Ok(Self::CreatedUsers(true)),
            _ => Err(none()),
        }
    }
}

impl FromIterator<Switch> for Switches {
    fn from_iter<All: IntoIterator<Item = Switch>>(all: All) -> Self {
        let mut switches = Self::default();
        for switch in all {
            match switch {
                Switch::DuplicateLink(fails) => switches.duplicate_link_fails = fails,
                Switch::StaleOwnerChecks(count) => switches.stale_owner_checks = count,
                Switch::DataImport(offered) => switches.data_import = offered,
                Switch::CreatedUsers(with_role) => switches.create_gives_role = with_role,
            }
        }
        switches
    }
}

#[cfg(test)]
mod tests {
    use super::{DataImport, Switch, Switches};

    #[test]
    fn words_become_switches() {
        let words = [
            "stale-owner-checks=3",
            "data-import=unbound",
            "duplicate-link=succeed",
            "created-users=with-role",
        ];
        let switches: Result<Vec<Switch>, _> = words.iter().map(|word| word.parse()).collect();
        let switches = Switches::from_iter(switches.expect("switches"));
        assert_eq!(
            (switches.stale_owner_checks, switches.duplicate_link_fails),
            (3, false)
        );
        assert_eq!(switches.data_import, DataImport::Unbound);
        assert!(switches.create_gives_role);
        for word in [
            "data-import",
            "data-import=",
            "data-import=no",
            "stale-owner-checks=x",
        ] {
            let error = word.parse::<Switch>().expect_err("no switch").to_string();
            assert!(
                error.contains(word) && error.contains("`data-import=documented`"),
                "{error}"
            );
        }
    }
}
