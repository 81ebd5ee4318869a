//! `loadproof explain`: a rule's page, or the cause that a text tells of.

mod input;

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;

use anyhow::Context;

use super::Failure;
use crate::cli::explain::{Explain, Format};
use crate::exit_code;
use crate::render;
use crate::rules;
use crate::text::{Explanation, Reader};

/// Bytes that are read at once: what the system copies is still in the core's own cache when it is searched.
const PIECE: usize = 64 * 1024;

/// Runs the command; the result is the exit code.
pub(super) fn run(args: &Explain) -> Result<u8, Failure> {
    let mut out = io::stdout().lock();
    let subject = args.subject.as_deref().unwrap_or("-");
    if let Some(rule) = rules::find(subject) {
        return written(out.write_all(rules::page(rule).as_bytes()));
    }
    let explanation = if subject == "-" {
        if io::stdin().is_terminal() {
            anstream::eprintln!("Paste the error text, then press Ctrl-D.");
        }
        explain("standard input", io::stdin().lock())?
    } else {
        explain(subject, opened(subject)?)?
    };
    written(match args.report {
        Format::Json => render::explain::json(&explanation, &mut out),
        Format::Terminal => render::explain::terminal(&explanation, &mut out),
    })
}

fn opened(subject: &str) -> Result<File, Failure> {
    let path = Path::new(subject);
    if path.is_dir() {
        return Err(Failure::Usage(format!(
            "`{subject}` is a directory: give the file with the error text or the log"
        )));
    }
    if !path.exists() {
        return Err(Failure::Usage(format!(
            "there is no cause `{subject}`, and no file of that name; `loadproof rules` lists the causes"
        )));
    }
    File::open(path).map_err(|why| Failure::Usage(format!("cannot read `{subject}`: {why}")))
}

fn explain<R: Read + 'static>(name: &str, input: R) -> Result<Explanation, Failure> {
    let mut text = match input::text(input) {
        Ok(input::Input::Text(text)) => text,
        Ok(input::Input::Other(what)) => {
            return Err(Failure::Usage(format!("`{name}` is {what}")));
        }
        Err(why) => return Err(Failure::Usage(format!("cannot read `{name}`: {why}"))),
    };
    read(&mut text).map_err(|why| Failure::Usage(format!("cannot read `{name}`: {why}")))
}

fn read(input: &mut dyn Read) -> io::Result<Explanation> {
    let mut reader = Reader::new();
    let mut piece = vec![0; PIECE];
    loop {
        match input.read(&mut piece) {
            Ok(0) => return Ok(reader.finish()),
            Ok(read) => reader.read(piece.get(..read).unwrap_or_default()),
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            Err(why) => return Err(why),
        }
    }
}

fn written(done: io::Result<()>) -> Result<u8, Failure> {
    match done {
        Err(why) if why.kind() != io::ErrorKind::BrokenPipe => Err(why)
            .context("cannot write to standard output")
            .map_err(Failure::from),
        _ => Ok(exit_code::CLEAN),
    }
}
