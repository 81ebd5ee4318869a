//! What an image needs of torch.

use crate::image::{FileType, Image, ImportFrom};

use super::fit::{Needed, Source};
use super::library::Library;
use super::names;

/// The symbols that an image cannot do without and looks for in torch's libraries, or in all that are loaded.
///
/// Weak imports are left out: they may be absent. An import that is coalesced over all images counts as flat, unless
/// `defines` says that the image has it itself. An image that neither links one of torch's libraries nor needs a flat
/// symbol of a name that only torch has needs nothing of torch: some wheels of torch export half of MKL, too.
pub fn needed_by<'a>(
    image: &'a Image,
    defines: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = Needed<'a>> {
    let dylib = image.macho().is_some() && image.file_type != FileType::Execute;
    let needs = dylib && needs_torch(image);
    let imports = image
        .imports
        .iter()
        .filter(move |import| needs && !import.weak);
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

fn needs_torch(image: &Image) -> bool {
    let linked = |name: &str| Library::of_install_name(name).is_some();
    let flat = |from: ImportFrom| matches!(from, ImportFrom::Flat | ImportFrom::WeakLookup);
    let mut dependents = image.dependents.iter();
    dependents.any(|dependent| linked(&dependent.install_name))
        || image
            .imports
            .iter()
            .any(|import| flat(import.from) && names::are_torchs(&import.symbol))
}
