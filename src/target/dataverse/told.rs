//! A request as it is told to who wants to hear of each.
//!
//! In: a request, and how it was answered. Out: a line with verb, path and status; nothing of what names a person.

use reqwest::StatusCode;

use crate::target::dataverse::client::Ask;

/// A request by verb and path. Keys in it and what is asked for may name people.
pub(super) fn told(ask: &Ask, status: Option<StatusCode>) -> String {
    let status = status.map_or("no answer".to_owned(), |status| status.as_u16().to_string());
    format!("{} {}: {status}", ask.method, without_keys(ask.url.path()))
}

/// A path in which nothing stands in brackets any more.
fn without_keys(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut depth = 0_usize;
    for sign in path.chars() {
        match sign {
            '(' => depth += 1,
            ')' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    out.push_str("(…)");
                }
            }
            sign if depth == 0 => out.push(sign),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use reqwest::{StatusCode, Url};

    use super::told;
    use crate::target::dataverse::client::Ask;

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn a_line_names_nobody() {
        check("systemusers?$filter=fullname eq 'Ana'",  Some(StatusCode::OK), "GET /api/systemusers: 200");
        check("accounts(new_id='Ana (2)')/Microsoft.X", Some(StatusCode::NOT_FOUND), "GET /api/accounts(…)/Microsoft.X: 404");
        check("accounts(new_id='Ana",                   None,                 "GET /api/accounts: no answer");
        check("WhoAmI",                                 None,                 "GET /api/WhoAmI: no answer");
    }

    #[track_caller]
    fn check(path: &str, status: Option<StatusCode>, expected: &str) {
        let url = Url::parse("https://contoso.example/api/").unwrap();
        let ask = Ask::get(url.join(path).unwrap(), "");
        assert_eq!(told(&ask, status), expected);
    }
}
