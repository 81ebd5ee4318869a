//! The table that a user let grow: where it lies, and how it is read and written.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use etcetera::BaseStrategy;

use crate::host::Failure;
use crate::torch_symbols::{self, TorchSymbols};

/// What the user added, for [`torch_symbols::known`]. A table that cannot be read is said to be so, and left out.
pub(in crate::host) fn added() -> Vec<TorchSymbols> {
    let Some(file) = default_file().filter(|file| file.exists()) else {
        return Vec::new();
    };
    match read(&file) {
        Ok(table) => vec![table],
        Err(why) => {
            eprintln!(
                "warning: {why:#}; `loadproof torch-symbols add` would write it anew once it is gone"
            );
            Vec::new()
        }
    }
}

/// `loadproof/torch-symbols.bin.zst` in the user's data directory. `None`: the user has no home.
pub(super) fn default_file() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.data_dir().join("loadproof/torch-symbols.bin.zst"))
}

/// The built-in table with a file's laid over it.
pub(super) fn laid_over(file: &Path) -> Result<TorchSymbols, Failure> {
    let more = read(file).map_err(|why| Failure::Usage(format!("{why:#}")))?;
    let merged = torch_symbols::built_in().merged(&more);
    merged.map_err(|why| Failure::Usage(format!("`{}` cannot be used: {why}", file.display())))
}

pub(super) fn read(file: &Path) -> anyhow::Result<TorchSymbols> {
    let bytes = fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    TorchSymbols::decode(&bytes).map_err(|why| anyhow!("cannot use `{}`: {why}", file.display()))
}

/// Writes beside the file and moves it there: a run that is ended half-way leaves the old one.
pub(super) fn write(file: &Path, table: &TorchSymbols) -> anyhow::Result<()> {
    let cannot = || format!("cannot write `{}`", file.display());
    let folder = match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).with_context(cannot)?;
    let fresh = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o644))
        .tempfile_in(folder)
        .with_context(cannot)?;
    fs::write(fresh.path(), table.encode()).with_context(cannot)?;
    fresh.persist(file).with_context(cannot)?;
    Ok(())
}
