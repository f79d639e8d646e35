//! A filter as a tree, and what can be told from the tree alone.
//!
//! In: what `filter.rs` has read. Out: the names that the filter uses, and the values that a
//! column must have for any row to pass.
//! Whether a row passes is `evaluate.rs`'s.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::rehearse::odata::literal::{Literal, id_of};

/// A filter, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::rehearse) enum Expression {
    /// All of these; two at least.
    And(Vec<Expression>),
    /// One of these; two at least.
    Or(Vec<Expression>),
    /// Not this.
    Not(Box<Expression>),
    /// `statecode eq 0`.
    Compare {
        /// What stands before the operator.
        left: Operand,
        /// The operator.
        operator: Operator,
        /// What stands after it.
        right: Operand,
    },
    /// `startswith(name,'A')`.
    Text {
        /// Where the part is looked for.
        place: Place,
        /// The text that is looked at.
        whole: Operand,
        /// What is looked for in it.
        part: Operand,
    },
    /// `Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=['a','b'])`, and `NotIn`.
    Among {
        /// The column.
        path: Path,
        /// Its values.
        values: Vec<Literal>,
        /// False for `NotIn`.
        inside: bool,
    },
    /// `roles/any(r:r/name eq 'A')`.
    Related {
        /// The navigation.
        navigation: Path,
        /// `any` or `all`.
        quantifier: Quantifier,
        /// The name of a related row, and what is asked of it; `all` always has one.
        test: Option<(String, Box<Expression>)>,
    },
    /// A column of flags, or a flag, without an operator.
    Flag(Operand),
}

/// One side of an operator.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::rehearse) enum Operand {
    /// A value of the row.
    Path(Path),
    /// A value from the URL.
    Literal(Literal),
}

/// A column, perhaps behind navigations.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::rehearse) struct Path {
    /// The lambda's name for the row from which it starts; the row itself where there is none.
    pub(in crate::rehearse) variable: Option<String>,
    /// Names, one at least.
    pub(in crate::rehearse) steps: Vec<String>,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rehearse) enum Operator {
    /// `eq`.
    Equal,
    /// `ne`.
    NotEqual,
    /// `gt`.
    Greater,
    /// `ge`.
    GreaterOrEqual,
    /// `lt`.
    Less,
    /// `le`.
    LessOrEqual,
}

/// Where a text is looked for in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rehearse) enum Place {
    /// `contains`.
    Anywhere,
    /// `startswith`.
    Start,
    /// `endswith`.
    End,
}

/// Of how many related rows something is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rehearse) enum Quantifier {
    /// `any`.
    Any,
    /// `all`.
    All,
}

impl Expression {
    /// The columns and navigations of the row that the filter names; of a path, its first step.
    ///
    /// Names behind a navigation belong to another table and are not among them.
    pub(in crate::rehearse) fn properties(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        self.collect_properties(&mut names);
        names
    }

    /// Values of which the column must have one for a row to pass; `None` if the filter does not
    /// say.
    ///
    /// A GUID is a text in small letters without braces. Other texts are as written: the row's may
    /// differ in case, or by blanks at the end. Texts in `In(...)` may stand for numbers.
    pub(in crate::rehearse) fn values_wanted(&self, property: &str) -> Option<Vec<Value>> {
        match self {
            Self::Compare {
                left: Operand::Path(path),
                operator: Operator::Equal,
                right: Operand::Literal(literal),
            }
            | Self::Compare {
                left: Operand::Literal(literal),
                operator: Operator::Equal,
                right: Operand::Path(path),
            } if path.is_only(property) => {
                // An index has no entry for rows without a value.
                (*literal != Literal::Null).then(|| vec![indexed(literal)])
            }
            Self::Among {
                path,
                values,
                inside: true,
            } if path.is_only(property) => {
                let values = values.iter().filter(|value| **value != Literal::Null);
                Some(values.map(indexed).collect())
            }
            Self::And(parts) => parts
                .iter()
                .filter_map(|part| part.values_wanted(property))
                .min_by_key(Vec::len),
            Self::Or(parts) => {
                let parts = parts.iter().map(|part| part.values_wanted(property));
                Some(parts.collect::<Option<Vec<_>>>()?.concat())
            }
            _ => None,
        }
    }

    /// Adds the names of this part.
    fn collect_properties<'names>(&'names self, names: &mut BTreeSet<&'names str>) {
        match self {
            Self::And(parts) | Self::Or(parts) => {
                for part in parts {
                    part.collect_properties(names);
                }
            }
            Self::Not(part) => part.collect_properties(names),
            Self::Compare { left, right, .. } => {
                names.extend(left.property());
                names.extend(right.property());
            }
            Self::Text { whole, part, .. } => {
                names.extend(whole.property());
                names.extend(part.property());
            }
            Self::Among { path, .. } => names.extend(path.property()),
            Self::Related {
                navigation, test, ..
            } => {
                names.extend(navigation.property());
                if let Some((_, test)) = test {
                    test.collect_properties(names);
                }
            }
            Self::Flag(operand) => names.extend(operand.property()),
        }
    }
}

impl Operand {
    /// The name that it uses of the row itself.
    fn property(&self) -> Option<&str> {
        match self {
            Self::Path(path) => path.property(),
            Self::Literal(_) => None,
        }
    }
}

impl Path {
    /// The name that it uses of the row itself.
    fn property(&self) -> Option<&str> {
        match self.variable {
            None => self.steps.first().map(String::as_str),
            Some(_) => None,
        }
    }

    /// Whether it is this column of the row itself.
    fn is_only(&self, property: &str) -> bool {
        self.variable.is_none() && self.steps == [property]
    }
}

/// A literal as an index has it.
fn indexed(literal: &Literal) -> Value {
    match literal {
        Literal::Text(text) => match id_of(text) {
            Some(id) => Value::String(id.to_string()),
            None => Value::String(text.clone()),
        },
        literal => literal.to_value(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use crate::rehearse::odata::filter;

    const ID: &str = "84450080-0af2-4bf1-96f4-43dd74a70b55";
    const OTHER: &str = "b5004c3c-2745-5e05-816e-cc1492792307";

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn names_and_wanted_values() {
        check("id eq {id}",                              &["id"],         Some(json!([ID])));
        check("{id} eq id",                              &["id"],         Some(json!([ID])));
        check("id eq '{id}'",                            &["id"],         Some(json!([ID])));
        check("id ne {id}",                              &["id"],         None);
        check("id eq null",                              &["id"],         None);
        check("id eq id",                                &["id"],         None);
        check("not (id eq {id})",                        &["id"],         None);
        check("a eq 1 and id eq {id}",                   &["a", "id"],    Some(json!([ID])));
        check("a eq 1 or id eq {id}",                    &["a", "id"],    None);
        check("id eq {id} or id eq {other}",             &["id"],         Some(json!([ID, OTHER])));
        check("(id eq {id} or id eq {other}) and id eq {id}", &["id"],    Some(json!([ID])));
        check("x/id eq {id}",                            &["x"],          None);
        check("x/any(o:o/id eq {id} and y eq 1)",        &["x", "y"],     None);
        check("contains(name,'a') and flag",             &["flag", "name"], None);
        check("Microsoft.Dynamics.CRM.In(PropertyName='id',PropertyValues=['{other}',null,'A'])", &["id"], Some(json!([OTHER, "A"])));
        check("Microsoft.Dynamics.CRM.NotIn(PropertyName='id',PropertyValues=['A'])", &["id"], None);
    }

    /// The only place in this file that calls the code under test.
    #[track_caller]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a row of the table stays a line"
    )]
    fn check(filter: &str, names: &[&str], wanted: Option<Value>) {
        let filter = filter.replace("{id}", ID).replace("{other}", OTHER);
        let expression = filter::read("$filter", &filter, &BTreeMap::new(), 0).unwrap();
        let found: Vec<&str> = expression.properties().into_iter().collect();
        assert_eq!(found, names, "filter: {filter}");
        let found = expression.values_wanted("id").map(Value::Array);
        assert_eq!(found, wanted, "filter: {filter}");
    }
}
