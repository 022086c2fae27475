use super::*;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// When each of so many requests, asked for at the same time, may start.
fn starts(budget: &mut Budget, now: u64, operations: &[u32]) -> Vec<u64> {
    operations.iter().map(|count| budget.reserve(secs(now), *count, Intent::Once).as_secs()).collect()
}

#[test]
fn no_period_has_more_than_its_window() {
    let mut budget = Budget::new(&[Window::all(3, secs(10))]);
    assert_eq!(starts(&mut budget, 0, &[1; 8]), [0, 0, 0, 10, 10, 10, 20, 20]);
    assert_eq!(starts(&mut budget, 29, &[1, 1]), [29, 30], "one of three is free since 30");
}

#[test]
fn a_bulk_counts_each_operation() {
    let mut budget = Budget::new(&[Window::all(100, secs(60))]);
    assert_eq!(starts(&mut budget, 0, &[50, 50, 1]), [0, 0, 60]);
    let mut small = Budget::new(&[Window::all(10, secs(60))]);
    assert_eq!(starts(&mut small, 0, &[50, 1]), [0, 60], "more than the window fits only alone");
}

#[test]
fn the_smaller_budget_decides() {
    let mut budget = Budget::new(&[Window::all(2, secs(1)), Window::all(3, secs(60))]);
    assert_eq!(starts(&mut budget, 0, &[1; 4]), [0, 0, 1, 60]);
}

#[test]
fn reads_do_not_use_up_writes() {
    let mut budget = Budget::new(&[Window::writes(1, secs(60))]);
    assert_eq!(starts(&mut budget, 0, &[1, 1]), [0, 60]);
    assert_eq!(budget.reserve(secs(0), 1, Intent::Read), secs(0));
}

#[test]
fn slows_down_on_429_and_recovers() {
    let mut budget = Budget::new(&[Window::all(8, secs(10))]);
    budget.observe(secs(0), true, Some(secs(5)));
    budget.observe(secs(0), true, None);
    assert_eq!(budget.pace, 0.5, "one burst counts once");
    assert_eq!(
        starts(&mut budget, 0, &[1; 5]),
        [5, 5, 5, 5, 15],
        "waits as asked, then goes at half the pace"
    );
    for _ in 0..100 {
        budget.observe(secs(20), false, None);
    }
    assert_eq!(budget.pace, 1.0);
    for second in 0..100 {
        budget.observe(secs(100 + second), true, None);
    }
    assert_eq!(budget.pace, SLOWEST);
    assert_eq!(starts(&mut budget, 300, &[1, 1]), [300, 310], "a window never closes");
}

#[test]
fn what_is_given_back_is_free_again() {
    let mut budget = Budget::new(&[Window::all(1, secs(10)), Window::writes(1, secs(60))]);
    assert_eq!(starts(&mut budget, 0, &[1, 1]), [0, 60]);
    budget.give_back(secs(60), 1, Intent::Once);
    assert_eq!(budget.reserve(secs(0), 1, Intent::Read), secs(10), "only the first one is left");
    budget.give_back(secs(60), 1, Intent::Once);
    assert_eq!(starts(&mut budget, 0, &[1]), [60], "what is not there cannot be given back");
}
