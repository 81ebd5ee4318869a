//! What packages install beside the executable: completions for shells, pages for man.

use std::io;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Cli;

/// Options of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell that will read them
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Options of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The command whose page is wanted [default: loadproof itself]
    pub command: Option<String>,
}

/// Completions for a shell.
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "loadproof", &mut bytes);
    bytes
}

/// A page in roff, of loadproof or of one of its commands; `None` for a command that it does not have.
pub fn page(command: Option<&str>) -> Option<io::Result<Vec<u8>>> {
    let mut whole = Cli::command();
    whole.build();
    let wanted = match command {
        None => whole,
        // Its display name has the dash that `man` wants: loadproof-verify.
        Some(name) => whole.find_subcommand(name)?.clone(),
    };
    let mut bytes = Vec::new();
    let written = clap_mangen::Man::new(wanted).render(&mut bytes);
    Some(written.map(|()| bytes))
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_shell_completes_every_command() {
        let commands = Cli::command();
        let shown = commands
            .get_subcommands()
            .filter(|command| !command.is_hide_set());
        let names: Vec<String> = shown.map(|command| command.get_name().to_owned()).collect();
        assert!(names.len() > 5);
        for shell in Shell::value_variants() {
            let text = String::from_utf8(completions(*shell)).expect("text");
            for name in &names {
                assert!(text.contains(name.as_str()), "{shell} does not know {name}");
            }
        }
    }

    #[test]
    fn every_command_has_a_page_with_its_options() {
        let commands = Cli::command();
        for command in commands.get_subcommands() {
            let page = page(Some(command.get_name())).expect("a page");
            let text = String::from_utf8(page.expect("roff")).expect("text");
            assert!(text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"));
        }
        let verify = page(Some("verify")).expect("a page").expect("roff");
        let text = String::from_utf8(verify).expect("text");
        assert!(text.contains("\\-\\-build\\-timeout"), "{text}");
        assert!(page(Some("no-such-command")).is_none());
    }
}
