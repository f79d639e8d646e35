//! The outer form of a batch: boundaries, delimiter lines, header lines.
//!
//! In: bytes and the text of a `Content-Type`. Out: the parts between the delimiters, and headers
//! apart from what follows them. Lines end with CRLF or with LF alone. What a part is and what its
//! headers ask for is left to `parts`.

use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;

use crate::rehearse::batch::parts::Malformed;
use crate::rehearse::batch::parts::shown;

/// The longest boundary that the format allows.
const BOUNDARY_BYTES_MAX: usize = 70;

/// The type in a `Content-Type`, without its parameters, in lower case.
pub(super) fn media_type(content_type: &str) -> String {
    let name = content_type.split(';').next().unwrap_or_default();
    name.trim().to_ascii_lowercase()
}

/// The boundary in a `Content-Type`, which may stand in quotes.
pub(super) fn boundary(content_type: &str) -> Result<String, Malformed> {
    let parameters = content_type.split(';').skip(1);
    let value = parameters
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))
        .map(|(_, value)| value.trim())
        .ok_or_else(|| Malformed::NoBoundary {
            found: shown(content_type.as_bytes()),
        })?;
    let inner = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    let bare = inner.unwrap_or(value);
    let fits = !bare.is_empty()
        && bare.len() <= BOUNDARY_BYTES_MAX
        && bare
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'"');
    if fits {
        Ok(bare.to_owned())
    } else {
        Err(Malformed::Boundary {
            found: shown(value.as_bytes()),
        })
    }
}

/// The parts between the delimiter lines.
///
/// What stands before the first delimiter and after the closing one is no part. A body whose closing
/// delimiter is missing was cut on its way, so it is refused as a whole.
pub(super) fn split<'a>(content: &'a [u8], boundary: &str) -> Result<Vec<&'a [u8]>, Malformed> {
    let opening = format!("--{boundary}");
    let closing = format!("--{boundary}--");
    let mut parts = Vec::new();
    let mut part_starts = None;
    let mut line_starts = 0;
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        let text = line.trim_ascii_end();
        let closes = text == closing.as_bytes();
        if closes || text == opening.as_bytes() {
            if let Some(start) = part_starts {
                parts.push(&content[start..line_starts]);
            }
            part_starts = Some(line_starts + line.len());
        }
        if closes {
            return Ok(parts);
        }
        line_starts += line.len();
    }
    let boundary = boundary.to_owned();
    Err(if part_starts.is_some() {
        Malformed::NotClosed { boundary }
    } else {
        Malformed::NoDelimiter { boundary }
    })
}

/// The first line without its end, and what follows it.
pub(super) fn first_line(content: &[u8]) -> (&[u8], &[u8]) {
    let end = content.iter().position(|byte| *byte == b'\n');
    let (line, rest) = match end {
        Some(end) => (&content[..end], &content[end + 1..]),
        None => (content, &content[content.len()..]),
    };
    (line.trim_ascii_end(), rest)
}

/// The header lines up to the first empty line, and what follows that line.
pub(super) fn headers(content: &[u8]) -> Result<(HeaderMap, &[u8]), Malformed> {
    let mut headers = HeaderMap::new();
    let mut rest = content;
    while !rest.is_empty() {
        let (line, after) = first_line(rest);
        rest = after;
        if line.is_empty() {
            break;
        }
        let (name, value) = header(line).ok_or_else(|| Malformed::Header { found: shown(line) })?;
        // A map of headers has an upper bound, past which its plain `append` panics.
        if headers.try_append(name, value).is_err() {
            return Err(Malformed::TooManyHeaders);
        }
    }
    Ok((headers, rest))
}

/// One header line; `None` where it is none.
fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = HeaderName::from_bytes(line[..colon].trim_ascii()).ok()?;
    let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
    Some((name, value))
}
