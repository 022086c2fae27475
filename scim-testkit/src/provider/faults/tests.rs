use http::Method;

use super::*;

#[test]
fn a_fault_is_printed_as_it_was_written() {
    for line in [
        "5% 429",
        "0.5% 503 retry-after 2",
        "GET,POST /Users/* once drop",
        "*/.search #2-3 drop-after",
        "every 10 html 200",
        "PATCH wait 1.5s",
        "429 retry-after 1,503, ok , cut",
        "stale",
        "#4 lost",
    ] {
        assert_eq!(line.parse::<Fault>().unwrap().to_string(), line);
    }
    let long: Fault = " GET,POST /Users #3 503 retry-after 7 ".parse().unwrap();
    assert_eq!((long.methods.len(), long.path.as_deref()), (2, Some("/Users")));
    assert_eq!(long.when, When::Turns(3, 3));
    assert_eq!(long.effects, [Effect::Status { status: 503, retry_after: Some(7) }]);
}

#[test]
fn what_is_no_fault_is_said_with_its_place() {
    for (line, expected) in [
        (
            "",
            "it does not say what happens: a status, wait, drop, drop-after, cut, html, stale, lost, ok\n  \n  ^",
        ),
        ("2% dorp", "what is `dorp`? did you mean `drop`?\n  2% dorp\n     ^^^^"),
        ("120% 429", "expected 0% to 100%\n  120% 429\n  ^^^^"),
        ("5% 200", "expected a status between 400 and 599\n  5% 200\n     ^^^"),
        ("#0 429", "expected #3 for the third request, or #3-5\n  #0 429\n  ^^"),
        ("every x 429", "expected a number, as in `every 10`\n  every x 429\n        ^"),
        ("wait 2h", "expected a time up to 10 minutes, as in 200ms, 1.5s or 100ms..2s\n  wait 2h\n       ^^"),
        (
            "429 retry-after soon",
            "expected a number of seconds\n  429 retry-after soon\n                  ^^^^",
        ),
        ("get 429", "a method comes first and in capitals: GET\n  get 429\n  ^^^"),
        ("429 503", "expected the end, or a comma and what comes next\n  429 503\n      ^^^"),
        ("5% 429, 503", "a script runs once through; leave out how often\n  5% 429, 503\n  ^^"),
        (
            "é 429 é",
            "what is `é`? there are statuses, wait, drop, drop-after, cut, html, stale, lost, ok\n  é 429 é\n  ^",
        ),
    ] {
        assert_eq!(line.parse::<Fault>().unwrap_err().to_string(), expected, "{line}");
    }
}

#[test]
fn patterns_match_the_whole_path() {
    for (pattern, path, fits) in [
        ("/Users", "/Users", true),
        ("/Users", "/Users/1", false),
        ("/Users/*", "/Users/1", true),
        ("/Users*", "/Users", true),
        ("*", "", true),
        ("*/.search", "/Groups/.search", true),
        ("/*s/*2", "/Users/112", true),
        ("/*s/*2", "/Users/113", false),
    ] {
        assert_eq!(matches(pattern, path), fits, "{pattern} {path}");
    }
}

/// Which of so many requests are struck.
fn struck(line: &str, seed: u64, requests: u64) -> Vec<u64> {
    let mut faults = Faults::new(vec![line.parse().unwrap()], seed);
    let mut strikes = |_: &u64| faults.strike(&Method::GET, "/Users").effect.is_some();
    (1..=requests).filter(|turn| strikes(turn)).collect()
}

#[test]
fn turns_chances_and_scripts_strike_when_they_say() {
    assert_eq!(struck("500", 0, 3), [1, 2, 3]);
    assert_eq!(struck("once 500", 0, 3), [1]);
    assert_eq!(struck("#2-3 500", 0, 5), [2, 3]);
    assert_eq!(struck("every 2 500", 0, 5), [2, 4]);
    assert_eq!(struck("500, ok, drop", 0, 5), [1, 3]);
    assert_eq!(struck("POST 500", 0, 5), [0_u64; 0]);
    assert_eq!(struck("lost", 0, 5), [0_u64; 0], "a read cannot be lost");
    assert_eq!(struck("0% 500", 0, 1000), [0_u64; 0]);
    assert_eq!(struck("100% 500", 0, 1000).len(), 1000);
    let few = struck("5% 500", 7, 10_000);
    assert!((400..600).contains(&few.len()), "{}", few.len());
    assert_eq!(few, struck("5% 500", 7, 10_000), "a seed decides");
    assert_ne!(few, struck("5% 500", 8, 10_000));
}

#[test]
fn waits_add_up_and_the_first_other_fault_decides() {
    let lines = ["wait 1s", "wait 100ms..200ms", "503", "drop"];
    let mut faults = Faults::new(lines.iter().map(|line| line.parse().unwrap()).collect(), 1);
    let strike = faults.strike(&Method::GET, "/");
    assert!((1100..=1200).contains(&strike.delay.as_millis()), "{:?}", strike.delay);
    assert_eq!(strike.effect, Some(Effect::Status { status: 503, retry_after: None }));
    assert_eq!(strike.name.as_deref(), Some("wait 1s"));
}
