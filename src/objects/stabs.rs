//! The debug map of a linked Mach-O image: which object files it was made of.

use object::macho::{MachHeader32, MachHeader64, N_OSO};
use object::read::macho::{MachHeader, MachOFile, Nlist};
use object::{Endianness, FileKind};

/// Object files that are told of one image.
const LIMIT: usize = 4_096;

/// The object files that a linked image names (its `N_OSO` entries), as written: absolute paths, and `lib.a(member.o)`
/// for a member of an archive. Empty where the image was linked without debug information, or is damaged.
pub fn debug_map(bytes: &[u8]) -> Vec<String> {
    match FileKind::parse(bytes) {
        Ok(FileKind::MachO64) => named::<MachHeader64<Endianness>>(bytes),
        Ok(FileKind::MachO32) => named::<MachHeader32<Endianness>>(bytes),
        _ => Vec::new(),
    }
}

fn named<M: MachHeader<Endian = Endianness>>(bytes: &[u8]) -> Vec<String> {
    let Ok(file) = MachOFile::<M>::parse(bytes) else {
        return Vec::new();
    };
    let (table, endian) = (file.macho_symbol_table(), file.endian());
    let is_object = |entry: &&M::Nlist| entry.n_type().0 == N_OSO.0;
    let names = table.iter().filter(is_object).filter_map(|entry| {
        let name = entry.name(endian, table.strings()).ok()?;
        String::from_utf8(name.to_vec()).ok()
    });
    let mut found: Vec<String> = Vec::new();
    for name in names.filter(|name| !name.is_empty()).take(LIMIT) {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}
