//! Small questions to programs.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::doctor::{CommandLineTools, Sdk};
use crate::host::command::run;

const LIMIT: Duration = Duration::from_secs(20);

/// The trimmed output of a program that ended well; else what it printed, or why it did not start.
fn ask(program: &str, arguments: &[&str], cwd: &Path, limit: Duration) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(cwd);
    let ended = run(command, limit, &mut |_| {});
    let (output, _) = ended.output.into_text();
    let output = output.trim().to_owned();
    match ended.ending {
        ending if ending.is_success() => Ok(output),
        ending if output.is_empty() => Err(format!("{program} ended with {}", ending.describe())),
        _ => Err(output),
    }
}

/// Apple's tools; `None` on other systems.
pub(super) fn command_line_tools(cwd: &Path) -> Option<CommandLineTools> {
    if !cfg!(target_os = "macos") {
        return None;
    }
    let xcrun = |argument: &str| ask("/usr/bin/xcrun", &["--sdk", "macosx", argument], cwd, LIMIT);
    Some(CommandLineTools {
        directory: ask("/usr/bin/xcode-select", &["-p"], cwd, LIMIT),
        sdk: xcrun("--show-sdk-path").map(|path| Sdk {
            path,
            version: xcrun("--show-sdk-version")
                .ok()
                .and_then(|text| text.parse().ok()),
        }),
    })
}

/// Does a Python start that neither reads the environment nor runs its startup files?
pub(super) fn starts_bare(python: &Path, cwd: &Path, limit: Duration) -> bool {
    let said = ask(
        &python.display().to_string(),
        &["-I", "-S", "-c", "print('loadproof', 1 + 1)"],
        cwd,
        limit,
    );
    said.is_ok_and(|said| said == "loadproof 2")
}

/// What a compiler makes programs for, as it says itself.
pub(super) fn target(compiler: &str, cwd: &Path) -> Option<String> {
    let words = shlex::split(compiler)?;
    let said = ask(words.first()?, &["-dumpmachine"], cwd, LIMIT).ok()?;
    let one_word = !said.is_empty() && !said.contains(char::is_whitespace);
    one_word.then_some(said)
}
