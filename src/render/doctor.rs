//! The report of `loadproof doctor`.

use std::io::{self, Write};

use serde_json::json;

use super::text::clean;
use crate::doctor::{Checkup, Finding, Verdict};

/// Text for a person: every part, then the one thing to mend first.
pub fn terminal(checkup: &Checkup, out: &mut dyn Write) -> io::Result<()> {
    for finding in &checkup.findings {
        let mark = match finding.verdict {
            Verdict::Fine => "ok     ",
            Verdict::Note => "note   ",
            Verdict::Warning => "warning",
            Verdict::Problem => "PROBLEM",
            Verdict::Unknown => "unknown",
        };
        writeln!(out, "{mark}  {}: {}", finding.part, clean(&finding.says))?;
        for line in finding.evidence.iter().flat_map(|text| text.lines()) {
            writeln!(out, "         | {}", clean(line))?;
        }
    }
    writeln!(out)?;
    let problems = checkup.with(Verdict::Problem).count();
    let Some(first) = checkup.first() else {
        writeln!(out, "Nothing must be mended.")?;
        for warning in checkup.with(Verdict::Warning) {
            advise("Worth a look:", warning, out)?;
        }
        return Ok(());
    };
    advise("Mend first:", first, out)?;
    if problems > 1 {
        writeln!(
            out,
            "Then run `loadproof doctor` again: {} more to mend.",
            problems.saturating_sub(1)
        )?;
    }
    Ok(())
}

fn advise(what: &str, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{what} {}", clean(&finding.says))?;
    if let Some(remedy) = &finding.remedy {
        writeln!(out, "  {}", clean(remedy))?;
    }
    if let Some(cause) = finding.cause {
        writeln!(out, "  (`loadproof explain {cause}` says more)")?;
    }
    Ok(())
}

/// JSON, schema version 1: `findings` in their order, `first` the one to mend first or null.
pub fn json(checkup: &Checkup, out: &mut dyn Write) -> io::Result<()> {
    let value = json!({
        "schema": 1,
        "findings": checkup.findings,
        "first": checkup.first(),
    });
    writeln!(out, "{value:#}")
}
