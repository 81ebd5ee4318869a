//! Packs the samples that the binary carries, and leaves out of the Linux binary what it does not use.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script is told by the environment what it builds, and reads and writes files"
)]

use std::collections::BTreeMap;
use std::io::{Error, Result, Write};
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::Compression;
use flate2::write::ZlibEncoder;

const SAMPLES: &str = "fixtures/extensions";
/// A linker's script, beside its own, that leaves out the tables for unwinding: 720 kB.
const NO_UNWINDING: &str =
    "SECTIONS { /DISCARD/ : { *(.eh_frame) *(.eh_frame.*) } } INSERT AFTER .text;\n";

fn main() -> Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={SAMPLES}");
    pack_samples()?;
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("PROFILE", "release") {
        // A panic ends the process, and nobody unwinds.
        println!("cargo:rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
        if is("CARGO_CFG_TARGET_ENV", "gnu") && has_usual_linker() {
            let script = out()?.join("no-unwinding.ld");
            fs::write(&script, NO_UNWINDING)?;
            // Two words, each for the linker: a path may hold a comma, which would part one.
            println!("cargo:rustc-link-arg-bins=-Xlinker");
            println!("cargo:rustc-link-arg-bins=-T");
            println!("cargo:rustc-link-arg-bins=-Xlinker");
            println!("cargo:rustc-link-arg-bins={}", script.display());
        }
        // At a fixed address 17,000 pointers need no relocation: 400 kB less, and fewer pages touched at every start.
        if is("CARGO_CFG_TARGET_ARCH", "x86_64") && is("CARGO_CFG_TARGET_ENV", "gnu") {
            println!("cargo:rustc-link-arg-bins=-no-pie");
        }
    }
    Ok(())
}

fn out() -> Result<PathBuf> {
    let out = env::var_os("OUT_DIR").ok_or_else(|| Error::other("cargo states no OUT_DIR"))?;
    Ok(PathBuf::from(out))
}

/// LLVM's linker, which rustc brings, or GNU's: both take a script beside their own. Others (mold, Zig's) do not.
fn has_usual_linker() -> bool {
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    env::var_os("RUSTC_LINKER").is_none()
        && !flags.contains("linker")
        && !flags.contains("-fuse-ld")
}

/// The samples' files as a JSON object, path to bytes, compressed: a fraction of their size, which counts in every download.
fn pack_samples() -> Result<()> {
    let mut files = BTreeMap::new();
    let mut open = vec![PathBuf::from(SAMPLES)];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.insert(name(&path)?, fs::read(&path)?);
            }
        }
    }
    let file = fs::File::create(out()?.join("samples.json.zlib"))?;
    let mut packed = ZlibEncoder::new(file, Compression::best());
    packed.write_all(&serde_json::to_vec(&files)?)?;
    packed.finish()?.flush()
}

/// A file's path below the samples, with `/` between its parts.
fn name(path: &Path) -> Result<String> {
    let below = path.strip_prefix(SAMPLES).map_err(Error::other)?;
    let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
    let parts = parts.ok_or_else(|| Error::other(format!("{} is no text", path.display())))?;
    Ok(parts.join("/"))
}
