//! `loadproof image`: a file, read as a loader reads it, and shown.

use std::fs;
use std::io::{self, Write};

use anyhow::Context;

use super::Failure;
use super::disk::Disk;
use crate::cli::image::{Format, ImageArgs};
use crate::exit_code;
use crate::load::{Content, ImageSource};
use crate::render::image::{self, Shown};

/// Runs the command; the result is the exit code.
pub(super) fn run(args: &ImageArgs) -> Result<u8, Failure> {
    let path = &args.path;
    let refuse = |why: &dyn std::fmt::Display| {
        Failure::Usage(format!("cannot read `{}`: {why}", path.display()))
    };
    if !fs::metadata(path).map_err(|why| refuse(&why))?.is_file() {
        return Err(refuse(&"it is no regular file"));
    }
    // The content tells why not only by a number of macOS.
    fs::File::open(path).map_err(|why| refuse(&why))?;
    let real_path = path.to_string_lossy();
    let mut disk = Disk::new();
    if args.all_page_hashes {
        disk = disk.with_all_page_hashes();
    }
    let content = disk.content(&real_path);
    if let Content::NotAnImage { first_bytes, size } = content.as_ref() {
        return Err(Failure::Nothing(format!(
            "`{}` is no Mach-O or ELF file: {size} bytes that start with {first_bytes}",
            path.display()
        )));
    }
    let slices = match content.as_ref() {
        Content::MachO { slices } => slices.len(),
        _ => 0,
    };
    let shown = Shown {
        path: &real_path,
        content: &content,
        exports: (0..slices)
            .map(|slice| disk.exports_of(&real_path, slice))
            .collect(),
        symbols: args.symbols,
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let done = match args.report {
        Format::Json => image::json(&shown, &mut out),
        Format::Terminal => image::terminal(&shown, &mut out),
    };
    match done.and_then(|()| out.flush()) {
        Err(why) if why.kind() != io::ErrorKind::BrokenPipe => Err(why)
            .context("cannot write to standard output")
            .map_err(Failure::from),
        _ => Ok(exit_code::CLEAN),
    }
}
