//! `/etc/ld.so.cache`, format `glibc-ld.so.cache1.1`, alone or behind the old format.
//!
//! ```text
//! 0   "glibc-ld.so.cache1.1"
//! 20  u32 number of entries
//! 24  u32 length of strings, u8 flags, 3 bytes padding
//! 32  u32 offset of the extensions, 12 bytes unused
//! 48  entries: i32 flags, u32 key, u32 value, u32 os version, u64 hwcap
//! extensions: u32 magic, u32 count, then u32 tag, u32 flags, u32 offset, u32 size each
//! ```
//! Keys and values are offsets of strings from the start of the header. From sysdeps/generic/dl-cache.h.

use crate::image::Arch;

const NEW: &[u8] = b"glibc-ld.so.cache1.1";
const OLD: &[u8] = b"ld.so-1.7.0";
const ENTRIES_AT: usize = 48;
const ENTRY: usize = 24;
const EXTENSIONS: u32 = 0xeaa4_2174;
/// Extension with the names of the glibc-hwcaps subdirectories.
const TAG_HWCAPS: u32 = 1;
/// Bit 62 of hwcap: the low half is an index into that extension.
const BY_NAME: u64 = 1 << 62;

/// Soname and path of every library that a process of this architecture would accept, those in glibc-hwcaps
/// subdirectories first, otherwise in file order. Entries for other processors are left out: `hwcaps` as from
/// [`super::hwcaps::subdirectories`]. Among equal sonames the first counts.
pub fn parse(data: &[u8], arch: Arch, hwcaps: &[String]) -> Vec<(String, String)> {
    let Some(data) = new_part(data) else {
        return Vec::new();
    };
    let names = hwcap_names(data);
    let count = u32_at(data, 20).and_then(|count| usize::try_from(count).ok());
    let mut libraries: Vec<(usize, (String, String))> = data
        .get(ENTRIES_AT..)
        .unwrap_or_default()
        .chunks_exact(ENTRY)
        .take(count.unwrap_or(0))
        .filter(|entry| flags_accepted(u32_at(entry, 0), arch))
        .filter_map(|entry| {
            let rank = rank(u64_at(entry, 16)?, &names, hwcaps)?;
            let soname = text(data, u32_at(entry, 4)?)?;
            Some((rank, (soname, text(data, u32_at(entry, 8)?)?)))
        })
        .collect();
    libraries.sort_by_key(|(rank, _)| *rank);
    libraries.into_iter().map(|(_, library)| library).collect()
}

/// The place of an entry among those of its name: as its subdirectory is preferred, without one last. `None` where this
/// processor may not use it. The legacy hardware capabilities, gone since glibc 2.37, count as such.
fn rank(hwcap: u64, names: &[String], hwcaps: &[String]) -> Option<usize> {
    if hwcap == 0 {
        return Some(usize::MAX);
    }
    let index = usize::try_from(hwcap & 0xffff_ffff).ok()?;
    let name = names.get(index).filter(|_| hwcap & BY_NAME != 0)?;
    hwcaps
        .iter()
        .position(|path| path.ends_with(&format!("/{name}")))
}

/// The new format follows the old one at the next multiple of 8.
fn new_part(data: &[u8]) -> Option<&[u8]> {
    if data.starts_with(NEW) {
        return Some(data);
    }
    if !data.starts_with(OLD) {
        return None;
    }
    let entries = usize::try_from(u32_at(data, 12)?).ok()?;
    let end = entries.checked_mul(12)?.checked_add(16)?;
    data.get(end.checked_next_multiple_of(8)?..)
        .filter(|rest| rest.starts_with(NEW))
}

fn hwcap_names(data: &[u8]) -> Vec<String> {
    read_hwcap_names(data).unwrap_or_default()
}

fn read_hwcap_names(data: &[u8]) -> Option<Vec<String>> {
    let at = usize::try_from(u32_at(data, 32)?).ok()?;
    let table = data.get(at..).filter(|_| at != 0)?;
    if u32_at(table, 0)? != EXTENSIONS {
        return None;
    }
    let count = usize::try_from(u32_at(table, 4)?).ok()?;
    let section = table
        .get(8..)?
        .chunks_exact(16)
        .take(count)
        .find(|section| u32_at(section, 0) == Some(TAG_HWCAPS))?;
    let start = usize::try_from(u32_at(section, 8)?).ok()?;
    let size = usize::try_from(u32_at(section, 12)?).ok()?;
    data.get(start..start.checked_add(size)?)?
        .chunks_exact(4)
        .map(|offset| text(data, u32_at(offset, 0)?))
        .collect()
}

/// FLAG_ELF_LIBC6 with the ABI in the second byte (`_dl_cache_check_flags`).
fn flags_accepted(flags: Option<u32>, arch: Arch) -> bool {
    let wanted = match arch {
        Arch::X86_64 => 0x0303,
        Arch::Aarch64 => 0x0a03,
        _ => return flags.is_some_and(|flags| flags & 0xff == 3),
    };
    flags == Some(wanted)
}

fn text(data: &[u8], offset: u32) -> Option<String> {
    let bytes = data.get(usize::try_from(offset).ok()?..)?;
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some(String::from_utf8_lossy(bytes.get(..end)?).into_owned())
}

fn u32_at(data: &[u8], offset: usize) -> Option<u32> {
    let bytes = data.get(offset..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

fn u64_at(data: &[u8], offset: usize) -> Option<u64> {
    let bytes = data.get(offset..)?.first_chunk()?;
    Some(u64::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::{ENTRIES_AT, ENTRY, NEW, parse};
    use crate::image::Arch;

    const STRINGS: &[u8] =
        b"libm.so.6\0/lib64/libm.so.6\0/lib32/libm.so.6\0/lib64/v3/libm.so.6\0x86-64-v3\0";

    fn cache() -> Vec<u8> {
        let strings = u32::try_from(ENTRIES_AT + 3 * ENTRY).unwrap();
        let extensions = strings + u32::try_from(STRINGS.len()).unwrap();
        let mut data = NEW.to_vec();
        data.extend(3_u32.to_le_bytes());
        data.extend([0; 8]);
        data.extend(extensions.to_le_bytes());
        data.extend([0; 12]);
        for (flags, value, hwcap) in [(0x303, 10, 0), (0x3, 27, 0), (0x303, 44, 1_u64 << 62)] {
            for word in [flags, strings, strings + value, 0] {
                data.extend(word.to_le_bytes());
            }
            data.extend(hwcap.to_le_bytes());
        }
        data.extend(STRINGS);
        for word in [super::EXTENSIONS, 1, 1, 0, extensions + 24, 4, strings + 64] {
            data.extend(word.to_le_bytes());
        }
        data
    }

    fn pair(path: &str) -> (String, String) {
        ("libm.so.6".to_owned(), path.to_owned())
    }

    #[test]
    fn entries_of_other_architectures_and_processors_are_left_out() {
        let plain = pair("/lib64/libm.so.6");
        let without = parse(&cache(), Arch::X86_64, &[]);
        assert_eq!(without.as_slice(), std::slice::from_ref(&plain));
        let hwcaps = ["glibc-hwcaps/x86-64-v3".to_owned()];
        assert_eq!(
            parse(&cache(), Arch::X86_64, &hwcaps),
            [pair("/lib64/v3/libm.so.6"), plain]
        );
        assert!(parse(&cache(), Arch::Aarch64, &[]).is_empty());
    }

    #[test]
    fn the_old_format_in_front_is_skipped() {
        let mut data = b"ld.so-1.7.0\0".to_vec();
        data.extend(1_u32.to_le_bytes());
        data.extend([0; 16]);
        data.extend(cache());
        assert_eq!(parse(&data, Arch::X86_64, &[]), [pair("/lib64/libm.so.6")]);
    }

    #[test]
    fn a_cut_cache_gives_fewer_entries_and_no_panic() {
        let data = cache();
        for length in 0..data.len() {
            assert!(parse(data.get(..length).unwrap(), Arch::X86_64, &[]).len() <= 1);
        }
    }
}
