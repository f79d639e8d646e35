//! The rule table: every code there is, with what it checks, why, the cure and the source.
//!
//! In: nothing. Out: metadata. The functions that check are in `check/`, or in the room where the
//! fact is met. Codes and titles do not change meaning once released.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::model::quoted;

mod access;
mod environment;
mod files;
mod licences;
mod owners;
mod profile;
mod records;
mod roles;
mod stubs;

/// How grave a finding is. The order is the order of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The run ends without a plan (exit 2).
    Fatal,
    /// The change would be refused, or a policy is broken: the plan is not approved.
    Error,
    /// Goes on, and should be looked at.
    Warning,
    /// Good to know.
    Note,
}

impl Severity {
    /// The word that people read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fatal => "fatal",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One rule, as data.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its code.
    pub code: Code,
    /// How grave it is.
    pub severity: Severity,
    /// Names the fault, not the cure.
    pub title: &'static str,
    /// What is checked, in a sentence or two.
    pub what: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What it looks like in a file or environment.
    pub example: &'static str,
    /// What to do.
    pub cure: &'static str,
    /// Numbers of the documents' statements (S) and platform facts (P), or the design.
    pub source: &'static str,
    /// Guards a refusal of the service: left unchecked it blocks approval unless accepted.
    pub guards: bool,
    /// May be accepted with `"keep out"`.
    pub keep_out: bool,
}

macro_rules! codes {
    ($($variant:ident = $rule:ident $text:literal in $family:ident),+ $(,)?) => {
        /// The code of a rule, such as `OWN002`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each code is documented by its rule")]
        pub enum Code { $($variant),+ }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as people write it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// Its rule.
            pub fn rule(self) -> &'static Rule {
                match self { $(Self::$variant => &$family::$rule),+ }
            }
        }
    };
}

codes! {
    Fil001 = FIL001 "FIL001" in files,
    Fil002 = FIL002 "FIL002" in files,
    Fil003 = FIL003 "FIL003" in files,
    Fil004 = FIL004 "FIL004" in files,
    Fil005 = FIL005 "FIL005" in files,
    Fil006 = FIL006 "FIL006" in files,
    Fil007 = FIL007 "FIL007" in files,
    Fil008 = FIL008 "FIL008" in files,
    Own001 = OWN001 "OWN001" in owners,
    Own002 = OWN002 "OWN002" in owners,
    Own003 = OWN003 "OWN003" in owners,
    Own004 = OWN004 "OWN004" in owners,
    Own005 = OWN005 "OWN005" in owners,
    Own006 = OWN006 "OWN006" in owners,
    Own007 = OWN007 "OWN007" in owners,
    Own008 = OWN008 "OWN008" in owners,
    Own009 = OWN009 "OWN009" in owners,
    Own010 = OWN010 "OWN010" in owners,
    Own011 = OWN011 "OWN011" in owners,
    Own012 = OWN012 "OWN012" in owners,
    Own013 = OWN013 "OWN013" in owners,
    Own014 = OWN014 "OWN014" in owners,
    Stb001 = STB001 "STB001" in stubs,
    Stb002 = STB002 "STB002" in stubs,
    Stb003 = STB003 "STB003" in stubs,
    Stb004 = STB004 "STB004" in stubs,
    Stb005 = STB005 "STB005" in stubs,
    Stb006 = STB006 "STB006" in stubs,
    Stb007 = STB007 "STB007" in stubs,
    Stb008 = STB008 "STB008" in stubs,
    Stb009 = STB009 "STB009" in stubs,
    Rol001 = ROL001 "ROL001" in roles,
    Rol002 = ROL002 "ROL002" in roles,
    Rol003 = ROL003 "ROL003" in roles,
    Rol004 = ROL004 "ROL004" in roles,
    Rol005 = ROL005 "ROL005" in roles,
    Rol006 = ROL006 "ROL006" in roles,
    Rol007 = ROL007 "ROL007" in roles,
    Rol008 = ROL008 "ROL008" in roles,
    Rol009 = ROL009 "ROL009" in roles,
    Rol010 = ROL010 "ROL010" in roles,
    Rol011 = ROL011 "ROL011" in roles,
    Rol012 = ROL012 "ROL012" in roles,
    Rol013 = ROL013 "ROL013" in roles,
    Rol014 = ROL014 "ROL014" in roles,
    Rol015 = ROL015 "ROL015" in roles,
    Rol016 = ROL016 "ROL016" in roles,
    Rol017 = ROL017 "ROL017" in roles,
    Rol018 = ROL018 "ROL018" in roles,
    Lic001 = LIC001 "LIC001" in licences,
    Lic002 = LIC002 "LIC002" in licences,
    Lic003 = LIC003 "LIC003" in licences,
    Lic004 = LIC004 "LIC004" in licences,
    Lic005 = LIC005 "LIC005" in licences,
    Lic006 = LIC006 "LIC006" in licences,
    Acc001 = ACC001 "ACC001" in access,
    Acc002 = ACC002 "ACC002" in access,
    Acc003 = ACC003 "ACC003" in access,
    Acc004 = ACC004 "ACC004" in access,
    Acc005 = ACC005 "ACC005" in access,
    Acc006 = ACC006 "ACC006" in access,
    Acc007 = ACC007 "ACC007" in access,
    Acc008 = ACC008 "ACC008" in access,
    Acc009 = ACC009 "ACC009" in access,
    Acc010 = ACC010 "ACC010" in access,
    Acc011 = ACC011 "ACC011" in access,
    Acc012 = ACC012 "ACC012" in access,
    Acc013 = ACC013 "ACC013" in access,
    Acc014 = ACC014 "ACC014" in access,
    Acc015 = ACC015 "ACC015" in access,
    Acc016 = ACC016 "ACC016" in access,
    Acc017 = ACC017 "ACC017" in access,
    Acc018 = ACC018 "ACC018" in access,
    Acc019 = ACC019 "ACC019" in access,
    Acc020 = ACC020 "ACC020" in access,
    Prf001 = PRF001 "PRF001" in profile,
    Prf002 = PRF002 "PRF002" in profile,
    Prf003 = PRF003 "PRF003" in profile,
    Prf004 = PRF004 "PRF004" in profile,
    Rec001 = REC001 "REC001" in records,
    Rec002 = REC002 "REC002" in records,
    Rec003 = REC003 "REC003" in records,
    Rec004 = REC004 "REC004" in records,
    Rec005 = REC005 "REC005" in records,
    Rec006 = REC006 "REC006" in records,
    Rec007 = REC007 "REC007" in records,
    Rec008 = REC008 "REC008" in records,
    Rec009 = REC009 "REC009" in records,
    Rec010 = REC010 "REC010" in records,
    Env001 = ENV001 "ENV001" in environment,
    Env002 = ENV002 "ENV002" in environment,
    Env003 = ENV003 "ENV003" in environment,
    Env004 = ENV004 "ENV004" in environment,
    Env005 = ENV005 "ENV005" in environment,
    Env006 = ENV006 "ENV006" in environment,
    Env007 = ENV007 "ENV007" in environment,
    Env008 = ENV008 "ENV008" in environment,
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A text that is no rule's code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is no rule; `cutover explain` lists them all", quoted(.0))]
pub struct UnknownCode(pub String);

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let wanted = text.trim();
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str().eq_ignore_ascii_case(wanted))
            .ok_or_else(|| UnknownCode(text.to_owned()))
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        for code in Code::ALL.iter().copied() {
            let rule = code.rule();
            assert_eq!(rule.code, code, "{code}: its rule bears another code");
            assert_eq!(
                code.as_str().parse(),
                Ok(code),
                "{code}: does not parse back"
            );
            assert!(!rule.title.ends_with('.'), "{code}: a title is no sentence");
            for text in [
                rule.title,
                rule.what,
                rule.why,
                rule.example,
                rule.cure,
                rule.source,
            ] {
                assert!(
                    text.len() > 2 && text != "see the title",
                    "{code}: a text is missing"
                );
            }
            assert!(
                !rule.keep_out || rule.severity == Severity::Error,
                "{code}: only what stops can be kept out"
            );
        }
        let mut texts: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), Code::ALL.len(), "codes are unique");
    }
}
