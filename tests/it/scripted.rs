//! What a live environment may answer to a batch and the rehearsal server never does: parts that are put off, parts that
//! fail each time, batches that are too slow for an answer, answers too many.
//!
//! In: a script, played by a few lines of HTTP that know one table. Out: the outcome of each change, what the server
//! holds, and how often each record was written.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cutover::model::{
    Change, Outcome, Present, Principal, RecordId, Seq, SignIn, Subject, UserId, Write as Wish,
};
use cutover::target::{Dataverse, Live, LiveProject, Target, feed};
use serde_json::json;
use uuid::Uuid;

/// What a proxy may say back of a request.
const TOKEN: &str = "eyJhbGci.eyJhdWQi.c2ln";

const DONE: &str = "HTTP/1.1 204 No Content\r\nOData-Version: 4.0\r\n\r\n";

/// What a record is answered with: its number, and how often it was asked for before.
type Script = fn(u128, u32) -> Said;

/// What the script says of one part.
enum Said {
    Done,
    /// The status line with further headers, and the code.
    No(&'static str, &'static str),
}

/// What the server holds.
#[derive(Default)]
struct Held {
    owners: BTreeMap<Uuid, Uuid>,
    asked: BTreeMap<u128, u32>,
    /// How often each record was written.
    written: BTreeMap<u128, u32>,
    batches: u32,
}

/// How the server plays.
#[derive(Clone, Copy)]
struct Play {
    script: Script,
    /// Of a batch so many parts are done before the line is cut, unless it has no more.
    in_time: usize,
    /// Answers that nobody asked for.
    surplus: usize,
}

const PLAIN: Play = Play {
    script: |_, _| Said::Done,
    in_time: usize::MAX,
    surplus: 0,
};

fn user(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

const BEFORE: u128 = 0xb;
const AFTER: u128 = 0xa;

/// How writing ended, and what the server holds then.
struct Ended {
    outcomes: BTreeMap<u128, Outcome>,
    error: Option<String>,
    held: Arc<Mutex<Held>>,
}

/// Signs in to a server that plays so.
fn open(held: &Arc<Mutex<Held>>, play: Play) -> Live {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = Arc::clone(held);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let held = Arc::clone(&served);
            std::thread::spawn(move || serve(&stream.unwrap(), &held, play));
        }
    });
    let dataverse = Dataverse::open(&url, SignIn::Secret, &|_| None).unwrap();
    Live::open(dataverse, LiveProject::default()).unwrap()
}

/// Assigns so many records.
fn assign(records: u128, play: Play) -> Ended {
    let held = Arc::new(Mutex::new(Held::default()));
    let owners = (1..=records).map(|record| (Uuid::from_u128(record), Uuid::from_u128(BEFORE)));
    held.lock().unwrap().owners.extend(owners);
    let live = open(&held, play);
    let (sender, stage) = feed(1);
    let change = |record| Change {
        seq: Seq(u64::try_from(record).unwrap()),
        write: Wish::AssignRecord {
            entity: Arc::from("account"),
            record: RecordId(Uuid::from_u128(record)),
            before: Principal::User(user(BEFORE)),
            after: Principal::User(user(AFTER)),
        },
        restore: false,
        source: None,
    };
    sender.send((1..=records).map(change).collect()).unwrap();
    drop(sender);
    let (done, told) = channel();
    let error = live.write(&stage, &done).err();
    drop(done);
    let mut outcomes = BTreeMap::new();
    for (seq, outcome) in told {
        let before = outcomes.insert(u128::from(seq.0), outcome);
        assert!(before.is_none(), "told twice: {}", seq.0);
    }
    Ended {
        outcomes,
        error: error.map(|error| error.to_string()),
        held,
    }
}

/// Answers one request after another; ends where the line is cut.
fn serve(stream: &TcpStream, held: &Mutex<Held>, play: Play) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let path = line.split(' ').nth(1)?.to_owned();
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let Some((name, value)) = header.trim().split_once(": ") else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let body = String::from_utf8(body).unwrap();
        let (kind, answer) = answer(&path, &body, held, play)?;
        let top = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            answer.len()
        );
        let mut stream = stream;
        stream.write_all((top + &answer).as_bytes()).ok()?;
    }
}

/// The type and text of an answer; nothing where the line is cut.
fn answer(
    path: &str,
    body: &str,
    held: &Mutex<Held>,
    play: Play,
) -> Option<(&'static str, String)> {
    let mut held = held.lock().unwrap();
    if path.ends_with("$batch") {
        return batch(body, &mut held, play);
    }
    let rows = if path.contains("WhoAmI") {
        let id = Uuid::from_u128(1);
        return Some((
            "application/json",
            json!({ "UserId": id, "OrganizationId": id }).to_string(),
        ));
    } else if path.contains("EntityDefinitions") {
        json!([{
            "LogicalName": "account", "EntitySetName": "accounts",
            "PrimaryIdAttribute": "accountid", "OwnershipType": "UserOwned",
        }])
    } else if path.contains("accounts") {
        let row = |(record, owner)| json!({ "accountid": record, "_ownerid_value": owner });
        held.owners.iter().map(row).collect()
    } else if path.contains("systemusers?") {
        let id = user(AFTER).0;
        json!([{
            "systemuserid": id, "_businessunitid_value": id, "domainname": "ana@contoso.com", "isdisabled": true,
            "internalemailaddress": "ana@contoso.com", "firstname": "Ana", "lastname": "Silva", "fullname": "Silva, Ana",
        }])
    } else if path.contains("systemuserroles") {
        json!([])
    } else {
        json!([{}])
    };
    Some(("application/json", json!({ "value": rows }).to_string()))
}

fn batch(body: &str, held: &mut Held, play: Play) -> Option<(&'static str, String)> {
    held.batches += 1;
    let id = |text: &str, set: &str| {
        let from = text.find(set)? + set.len();
        Uuid::parse_str(text.get(from..from + 36)?).ok()
    };
    let parts = body
        .split("--batch_cutover\r\n")
        .filter_map(|part| Some((id(part, "/accounts(")?, id(part, "/systemusers(")?)));
    let answer = |said: &str| format!("--b\r\nContent-Type: application/http\r\n\r\n{said}\r\n");
    let mut answers = vec![answer(DONE); play.surplus];
    for (place, (record, owner)) in parts.enumerate() {
        if place == play.in_time {
            return None;
        }
        let number = record.as_u128();
        let asked = held.asked.entry(number).or_default();
        let said = (play.script)(number, *asked);
        *asked += 1;
        let said = match said {
            Said::Done => {
                held.owners.insert(record, owner);
                *held.written.entry(number).or_default() += 1;
                DONE.to_owned()
            }
            Said::No(status, code) => format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n\r\n{{\"error\":{{\"code\":\"{code}\",\
                 \"message\":\"you sent {TOKEN}\"}}}}"
            ),
        };
        answers.push(answer(&said));
    }
    Some((
        "multipart/mixed; boundary=b",
        answers.concat() + "--b--\r\n",
    ))
}

/// Every record but those of `refused` is written, once, and told so; those are told as refused by this code.
#[track_caller]
fn check(case: &str, records: u128, play: Play, refused: &[u128], code: &str) -> Ended {
    let ended = assign(records, play);
    assert_eq!(ended.error, None, "{case}");
    for record in 1..=records {
        let held = ended.held.lock().unwrap();
        let (told, written) = (&ended.outcomes[&record], held.written.get(&record));
        if refused.contains(&record) {
            let Outcome::Failed(refusal) = told else {
                panic!("{case}: {record}: {told:?}");
            };
            assert_eq!(refusal.code.to_string(), code, "{case}: {record}");
            assert_eq!(refusal.message, "you sent (a token)", "{case}: {record}");
            assert_eq!(written, None, "{case}: {record}");
        } else {
            let done = Outcome::Done { actual: None };
            assert_eq!((told, written), (&done, Some(&1)), "{case}: {record}");
        }
    }
    ended
}

#[test]
fn what_fails_each_time_is_refused_and_holds_up_nobody() {
    let script: Script = |record, _| match record {
        3 => Said::No("500 Internal Server Error", "0x80040216"),
        _ => Said::Done,
    };
    let play = Play { script, ..PLAIN };
    check("one of its kind", 5, play, &[3], "0x80040216");
}

#[test]
fn what_fails_for_a_moment_is_done_then() {
    let script: Script = |record, before| match (record, before) {
        (3, 0..2) => Said::No("500 Internal Server Error", "0x80044150"),
        _ => Said::Done,
    };
    check("a deadlock", 5, Play { script, ..PLAIN }, &[], "");
}

#[test]
fn parts_that_are_put_off_come_as_the_service_lets_them() {
    // Each waits for its turn, longer than any one of them is waited for in vain.
    let script: Script = |record, before| {
        if u32::try_from(record).unwrap() > before + 1 {
            Said::No("429 Too Many Requests\r\nRetry-After: 0", "0x80072322")
        } else {
            Said::Done
        }
    };
    check("one after the other", 14, Play { script, ..PLAIN }, &[], "");
    let script: Script = |_, before| match before {
        0 => Said::No("429 Too Many Requests\r\nRetry-After: 2", "0x80072322"),
        _ => Said::Done,
    };
    let began = Instant::now();
    check(
        "a pause that is named",
        1,
        Play { script, ..PLAIN },
        &[],
        "",
    );
    assert!(began.elapsed() >= Duration::from_secs(2));
}

/// A plug-in that takes seconds: the answer to a whole batch never comes in time.
#[test]
fn a_batch_without_an_answer_is_looked_at_and_made_smaller() {
    let play = Play {
        in_time: 7,
        ..PLAIN
    };
    let ended = check("too slow", 50, play, &[], "");
    let batches = ended.held.lock().unwrap().batches;
    assert!(batches < 12, "{batches} batches");
}

#[test]
fn an_answer_too_many_is_nobodys() {
    let script: Script = |record, _| match record {
        3 => Said::No("403 Forbidden", "0x80040220"),
        _ => Said::Done,
    };
    let surplus = 1;
    let ended = assign(
        3,
        Play {
            script,
            surplus,
            ..PLAIN
        },
    );
    assert_eq!(ended.outcomes, BTreeMap::new());
    let error = ended.error.unwrap();
    assert!(error.contains("4 answers to 3 parts"), "{error}");
}

/// How the full name is composed is for the organisation to say; the plan names what was written.
#[test]
fn a_stub_user_is_known_by_its_names_in_whatever_order_they_are_shown() {
    let live = open(&Arc::default(), PLAIN);
    let (id, upn) = (user(AFTER), "ana@contoso.com".to_owned());
    let found = live
        .present(&[Subject::Stub {
            id,
            upn: upn.clone(),
        }])
        .unwrap();
    let planned = Present::User {
        id,
        mail: upn.clone(),
        upn,
        full_name: "Ana Silva".to_owned(),
        stub: true,
        roles: Vec::new(),
    };
    assert_eq!(found, [planned]);
}
