use super::*;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn answered(status: u16, wait: Option<u64>) -> Outcome {
    Outcome::Answered { status, throttled: false, wait: wait.map(secs) }
}

fn repeats(intent: Intent, outcome: Outcome) -> bool {
    decide(1, intent, outcome, Duration::ZERO, &RetryPolicy::default()) != Decision::Stop
}

#[test]
fn a_write_is_repeated_only_when_it_cannot_have_happened() {
    use Intent::{Idempotent, Once, Read};
    let throttled = Outcome::Answered { status: 500, throttled: true, wait: None };
    // Outcome, and whether a read, an idempotent write and another write are repeated.
    let table = [
        (Outcome::NotSent, [true, true, true]),
        (Outcome::Lost, [true, true, false]),
        (Outcome::Final, [false, false, false]),
        (answered(200, None), [false, false, false]),
        (answered(400, None), [false, false, false]),
        (answered(409, None), [false, false, false]),
        (answered(429, None), [true, true, true]),
        (answered(429, Some(3)), [true, true, true]),
        (answered(500, None), [false, false, false]),
        (throttled, [true, true, true]),
        (answered(502, None), [true, true, false]),
        (answered(503, None), [true, true, false]),
        (answered(503, Some(1)), [true, true, true]),
        (answered(504, None), [true, true, false]),
    ];
    for (outcome, expected) in table {
        let got = [Read, Idempotent, Once].map(|intent| repeats(intent, outcome));
        assert_eq!(got, expected, "{outcome:?}");
    }
}

#[test]
fn methods_and_preconditions_make_the_intent() {
    assert_eq!(Intent::of(&Method::GET, true), Intent::Read);
    assert_eq!(Intent::of(&Method::PUT, false), Intent::Idempotent);
    assert_eq!(Intent::of(&Method::PUT, true), Intent::Once);
    assert_eq!(Intent::of(&Method::DELETE, false), Intent::Idempotent);
    assert_eq!(Intent::of(&Method::PATCH, false), Intent::Once);
    assert_eq!(Intent::of(&Method::POST, false), Intent::Once);
}

#[test]
fn waits_double_up_to_the_cap_and_fit_the_budget() {
    let policy = RetryPolicy {
        max_attempts: 20,
        base: secs(1),
        cap: secs(10),
        budget: secs(60),
        ..Default::default()
    };
    let wait = |attempt, elapsed| decide(attempt, Intent::Read, Outcome::Lost, secs(elapsed), &policy);
    let full = |seconds| Decision::Retry { at_least: Duration::ZERO, jitter: secs(seconds) };
    assert_eq!([1, 2, 3, 4, 5].map(|attempt| wait(attempt, 0)), [1, 2, 4, 8, 10].map(full));
    assert_eq!(wait(19, 0), full(10));
    assert_eq!(wait(20, 0), Decision::Stop, "attempts are used up");
    assert_eq!(wait(5, 57), full(3), "the wait is cut to what is left");
    assert_eq!(wait(5, 60), Decision::Stop, "time is used up");
    let asked = |seconds| decide(1, Intent::Once, answered(429, Some(seconds)), secs(10), &policy);
    assert_eq!(asked(30), Decision::Retry { at_least: secs(30), jitter: secs(1) });
    assert_eq!(asked(50), Decision::Stop, "a wait that does not fit is not begun");
    assert_eq!(asked(0), Decision::Retry { at_least: secs(0), jitter: secs(1) });
}

#[test]
fn huge_numbers_do_not_overflow() {
    let policy = RetryPolicy {
        max_attempts: u32::MAX,
        base: Duration::MAX,
        cap: Duration::MAX,
        budget: Duration::MAX,
        ..Default::default()
    };
    for attempt in [1, 2, 33, 40, u32::MAX - 1] {
        assert_ne!(decide(attempt, Intent::Read, Outcome::Lost, Duration::ZERO, &policy), Decision::Stop);
    }
}

#[test]
fn reads_what_servers_ask_for() {
    let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let wait = |headers: &[(&'static str, &str)]| {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        asked_wait(&map, now)
    };
    assert_eq!(wait(&[]), None);
    assert_eq!(wait(&[("retry-after", "7")]), Some(secs(7)));
    assert_eq!(wait(&[("retry-after", "1.5")]), Some(Duration::from_millis(1500)));
    assert_eq!(wait(&[("retry-after", "99999999999999999999999")]), Some(Duration::MAX));
    assert_eq!(wait(&[("retry-after", "-1")]), None);
    assert_eq!(wait(&[("retry-after", "soon")]), None);
    assert_eq!(wait(&[("retry-after", "Sun, 01 Mar 2026 12:00:30 GMT")]), Some(secs(30)));
    assert_eq!(wait(&[("retry-after", "Sun, 01 Mar 2026 11:00:00 GMT")]), Some(secs(0)), "it is over");
    let skewed =
        [("retry-after", "Sun, 01 Mar 2026 13:00:30 GMT"), ("date", "Sun, 01 Mar 2026 13:00:20 GMT")];
    assert_eq!(wait(&skewed), Some(secs(10)), "the server's clock counts");
    assert_eq!(wait(&[("x-rate-limit-reset", &(now.as_second() + 12).to_string())]), Some(secs(12)));
    assert_eq!(wait(&[("x-rate-limit-reset", "12")]), Some(secs(12)));
    assert_eq!(wait(&[("x-rate-limit-reset", "-5")]), None);
}
