//! Batches as clients send them, with LF for CRLF. The host is put in the place of the real one.

/// A batch with quoted boundaries: single requests, raw blanks in a URL, and a change set.
pub(super) const QUOTED_TYPE: &str = r#"multipart/mixed; boundary="batch_7aad9198""#;
pub(super) const QUOTED: &str = r#"--batch_7aad9198
Content-Type: application/http
Content-Transfer-Encoding: binary

POST http://host/api/data/v9.2/accounts HTTP/1.1
Content-Type: application/json; type=entry

{"name": "aaaaaa b1"}
--batch_7aad9198
Content-Type: application/http
Content-Transfer-Encoding: binary

GET http://host/api/data/v9.2/systemusers?$select=domainname&$filter=isdisabled eq true and startswith(domainname,'aa') HTTP/1.1

--batch_7aad9198
Content-Type: multipart/mixed; boundary="changeset_d7c2c9a3"

--changeset_d7c2c9a3
Content-Type: application/http
Content-Transfer-Encoding: binary
Content-ID: 1

POST http://host/api/data/v9.2/accounts HTTP/1.1
Content-Type: application/json; type=entry

{"name": "aaaaaa cs"}
--changeset_d7c2c9a3
Content-Type: application/http
Content-Transfer-Encoding: binary
Content-ID: 2

POST http://host/api/data/v9.2/contacts HTTP/1.1
Content-Type: application/json; type=entry

{"lastname": "aaaaaa", "parentcustomerid_account@odata.bind": "$1"}
--changeset_d7c2c9a3
Content-Type: application/http
Content-Transfer-Encoding: binary
Content-ID: 3

PATCH http://host/api/data/v9.2/accounts(b7b6b4fa) HTTP/1.1
Content-Type: application/json; type=entry
If-Match: *

{"description": "in changeset"}
--changeset_d7c2c9a3--

--batch_7aad9198
Content-Type: application/http
Content-Transfer-Encoding: binary

DELETE http://host/api/data/v9.2/accounts(a96cad20) HTTP/1.1
If-Match: *

--batch_7aad9198--
"#;

/// What the server did for it.
pub(super) const QUOTED_DONE: &[&str] = &[
    r#"POST http://host/api/data/v9.2/accounts {"name": "aaaaaa b1"}"#,
    "GET http://host/api/data/v9.2/systemusers?$select=domainname&$filter=isdisabled eq true and startswith(domainname,'aa') ",
    "begin",
    r#"POST http://host/api/data/v9.2/accounts {"name": "aaaaaa cs"}"#,
    r#"POST http://host/api/data/v9.2/contacts {"lastname":"aaaaaa","parentcustomerid_account@odata.bind":"http://host/accounts(4)"}"#,
    r#"PATCH http://host/api/data/v9.2/accounts(b7b6b4fa) {"description": "in changeset"}"#,
    "commit",
    "DELETE http://host/api/data/v9.2/accounts(a96cad20) ",
];

/// A batch with bare boundaries, an empty line before the first delimiter, and empty lines after
/// the bodies.
pub(super) const BARE_TYPE: &str = "multipart/mixed;boundary=batch_d4a25119";
pub(super) const BARE: &str = r#"
--batch_d4a25119
Content-Type: application/http
Content-Transfer-Encoding: binary

GET http://host/api/data/v9.2/roles?$select=name&$top=1 HTTP/1.1
Accept: application/json

--batch_d4a25119
Content-Type: multipart/mixed;boundary=changeset_5318b65f

--changeset_5318b65f
Content-Type: application/http
Content-Transfer-Encoding: binary
Content-ID: 1

POST http://host/api/data/v9.2/accounts HTTP/1.1
Content-Type: application/json

{"name":"bbbbbb b1"}

--changeset_5318b65f
Content-Type: application/http
Content-Transfer-Encoding: binary
Content-ID: 100003

POST http://host/api/data/v9.2/systemusers(b1b5a7e9)/systemuserroles_association/$ref HTTP/1.1
Content-Type: application/json

{"@odata.id":"http://host/api/data/v9.2/roles(2de8bcc2)"}

--changeset_5318b65f--

--batch_d4a25119--
"#;

/// What the server did for it.
pub(super) const BARE_DONE: &[&str] = &[
    "GET http://host/api/data/v9.2/roles?$select=name&$top=1 ",
    "begin",
    r#"POST http://host/api/data/v9.2/accounts {"name":"bbbbbb b1"}"#,
    r#"POST http://host/api/data/v9.2/systemusers(b1b5a7e9)/systemuserroles_association/$ref {"@odata.id":"http://host/api/data/v9.2/roles(2de8bcc2)"}"#,
    "commit",
];
