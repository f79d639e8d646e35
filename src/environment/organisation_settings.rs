//! The settings that an organisation keeps as XML in one of its columns, `orgdborgsettings`.
//!
//! In: the XML (platform facts 3.5), as a live environment tells it or a client of a rehearsal writes it. Out: each
//! setting with its value, in the order of the XML, or what is broken about it. What a setting does is not known here.

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;

/// Why the XML cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`orgdborgsettings` is broken: {0}")]
pub struct BrokenSettings(String);

/// The elements below the root, each with its text; one without text of its own is none. A blank XML has none.
///
/// Half an XML is broken: settings that did not come would else be taken for the service's defaults.
pub fn organisation_settings(xml: &str) -> Result<Vec<(String, String)>, BrokenSettings> {
    let broken = |why: &dyn std::fmt::Display| BrokenSettings(why.to_string());
    let mut reader = Reader::from_str(xml);
    let mut settings: Vec<(String, String)> = Vec::new();
    let mut depth = 0_u32;
    loop {
        let event = reader.read_event().map_err(|error| broken(&error))?;
        let text = match event {
            Event::Start(start) => {
                depth += 1;
                if depth == 2 {
                    settings.push((start.name().as_ref().to_owned(), String::new()));
                }
                continue;
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                continue;
            }
            Event::Eof if depth > 0 => return Err(broken(&"it ends in the middle")),
            Event::Eof => return Ok(settings),
            Event::Text(text) => text.xml10_content().into_owned(),
            Event::CData(text) => text.xml10_content().into_owned(),
            Event::GeneralRef(reference) => {
                let written = format!("&{};", reference.xml10_content());
                let text = unescape(&written).map_err(|error| broken(&error))?;
                text.into_owned()
            }
            _ => continue,
        };
        match (depth, settings.last_mut()) {
            (2, Some((_, value))) => value.push_str(&text),
            (0, _) if !text.trim().is_empty() => {
                return Err(broken(&"a text that stands in no element"));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_the_elements_below_the_root() {
        let root = |inner: &str| format!("<OrgSettings>{inner}</OrgSettings>");
        check("", Some(&[]));
        check(" \r\n", Some(&[]));
        check("<OrgSettings/>", Some(&[]));
        check(
            &root("<A>true</A><B>x &amp; y</B><C/><D><E>no</E></D>"),
            Some(&["A=true", "B=x & y", "D="]),
        );
        check(&root("\n  <B>&lt;&#65;&gt;</B>\n"), Some(&["B=<A>"]));
        check(
            &root("<b>1</b><A><![CDATA[x & y]]></A>"),
            Some(&["b=1", "A=x & y"]),
        );
        check(
            "<?xml version=\"1.0\"?><O><!-- --><A>1</A></O>",
            Some(&["A=1"]),
        );
    }

    #[test]
    fn what_is_no_such_xml_is_told() {
        check("<OrgSettings><A", None);
        check("<OrgSettings><A>1</A>", None);
        check("<OrgSettings><A>1</B></OrgSettings>", None);
        check("<OrgSettings><A>&nothing;</A></OrgSettings>", None);
        check("true", None);
    }

    #[track_caller]
    fn check(xml: &str, expected: Option<&[&str]>) {
        let settings = organisation_settings(xml);
        let texts = settings.map(|settings| {
            let texts = settings
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            texts.collect::<Vec<_>>()
        });
        match expected {
            Some(expected) => assert_eq!(texts.expect(xml), expected, "{xml}"),
            None => assert!(
                texts.is_err_and(|error| error.to_string().contains("is broken")),
                "{xml}"
            ),
        }
    }
}
