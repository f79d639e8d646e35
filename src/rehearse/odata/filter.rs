//! Reads a `$filter`.
//!
//! In: its decoded text, and the query's aliases. Out: an [`Expression`], or what is wrong.
//! Functions that the service does not know are refused here as there; names are the caller's to
//! check.

use std::collections::BTreeMap;

use crate::rehearse::odata::error::{NESTING_MAX, UrlError};
use crate::rehearse::odata::expression::{Expression, Operand, Operator, Path, Place, Quantifier};
use crate::rehearse::odata::literal::Literal;
use crate::rehearse::odata::token::{Token, Tokens};

/// Reads a filter that stands so many levels deep in its URL.
pub(in crate::rehearse) fn read(
    part: &str,
    text: &str,
    aliases: &BTreeMap<String, String>,
    depth: usize,
) -> Result<Expression, UrlError> {
    let mut filter = Filter {
        tokens: Tokens::new(part, text, aliases, depth)?,
        variables: Vec::new(),
    };
    let expression = filter.or()?;
    filter.tokens.end("`and`, `or` or the end of the filter")?;
    Ok(expression)
}

/// Words that are no names.
const OPERATORS: [&str; 9] = ["and", "or", "not", "eq", "ne", "gt", "ge", "lt", "le"];

/// The function that asks whether a column has one of some values.
const IN: &str = "Microsoft.Dynamics.CRM.In";

/// Its opposite.
const NOT_IN: &str = "Microsoft.Dynamics.CRM.NotIn";

/// A filter being read.
struct Filter<'url> {
    tokens: Tokens<'url>,
    /// Names of the lambdas around this place.
    variables: Vec<String>,
}

impl Filter<'_> {
    /// Parts joined by `or`, side by side: a chain of hundreds is not deep.
    fn or(&mut self) -> Result<Expression, UrlError> {
        let first = self.and()?;
        self.chain("or", first, Self::and, Expression::Or)
    }

    /// Parts joined by `and`.
    fn and(&mut self) -> Result<Expression, UrlError> {
        let first = self.not()?;
        self.chain("and", first, Self::not, Expression::And)
    }

    /// What follows a first part with the same word between.
    fn chain(
        &mut self,
        word: &str,
        first: Expression,
        next: fn(&mut Self) -> Result<Expression, UrlError>,
        join: fn(Vec<Expression>) -> Expression,
    ) -> Result<Expression, UrlError> {
        if !self.tokens.accept_word(word) {
            return Ok(first);
        }
        let mut parts = vec![first, next(self)?];
        while self.tokens.accept_word(word) {
            parts.push(next(self)?);
        }
        Ok(join(parts))
    }

    /// A part, perhaps with `not` before it.
    fn not(&mut self) -> Result<Expression, UrlError> {
        if !self.tokens.accept_word("not") {
            return self.part();
        }
        self.tokens.sink()?;
        let part = self.not()?;
        self.tokens.rise();
        Ok(Expression::Not(Box::new(part)))
    }

    /// A part in parentheses, a function, a lambda or a comparison.
    fn part(&mut self) -> Result<Expression, UrlError> {
        if self.tokens.accept('(') {
            self.tokens.sink()?;
            let expression = self.or()?;
            self.tokens.expect(')', "`)`, `and` or `or`")?;
            self.tokens.rise();
            return Ok(expression);
        }
        if let (Token::Word(word), Token::Mark('(')) =
            (self.tokens.peek(), self.tokens.peek_second())
        {
            let word = word.clone();
            return self.function(&word);
        }
        if self.tokens.at_literal() {
            let left = Operand::Literal(self.tokens.literal("a literal")?);
            return self.comparison(left);
        }
        self.path_or_lambda()
    }

    /// A function, at its name.
    fn function(&mut self, word: &str) -> Result<Expression, UrlError> {
        let place = match word {
            "contains" => Place::Anywhere,
            "startswith" => Place::Start,
            "endswith" => Place::End,
            IN | NOT_IN => {
                self.tokens.step();
                return self.among(None, word == IN);
            }
            _ => {
                let expected = "`contains`, `startswith`, `endswith`, or `In` or `NotIn` of \
                                `Microsoft.Dynamics.CRM`";
                return Err(self.tokens.wrong(expected));
            }
        };
        self.tokens.step();
        self.tokens.expect('(', "`(`")?;
        let whole = self.operand()?;
        self.tokens.expect(',', "`,` and a text")?;
        let part = self.operand()?;
        self.tokens.expect(')', "`)`")?;
        Ok(Expression::Text { place, whole, part })
    }

    /// `In` or `NotIn`, after its name.
    fn among(&mut self, variable: Option<String>, inside: bool) -> Result<Expression, UrlError> {
        let expected = "`PropertyName='...',PropertyValues=['...']` in the parentheses";
        self.tokens.expect('(', "`(`")?;
        let mut property = None;
        let mut values = None;
        for (name, literal) in self.tokens.named(&Token::Mark(')'))? {
            match (name.as_str(), literal) {
                ("PropertyName", Literal::Text(name)) => property = Some(name),
                ("PropertyValues", Literal::List(list)) => values = Some(list),
                _ => return Err(self.tokens.wrong(expected)),
            }
        }
        let (Some(property), Some(values)) = (property, values) else {
            return Err(self.tokens.wrong(expected));
        };
        let steps: Vec<String> = property.split('/').map(str::to_owned).collect();
        let path = self.path(variable, steps)?;
        Ok(Expression::Among {
            path,
            values,
            inside,
        })
    }

    /// A lambda, or a comparison that begins with a path.
    fn path_or_lambda(&mut self) -> Result<Expression, UrlError> {
        let (variable, mut steps) = self.steps()?;
        if *self.tokens.peek() != Token::Mark('(') {
            let path = self.path(variable, steps)?;
            return self.comparison(Operand::Path(path));
        }
        let quantifier = match steps.pop().as_deref() {
            Some("any") => Quantifier::Any,
            Some("all") => Quantifier::All,
            Some(word @ (IN | NOT_IN)) if steps.is_empty() => {
                return self.among(variable, word == IN);
            }
            _ => {
                return Err(self
                    .tokens
                    .wrong("a path, or one that ends with `any` or `all`"));
            }
        };
        let navigation = self.path(variable, steps)?;
        self.lambda(navigation, quantifier)
    }

    /// What stands in the parentheses of `any` or `all`.
    fn lambda(&mut self, navigation: Path, quantifier: Quantifier) -> Result<Expression, UrlError> {
        self.tokens.expect('(', "`(`")?;
        if quantifier == Quantifier::Any && self.tokens.accept(')') {
            return Ok(Expression::Related {
                navigation,
                quantifier,
                test: None,
            });
        }
        let variable = self.tokens.word("the name of a related row and `:`")?;
        self.tokens
            .expect(':', "`:` after the related row's name")?;
        self.tokens.sink()?;
        self.variables.push(variable.clone());
        let test = self.or()?;
        self.variables.pop();
        self.tokens.rise();
        self.tokens.expect(')', "`)`, `and` or `or`")?;
        Ok(Expression::Related {
            navigation,
            quantifier,
            test: Some((variable, Box::new(test))),
        })
    }

    /// The operator and what follows it; without one, the left side has to be a flag.
    fn comparison(&mut self, left: Operand) -> Result<Expression, UrlError> {
        let operator = match self.tokens.peek() {
            Token::Word(word) => match word.as_str() {
                "eq" => Some(Operator::Equal),
                "ne" => Some(Operator::NotEqual),
                "gt" => Some(Operator::Greater),
                "ge" => Some(Operator::GreaterOrEqual),
                "lt" => Some(Operator::Less),
                "le" => Some(Operator::LessOrEqual),
                _ => None,
            },
            _ => None,
        };
        match (operator, &left) {
            (Some(operator), _) => {
                self.tokens.step();
                let right = self.operand()?;
                Ok(Expression::Compare {
                    left,
                    operator,
                    right,
                })
            }
            (None, Operand::Path(_) | Operand::Literal(Literal::Bool(_))) => {
                Ok(Expression::Flag(left))
            }
            (None, Operand::Literal(_)) => {
                Err(self.tokens.wrong("`eq`, `ne`, `gt`, `ge`, `lt` or `le`"))
            }
        }
    }

    /// A literal or a path.
    fn operand(&mut self) -> Result<Operand, UrlError> {
        if self.tokens.at_literal() {
            return Ok(Operand::Literal(self.tokens.literal("a literal")?));
        }
        let (variable, steps) = self.steps()?;
        Ok(Operand::Path(self.path(variable, steps)?))
    }

    /// Names with `/` between; the first may be the name of a related row.
    fn steps(&mut self) -> Result<(Option<String>, Vec<String>), UrlError> {
        let mut steps = Vec::new();
        loop {
            let step = match self.tokens.peek() {
                Token::Word(word) if !OPERATORS.contains(&word.as_str()) => word.clone(),
                _ => return Err(self.tokens.wrong("a column or a literal")),
            };
            self.tokens.step();
            steps.push(step);
            if !self.tokens.accept('/') {
                break;
            }
        }
        let variable = steps.first().filter(|first| self.variables.contains(first));
        let variable = variable.cloned();
        if variable.is_some() {
            steps.remove(0);
        }
        Ok((variable, steps))
    }

    /// A path of plain names, one at least.
    fn path(&self, variable: Option<String>, steps: Vec<String>) -> Result<Path, UrlError> {
        if steps.len() > NESTING_MAX {
            return Err(self.tokens.too_deep());
        }
        let is_plain = |step: &String| !step.is_empty() && !step.contains('.');
        if steps.is_empty() || !steps.iter().all(is_plain) {
            return Err(self
                .tokens
                .wrong("a column's name before this, without dots"));
        }
        Ok(Path { variable, steps })
    }
}
