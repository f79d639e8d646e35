//! Reading back what was printed, and any text at all without a panic.
//!
//! In: filters and texts at random, and nests too deep. Out: nothing; a failure shows the case.
//! What single URLs and filters mean is tested beside the code.

use std::collections::BTreeMap;
use std::fmt::Write;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::rehearse::odata::error::{NESTING_MAX, UrlError};
use crate::rehearse::odata::expression::{Expression, Operand, Operator, Path, Place, Quantifier};
use crate::rehearse::odata::literal::Literal;
use crate::rehearse::odata::{compare, filter, read};

/// A filter as a client would write it.
fn printed(expression: &Expression) -> String {
    let joined = |parts: &[Expression], word: &str| {
        let parts: Vec<String> = parts
            .iter()
            .map(|it| format!("({})", printed(it)))
            .collect();
        parts.join(word)
    };
    match expression {
        Expression::And(parts) => joined(parts, " and "),
        Expression::Or(parts) => joined(parts, " or "),
        Expression::Not(part) => format!("not ({})", printed(part)),
        Expression::Compare {
            left,
            operator,
            right,
        } => {
            let word = match operator {
                Operator::Equal => "eq",
                Operator::NotEqual => "ne",
                Operator::Greater => "gt",
                Operator::GreaterOrEqual => "ge",
                Operator::Less => "lt",
                Operator::LessOrEqual => "le",
            };
            format!("{} {word} {}", operand(left), operand(right))
        }
        Expression::Text { place, whole, part } => {
            let word = match place {
                Place::Anywhere => "contains",
                Place::Start => "startswith",
                Place::End => "endswith",
            };
            format!("{word}({},{})", operand(whole), operand(part))
        }
        Expression::Among {
            path,
            values,
            inside,
        } => {
            let word = if *inside { "In" } else { "NotIn" };
            let name = path.steps.join("/");
            let values = literal(&Literal::List(values.clone()));
            format!("Microsoft.Dynamics.CRM.{word}(PropertyName='{name}',PropertyValues={values})")
        }
        Expression::Related {
            navigation,
            quantifier,
            test,
        } => {
            let word = if *quantifier == Quantifier::Any {
                "any"
            } else {
                "all"
            };
            let test = test.as_ref();
            let test = test.map(|(name, test)| format!("{name}:{}", printed(test)));
            format!("{}/{word}({})", route(navigation), test.unwrap_or_default())
        }
        Expression::Flag(flag) => operand(flag),
    }
}

/// One side of an operator as a client would write it.
fn operand(operand: &Operand) -> String {
    match operand {
        Operand::Path(path) => route(path),
        Operand::Literal(it) => literal(it),
    }
}

/// A path as a client would write it.
fn route(path: &Path) -> String {
    let steps = path.variable.iter().chain(&path.steps);
    steps.map(String::as_str).collect::<Vec<_>>().join("/")
}

/// A literal as a client would write it.
fn literal(it: &Literal) -> String {
    match it {
        Literal::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Literal::Id(id) => id.to_string(),
        Literal::List(items) => {
            let items: Vec<String> = items.iter().map(literal).collect();
            format!("[{}]", items.join(", "))
        }
        Literal::Day(day) => day.to_string(),
        Literal::Moment(moment) => moment.to_string(),
        it => it.to_value().to_string(),
    }
}

/// Literals of every kind.
fn any_literal() -> impl Strategy<Value = Literal> {
    let second = -60_000_000_000_i64..200_000_000_000;
    let moment = second.prop_map(|it| jiff::Timestamp::from_second(it).unwrap());
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Bool),
        any::<i64>().prop_map(|it| Literal::Number(it.into())),
        (-1e9..1e9_f64).prop_map(|it| Literal::Number(serde_json::Number::from_f64(it).unwrap())),
        any::<String>().prop_map(Literal::Text),
        any::<u128>().prop_map(|it| Literal::Id(Uuid::from_u128(it))),
        moment.prop_map(Literal::Moment),
        (1000_i16..9999, 1_i8..12, 1_i8..28)
            .prop_map(|(y, m, d)| Literal::Day(jiff::civil::date(y, m, d))),
    ]
}

/// Paths of a row, or of a lambda's row where it has a name.
fn any_path(variable: Option<&'static str>) -> impl Strategy<Value = Path> {
    let step = prop_oneof![
        Just("name".to_owned()),
        Just("_ownerid_value".to_owned()),
        Just("any".to_owned()),
        "c[a-z0-9_]{1,8}",
    ];
    prop::collection::vec(step, 1..4).prop_map(move |steps| Path {
        variable: variable.map(str::to_owned),
        steps,
    })
}

/// Either side of an operator.
fn any_operand(variable: Option<&'static str>) -> impl Strategy<Value = Operand> {
    prop_oneof![
        any_path(variable).prop_map(Operand::Path),
        any_literal().prop_map(Operand::Literal),
    ]
}

/// Filters without parts.
fn any_leaf(variable: Option<&'static str>) -> impl Strategy<Value = Expression> {
    let operator = prop::sample::select(vec![
        Operator::Equal,
        Operator::NotEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
        Operator::Less,
        Operator::LessOrEqual,
    ]);
    let place = prop::sample::select(vec![Place::Anywhere, Place::Start, Place::End]);
    let values = prop::collection::vec(any_literal(), 0..4);
    let sides = || (any_operand(variable), any_operand(variable));
    prop_oneof![
        (operator, sides()).prop_map(|(operator, (left, right))| Expression::Compare {
            left,
            operator,
            right,
        }),
        (place, sides()).prop_map(|(place, (whole, part))| Expression::Text { place, whole, part }),
        (any_path(None), values, any::<bool>()).prop_map(|(path, values, inside)| {
            Expression::Among {
                path,
                values,
                inside,
            }
        }),
        any_path(variable).prop_map(|path| Expression::Flag(Operand::Path(path))),
    ]
}

/// Filters with parts, and lambdas around filters of their own rows.
fn any_expression() -> impl Strategy<Value = Expression> {
    let inner = prop::option::of(any_leaf(Some("o")));
    let lambda = (any_path(None), inner, any::<bool>()).prop_map(|(navigation, test, all)| {
        let quantifier = match (&test, all) {
            (Some(_), true) => Quantifier::All,
            _ => Quantifier::Any,
        };
        let test = test.map(|test| ("o".to_owned(), Box::new(test)));
        Expression::Related {
            navigation,
            quantifier,
            test,
        }
    });
    prop_oneof![3 => any_leaf(None), 1 => lambda].prop_recursive(5, 40, 4, |part| {
        let parts = || prop::collection::vec(part.clone(), 2..4);
        prop_oneof![
            parts().prop_map(Expression::And),
            parts().prop_map(Expression::Or),
            part.clone()
                .prop_map(|part| Expression::Not(Box::new(part))),
        ]
    })
}

/// Values of rows.
fn any_value() -> impl Strategy<Value = Value> {
    let texts = prop::sample::select(vec!["a", "A ", "b", "", "2026-11-24T01:08:11Z"]);
    let number = -3_i64..3;
    prop_oneof![
        any_literal().prop_map(|it| it.to_value()),
        texts.prop_map(|it| json!(it)),
        number.prop_map(|it| json!(it)),
        (-3_i32..3).prop_map(|it| json!(f64::from(it) / 2.0)),
        number_near_2_to_53(),
    ]
}

/// Numbers that floating point cannot tell apart, whole or not.
fn number_near_2_to_53() -> impl Strategy<Value = Value> {
    let whole = 9_007_199_254_740_990_i64..9_007_199_254_740_996;
    prop_oneof![
        whole.prop_map(|it| json!(it)),
        (-2_i32..4).prop_map(|it| json!(9_007_199_254_740_992.0 + f64::from(it))),
    ]
}

proptest! {
    #[test]
    fn a_printed_filter_reads_back(expression in any_expression()) {
        let text = printed(&expression);
        let found = filter::read("$filter", &text, &BTreeMap::new(), 0);
        prop_assert_eq!(found, Ok(expression.clone()), "filter: {}", text);
        expression.matches(&Map::new());
    }

    #[test]
    fn a_filter_survives_its_url(expression in any_expression()) {
        let encoded = percent_encoding::utf8_percent_encode(
            &printed(&expression),
            percent_encoding::NON_ALPHANUMERIC,
        ).to_string();
        let asked = read(&format!("/api/data/v9.2/accounts?%24filter={encoded}"));
        prop_assert_eq!(asked.map(|asked| asked.options.filter), Ok(Some(expression)));
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        for before in ["", "/api/data/v9.2/", "accounts(", "a(k='x')/", "a?$filter=", "a?$expand="] {
            let _ = read(&format!("{before}{text}"));
        }
    }

    #[test]
    fn no_mix_of_tokens_panics(tokens in prop::collection::vec(prop::sample::select(vec![
        "(", ")", "'", "''", "\"", "{", "}", "[", "]", ",", ";", "/", "?", "&", "=", "@p", "$", "%", "%27", "%2",
        "+", ":", "-", "1", "é", "漢", "any", "not", "and", "or", "eq", "null", "o", "$ref", "$expand", "$filter",
        "$select", "contains", "Microsoft.Dynamics.CRM.In", "PropertyName", "84450080-0af2-4bf1-96f4-43dd74a70b55",
    ]), 0..30)) {
        let text = tokens.concat();
        for before in ["", "accounts(", "a?$filter=", "a?$expand=n("] {
            let _ = read(&format!("{before}{text}"));
        }
    }

    #[test]
    fn an_order_is_total(a in any_value(), b in any_value(), c in any_value()) {
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
            prop_assert!(compare(&a, &c).is_le(), "{} {} {}", a, b, c);
        }
    }
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn nests_are_bounded() {
    check("a?$filter=",  "(",              "x",   ")");
    check("a?$filter=",  "not ",           "x",   "");
    check("a?$filter=",  "n/any(o:",       "x",   ")");
    check("a?$filter=x eq ", "[",          "",    "]");
    check("a?$expand=",  "n($expand=",     "n",   ")");
    check("F(p=",        "[",              "1",   "])");
}

/// Nests as deep as allowed are read on a small stack, deeper ones are refused as such.
#[track_caller]
fn check(before: &'static str, open: &'static str, core: &'static str, close: &'static str) {
    let nest = move |depth: usize| {
        let mut url = before.to_owned();
        url.extend(std::iter::repeat_n(open, depth));
        url.push_str(core);
        url.extend(std::iter::repeat_n(close, depth));
        if before.starts_with('F') {
            url = url.replace("])", "]");
            write!(url, ")").unwrap();
        }
        read(&url)
    };
    let small = std::thread::Builder::new().stack_size(1 << 20);
    let thread = small.spawn(move || {
        let allowed = nest(NESTING_MAX);
        assert!(allowed.is_ok(), "{open}: {allowed:?}");
        if let Some(filter) = allowed.unwrap().options.filter {
            filter.matches(&Map::new());
        }
        for depth in [NESTING_MAX + 1, 10_000] {
            let found = nest(depth);
            assert!(
                matches!(found, Err(UrlError::TooDeep { .. })),
                "{open}: {found:?}"
            );
        }
    });
    thread.unwrap().join().unwrap();
}
