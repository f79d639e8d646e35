//! The words of kinds, depths and yes or no, as the service and its exports write them.
//!
//! In: cell texts. Out: the model's values. The model knows the design's words and the codes; here
//! are the service's own labels and names beside them.

use crate::model::{
    AccessMode, CascadeAssign, Depth, Inheritance, Invitation, Ownership, TeamType, comparison_key,
    quoted,
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

/// Whether an account is deleted: yes or no, or the time at which it was.
pub(super) fn deleted(text: &str) -> Option<bool> {
    let is_time = || {
        let digit = text.contains(|letter: char| letter.is_ascii_digit());
        (digit && text.contains(['-', '/', '.', ':'])).then_some(true)
    };
    yes_no(text, "deleted", "active").or_else(is_time)
}

/// Whether the directory has lost a user, by the words and codes of `azurestate`.
pub(super) fn azure_state(text: &str) -> Option<bool> {
    match comparison_key(text).as_str() {
        "exists" | "0" => Some(false),
        "soft deleted" | "not found or hard deleted" | "1" | "2" => Some(true),
        _ => None,
    }
}

/// The status of an invitation, by the words and codes of `invitestatuscode`.
pub(super) fn invitation(text: &str) -> Option<Invitation> {
    let bare = |text: &str| {
        let key = comparison_key(text);
        key.strip_prefix("invitation ").unwrap_or(&key).to_owned()
    };
    let by_word = |status: &Invitation| bare(status.word()) == bare(text);
    let by_code = || text.parse().ok().and_then(Invitation::from_code);
    Invitation::ALL.into_iter().find(by_word).or_else(by_code)
}

/// Words as a message lists them.
pub(super) fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words
        .map(|word| quoted(&word).to_string())
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
        check(
            invitation("Invitation Near Expired"),
            Invitation::NearExpired,
        );
        check(invitation("not  sent"), Invitation::NotSent);
        check(invitation("4"), Invitation::Accepted);
        check(azure_state("Not found or hard deleted"), true);
        check(azure_state("0"), false);
        check(deleted("2026-05-23 19:59:00Z"), true);
        check(deleted("no"), false);
        assert_eq!((invitation("9"), azure_state("3")), (None, None));
        assert_eq!((deleted("gone"), deleted("7")), (None, None));
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
