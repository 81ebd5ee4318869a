//! The parts of a wheel that tell about torch, read without unpacking it.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;

use crate::host::Failure;

/// No native file of a wheel is larger; libtorch_cpu has some 400 MB in the largest builds.
const LARGEST: u64 = 4 << 30;

/// An open wheel.
pub(super) struct Wheel {
    name: String,
    archive: ZipArchive<BufReader<File>>,
}

impl Wheel {
    pub(super) fn open(path: &Path) -> Result<Wheel, Failure> {
        let name = path.display().to_string();
        let file = File::open(path)
            .map_err(|why| Failure::Usage(format!("cannot read `{name}`: {why}")))?;
        let archive = ZipArchive::new(BufReader::new(file))
            .map_err(|why| Failure::Usage(format!("`{name}` is not a wheel: {why}")))?;
        Ok(Wheel { name, archive })
    }

    /// The names of its files.
    pub(super) fn names(&self) -> Vec<String> {
        self.archive
            .file_names()
            .map(|name| name.as_ref().to_owned())
            .collect()
    }

    pub(super) fn read(&mut self, inside: &str) -> Result<Vec<u8>, Failure> {
        let damaged = |why: String| {
            Failure::Usage(format!("`{}` is damaged at `{inside}`: {why}", self.name))
        };
        let entry = self
            .archive
            .by_name(inside)
            .map_err(|why| damaged(why.to_string()))?;
        let mut bytes = Vec::new();
        entry
            .take(LARGEST)
            .read_to_end(&mut bytes)
            .map_err(|why| damaged(why.to_string()))?;
        Ok(bytes)
    }

    /// The text of METADATA, if there is one.
    pub(super) fn metadata(&mut self) -> Result<String, Failure> {
        let own = |name: &String| {
            name.split_once('/').is_some_and(|(directory, file)| {
                directory.ends_with(".dist-info") && file == "METADATA"
            })
        };
        match self.names().into_iter().find(own) {
            Some(name) => Ok(String::from_utf8_lossy(&self.read(&name)?).into_owned()),
            None => Ok(String::new()),
        }
    }
}

/// Calls `visit` with every native file of a wheel, in the order of their names; gives what the wheel says of the torch
/// that it needs.
pub(super) fn each_native(
    path: &Path,
    visit: &mut dyn FnMut(&str, &[u8]),
) -> Result<Option<String>, Failure> {
    let mut wheel = Wheel::open(path)?;
    let mut names = wheel.names();
    names.retain(|name| name.ends_with(".so") || name.ends_with(".dylib"));
    names.sort();
    for name in names {
        let bytes = wheel.read(&name)?;
        visit(&name, &bytes);
    }
    Ok(declared(&wheel.metadata()?))
}

/// The requirement of torch, such as `torch==2.6.0`; not that of an extra.
fn declared(metadata: &str) -> Option<String> {
    let headers = metadata.lines().take_while(|line| !line.is_empty());
    let requirements = headers.filter_map(|line| line.strip_prefix("Requires-Dist:"));
    let mut torch = requirements.map(str::trim).filter(|requirement| {
        let name = requirement.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
        name.into_iter().next() == Some("torch") && !requirement.contains("extra")
    });
    let requirement = torch.next()?.split(';').next()?;
    Some(requirement.replace(['(', ')', ' '], ""))
}

#[cfg(test)]
mod tests {
    use super::declared;

    #[test]
    fn the_requirement_of_torch_is_read_in_both_spellings() {
        let old = "Metadata-Version: 2.1\nRequires-Dist: numpy\nRequires-Dist: torch (==1.10.0)\n\nRequires-Dist: torch";
        assert_eq!(declared(old).as_deref(), Some("torch==1.10.0"));
        let new = "Requires-Dist: torchdata>=0.6\nRequires-Dist: torch >=2.1.0 ; python_version > '3.8'\n";
        assert_eq!(declared(new).as_deref(), Some("torch>=2.1.0"));
        assert_eq!(declared("Requires-Dist: torch; extra == 'test'\n"), None);
        assert_eq!(declared("\nRequires-Dist: torch\n"), None);
    }
}
