//! PRF001 to PRF004: what the directory keeps, what the user has (S13 to S24), and how long a text may be.

use crate::check::tests::everybody::*;
use crate::check::tests::*;
use crate::model::ProfileField;

/// Ana with a field in the environment and in the directory; Dan has something in both, so that both
/// sides tell the field.
fn fields(field: ProfileField, here: &'static str, there: &'static str) -> World {
    let set = |user: &mut User, text: &str| {
        let text = text.to_owned();
        match field {
            ProfileField::FirstName => user.first_name = Some(text),
            ProfileField::LastName => user.last_name = Some(text),
            ProfileField::Mail => user.mail = Some(text),
            _ => {
                user.details.profile.insert(field, text);
            }
        }
    };
    let world = calm()
        .users(|user| user.mail = None)
        .one(ANA, |user| set(user, here))
        .one(DAN, |user| set(user, "same"));
    world
        .person("ana", |person| {
            person.profile.insert(field, there.to_owned());
        })
        .person("dan", |person| {
            person.profile.insert(field, "same".to_owned());
        })
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn fields_that_differ() {
    use ProfileField::*;
    let online = |case, world, expected: &[&str]| speaks(case, world, expected);
    let on_premises = |case, world, expected: &[&str]| {
        speaks_by(case, world, |policy| policy.on_premises = true, expected);
    };
    let in_2017 = |case, world, expected: &[&str]| {
        speaks_by(case, world, |policy| policy.mail_synchronised = true, expected);
    };
    let differ = |field| fields(field, "one", "another");
    for field in [FirstName, LastName, Title, MainPhone, MobilePhone, Fax, Street, City, State, Country] {
        online(field.words(), differ(field), &["PRF001"]);
    }
    online("home phone is not carried over",  differ(HomePhone),                       &[]);
    online("mail",                            differ(Mail),                            &["PRF002"]);
    in_2017("mail in 2017",                   differ(Mail),                            &["PRF001"]);
    for field in [FirstName, LastName, MainPhone, Mail, HomePhone, City, State] {
        on_premises(field.words(), differ(field), &["PRF001"]);
    }
    for field in [Title, MobilePhone, Fax, Street, Country] {
        on_premises(field.words(), differ(field), &[]);
    }
    online("the same in other letters",       fields(Title, "Head of  Sales", "HEAD OF SALES"), &[]);
    online("blank here",                      fields(Title, "", "one"),                &["PRF001"]);
    online("blank there",                     fields(Title, "one", ""),                &["PRF001"]);
    online("the environment tells no title",  calm().person("ana", |person| { person.profile.insert(Title, "one".to_owned()); }), &[]);
    online("the directory tells no title",    calm().one(ANA, |user| { user.details.profile.insert(Title, "one".to_owned()); }),  &[]);
    online("not synchronised",                differ(Title).one(ANA, |user| user.details.synchronised = Some(false)),             &[]);
    online("another user name",
           calm().one(ANA, |user| user.directory_id = Some(Uuid::from_u128(7)))
               .person("ana", |person| { person.id = Some(Uuid::from_u128(7)); person.upn = "ana.lima@contoso.com".to_owned(); })
               .fact(crate::check::tests::people::member("CRM Users", "ana.lima@contoso.com", None)),                             &["PRF001"]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn wishes_for_fields() {
    use ProfileField::*;
    let policy = |on_premises, mail_synchronised| move |policy: &mut CheckPolicy<'_>| {
        policy.on_premises = on_premises;
        policy.mail_synchronised = mail_synchronised;
    };
    let stub = || calm().one(ANA, |user| { user.stub = true; user.disabled = true; }).unlicensed("ana");
    for field in [FirstName, LastName, Title, MainPhone, MobilePhone, Fax, Street, City, State, Country] {
        speaks(field.words(), calm().wish_field(ANA, field), &["PRF003"]);
        speaks_by(field.words(), calm().wish_field(ANA, field), policy(true, false), &[]);
        speaks(field.words(), stub().wish_field(ANA, field), &[]);
    }
    speaks("home phone",                   calm().wish_field(ANA, HomePhone),                                                   &[]);
    speaks("mail",                         calm().wish_field(ANA, Mail),                                                        &[]);
    speaks_by("mail in 2017",              calm().wish_field(ANA, Mail), policy(false, true),                                   &["PRF003"]);
    speaks("not synchronised",             calm().one(ANA, |user| user.details.synchronised = Some(false)).wish_field(ANA, Title), &[]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn texts_that_are_too_long() {
    use ProfileField::*;
    let wish = |field, text: String| calm().one(ANA, |user| user.details.synchronised = Some(false)).wish(ANA, |wish| {
        wish.profile.insert(field, crate::model::Changed { before: None, after: Some(text.clone()) });
    });
    let digits = |count| "7".repeat(count);
    for (field, fits) in [(FirstName, 256), (LastName, 256), (Mail, 100), (Title, 128), (MainPhone, 64), (MobilePhone, 64),
                          (Fax, 64), (HomePhone, 50), (Street, 1024), (City, 128), (State, 128), (Country, 128)] {
        speaks(field.words(), wish(field, digits(fits)),     &[]);
        speaks(field.words(), wish(field, digits(fits + 1)), &["PRF004"]);
    }
    speaks("two units of UTF-16 each", wish(HomePhone, "\u{1f600}".repeat(26)), &["PRF004"]);
    speaks("composed by the service",  wish(FullName, digits(1000)),           &[]);
}
