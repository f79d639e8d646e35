//! The words of kinds, depths and yes or no, as the service and its exports write them.
//!
//! In: cell texts. Out: the model's values. The model knows the design's words and the codes; here
//! are the service's own labels and names beside them.

use crate::model::{
    AccessMode, CascadeAssign, Depth, Inheritance, Ownership, TeamType, comparison_key,
};

/// A kind that is written as a word.
pub(super) trait Word: Copy + 'static {
    /// What the design and the codes say.
    fn own(text: &str) -> Option<Self>;
    /// What else means it, by comparison key.
    const ALSO: &'static [(&'static str, Self)];
    /// The words to suggest.
    fn suggested() -> String;

    /// The value of a cell.
    fn of(text: &str) -> Option<Self> {
        let key = comparison_key(text);
        let also = || Self::ALSO.iter().find(|(word, _)| *word == key);
        Self::own(text).or_else(|| also().map(|(_, value)| *value))
    }
}

macro_rules! words {
    ($($name:ident { $($also:literal = $variant:ident),* $(,)? })+) => {$(
        impl Word for $name {
            const ALSO: &'static [(&'static str, Self)] = &[$(($also, Self::$variant)),*];

            fn own(text: &str) -> Option<Self> {
                Self::from_word(text)
            }

            fn suggested() -> String {
                listed(Self::ALL.iter().map(|value| value.word()))
            }
        }
    )+};
}

words! {
    AccessMode {
        "support user" = Support,
        "noninteractive" = NonInteractive,
        "delegated admin" = DelegatedAdministrator,
    }
    TeamType {
        "security group" = SecurityGroup,
        "aad security group" = SecurityGroup,
        "microsoft entra id security group" = SecurityGroup,
        "office group" = OfficeGroup,
        "aad office group" = OfficeGroup,
        "microsoft 365 group" = OfficeGroup,
        "microsoft entra id office group" = OfficeGroup,
    }
    Depth {
        "basic" = User,
        "local" = Unit,
        "business unit" = Unit,
        "deep" = UnitAndBelow,
        "parent: child business units" = UnitAndBelow,
        "global" = Organisation,
        "organization" = Organisation,
    }
    Inheritance {
        "team privileges only" = TeamOnly,
        "direct user (basic) access level and team privileges" = DirectUser,
    }
    Ownership {
        "userowned" = User,
        "teamowned" = Team,
        "businessowned" = Business,
        "organization" = Organisation,
        "organizationowned" = Organisation,
        "businessparented" = BusinessParented,
    }
    CascadeAssign {
        "nocascade" = None,
        "cascade" = All,
        "cascade all" = All,
        "cascade none" = None,
        "cascade active" = Active,
        "cascade user-owned" = UserOwned,
        "userowned" = UserOwned,
    }
}

/// Yes or no, in the words of files, or in the two labels that a column has for them.
pub(super) fn yes_no(text: &str, yes: &str, no: &str) -> Option<bool> {
    let key = comparison_key(text);
    match key.as_str() {
        "yes" | "true" | "1" => Some(true),
        "no" | "false" | "0" => Some(false),
        other if other == yes => Some(true),
        other if other == no => Some(false),
        _ => None,
    }
}

/// Words as a message lists them.
pub(super) fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_service_and_of_the_design() {
        check(AccessMode::of("Read-Write"), AccessMode::ReadWrite);
        check(AccessMode::of(" 4 "), AccessMode::NonInteractive);
        check(AccessMode::of("Support  User"), AccessMode::Support);
        check(TeamType::of("AAD Security Group"), TeamType::SecurityGroup);
        check(Depth::of("Global"), Depth::Organisation);
        check(Depth::of("8"), Depth::Organisation);
        check(Ownership::of("UserOwned"), Ownership::User);
        check(CascadeAssign::of("NoCascade"), CascadeAssign::None);
        check(yes_no("Disabled", "disabled", "enabled"), true);
        check(yes_no("FALSE", "disabled", "enabled"), false);
        assert_eq!(Depth::of("everything"), None);
        assert_eq!(yes_no("enabled", "yes", "no"), None);
    }

    #[track_caller]
    fn check<T: Copy + PartialEq + std::fmt::Debug>(found: Option<T>, expected: T) {
        assert_eq!(found, Some(expected));
    }

    #[test]
    fn other_words_are_comparison_keys() {
        fn each<T: Word>() {
            for (word, _) in T::ALSO {
                assert_eq!(comparison_key(word), *word);
                assert!(T::own(word).is_none(), "`{word}` is known to the model");
            }
        }
        each::<AccessMode>();
        each::<TeamType>();
        each::<Depth>();
        each::<Inheritance>();
        each::<Ownership>();
        each::<CascadeAssign>();
    }
}
