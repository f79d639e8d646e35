//! In which order an organisation composes full names out of first and last names.
//!
//! In: what a user is called now. Out: what the user is called once one of the names is another. The organisation has a
//! setting for it (`fullnameconventioncode`); what its users are called says the same, in every copy.

/// An order of names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NameOrder {
    /// `Ana Costa`.
    #[default]
    FirstLast,
    /// `Costa, Ana`.
    LastCommaFirst,
    /// `Costa Ana`.
    LastFirst,
    /// `CostaAna`, as in East Asia.
    LastFirstJoined,
}

impl NameOrder {
    const ALL: [Self; 4] = [
        Self::FirstLast,
        Self::LastCommaFirst,
        Self::LastFirst,
        Self::LastFirstJoined,
    ];

    /// The order in which `full` is composed of the two names; the usual one where it says of none, because one name
    /// is missing or it was written by hand.
    pub fn of(first: Option<&str>, last: Option<&str>, full: Option<&str>) -> Self {
        let is_composed = |order: &Self| Some(order.compose(first, last).as_str()) == full;
        let both = said(first).is_some() && said(last).is_some();
        let found = Self::ALL.into_iter().find(is_composed);
        found.filter(|_| both).unwrap_or_default()
    }

    /// The full name; of one name alone it is that name, of none it is empty.
    pub fn compose(self, first: Option<&str>, last: Option<&str>) -> String {
        match (said(first), said(last)) {
            (Some(first), Some(last)) => match self {
                Self::FirstLast => format!("{first} {last}"),
                Self::LastCommaFirst => format!("{last}, {first}"),
                Self::LastFirst => format!("{last} {first}"),
                Self::LastFirstJoined => format!("{last}{first}"),
            },
            (one, other) => one.or(other).unwrap_or_default().to_owned(),
        }
    }
}

fn said(name: Option<&str>) -> Option<&str> {
    name.map(str::trim).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::NameOrder;

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn orders() {
        check("usual",          ("Ana", "Costa"), "Ana Costa",  "Bea Lima");
        check("with a comma",   ("Ana", "Costa"), "Costa, Ana", "Lima, Bea");
        check("last first",     ("Ana", "Costa"), "Costa Ana",  "Lima Bea");
        check("joined",         ("Ana", "Costa"), "CostaAna",   "LimaBea");
        check("by hand",        ("Ana", "Costa"), "The Ana",    "Bea Lima");
        check("one name alone", ("", "Costa"),    "Costa",      "Bea Lima");
        check("no name",        ("", ""),         "",           "Bea Lima");
    }

    #[track_caller]
    fn check(case: &str, (first, last): (&str, &str), full: &str, expected: &str) {
        let order = NameOrder::of(Some(first), Some(last), Some(full));
        let found = order.compose(Some("Bea"), Some(" Lima "));
        assert_eq!(found, expected, "case: {case}");
        assert_eq!(order.compose(None, Some("Lima")), "Lima", "case: {case}");
        assert_eq!(order.compose(None, Some(" ")), "", "case: {case}");
    }
}
