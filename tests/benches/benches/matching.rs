//! A filter bound to its schema, beside what one would write by hand for just that filter on the same JSON values. The
//! two take turns, and the best round of each counts. No match may allocate: the program ends with an error if one does.
//!
//! `cargo bench --manifest-path tests/benches/Cargo.toml --bench matching`

use std::{
    alloc::{GlobalAlloc, Layout, System},
    hint::black_box,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use scim_core::{
    filter::{Filter, Matcher},
    schema::ResourceType,
    urn,
};
use serde_json::{Value, json};

fn main() {
    let users: Vec<Value> = (0..USERS).map(user).collect();
    let user_type = ResourceType::user();
    let matcher = |text: &str| Filter::parse(text).expect("it is a filter");
    println!("{:>10}{:>10}{:>8}{:>8}  filter", "hand ns", "ours ns", "ratio", "allocs");
    let mut logarithms = 0.0;
    for (text, by_hand) in PAIRS {
        let filter = matcher(text);
        let matcher = filter.matcher(&user_type).expect("it fits the schema");
        for user in &users {
            assert_eq!(by_hand(user), matcher.matches(user), "{text}: {user}");
        }
        let (mut hand, mut ours) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..ROUNDS {
            hand = hand.min(round(&users, &by_hand));
            ours = ours.min(round(&users, &|user| matcher.matches(user)));
        }
        logarithms += (ours / hand).ln();
        println!("{hand:>10.1}{ours:>10.1}{:>8.2}{:>8}  {text}", ours / hand, allocations(&users, &matcher));
    }
    println!("{:>28.2}          geometric mean: ours by hand", (logarithms / PAIRS.len() as f64).exp());
    for text in MORE {
        let filter = matcher(text);
        let matcher = filter.matcher(&user_type).expect("it fits the schema");
        assert_eq!(allocations(&users, &matcher), 0, "{text}");
    }
    println!("no allocation in {} more filters", MORE.len());
}

/// Of one match of each user.
fn allocations(users: &[Value], matcher: &Matcher<'_>) -> usize {
    let before = ALLOCATIONS.load(Relaxed);
    for user in users {
        black_box(matcher.matches(user));
    }
    let allocations = ALLOCATIONS.load(Relaxed) - before;
    assert_eq!(allocations, 0, "a match allocates");
    allocations
}

/// Nanoseconds for one user.
fn round(users: &[Value], matches: &dyn Fn(&Value) -> bool) -> f64 {
    let (start, mut count) = (Instant::now(), 0u32);
    while start.elapsed() < Duration::from_micros(500) {
        for user in users {
            black_box(matches(black_box(user)));
        }
        count += USERS as u32;
    }
    start.elapsed().as_nanos() as f64 / f64::from(count)
}

type ByHand = fn(&Value) -> bool;

const PAIRS: [(&str, ByHand); 6] = [
    (r#"userName eq "User.500@example.com""#, |user| is(user, "userName", "user.500@example.com")),
    (r#"title pr and active eq true"#, |user| {
        user.get("title").and_then(Value::as_str).is_some_and(|title| !title.is_empty())
            && user.get("active") == Some(&Value::Bool(true))
    }),
    (r#"name.familyName sw "5""#, |user| {
        let name = user.get("name").and_then(|name| name.get("familyName")).and_then(Value::as_str);
        name.is_some_and(|name| name.get(..1).is_some_and(|start| start.eq_ignore_ascii_case("5")))
    }),
    (r#"emails[type eq "work" and value ew "@example.com"]"#, work_at_example),
    (r#"meta.lastModified gt "2026-01-05T00:00:00Z""#, modified),
    (
        concat!(
            r#"active eq true and (emails[type eq "work" and value ew "@example.com"] or not (title pr)) "#,
            r#"and urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department sw "Res" "#,
            r#"and meta.lastModified gt "2026-01-05T00:00:00Z""#,
        ),
        |user| {
            let department = user.get(urn::ENTERPRISE_USER).and_then(|extension| extension.get("department"));
            user.get("active") == Some(&Value::Bool(true))
                && (work_at_example(user) || user.get("title").is_none())
                && department
                    .and_then(Value::as_str)
                    .is_some_and(|name| name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("res")))
                && modified(user)
        },
    ),
];

fn is(object: &Value, name: &str, wanted: &str) -> bool {
    object.get(name).and_then(Value::as_str).is_some_and(|text| text.eq_ignore_ascii_case(wanted))
}

fn work_at_example(user: &Value) -> bool {
    let emails = user.get("emails").and_then(Value::as_array);
    emails.is_some_and(|emails| {
        emails.iter().any(|email| {
            is(email, "type", "work")
                && email.get("value").and_then(Value::as_str).is_some_and(|value| {
                    let start = value.len().checked_sub("@example.com".len());
                    start
                        .and_then(|start| value.get(start..))
                        .is_some_and(|end| end.eq_ignore_ascii_case("@example.com"))
                })
        })
    })
}

fn modified(user: &Value) -> bool {
    let wanted = Timestamp::from_second(1_767_571_200).expect("it is a time"); // 2026-01-05T00:00:00Z
    let modified = user.get("meta").and_then(|meta| meta.get("lastModified")).and_then(Value::as_str);
    modified.and_then(|text| text.parse::<Timestamp>().ok()).is_some_and(|instant| instant > wanted)
}

/// What has to be taken care of in letters outside of ASCII, long texts, times without an offset, and elsewhere.
const MORE: [&str; 12] = [
    r#"nickName eq "ÉLODIE""#,
    r#"nickName co "LOD""#,
    r#"nickName sw "Él""#,
    r#"nickName ew "É""#,
    r#"nickName gt "a""#,
    r#"displayName co "a text that is longer than sixty-four bytes and is looked for in another way""#,
    r#"meta.created gt "2026-01-05T00:00:00""#,
    r#"emails.value co "example" or emails co "HOME""#,
    r#"emails[type eq "none"].value ne "x""#,
    r#"urn:example:unknown:1.0:User:badge eq "7""#,
    r#"not (password pr) and nothing eq null"#,
    r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber ne "7""#,
];

fn user(n: usize) -> Value {
    json!({
        "schemas": [urn::USER, urn::ENTERPRISE_USER],
        "id": format!("user-{n}"),
        "externalId": format!("00u{n}"),
        "userName": format!("user.{n}@example.com"),
        "name": {"formatted": format!("Ada {n}"), "givenName": "Ada", "familyName": n.to_string()},
        "nickName": "élodié",
        "displayName": format!("Ada {n}, whose name is shown at such length that it has to be looked through twice"),
        "title": if n.is_multiple_of(3) { "Engineer" } else { "Analyst" },
        "active": !n.is_multiple_of(10),
        "emails": [
            {"value": format!("user.{n}@example.com"), "type": "work", "primary": true},
            {"value": format!("{n}@home.example"), "type": "home"},
        ],
        (urn::ENTERPRISE_USER): {"department": "Research", "employeeNumber": n.to_string()},
        "meta": {
            "resourceType": "User",
            "created": "2026-01-05T08:00:00",
            "lastModified": format!("2026-01-{:02}T08:00:00Z", n % 28 + 1),
        },
    })
}

const USERS: usize = 1000;
const ROUNDS: usize = 300;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: as the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;
