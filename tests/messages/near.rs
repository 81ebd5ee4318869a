//! Words that tell of a cause, and words that only look like it.

use loadproof::rules::find;

use super::cases::CASES;
use super::{cause, explain};

#[test]
fn what_tells_of_a_cause_has_it_and_what_looks_like_it_has_not() {
    let wrong: Vec<String> = CASES
        .iter()
        .flat_map(|(id, fires, near)| {
            let (found, beside) = (cause(&explain(fires)), cause(&explain(near)));
            let missed = (found != *id).then(|| format!("{id}, found {found}: {fires}"));
            let false_alarm = (beside == *id).then(|| format!("not {id}: {near}"));
            missed.into_iter().chain(false_alarm)
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_case_is_of_a_rule_and_every_rule_has_one_case_at_most() {
    for (id, _, _) in CASES {
        assert!(find(id).is_some(), "`{id}` is no rule");
    }
    for pair in CASES.windows(2) {
        assert!(pair[0].0 < pair[1].0, "put `{}` elsewhere", pair[1].0);
    }
}
