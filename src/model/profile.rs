//! The profile of a person: what directory and environment both keep about somebody.
//!
//! In: cells of a directory export, of a users export, rows of an environment. Out: the same by field. Which
//! field of the directory flows into which of the environment, and whether it may be changed, is a rule.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A field of a user that can be wished for (statements S14 to S24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum ProfileField {
    FirstName,
    LastName,
    /// Composed by the service; no wish of its own, it follows the two names.
    FullName,
    Mail,
    Title,
    MainPhone,
    MobilePhone,
    Fax,
    HomePhone,
    Street,
    City,
    State,
    Country,
}

impl ProfileField {
    /// Every field.
    pub const ALL: [Self; 13] = [
        Self::FirstName,
        Self::LastName,
        Self::FullName,
        Self::Mail,
        Self::Title,
        Self::MainPhone,
        Self::MobilePhone,
        Self::Fax,
        Self::HomePhone,
        Self::Street,
        Self::City,
        Self::State,
        Self::Country,
    ];

    /// Its name in the manifest, in plans and in the environment file.
    pub fn key(self) -> &'static str {
        match self {
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::FullName => "full_name",
            Self::Mail => "mail",
            Self::Title => "title",
            Self::MainPhone => "main_phone",
            Self::MobilePhone => "mobile_phone",
            Self::Fax => "fax",
            Self::HomePhone => "home_phone",
            Self::Street => "street",
            Self::City => "city",
            Self::State => "state",
            Self::Country => "country",
        }
    }

    /// What people read.
    pub fn words(self) -> &'static str {
        match self {
            Self::FirstName => "first name",
            Self::LastName => "last name",
            Self::FullName => "full name",
            Self::Mail => "mail",
            Self::Title => "title",
            Self::MainPhone => "main phone",
            Self::MobilePhone => "mobile phone",
            Self::Fax => "fax",
            Self::HomePhone => "home phone",
            Self::Street => "street",
            Self::City => "city",
            Self::State => "state or province",
            Self::Country => "country or region",
        }
    }

    /// The field of a name as the manifest writes it.
    pub fn from_key(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.key() == text)
    }
}

/// The fields that are known to hold something; a blank one is not in it.
pub type Profile = BTreeMap<ProfileField, String>;
