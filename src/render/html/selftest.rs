//! The table of a self-test.

use maud::html;

use super::{page, text};
use crate::render::SelfTest;
use crate::sample::{Judgement, Row};

pub(in crate::render) fn selftest(run: &SelfTest) -> String {
    let failed = |row: &&Row| matches!(row.judgement, Judgement::Failed { .. });
    let wrong = run.rows.iter().filter(failed).count();
    let (class, word) = match wrong {
        0 => ("top passed", "PASSED"),
        _ => ("top failed", "FAILED"),
    };
    let body = html! {
        header class=(class) {
            p class="brand" { "loadproof" }
            h1 { span class="word" { (word) } " " span class="project" { "self-test" } }
            p class="line" { (text(&run.host)) ", " (text(&run.started_at)) }
        }
        main {
            section {
                div class="scroll" tabindex="0" {
                    table {
                        thead { tr {
                            @for head in ["sample", "expected", "predicted", "observed", "result"] { th scope="col" { (head) } }
                        } }
                        tbody { @for row in &run.rows { (line(row)) } }
                    }
                }
            }
        }
    };
    page("self-test", &body).into_string()
}

fn line(row: &Row) -> maud::Markup {
    let (class, word) = match &row.judgement {
        Judgement::Passed => ("good", "✓ as expected".to_owned()),
        Judgement::Failed { why } => ("bad", format!("✗ {}", why.join("; "))),
        Judgement::Skipped { why } => ("neutral", format!("skipped: {why}")),
    };
    html! {
        tr {
            th scope="row" { code { (text(&row.sample)) } }
            td { (text(&row.expected)) }
            td { (text(&row.predicted)) }
            td { (text(&row.observed)) }
            td class=(class) { (text(&word)) }
        }
    }
}
