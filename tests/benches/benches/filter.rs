//! Parsing of filters, beside other crates in the same run: each crate parses those of the ten filters that it
//! accepts, so each has a run of ours over the same ones. Then ours alone on texts of n, 2n and 4n parts.
//!
//! `cargo bench --manifest-path tests/benches/Cargo.toml --bench filter`

use std::hint::black_box;
use std::time::{Duration, Instant};

use scim_core::filter::Filter;

fn main() {
    beside_peers();
    by_length();
}

/// One row for each filter and peer: the rounds alternate, and the best round of each counts.
fn beside_peers() {
    let peers: [(&str, fn(&str) -> bool); 3] = [
        ("scim_proto", |text| text.parse::<scim_proto::filter::ScimFilter>().is_ok()),
        ("scim-filter", |text| scim_filter::parser::filter(text).is_ok_and(|(rest, _)| rest.is_empty())),
        ("scim_v2", |text| text.parse::<scim_v2::filter::Filter>().is_ok()),
    ];
    println!("{:<14}{:>12}{:>12}{:>8}  filter", "crate", "its ns", "ours ns", "ratio");
    let mut summary = Vec::new();
    for (name, parse) in peers {
        let mut ratios = Vec::new();
        for text in FILTERS.into_iter().filter(|text| parse(text)) {
            let [theirs, ours] = fastest(text, [parse, |text| Filter::parse(text).is_ok()]);
            println!("{name:<14}{theirs:>12.0}{ours:>12.0}{:>8.2}  {text}", theirs / ours);
            ratios.push([theirs, ours]);
        }
        let [theirs, ours] = [0, 1].map(|side| mean(ratios.iter().map(|pair| pair[side])));
        summary.push(format!(
            "{name:<14}{:>10}{:>14.0}{:>14.0}{:>10.2}",
            ratios.len(),
            1e9 / theirs,
            1e9 / ours,
            theirs / ours
        ));
    }
    println!("\n{:<14}{:>10}{:>14}{:>14}{:>10}", "crate", "accepts", "its /s", "ours /s", "ratio");
    for line in summary {
        println!("{line}");
    }
}

/// Nanoseconds for each byte of texts of growing length, good and bad ones: constant when the time is linear.
fn by_length() {
    let shapes: [(&str, fn(usize) -> String); 9] = [
        ("terms", |n| vec![r#"userName eq "bjensen""#; n].join(" and ")),
        ("or of and", |n| vec![r#"title pr and active eq true"#; n].join(" or ")),
        ("literal", |n| format!(r#"userName eq "{}""#, "x".repeat(n * 20))),
        ("escapes", |n| format!(r#"userName eq "{}""#, r"\u00e9".repeat(n * 4))),
        ("name", |n| format!("{} pr", "x".repeat(n * 20))),
        ("spaces", |n| format!("title{}pr", " ".repeat(n * 20))),
        ("depth", |n| format!("{}title pr{}", "(".repeat(n / 8), ")".repeat(n / 8))),
        ("open string", |n| format!(r#"userName eq "{}"#, "x".repeat(n * 20))),
        ("no operator", |n| format!("{} userName", vec!["title pr and"; n].join(" "))),
    ];
    println!("\n{:<14}{:>10}{:>10}{:>10}  ns a byte, at n, 2n and 4n", "shape", "n", "2n", "4n");
    for (name, text) in shapes {
        let each = [128, 256, 512].map(|n| {
            let text = text(n);
            let [time] = fastest(&text, [|text| Filter::parse(text).is_ok() || true]);
            time / text.len() as f64
        });
        println!("{name:<14}{:>10.2}{:>10.2}{:>10.2}", each[0], each[1], each[2]);
    }
}

/// Geometric mean.
fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    (values.map(f64::ln).sum::<f64>() / count).exp()
}

/// Nanoseconds of one parse: the best of several rounds, since what else the machine does only makes them slower.
fn fastest<const N: usize>(text: &str, parsers: [fn(&str) -> bool; N]) -> [f64; N] {
    let mut best = [f64::INFINITY; N];
    for _ in 0..ROUNDS {
        for (best, parse) in best.iter_mut().zip(parsers) {
            *best = best.min(round(text, parse));
        }
    }
    best
}

fn round(text: &str, parse: fn(&str) -> bool) -> f64 {
    let (start, mut count) = (Instant::now(), 0u32);
    while start.elapsed() < Duration::from_micros(500) {
        for _ in 0..20 {
            assert!(black_box(parse(black_box(text))));
        }
        count += 20;
    }
    start.elapsed().as_nanos() as f64 / f64::from(count)
}

const ROUNDS: usize = 300;

const FILTERS: [&str; 10] = [
    r#"userName eq "bjensen""#,
    r#"title pr"#,
    r#"name.familyName co "O'Malley""#,
    r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
    r#"meta.lastModified gt "2011-05-13T04:42:34Z""#,
    r#"title pr and userType eq "Employee""#,
    r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
    r#"userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")"#,
    r#"userType eq "Employee" and emails[type eq "work" and value co "@example.com"]"#,
    r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#,
];
