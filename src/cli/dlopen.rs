//! `loadproof dlopen`: the flags.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::image::{Arch, Version};

/// Say what dyld would do with an image, on any OS: which images come in, from where, and why it fails.
#[derive(Debug, Args)]
pub struct Dlopen {
    /// The path given to dlopen.
    pub path: String,

    /// The files and the process.
    #[command(flatten)]
    pub machine: Machine,

    /// RTLD_NOW or RTLD_LAZY.
    #[arg(long, value_enum, default_value_t = Mode::Now, help_heading = "Process")]
    pub mode: Mode,

    /// The image that calls dlopen [default: the main executable].
    #[arg(long, value_name = "PATH", help_heading = "Process")]
    pub caller: Option<String>,

    /// The format of the answer.
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub report: Format,
}

/// The machine that is simulated: its files and the process that opens an image.
#[derive(Debug, Args)]
pub struct Machine {
    /// A folder that stands for `/`; symbolic links inside it are followed inside it.
    #[arg(long, value_name = "DIR", help_heading = "Files")]
    pub root: Option<PathBuf>,

    /// The working directory of the process [default: this one, or `/` with --root].
    #[arg(long, value_name = "DIR", help_heading = "Files")]
    pub cwd: Option<String>,

    /// A list of the libraries in the shared cache and of their exports; what it lacks is absent.
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    pub system_libraries: Option<PathBuf>,

    /// Compare every page of every signature, not only a sample of large images.
    #[arg(long, help_heading = "Files")]
    pub all_page_hashes: bool,

    /// The architecture of the process [default: this machine's, or the image's].
    #[arg(long, value_enum, help_heading = "Process")]
    pub arch: Option<ArchArg>,

    /// The macOS version [default: this machine's, or 26.0].
    #[arg(long, value_name = "VERSION", help_heading = "Process")]
    pub macos: Option<Version>,

    /// The main executable, such as Python's [default: unknown, and what it provides is assumed].
    #[arg(long, value_name = "PATH", help_heading = "Process")]
    pub executable: Option<String>,

    /// A variable of the environment at launch; repeatable.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, help_heading = "Process")]
    pub env: Vec<(String, String)>,

    /// An image opened before, in order, with its mode behind a colon if it is not RTLD_NOW; repeatable.
    #[arg(long, value_name = "PATH[:MODE]", help_heading = "Process")]
    pub preload: Vec<String>,

    /// A fact about the process, such as hardened_runtime=true, library_validation=false, team_id=ABCDE12345,
    /// amfi_allow_path_vars=false, amfi_allow_at_paths=false, amfi_allow_fallback_paths=false,
    /// amfi_allow_embedded_vars=false, platform_binary=true or cpu=nehalem; repeatable.
    #[arg(long, value_name = "KEY=VALUE", value_parser = fact, help_heading = "Process")]
    pub process: Vec<(String, String)>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("there is no `=` in it")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A fact about a process: a pair, whose value is true or false unless the key says otherwise. Keys that no load
/// depends on are accepted, since whoever describes a process need not know which do.
fn fact(text: &str) -> Result<(String, String), String> {
    let (key, value) = pair(text)?;
    let is_text = matches!(key.as_str(), "team_id" | "cpu");
    let known = KNOWN_FACTS.contains(&key.as_str());
    if known && !is_text && !matches!(value.as_str(), "true" | "false") {
        return Err(format!("`{key}` is true or false"));
    }
    Ok((key, value))
}

/// The facts about a process that decide a load.
const KNOWN_FACTS: [&str; 15] = [
    "hardened_runtime",
    "library_validation",
    "platform_binary",
    "team_id",
    "cpu",
    "haswell",
    "rosetta",
    "translated",
    "restricted",
    "setuid",
    "amfi_allow_path_vars",
    "amfi_allow_at_path",
    "amfi_allow_at_paths",
    "amfi_allow_fallback_paths",
    "amfi_allow_embedded_vars",
];

/// When functions are bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// RTLD_NOW, as Python does.
    Now,
    /// RTLD_LAZY.
    Lazy,
}

/// How the answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Terminal,
    /// For programs.
    Json,
}

/// The architecture of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ArchArg {
    /// Apple Silicon.
    Arm64,
    /// Apple Silicon with pointer authentication: Apple's own programs.
    Arm64e,
    /// Intel, or Rosetta.
    #[value(name = "x86_64")]
    X86_64,
}

impl From<ArchArg> for Arch {
    fn from(arch: ArchArg) -> Self {
        match arch {
            ArchArg::Arm64 => Arch::Arm64,
            ArchArg::Arm64e => Arch::Arm64e,
            ArchArg::X86_64 => Arch::X86_64,
        }
    }
}
