//! Damage in the fixups themselves, which dyld meets after all symbols are found: rebase opcodes it does not know
//! (common/MachOLayout.cpp:forEachRebase_Opcodes), chains that bind beyond the import table (dyld/Loader.cpp).

use object::LittleEndian as Little;
use object::read::macho::{DyldChainedFixups, Fixup};

use super::command::{Commands, Range};
use super::opcodes::uleb128;

/// Chains run through every page of data, so those of large images are not walked: a damaged chain is made by hand or
/// by a broken linker, and neither makes large images.
const SMALL_IMAGE: usize = 512 << 10;

/// dyld's words for the first damage.
pub(super) fn damage(slice: &[u8], commands: &Commands) -> Option<String> {
    if let Some(chained) = commands.chained {
        return (slice.len() <= SMALL_IMAGE).then(|| chains(slice, commands, chained))?;
    }
    let streams = commands.opcodes?;
    rebases(streams.rebase.of(slice)?).err()
}

fn chains(slice: &[u8], commands: &Commands, range: Range) -> Option<String> {
    let fixups = DyldChainedFixups::parse(Little, range.of(slice)?).ok()?;
    let count = fixups.header().imports_count.get(Little);
    for segment in fixups.segments(Little).ok()? {
        let segment = segment.ok()?;
        let index = usize::try_from(segment.index()).ok()?;
        let place = commands.segments.get(index)?;
        let data = Range {
            offset: place.fileoff,
            size: place.filesize,
        };
        for fixup in segment.fixups(Little, 0, data.of(slice)?) {
            match fixup.ok()? {
                (_, Fixup::Bind(bind)) if bind.ordinal >= count => {
                    let ordinal = bind.ordinal;
                    return Some(format!("out of range bind ordinal {ordinal} (max {count})"));
                }
                _ => {}
            }
        }
    }
    None
}

fn rebases(stream: &[u8]) -> Result<(), String> {
    /// Streams may be padded with zeros to a multiple of sixteen.
    const MOST_PADDING: usize = 15;
    let mut rest = stream;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        let operands = match byte & 0xf0 {
            0x00 if rest.len() > MOST_PADDING => {
                let (length, at) = (stream.len(), stream.len().saturating_sub(rest.len()));
                return Err(format!(
                    "rebase opcodes terminated early at offset {at} of {length}"
                ));
            }
            0x00 => return Ok(()),
            0x10 | 0x40 | 0x50 => 0,
            0x20 | 0x30 | 0x60 | 0x70 => 1,
            0x80 => 2,
            _ => return Err(format!("unknown rebase opcode 0x{byte:02X}")),
        };
        for _ in 0..operands {
            (_, rest) = uleb128(rest)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::rebases;

    #[test]
    fn rebase_streams_may_be_padded_but_not_end_early() {
        assert_eq!(rebases(&[0x11, 0x22, 0x08, 0x51, 0, 0, 0, 0]), Ok(()));
        let early = rebases(&[0; 40]);
        assert_eq!(
            early,
            Err("rebase opcodes terminated early at offset 1 of 40".to_owned())
        );
        assert_eq!(
            rebases(&[0xf1]),
            Err("unknown rebase opcode 0xF1".to_owned())
        );
    }
}
