//! What an image needs of torch.

use crate::image::{FileType, Image, ImportFrom};

use super::fit::{Needed, Source};
use super::library::Library;

/// The symbols that an image cannot do without and looks for in torch's libraries, or in all that are loaded.
///
/// Weak imports are left out: they may be absent. An import that is coalesced over all images counts as flat, unless
/// `defines` says that the image has it itself.
pub fn needed_by<'a>(
    image: &'a Image,
    defines: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = Needed<'a>> {
    let mach_o = image.macho().is_some() && image.file_type != FileType::Execute;
    let imports = image
        .imports
        .iter()
        .filter(move |import| mach_o && !import.weak);
    imports.filter_map(move |import| {
        let source = match import.from {
            ImportFrom::Ordinal(ordinal) => {
                let index = usize::try_from(ordinal).ok()?.checked_sub(1)?;
                let name = &image.dependents.get(index)?.install_name;
                Source::Library(Library::of_install_name(name)?)
            }
            ImportFrom::Flat => Source::Flat,
            ImportFrom::WeakLookup if !defines(&import.symbol) => Source::Flat,
            _ => return None,
        };
        Some(Needed {
            symbol: &import.symbol,
            source,
        })
    })
}
