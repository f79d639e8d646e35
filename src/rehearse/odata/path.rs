//! The path of a URL.
//!
//! In: the address as it was sent, and the query's aliases. Out: a [`Resource`].
//! Whether a set exists is not known here. A name alone is a set, which the caller may know as an
//! action; `WhoAmI` and the `Retrieve...` functions may leave out their parentheses.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::rehearse::odata::error::{UrlError, shortened};
use crate::rehearse::odata::literal::Literal;
use crate::rehearse::odata::text::{called, decoded, is_name, split};
use crate::rehearse::odata::token::{Token, Tokens};

/// What a path names.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::rehearse) enum Resource {
    /// The root itself.
    Service,
    /// `$batch`.
    Batch,
    /// `$metadata`.
    Metadata,
    /// `WhoAmI()`, `RetrieveTotalRecordCount(EntityNames=@p1)`.
    Function {
        /// Its name.
        name: String,
        /// What stands in its parentheses, with aliases put in.
        parameters: Vec<(String, Literal)>,
    },
    /// `accounts`; also an action such as `BulkDelete`.
    Set {
        /// The set.
        set: String,
    },
    /// `accounts/$count`.
    Count {
        /// The set.
        set: String,
    },
    /// `accounts(...)`.
    Row {
        /// The set.
        set: String,
        /// Which row.
        key: Key,
    },
    /// `accounts/Microsoft.Dynamics.CRM.CreateMultiple`, or the like on a row.
    BoundOperation {
        /// The set.
        set: String,
        /// Which row, if it is bound to one.
        key: Option<Key>,
        /// Its name after the last dot.
        name: String,
        /// What stands in its parentheses, with aliases put in.
        parameters: Vec<(String, Literal)>,
    },
    /// `systemusers(...)/systemuserroles_association(...)/$ref`.
    Member {
        /// The set.
        set: String,
        /// Which row.
        key: Key,
        /// The column or the navigation.
        property: String,
        /// Which related row.
        related: Option<Key>,
        /// The type to which related rows are narrowed, after the last dot.
        cast: Option<String>,
        /// `/$ref` stands at the end.
        is_reference: bool,
        /// `/$value` stands at the end.
        is_value: bool,
    },
}

/// Which row of a set.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::rehearse) enum Key {
    /// By its id.
    Id(Uuid),
    /// By columns; one of them may be the primary one.
    Alternate(Vec<(String, Literal)>),
}

/// Sets of metadata, which are written like functions.
const METADATA_SETS: [&str; 4] = [
    "EntityDefinitions",
    "GlobalOptionSetDefinitions",
    "ManagedPropertyDefinitions",
    "RelationshipDefinitions",
];

/// What stands after the API's root.
pub(in crate::rehearse) fn inside(url: &str) -> Result<&str, UrlError> {
    let outside = || UrlError::Outside {
        found: shortened(url),
    };
    let host = without(url, "https://").or_else(|| without(url, "http://"));
    let from_root = match host {
        Some(host) => host.find(['/', '?']).and_then(|at| host.get(at..)),
        None => Some(url),
    };
    let relative = from_root.ok_or_else(outside)?;
    let relative = relative.strip_prefix('/').unwrap_or(relative);
    let Some(versioned) = without(relative, "api/data") else {
        return match host {
            Some(_) => Err(outside()),
            None => Ok(relative),
        };
    };
    let end = |at: &str| at.is_empty() || at.starts_with(['/', '?']);
    ["/v9.0", "/v9.1", "/v9.2"]
        .iter()
        .find_map(|version| without(versioned, version).filter(|rest| end(rest)))
        .map(|rest| rest.strip_prefix('/').unwrap_or(rest))
        .ok_or_else(outside)
}

/// A text without its beginning, whose case does not matter.
fn without<'text>(text: &'text str, beginning: &str) -> Option<&'text str> {
    let (first, rest) = text.split_at_checked(beginning.len())?;
    first.eq_ignore_ascii_case(beginning).then_some(rest)
}

/// Reads a path below the root.
pub(in crate::rehearse) fn read(
    path: &str,
    aliases: &BTreeMap<String, String>,
) -> Result<Resource, UrlError> {
    // Encoded quotes quote too; this decodes nothing that the segments would not decode.
    let path = path.replace("%27", "'");
    let path = path.strip_suffix('/').unwrap_or(&path);
    if path.is_empty() {
        return Ok(Resource::Service);
    }
    let mut segments = Vec::new();
    for segment in split(path, '/') {
        segments.push(Segment::read(&decoded("the path", segment)?, aliases)?);
    }
    let mut segments = segments.into_iter();
    let Some(first) = segments.next() else {
        return Ok(Resource::Service);
    };
    match (first.read_as_first()?, segments.next()) {
        (resource, None) => Ok(resource),
        (Resource::Set { set }, Some(second)) if second.text == "$count" => match segments.next() {
            None => Ok(Resource::Count { set }),
            Some(third) => Err(third.wrong("the end of the path")),
        },
        (Resource::Set { set }, Some(second)) => second.operation(set, None, &mut segments),
        (Resource::Row { set, key }, Some(second)) => second.after_row(set, key, &mut segments),
        (_, Some(second)) => Err(second.wrong("the end of the path")),
    }
}

/// What a segment has in parentheses.
enum Inside {
    /// No parentheses.
    None,
    /// `(84450080-...)`.
    Id(Uuid),
    /// `(name='value',...)`, or nothing between the parentheses.
    Named(Vec<(String, Literal)>),
}

/// One segment of a path.
struct Segment {
    /// As it was written, for errors.
    text: String,
    name: String,
    inside: Inside,
}

impl Segment {
    /// Reads a decoded segment.
    fn read(text: &str, aliases: &BTreeMap<String, String>) -> Result<Self, UrlError> {
        let expected = "a set, a function, a column or an operation";
        let found = if text.is_empty() { "//" } else { text };
        let wrong = || UrlError::whole("the path", found, expected);
        let (name, inside) = called(text).ok_or_else(wrong)?;
        if !is_name(name.strip_prefix('$').unwrap_or(name)) {
            return Err(wrong());
        }
        let inside = match inside {
            None => Inside::None,
            Some(inside) => {
                let part = format!("the parentheses of `{}`", shortened(name));
                let mut tokens = Tokens::new(&part, inside, aliases, 0)?;
                Self::read_inside(&mut tokens)?
            }
        };
        Ok(Self {
            text: text.to_owned(),
            name: name.to_owned(),
            inside,
        })
    }

    /// Reads what stands between the parentheses.
    fn read_inside(tokens: &mut Tokens<'_>) -> Result<Inside, UrlError> {
        if !tokens.at_literal() {
            return Ok(Inside::Named(tokens.named(&Token::End)?));
        }
        let Token::Literal(Literal::Id(id)) = *tokens.peek() else {
            return Err(tokens.wrong("a GUID without quotes, or `name=value`"));
        };
        tokens.step();
        tokens.end("nothing after the GUID")?;
        Ok(Inside::Id(id))
    }

    /// The error that this segment should be something else.
    fn wrong(&self, expected: &'static str) -> UrlError {
        UrlError::whole("the path", &self.text, expected)
    }

    /// The name of an operation or a type, after its last dot.
    fn short_name(&self) -> Option<&str> {
        self.name.rsplit_once('.').map(|(_, short)| short)
    }

    /// The key of a row of a set.
    fn key(self) -> Result<Option<Key>, UrlError> {
        match self.inside {
            Inside::None => Ok(None),
            Inside::Id(id) => Ok(Some(Key::Id(id))),
            Inside::Named(ref named) if named.is_empty() => Err(self.wrong("a key")),
            Inside::Named(named) => Ok(Some(Key::Alternate(named))),
        }
    }

    /// As the first segment.
    fn read_as_first(self) -> Result<Resource, UrlError> {
        let is_plain = is_name(&self.name) && !self.name.contains('.');
        match (self.name.as_str(), &self.inside) {
            ("$batch", Inside::None) => return Ok(Resource::Batch),
            ("$metadata", Inside::None) => return Ok(Resource::Metadata),
            (name, Inside::None) if name == "WhoAmI" || name.starts_with("Retrieve") => {
                return Ok(Resource::Function {
                    name: self.name,
                    parameters: Vec::new(),
                });
            }
            _ if is_plain => {}
            _ => return Err(self.wrong("a set or a function")),
        }
        // Sets of tables are written in small letters, functions are not.
        let is_function =
            self.name.contains(char::is_uppercase) && !METADATA_SETS.contains(&self.name.as_str());
        match self.inside {
            Inside::Named(parameters) if is_function || parameters.is_empty() => {
                Ok(Resource::Function {
                    name: self.name,
                    parameters,
                })
            }
            Inside::Named(named) => Ok(Resource::Row {
                set: self.name,
                key: Key::Alternate(named),
            }),
            Inside::Id(id) => Ok(Resource::Row {
                set: self.name,
                key: Key::Id(id),
            }),
            Inside::None => Ok(Resource::Set { set: self.name }),
        }
    }

    /// As what follows a row.
    fn after_row(
        self,
        set: String,
        key: Key,
        rest: &mut impl Iterator<Item = Self>,
    ) -> Result<Resource, UrlError> {
        if self.name.contains('.') {
            return self.operation(set, Some(key), rest);
        }
        if !is_name(&self.name) {
            return Err(self.wrong("a column or a navigation"));
        }
        let property = self.name.clone();
        let related = self.key()?;
        let mut next = rest.next();
        let cast = match next.as_ref().and_then(Self::short_name) {
            Some(cast) => {
                let cast = cast.to_owned();
                if let Some(segment) = next.filter(|it| !matches!(it.inside, Inside::None)) {
                    return Err(segment.wrong("a type without parentheses"));
                }
                next = rest.next();
                Some(cast)
            }
            None => None,
        };
        let ending = next.as_ref().map(|segment| segment.text.as_str());
        let (is_reference, is_value) = (ending == Some("$ref"), ending == Some("$value"));
        let next = if is_reference || is_value {
            rest.next()
        } else {
            next
        };
        if let Some(segment) = next {
            return Err(segment.wrong("`$ref`, `$value` or the end of the path"));
        }
        Ok(Resource::Member {
            set,
            key,
            property,
            related,
            cast,
            is_reference,
            is_value,
        })
    }

    /// As an operation bound to a set or a row, the last segment.
    fn operation(
        self,
        set: String,
        key: Option<Key>,
        rest: &mut impl Iterator<Item = Self>,
    ) -> Result<Resource, UrlError> {
        // All types of metadata end this way; narrowing a set itself to one is not understood.
        let name = self.short_name().filter(|name| !name.ends_with("Metadata"));
        let Some(name) = name.filter(|_| is_name(&self.name)).map(str::to_owned) else {
            return Err(self.wrong("an operation such as `Microsoft.Dynamics.CRM.CreateMultiple`"));
        };
        let parameters = match self.inside {
            Inside::None => Vec::new(),
            Inside::Named(parameters) => parameters,
            Inside::Id(_) => return Err(self.wrong("`name=value` in the parentheses")),
        };
        match rest.next() {
            None => Ok(Resource::BoundOperation {
                set,
                key,
                name,
                parameters,
            }),
            Some(segment) => Err(segment.wrong("the end of the path")),
        }
    }
}
