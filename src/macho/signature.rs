//! The code signature: whose it is, what it covers, and whether the pages are still those that were signed.
//!
//! The kernel compares a page with its hash when the page is first touched, and kills the process where they differ.
//! Of a small image every page is compared here. Of a large one those are compared that every editing tool changes:
//! the header and load commands (install_name_tool, strip, patchers rewrite them), the first page of each segment and
//! the last page; [`CodeDirectory::pages_checked`] tells how many of [`CodeDirectory::pages`] that were.

use object::BigEndian as Big;
use object::read::macho::CodeDirectory as RawDirectory;
use object::read::macho::CodeSignature;
use sha2::{Digest, Sha256, Sha384};

use super::PageHashes;
use super::command::{Commands, Range};
use super::text;
use crate::image::{CodeDirectory, Signature};

/// Up to this many bytes all pages are compared: a quarter of a millisecond with SHA instructions.
const SMALL_IMAGE: u64 = 512 << 10;

/// A truncated SHA-256; the kernel takes no shorter one.
const SHORTEST_HASH: usize = 20;

const ENTITLEMENTS: [&str; 2] = [
    "com.apple.security.cs.disable-library-validation",
    "com.apple.security.cs.allow-dyld-environment-variables",
];

/// `slice`: its bytes, and where it begins in the file.
pub(super) fn read(
    (slice, start): (&[u8], u64),
    commands: &Commands,
    hashes: PageHashes<'_>,
) -> Signature {
    let Some(place) = commands.signature.filter(|place| place.size > 0) else {
        return Signature::Absent;
    };
    let malformed = |why: &str| Signature::Malformed {
        offset: place.offset,
        size: place.size,
        why: why.to_owned(),
    };
    let Some(blob) = place.of(slice) else {
        return malformed("signature extends beyond end of file");
    };
    let Ok(signature) = CodeSignature::parse(blob) else {
        return malformed("no signature blob");
    };
    let Some(directory) = strongest(&signature) else {
        return malformed("no code directory");
    };
    match judge((slice, start), commands, &directory, hashes) {
        Some(mut found) => {
            found.offset = place.offset;
            found.entitlements = entitlements(&signature);
            Signature::Present(found)
        }
        None => malformed("code directory does not hold the hashes it counts"),
    }
}

/// The kernel ranks SHA-384 over SHA-256 over its truncated form over SHA-1.
fn strongest<'data>(signature: &CodeSignature<'data>) -> Option<RawDirectory<'data>> {
    let directories = signature
        .blobs()
        .flatten()
        .filter_map(|blob| blob.code_directory().ok()?);
    directories.max_by_key(|directory| match directory.header().hash_type.0 {
        1 => 1,
        3 => 2,
        2 => 3,
        4 => 4,
        _ => 0,
    })
}

fn judge(
    (slice, start): (&[u8], u64),
    commands: &Commands,
    directory: &RawDirectory<'_>,
    hashes: PageHashes<'_>,
) -> Option<CodeDirectory> {
    let header = directory.header();
    // Zero stands for one page that is the whole image.
    let page_size = match header.page_size {
        0 => directory.code_limit().max(1),
        bits => 1_u64.checked_shl(bits.into())?,
    };
    let limit = directory.code_limit();
    let pages = header.n_code_slots.get(Big);
    let covered = page_size.checked_mul(pages.into())?;
    if covered < limit {
        return None;
    }
    // The last hash must be inside the blob, so that there are no more hashes than bytes.
    if usize::from(header.hash_size) < SHORTEST_HASH {
        return None;
    }
    if let Some(last) = pages.checked_sub(1) {
        directory.code_hash(last).ok()?;
    }
    let chosen = chosen_pages(commands, page_size, limit, pages, hashes);
    let mut found = CodeDirectory {
        covered: limit.checked_next_multiple_of(0x1000)?,
        flags: header.flags.get(Big).0,
        team_id: directory.team_id().ok().flatten().map(text::lossy),
        pages,
        ..CodeDirectory::default()
    };
    let sums = match (hashes, header.hash_type.0) {
        (PageHashes::Taken(taken), 2 | 3) => taken.sums(start, page_size, limit),
        // Other sums than those that were taken; SHA-1 is not computed at all.
        (PageHashes::Taken(taken), 4) => taken.sums(start, 0, limit),
        _ => None,
    };
    for page in chosen {
        let signed = directory.code_hash(page).ok()?;
        let matching = match (hashes, sums) {
            (PageHashes::Taken(_), Some(sums)) => {
                let index = usize::try_from(page).unwrap_or(usize::MAX);
                let sum = sums.get(index);
                Some(sum.is_some_and(|sum| sum.starts_with(signed)))
            }
            (PageHashes::Taken(_), None) => None,
            (PageHashes::All | PageHashes::Sampled, _) => {
                let offset = page_size.checked_mul(page.into())?;
                let size = page_size.min(limit.saturating_sub(offset));
                matches(header.hash_type.0, Range { offset, size }.of(slice), signed)
            }
        };
        match matching {
            Some(true) => {}
            Some(false) => found.stale_page = found.stale_page.or(Some(page)),
            None => continue,
        }
        found.pages_checked = found.pages_checked.saturating_add(1);
    }
    Some(found)
}

/// In ascending order. A stale page ends nothing: the count of checked pages is a fact of its own.
fn chosen_pages(
    commands: &Commands,
    page_size: u64,
    limit: u64,
    pages: u32,
    hashes: PageHashes<'_>,
) -> Vec<u32> {
    // A directory may count pages beyond its limit; they have no bytes.
    let used = limit.div_ceil(page_size);
    let pages = pages.min(u32::try_from(used).unwrap_or(u32::MAX));
    if !matches!(hashes, PageHashes::Sampled) || limit <= SMALL_IMAGE {
        return (0..pages).collect();
    }
    let page_of = |offset: u64| {
        let page = offset.checked_div(page_size).unwrap_or(0);
        u32::try_from(page).unwrap_or(u32::MAX)
    };
    let header_pages = page_of(commands.header_size.saturating_sub(1)).min(64);
    let segments = commands.segments.iter().take(64);
    let mut chosen: Vec<u32> = (0..=header_pages)
        .chain(segments.map(|segment| page_of(segment.fileoff)))
        .chain(pages.checked_sub(1))
        .filter(|page| *page < pages)
        .collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// `None` for a kind of hash that is not computed here: SHA-1 alone has not been accepted on Apple Silicon, where a
/// stale page matters.
fn matches(hash_type: u8, page: Option<&[u8]>, signed: &[u8]) -> Option<bool> {
    let Some(page) = page.filter(|_| signed.len() >= SHORTEST_HASH) else {
        return Some(false);
    };
    match hash_type {
        2 | 3 => Some(Sha256::digest(page).starts_with(signed)),
        4 => Some(Sha384::digest(page).starts_with(signed)),
        _ => None,
    }
}

/// Entitlements are an XML property list; only the presence of two keys with the value true matters.
fn entitlements(signature: &CodeSignature<'_>) -> Vec<String> {
    const MAGIC: u32 = 0xfade_7171;
    let blobs = signature.blobs().flatten();
    let lists = blobs
        .filter(|blob| blob.magic() == MAGIC)
        .map(|blob| text::lossy(blob.contents()));
    let mut found: Vec<String> = Vec::new();
    for list in lists.take(1) {
        for name in ENTITLEMENTS {
            let after = list.split(&format!("<key>{name}</key>")).nth(1);
            if after.is_some_and(|after| after.trim_start().starts_with("<true")) {
                found.push(name.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_page_outside_the_file_is_stale() {
        assert_eq!(matches(2, None, &[0; 32]), Some(false));
        assert_eq!(matches(1, Some(b""), &[0; 20]), None);
    }
}
