//! What holds for every world: nobody is matched who shares nothing, and no order matters.

use proptest::prelude::*;
use uuid::Uuid;

use super::world::{RECORDS, World, some, user};
use crate::model::{
    ByNamePolicy, FileId, Person, Principal, Resolution, TeamType, User, Verdict, comparison_key,
};

const WORDS: [&str; 4] = ["ana", "bo", "cy", "di"];

/// Few values, so that they meet often; blank half of the time.
fn cell(what: &'static str) -> impl Strategy<Value = Option<String>> {
    (0..WORDS.len() * 2).prop_map(move |number| {
        let word = WORDS.get(number)?;
        Some(match what {
            "address" => format!("{word}@x.y"),
            "name" => format!("{word} {word}"),
            _ => format!("{what}{word}"),
        })
    })
}

prop_compose! {
    fn any_user()(
        upn in cell("address"), mail in cell("address"), mail2 in cell("address"),
        name in cell("name"), employee in cell("E"), directory in 0..6_u128,
    ) -> User {
        User {
            mail2,
            employee_id: employee,
            directory_id: (directory < 3).then(|| Uuid::from_u128(200 + directory)),
            full_name: name,
            ..user(0, upn.as_deref().unwrap_or("own@upn.z"), mail.as_deref().unwrap_or(""), "")
        }
    }
}

prop_compose! {
    fn any_person()(
        file in 0..2_u16, upn in cell("address"), mail in cell("address"), name in cell("name"),
        employee in cell("E"), id in cell("1"), directory in 0..6_u128,
    ) -> Person {
        Person {
            file: FileId(file),
            id,
            upn,
            mail,
            full_name: name,
            employee_id: employee,
            directory_id: (directory < 3).then(|| Uuid::from_u128(200 + directory)),
            ..Person::default()
        }
    }
}

fn world(users: Vec<User>, people: Vec<Person>) -> World {
    let mut world = World::default();
    world.policy.by_name = ByNamePolicy::Accept;
    for (number, mut user) in (1..).zip(users) {
        user.id.0 = Uuid::from_u128(number);
        world.add(user);
    }
    world.add_team(50, "bo bo", TeamType::Owner);
    world.people = people;
    for (number, person) in (2..).zip(&mut world.people) {
        person.row = number;
    }
    for word in WORDS {
        for text in [
            format!("{word}@x.y"),
            format!("{word} {word}"),
            format!("E{word}"),
        ] {
            world.references.intern(&text, RECORDS, 1);
        }
        world.references.intern(&format!("1{word}"), RECORDS, 1);
    }
    for id in [1, 2, 50, 200, 201, 900] {
        world
            .references
            .intern(&Uuid::from_u128(id).to_string(), RECORDS, 1);
    }
    world
}

/// Every text of a row or reference by which somebody could be found.
fn texts_of(person: &Person) -> Vec<String> {
    let texts = [
        &person.id,
        &person.upn,
        &person.mail,
        &person.full_name,
        &person.employee_id,
    ];
    let texts = texts.into_iter().flatten().map(|text| comparison_key(text));
    texts
        .chain(person.directory_id.map(|id| id.to_string()))
        .collect()
}

fn texts_of_principal(world: &World, principal: Principal) -> Vec<String> {
    let user = match principal {
        Principal::User(id) => &world.facts.users()[&id],
        Principal::Team(id) => {
            return vec![
                id.to_string(),
                comparison_key(&world.facts.teams()[&id].name),
            ];
        }
    };
    let texts = [
        &some(&user.upn),
        &user.mail,
        &user.mail2,
        &user.full_name,
        &user.employee_id,
    ];
    let texts = texts.into_iter().flatten().map(|text| comparison_key(text));
    let ids = [Some(user.id.0), user.directory_id].into_iter().flatten();
    texts.chain(ids.map(|id| id.to_string())).collect()
}

/// Everything that rows connected with a text say, however far the connection reaches.
fn reachable(world: &World, text: &str) -> Vec<String> {
    let mut known = vec![comparison_key(text)];
    loop {
        let before = known.len();
        for person in &world.people {
            let texts = texts_of(person);
            if texts.iter().any(|text| known.contains(text)) {
                known.extend(
                    texts
                        .into_iter()
                        .filter(|text| !known.contains(text))
                        .collect::<Vec<_>>(),
                );
            }
        }
        if known.len() == before {
            return known;
        }
    }
}

fn on_threads(world: &World, threads: usize) -> Resolution {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("threads").install(|| world.resolve().0)
}

proptest! {
    #[test]
    fn nobody_is_matched_who_shares_nothing(
        users in prop::collection::vec(any_user(), 0..5),
        people in prop::collection::vec(any_person(), 0..5),
    ) {
        let world = world(users, people);
        let (resolution, _) = world.resolve();
        for (id, reference) in world.references.iter() {
            let resolved = &resolution.resolved[id.0 as usize];
            if let Verdict::Matched { principal, .. } = resolved.verdict {
                let theirs = texts_of_principal(&world, principal);
                let shared = reachable(&world, &reference.text);
                prop_assert!(
                    theirs.iter().any(|text| shared.contains(text)),
                    "{} became {:?}", reference.text, resolved.verdict
                );
            }
        }
    }

    #[test]
    fn two_people_of_one_exact_identifier_are_never_chosen_from(
        users in prop::collection::vec(any_user(), 0..6),
    ) {
        let world = world(users, Vec::new());
        let (resolution, _) = world.resolve();
        for (id, reference) in world.references.iter() {
            let upn = |user: &&User| comparison_key(&user.upn) == reference.key;
            if world.facts.users().values().filter(upn).count() > 1 {
                let resolved = &resolution.resolved[id.0 as usize];
                prop_assert!(matches!(resolved.verdict, Verdict::Stopped(_)));
                prop_assert!(resolved.candidates.len() > 1);
            }
        }
    }

    #[test]
    fn neither_order_nor_threads_matter(
        users in prop::collection::vec(any_user(), 0..6),
        people in prop::collection::vec(any_person(), 0..6),
        turn in 0..6_usize,
    ) {
        let world = world(users, people);
        let one = on_threads(&world, 1);
        let mut other = world.clone();
        other.people.reverse();
        let length = other.people.len();
        other.people.rotate_left(turn % length.max(1));
        prop_assert_eq!(&on_threads(&other, 4), &one);
        let upns: Vec<String> = one.stubs.iter().map(|stub| comparison_key(&stub.upn)).collect();
        prop_assert!(upns.is_sorted_by(|left, right| left < right), "each person once, sorted");
    }
}
