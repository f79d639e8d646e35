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

    /// The fields that stand in the details of a user, in the order of the environment file's columns.
    pub const DETAILS: [Self; 9] = [
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

/// What a users file can wish for an existing user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WishField {
    /// Business unit, by name or id.
    BusinessUnit,
    /// Access mode, by word or number.
    AccessMode,
    /// A field of the profile.
    Profile(ProfileField),
}

impl WishField {
    /// Its name in the manifest.
    pub fn key(self) -> &'static str {
        match self {
            Self::BusinessUnit => "business_unit",
            Self::AccessMode => "access_mode",
            Self::Profile(field) => field.key(),
        }
    }

    /// What people read.
    pub fn words(self) -> &'static str {
        match self {
            Self::BusinessUnit => "business unit",
            Self::AccessMode => "access mode",
            Self::Profile(field) => field.words(),
        }
    }

    /// Everything that can be wished for. The full name cannot: the service composes it.
    pub fn all() -> impl Iterator<Item = Self> {
        let fields = ProfileField::ALL.into_iter();
        let fields = fields.filter(|field| *field != ProfileField::FullName);
        [Self::BusinessUnit, Self::AccessMode]
            .into_iter()
            .chain(fields.map(Self::Profile))
    }

    /// The field of a name as the manifest writes it.
    pub fn from_key(text: &str) -> Option<Self> {
        Self::all().find(|field| field.key() == text)
    }
}

/// One wish of a row: a cell that is not blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// For what.
    pub field: WishField,
    /// As written, trimmed.
    pub text: String,
    /// The column, from 1.
    pub column: u16,
}
