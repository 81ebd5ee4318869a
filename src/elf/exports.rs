//! Does the file export a symbol? Walks DT_GNU_HASH, or DT_HASH where that is absent, with symbol versions.
//!
//! ```text
//! DT_GNU_HASH: nbuckets symoffset bloom_size bloom_shift | bloom u64[bloom_size] | buckets u32[nbuckets] | chain u32[]
//! DT_HASH:     nbucket nchain | buckets u32[nbucket] | chain u32[nchain]
//! ```

use object::LittleEndian;
use object::elf;

use crate::load::{Export, Question};

use super::dynamic::Dynamic;
use super::header::{self, Identity};
use super::segments::{Segments, text_at, value_at};
use super::versions;

type Symbol = elf::Sym64<LittleEndian>;
type Word = object::U32<LittleEndian>;
type DoubleWord = object::U64<LittleEndian>;

/// No real hash chain is nearly as long; a longer one is damage.
const LONGEST_CHAIN: u32 = 1 << 16;

/// Where a file keeps what a symbol lookup needs: found once, small, valid for these bytes only.
#[derive(Debug, Clone, Copy, Default)]
pub struct Exports {
    symbols: Extent,
    strings: Extent,
    gnu_hash: Option<Extent>,
    hash: Option<Extent>,
    /// Absent where the file has no versions at all (`l_versyms` stays null in glibc).
    versym: Option<Extent>,
    verdef: Extent,
    verneed: Extent,
}

/// A range of the file.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    start: usize,
    end: usize,
}

impl Extent {
    fn of(self, data: &[u8]) -> &[u8] {
        data.get(self.start..self.end).unwrap_or_default()
    }
}

impl Exports {
    /// Finds the tables. A file that ld.so refuses is refused here, in the same words.
    pub fn locate(data: &[u8]) -> Result<Exports, &'static str> {
        let header = match header::identify(data) {
            Identity::Readable(header) => header,
            Identity::Damaged(why) => return Err(why),
            Identity::NotElf => return Err("invalid ELF header"),
            Identity::Foreign(_) => return Err("not 64-bit little-endian"),
        };
        let segments = Segments::read(data, header)?;
        segments.check()?;
        let Some(dynamic) = Dynamic::read(&segments)? else {
            return Ok(Exports::default());
        };
        let extent = |address: Option<u64>| {
            segments.range_at(address?).map(|range| Extent {
                start: range.start,
                end: range.end,
            })
        };
        let versioned = dynamic.verdef.is_some() || dynamic.verneed.is_some();
        Ok(Exports {
            symbols: extent(dynamic.symbols).unwrap_or_default(),
            strings: extent(dynamic.strings).unwrap_or_default(),
            gnu_hash: extent(dynamic.gnu_hash),
            hash: extent(dynamic.hash),
            versym: extent(dynamic.versym.filter(|_| versioned)),
            verdef: extent(dynamic.verdef).unwrap_or_default(),
            verneed: extent(dynamic.verneed).unwrap_or_default(),
        })
    }

    /// The answer, from the same bytes.
    pub fn answer(&self, data: &[u8], question: &Question<'_>) -> Export {
        let mut search = Search {
            exports: self,
            data,
            question,
            default_versions: 0,
            default_weak: false,
            others: Vec::new(),
        };
        let found = match (self.gnu_hash, self.hash) {
            (Some(table), _) => search.gnu(table.of(data)),
            (None, Some(table)) => search.sysv(table.of(data)),
            (None, None) => Ok(None),
        };
        match found {
            Ok(Some(weak)) => Export::Defined { weak },
            // One default version and no other: accepted for a question without a version.
            Ok(None) if search.default_versions == 1 => Export::Defined {
                weak: search.default_weak,
            },
            Ok(None) if search.others.is_empty() => Export::Absent,
            Ok(None) => Export::OtherVersion {
                versions: search.others,
            },
            Err(why) => Export::Damaged {
                why: why.to_owned(),
            },
        }
    }
}

struct Search<'data> {
    exports: &'data Exports,
    data: &'data [u8],
    question: &'data Question<'data>,
    default_versions: u32,
    default_weak: bool,
    others: Vec<String>,
}

/// The first acceptable definition, by whether it is weak.
type Found = Result<Option<bool>, &'static str>;

impl Search<'_> {
    fn gnu(&mut self, table: &[u8]) -> Found {
        let damaged = "DT_GNU_HASH ends too early";
        let hash = elf::gnu_hash(self.question.symbol.as_bytes());
        let word = |offset: u64| value_at::<Word>(table, offset).map(|word| word.get(LittleEndian));
        let header = (word(0), word(4), word(8), word(12));
        let (Some(buckets), Some(first), Some(bloom), Some(shift)) = header else {
            return Err(damaged);
        };
        // glibc masks with bloom_size - 1; it asserts that this is a power of two.
        let (Some(bucket), true) = (hash.checked_rem(buckets), bloom.is_power_of_two()) else {
            return Ok(None);
        };
        let filter_at = 16 + u64::from((hash / 64) & (bloom.saturating_sub(1))) * 8;
        let filter = value_at::<DoubleWord>(table, filter_at)
            .ok_or(damaged)?
            .get(LittleEndian);
        let bit = |hash: u32| filter >> (hash % 64) & 1 == 1;
        if !bit(hash) || !bit(hash.checked_shr(shift).unwrap_or(0)) {
            return Ok(None);
        }
        let buckets_at = 16 + u64::from(bloom) * 8;
        let index = word(buckets_at + u64::from(bucket) * 4).ok_or(damaged)?;
        let chain_at = buckets_at + u64::from(buckets) * 4;
        let Some(mut link) = index.checked_sub(first).filter(|_| index != 0) else {
            return Ok(None);
        };
        for _ in 0..LONGEST_CHAIN {
            let value = word(chain_at + u64::from(link) * 4).ok_or(damaged)?;
            if (value ^ hash) >> 1 == 0 {
                let symbol = first.checked_add(link).ok_or(damaged)?;
                if let Some(weak) = self.matches(symbol) {
                    return Ok(Some(weak));
                }
            }
            if value & 1 == 1 {
                return Ok(None);
            }
            link = link.checked_add(1).ok_or(damaged)?;
        }
        Err("DT_GNU_HASH has an endless chain")
    }

    fn sysv(&mut self, table: &[u8]) -> Found {
        let damaged = "DT_HASH ends too early";
        let hash = elf::hash(self.question.symbol.as_bytes());
        let word = |index: u64| {
            value_at::<Word>(table, index.saturating_mul(4)).map(|word| word.get(LittleEndian))
        };
        let buckets = word(0).ok_or(damaged)?;
        let Some(bucket) = hash.checked_rem(buckets) else {
            return Ok(None);
        };
        let mut symbol = word(2 + u64::from(bucket)).ok_or(damaged)?;
        for _ in 0..LONGEST_CHAIN {
            if symbol == 0 {
                return Ok(None);
            }
            if let Some(weak) = self.matches(symbol) {
                return Ok(Some(weak));
            }
            symbol = word(2 + u64::from(buckets) + u64::from(symbol)).ok_or(damaged)?;
        }
        Err("DT_HASH has an endless chain")
    }

    /// `check_match`, and the binding and visibility tests that follow it in `do_lookup_x`.
    fn matches(&mut self, index: u32) -> Option<bool> {
        let symbols = self.exports.symbols.of(self.data);
        let strings = self.exports.strings.of(self.data);
        let symbol = value_at::<Symbol>(symbols, u64::from(index) * 24)?;
        let name = text_at(strings, symbol.st_name.get(LittleEndian).into())?;
        if name != self.question.symbol.as_bytes() || !is_definition(symbol) {
            return None;
        }
        let weak = symbol.st_bind() == elf::STB_WEAK;
        let Some(versym) = self.exports.versym else {
            return Some(weak);
        };
        let (version, hidden) = versions::of_symbol(versym.of(self.data), index)?;
        match self.question.version {
            None if version < FIRST_BEYOND_OLDEST => Some(weak),
            None => {
                if !hidden {
                    self.default_versions = self.default_versions.saturating_add(1);
                    self.default_weak = weak;
                } else if let Some(name) = self.version_name(version) {
                    self.others.push(name);
                }
                None
            }
            Some(wanted) => match self.version_name(version) {
                Some(name) if name == wanted => Some(weak),
                Some(name) => {
                    self.others.push(name);
                    None
                }
                None if hidden => None,
                None => Some(weak),
            },
        }
    }

    /// The name behind a version index. The base definition has none: it matches as if unversioned.
    fn version_name(&self, index: u16) -> Option<String> {
        let strings = self.exports.strings.of(self.data);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        versions::definitions(self.exports.verdef.of(self.data), strings)
            .find(|version| version.index == index && !version.base)
            .map(|version| text(version.name))
            .or_else(|| {
                versions::requirements(self.exports.verneed.of(self.data), strings)
                    .find(|version| version.index == index)
                    .map(|version| text(version.name))
            })
    }
}

/// Version indices below: local, global, and the oldest version of the library, which an unversioned reference takes.
const FIRST_BEYOND_OLDEST: u16 = 3;

fn is_definition(symbol: &Symbol) -> bool {
    let kind = symbol.st_type();
    let section = symbol.st_shndx.get(LittleEndian);
    let has_value =
        symbol.st_value.get(LittleEndian) != 0 || section == elf::SHN_ABS || kind == elf::STT_TLS;
    let data_or_code = matches!(
        kind,
        elf::STT_NOTYPE
            | elf::STT_OBJECT
            | elf::STT_FUNC
            | elf::STT_COMMON
            | elf::STT_TLS
            | elf::STT_GNU_IFUNC
    );
    let visible = !matches!(symbol.st_visibility(), elf::STV_HIDDEN | elf::STV_INTERNAL);
    let global = matches!(
        symbol.st_bind(),
        elf::STB_GLOBAL | elf::STB_WEAK | elf::STB_GNU_UNIQUE
    );
    section != elf::SHN_UNDEF && has_value && data_or_code && visible && global
}
