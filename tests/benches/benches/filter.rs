//! Parsing of filters, beside other crates in the same run: each crate parses those of the ten filters that it
//! accepts, so each has a run of ours over the same ones.
//!
//! `cargo bench --manifest-path tests/benches/Cargo.toml`

use std::hint::black_box;
use std::time::{Duration, Instant};

fn main() {
    println!("{:<14}{:>10}{:>14}{:>14}{:>10}", "crate", "accepts", "its /s", "ours /s", "ratio");
    let peers: [(&str, fn(&str) -> bool); 3] = [
        ("scim_proto", |text| text.parse::<scim_proto::filter::ScimFilter>().is_ok()),
        ("scim-filter", |text| scim_filter::parser::filter(text).is_ok_and(|(rest, _)| rest.is_empty())),
        ("scim_v2", |text| text.parse::<scim_v2::filter::Filter>().is_ok()),
    ];
    for (name, parse) in peers {
        let accepted: Vec<&str> = FILTERS.into_iter().filter(|text| parse(text)).collect();
        let theirs = mean(&accepted, parse);
        let ours = mean(&accepted, |text| scim_core::filter::Filter::parse(text).is_ok());
        println!("{name:<14}{:>10}{theirs:>14.0}{ours:>14.0}{:>10.2}", accepted.len(), ours / theirs);
    }
}

/// Geometric mean of parses in a second.
fn mean(filters: &[&str], parse: fn(&str) -> bool) -> f64 {
    let logarithms = filters.iter().map(|text| rate(text, parse).ln()).sum::<f64>();
    (logarithms / filters.len() as f64).exp()
}

/// The best of several rounds: what else the machine does only makes them slower.
fn rate(text: &str, parse: fn(&str) -> bool) -> f64 {
    let round = || {
        let (start, mut count) = (Instant::now(), 0u32);
        while start.elapsed() < Duration::from_millis(30) {
            for _ in 0..100 {
                assert!(parse(black_box(text)));
            }
            count += 100;
        }
        f64::from(count) / start.elapsed().as_secs_f64()
    };
    (0..8).map(|_| round()).fold(0.0, f64::max)
}

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
