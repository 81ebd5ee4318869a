//! The catalogue in words, for `loadproof catalogue`.

use std::fmt::{self, Write};

use crate::image::Version;
use crate::load::Likelihood;

use super::{Interval, Known, LibraryEntry, Summary};

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.arm64, self.x86_64) {
            (true, true) => "arm64 and x86_64: ",
            (true, false) => "arm64: ",
            (false, true) => "x86_64: ",
            (false, false) => "nowhere: ",
        })?;
        match self.first {
            Some(first) => write!(f, "there from macOS {first}")?,
            None => f.write_str("in no macOS that is known")?,
        }
        if let Some(before) = self.certainly_absent_before {
            write!(f, ", proven to be absent before {before}")?;
        }
        if let Some(before) = self.likely_absent_before {
            write!(f, ", probably absent before {before}")?;
        }
        if let Some(last) = self.last_seen {
            write!(f, ", last seen in {last}")?;
        }
        write!(f, " ({})", self.evidence.describe())
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Known::Present => f.write_str("present"),
            Known::Unknown => f.write_str("not known, assumed to be present"),
            Known::Absent {
                likelihood,
                introduced,
            } => {
                f.write_str(match likelihood {
                    Likelihood::Certain => "absent",
                    Likelihood::Likely => "probably absent",
                })?;
                match introduced {
                    Some(version) => write!(f, ", there from macOS {version}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Built in: {} libraries of macOS, {} other names for them, {} symbols.",
            self.libraries, self.aliases, self.symbols
        )?;
        writeln!(f, "\nLibraries of which symbols are known:")?;
        for library in &self.known {
            write!(f, "  {:>6}  {}", library.symbols, library.install_name)?;
            match library.covered {
                Some(covered) => writeln!(f, "  (all public ones {})", range(covered))?,
                None => writeln!(f, "  (some)")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for LibraryEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.install_name)?;
        for alias in &self.aliases {
            writeln!(f, "  also {alias}")?;
        }
        for interval in &self.intervals {
            writeln!(f, "  {interval}")?;
        }
        if let Some(covered) = self.covered {
            writeln!(f, "  every public symbol is listed {}", range(covered))?;
        }
        let mut line = String::new();
        for (symbol, intervals) in &self.symbols {
            for interval in intervals {
                line.clear();
                write!(line, "{symbol}  {interval}")?;
                writeln!(f, "{line}")?;
            }
        }
        Ok(())
    }
}

fn range((first, last): (Version, Version)) -> String {
    format!("from macOS {first} to {last}")
}

#[cfg(test)]
mod tests {
    use crate::catalogue::Catalogue;

    #[test]
    fn an_entry_says_when_and_how_sure() {
        let entry = Catalogue::builtin()
            .entry("/usr/lib/libc++.dylib")
            .expect("in the table");
        let text = entry.to_string();
        assert!(text.starts_with("/usr/lib/libc++.1.dylib\n  also /usr/lib/libc++.dylib\n"));
        let line = text
            .lines()
            .find(|line| line.starts_with("__ZNSt3__18to_charsEPcS0_d "))
            .expect("a line");
        assert_eq!(
            line,
            "__ZNSt3__18to_charsEPcS0_d  arm64 and x86_64: there from macOS 13.3, proven to be absent before 12.1, \
             probably absent before 13.1 (LLVM's ABI lists)"
        );
    }

    #[test]
    fn the_summary_counts_the_table() {
        let summary = Catalogue::builtin().summary();
        let text = summary.to_string();
        assert!(
            text.contains("/usr/lib/libSystem.B.dylib  (all public ones from macOS 10.15 to 27.0)")
        );
        assert!(summary.symbols > 12_000);
    }
}
