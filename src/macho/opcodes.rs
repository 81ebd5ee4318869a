//! The bind streams of LC_DYLD_INFO: one byte of opcode and immediate, then its operands
//! (common/MachOLayout.cpp: forEachBind_OpcodesRegular, _OpcodesLazy, _OpcodesWeak).
//!
//! ```text
//! 00 done            30 special ordinal   60 addend  sleb     90 bind              c0 bind  uleb times, uleb skip
//! 10 ordinal imm     40 symbol  cstring   70 segment uleb     a0 bind, uleb        d0 threaded (old arm64e)
//! 20 ordinal uleb    50 type              80 address uleb     b0 bind, imm scaled
//! ```
//!
//! `object` reads the same streams but does not say which byte it refused, and dyld's message does.

use super::command::{Opcodes, Range};
use super::imports::Found;

#[derive(Clone, Copy, PartialEq)]
enum Stream {
    Regular,
    Lazy,
    Weak,
}

/// Imports of all streams in dyld's order. The weak stream overrides binds made elsewhere: what it does not find is
/// no error, so it is only checked.
pub(super) fn imports<'data>(
    slice: &'data [u8],
    streams: &Opcodes,
    found: &mut Found<'data>,
) -> Result<(), String> {
    read(slice, streams.bind, Stream::Regular, found)?;
    read(slice, streams.lazy_bind, Stream::Lazy, found)?;
    read(slice, streams.weak_bind, Stream::Weak, found)
}

struct Cursor<'data> {
    rest: &'data [u8],
}

impl<'data> Cursor<'data> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn uleb(&mut self) -> Result<u64, String> {
        let (value, rest) = uleb128(self.rest)?;
        self.rest = rest;
        Ok(value)
    }

    fn string(&mut self) -> Option<&'data [u8]> {
        let end = self.rest.iter().position(|byte| *byte == 0)?;
        let (text, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest.get(1..)?;
        Some(text)
    }
}

/// A ULEB128 number and what follows it, with dyld's words for a damaged one.
pub(super) fn uleb128(bytes: &[u8]) -> Result<(u64, &[u8]), String> {
    let mut value: u64 = 0;
    let mut shift: u32 = 0;
    let mut rest = bytes;
    loop {
        let Some((byte, after)) = rest.split_first() else {
            return Err("malformed uleb128".to_owned());
        };
        rest = after;
        if shift > 63 {
            return Err("uleb128 too big for uint64".to_owned());
        }
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok((value, rest));
        }
        shift = shift.saturating_add(7);
    }
}

#[derive(Default)]
struct Target<'data> {
    ordinal: Option<i32>,
    symbol: &'data [u8],
    weak: bool,
    /// Bound already: most symbols are bound in many places.
    known: bool,
}

fn read<'data>(
    slice: &'data [u8],
    range: Range,
    stream: Stream,
    found: &mut Found<'data>,
) -> Result<(), String> {
    if range.size == 0 {
        return Ok(());
    }
    let outside = || "bind opcodes extend beyond end of file".to_owned();
    let mut cursor = Cursor {
        rest: range.of(slice).ok_or_else(outside)?,
    };
    let mut target = Target::default();
    while let Some(byte) = cursor.byte() {
        let (opcode, immediate) = (byte & 0xf0, byte & 0x0f);
        if opcode == 0 && stream != Stream::Lazy {
            break;
        }
        if !allowed(stream, opcode) {
            return Err(refusal(stream, byte));
        }
        let binds = step(&mut cursor, &mut target, opcode, immediate)?;
        if !binds || target.known || stream == Stream::Weak {
            continue;
        }
        if let Some(ordinal) = target.ordinal {
            target.known = true;
            found.add(ordinal, target.symbol, target.weak, stream == Stream::Lazy)?;
        }
    }
    Ok(())
}

fn allowed(stream: Stream, opcode: u8) -> bool {
    match stream {
        Stream::Regular => opcode <= 0xd0,
        Stream::Lazy => matches!(opcode, 0x00..=0x40 | 0x70 | 0x90),
        Stream::Weak => matches!(opcode, 0x40..=0xc0),
    }
}

fn refusal(stream: Stream, byte: u8) -> String {
    match stream {
        Stream::Lazy => format!("bad lazy bind opcode 0x{byte:02X}"),
        Stream::Weak if byte < 0x40 => "unexpected dylib ordinal in weak_bind".to_owned(),
        Stream::Regular | Stream::Weak => format!("bad bind opcode 0x{byte:02X}"),
    }
}

/// One opcode; true if it binds the target.
fn step<'data>(
    cursor: &mut Cursor<'data>,
    target: &mut Target<'data>,
    opcode: u8,
    immediate: u8,
) -> Result<bool, String> {
    target.known &= !matches!(opcode, 0x10..=0x40);
    match opcode {
        0x10 => target.ordinal = Some(immediate.into()),
        0x20 => {
            let ordinal = cursor.uleb()?;
            target.ordinal = Some(i32::try_from(ordinal).unwrap_or(i32::MAX));
        }
        0x30 => {
            let special = if immediate == 0 {
                0
            } else {
                i32::from(immediate).saturating_sub(16)
            };
            target.ordinal = Some(special);
        }
        0x40 => {
            target.weak = immediate & 1 != 0;
            target.symbol = cursor.string().ok_or("malformed uleb128")?;
        }
        // An addend is signed, but takes the same bytes.
        0x60 | 0x70 | 0x80 => _ = cursor.uleb()?,
        0x90 | 0xb0 => return Ok(true),
        0xa0 => {
            _ = cursor.uleb()?;
            return Ok(true);
        }
        0xc0 => {
            _ = cursor.uleb()?;
            _ = cursor.uleb()?;
            return Ok(true);
        }
        0xd0 => match immediate {
            0 => _ = cursor.uleb()?,
            1 => {}
            _ => {
                let byte = opcode | immediate;
                return Err(format!("bad BIND_OPCODE_THREADED sub-opcode 0x{byte:02X}"));
            }
        },
        _ => {}
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::{Found, Range, Stream, read, uleb128};

    fn damage(stream: Stream, bytes: &[u8]) -> Option<String> {
        let range = Range {
            offset: 0,
            size: u64::try_from(bytes.len()).expect("a short slice"),
        };
        read(bytes, range, stream, &mut Found::default()).err()
    }

    #[test]
    fn refused_opcodes_are_named_as_dyld_names_them() {
        assert_eq!(
            damage(Stream::Regular, &[0x11, 0xe3]),
            Some("bad bind opcode 0xE3".to_owned())
        );
        assert_eq!(
            damage(Stream::Lazy, &[0x51]),
            Some("bad lazy bind opcode 0x51".to_owned())
        );
        let weak = damage(Stream::Weak, &[0x11]);
        assert_eq!(
            weak,
            Some("unexpected dylib ordinal in weak_bind".to_owned())
        );
        assert_eq!(damage(Stream::Regular, b"\x11\x40_f\0\x90\0"), None);
    }

    #[test]
    fn numbers_end_where_the_bytes_end() {
        assert_eq!(uleb128(&[0xe5, 0x8e, 0x26, 7]), Ok((624_485, &[7_u8][..])));
        assert_eq!(uleb128(&[0x80]), Err("malformed uleb128".to_owned()));
        assert!(uleb128(&[0xff; 12]).is_err());
    }
}
