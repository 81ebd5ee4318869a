//! The parts of a wheel that tell about torch, read without unpacking it.

use std::path::Path;
use std::sync::Arc;

use crate::host::Failure;
use crate::host::catalogue::map;
use crate::host::install::torch_requirement;
use crate::wheel::{Archive, Headers, Inflater};

/// An open wheel.
pub(super) struct Wheel {
    name: String,
    archive: Archive,
    inflater: Inflater,
}

impl Wheel {
    pub(super) fn open(path: &Path) -> Result<Wheel, Failure> {
        let name = path.display().to_string();
        let mapped = map(path).map_err(|why| Failure::Usage(format!("{why:#}")))?;
        let archive = Archive::open(Arc::new(mapped))
            .map_err(|why| Failure::Usage(format!("`{name}` is {why}")))?;
        Ok(Wheel {
            name,
            archive,
            inflater: Inflater::new(),
        })
    }

    /// The names of its files.
    pub(super) fn names(&self) -> Vec<String> {
        let members = self.archive.members().iter();
        members.map(|member| member.path.clone()).collect()
    }

    pub(super) fn read(&mut self, inside: &str) -> Result<Vec<u8>, Failure> {
        let damaged = |why: &dyn std::fmt::Display| {
            Failure::Usage(format!("`{}`: `{inside}`: {why}", self.name))
        };
        let mut members = self.archive.members().iter();
        let member = members.find(|member| member.path == inside);
        let member = member.ok_or_else(|| damaged(&"there is no such file in it"))?;
        let read = self.inflater.read(&self.archive, member);
        read.map_err(|why| damaged(&why))
    }

    /// METADATA; without headers if there is none.
    pub(super) fn metadata(&mut self) -> Result<Headers, Failure> {
        let own = |name: &String| {
            name.split_once('/').is_some_and(|(directory, file)| {
                directory.ends_with(".dist-info") && file == "METADATA"
            })
        };
        let text = match self.names().into_iter().find(own) {
            Some(name) => self.read(&name)?,
            None => Vec::new(),
        };
        Ok(Headers::parse(&String::from_utf8_lossy(&text)))
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
    Ok(torch_requirement(&wheel.metadata()?))
}

#[cfg(test)]
mod tests {
    use super::torch_requirement;
    use crate::wheel::Headers;

    #[test]
    fn the_requirement_of_torch_is_not_that_of_an_extra() {
        let declared = |text: &str| torch_requirement(&Headers::parse(text));
        let pinned = "Requires-Dist: torchdata>=0.6\nRequires-Dist: torch (==1.10.0)\n\n";
        assert_eq!(declared(pinned).as_deref(), Some("torch==1.10.0"));
        let open = "Requires-Dist: torch >=2.1.0 ; python_version > '3.8'\n";
        assert_eq!(declared(open).as_deref(), Some("torch>=2.1.0"));
        assert_eq!(declared("Requires-Dist: torch; extra == 'test'\n"), None);
        assert_eq!(declared("\nRequires-Dist: torch\n"), None);
    }
}
