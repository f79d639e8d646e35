//! Manifests that are right, and what is said of those that are not.

use crate::project::Manifest;

const ENVIRONMENT: &str = "[environment]\nfrom = \"environment/\"\n";

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn manifests() {
    //    case                         after [environment]                                      fault named
    check("nothing more",              "",                                                      None);
    check("unknown section",           "[owner]\n",                                             Some("unknown field `owner`"));
    check("unknown key",               "[owners]\nmising = \"stub\"\n",                         Some("unknown field `mising`"));
    check("unknown policy",            "[owners]\nmissing = \"guess\"\n",                       Some("unknown variant `guess`"));
    check("fallback without anybody",  "[owners]\nblank = \"fallback\"\n",                      Some("owners.fallback"));
    check("fallback named",            "[owners]\nblank = \"fallback\"\nfallback = \"a@b.c\"\n", None);
    check("id and key",                "[[records]]\nfile = \"a.csv\"\ntable = \"account\"\nid = \"Id\"\nkey = { column = \"Id\", field = \"new_id\" }\n", Some("both `id` and `key`"));
    check("kept out",                  "[accept]\nFIL003 = \"keep out\"\n",                     None);
    check("cannot be kept out",        "[accept]\nOWN010 = \"keep out\"\n",                     Some("must be cured"));
    check("a note stops nothing",      "[accept]\nFIL002 = \"keep out\"\n",                     Some("stops nothing"));
    check("kept out, misspelt",        "[accept]\nFIL003 = \"keepout\"\n",                      Some("expected \"keep out\""));
    check("no such rule",              "[accept]\nFIL999 = \"keep out\"\n",                     Some("`FIL999` is no rule"));
    check("left unchecked",            "[accept]\nunchecked = [\"OWN009\"]\n",                  None);
    check("wishes",                    "[[users]]\nfile = \"a.csv\"\nchange = [\"access_mode\", \"title\"]\n", None);
    check("a wish that is none",       "[[users]]\nfile = \"a.csv\"\nchange = [\"full_name\"]\n", Some("`change` of `a.csv` names `full_name`"));
    check("a Windows path",            "[[users]]\nfile = \"exports\\User.csv\"\n",            Some("write folders with `/`"));
    check("not TOML",                  "[owners\n",                                             Some("TOML parse error"));
}

#[track_caller]
fn check(case: &str, rest: &str, fault: Option<&str>) {
    let parsed = Manifest::parse(&format!("{ENVIRONMENT}{rest}"));
    match fault {
        None => assert!(parsed.is_ok(), "case: {case}: {parsed:?}"),
        Some(fault) => {
            let message = parsed.expect_err(case);
            assert!(message.contains(fault), "case: {case}: {message}");
        }
    }
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn what_is_said_of_the_environment_matters_to_the_seal() {
    let settings = |text: &str| {
        Manifest::parse(&format!("[environment]\n{text}\n")).map(|manifest| manifest.settings())
    };
    let silent = settings("").expect("nothing said");
    for (text, key, value) in [
        ("non_interactive_max = 5", "environment.non_interactive_max", Some("5")),
        ("mail_synchronised = true", "environment.mail_synchronised", Some("true")),
        ("on_premises = true", "environment.on_premises", Some("true")),
        ("bypass_custom_logic = true", "environment.bypass_custom_logic", Some("true")),
        ("bypass_custom_logic = false", "environment.bypass_custom_logic", None),
        ("daily_requests = 40000", "environment.daily_requests", Some("40000")),
        ("max_age = \"24h\"", "environment.max_age", None),
        ("mail_synchronised = false", "environment.mail_synchronised", None),
        ("on_premises = false", "environment.on_premises", None),
    ] {
        assert!(!silent.contains_key(key), "case: {text}");
        let said = settings(text).expect(text);
        assert_eq!(said.get(key).map(String::as_str), value, "case: {text}");
    }
    for text in ["non_interactive_max = -1", "non_interactive_max = \"7\"", "on_premises = \"yes\"", "daily_requests = 0"] {
        let message = settings(text).expect_err(text);
        let key = text.split(' ').next().expect("a key");
        assert!(message.contains(key), "case: {text}: {message}");
    }
}

#[test]
fn an_age_is_a_number_and_a_unit() {
    for (text, minutes) in [
        ("90m", Some(90)),
        ("24h", Some(1_440)),
        ("7d", Some(10_080)),
        ("4294967295d", Some(4_294_967_295 * 1_440)),
        ("0h", None),
        ("24", None),
        ("h", None),
        ("", None),
        ("1.5h", None),
        ("-1h", None),
        ("+1h", None),
        ("24 h", None),
        ("24H", None),
        ("2w", None),
        ("1h30m", None),
        ("4294967296d", None),
        ("2\u{e9}", None),
    ] {
        let parsed = Manifest::parse(&format!("[environment]\nmax_age = \"{text}\"\n"));
        match (minutes, parsed) {
            (Some(minutes), Ok(manifest)) => {
                let age = manifest.environment.max_age.expect(text);
                assert_eq!(age.span.as_mins(), minutes, "{text}");
            }
            (None, Err(message)) => {
                let names = format!("`environment.max_age` is `{text}`; expected");
                assert!(message.contains(&names), "{text}: {message}");
            }
            (_, other) => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_day_is_a_day() {
    let text = |day: &str| format!("[environment]\nas_of = \"{day}\"\n");
    assert!(Manifest::parse(&text("2026-11-28")).is_ok());
    assert!(
        Manifest::parse(&text("28.11.2026"))
            .expect_err("no day")
            .contains("2026-11-28")
    );
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn who_may_administer_matters_to_the_seal() {
    let told = |list: &str| {
        let manifest = Manifest::parse(&format!("{ENVIRONMENT}[accept]\nadministrators = {list}\n"));
        manifest.expect(list).settings().remove("accept.administrators")
    };
    for (list, expected) in [
        ("[]",                           None),
        ("[\"ana@b.c\"]",                Some("[\"ana@b.c\"]")),
        ("[\"Ben@b.c \", \"ana@b.c\"]",  Some("[\"ana@b.c\",\"ben@b.c\"]")),
        ("[\"Costa, Ana\"]",             Some("[\"costa, ana\"]")),
    ] {
        assert_eq!(told(list).as_deref(), expected, "case: {list}");
    }
}
