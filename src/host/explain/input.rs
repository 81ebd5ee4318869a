//! What was given as a text: UTF-8 in any state, UTF-16 of Windows, packed with gzip; or none.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

/// Bytes that are looked at to tell what it is.
const HEAD: usize = 4096;

/// What was given.
pub(super) enum Input {
    /// A text, as UTF-8.
    Text(Box<dyn Read>),
    /// Something else: what, and what to do.
    Other(&'static str),
}

/// The text in what was given.
pub(super) fn text<R: Read + 'static>(mut input: R) -> io::Result<Input> {
    let mut head = Vec::with_capacity(HEAD);
    input.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    let all = |head: Vec<u8>| io::Cursor::new(head).chain(input);
    Ok(match head.as_slice() {
        [0x1f, 0x8b, ..] => {
            let mut unpacked = MultiGzDecoder::new(all(head));
            let mut head = Vec::with_capacity(HEAD);
            unpacked.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
            if is_binary(&head) {
                Input::Other("packed, and what is in it is no text: give the log itself")
            } else {
                Input::Text(Box::new(io::Cursor::new(head).chain(unpacked)))
            }
        }
        [b'P', b'K', 3, 4, ..] => {
            Input::Other("a zip archive: unpack it, and give the log that is in it")
        }
        [0xff, 0xfe, ..] => Input::Text(Box::new(Utf16::new(all(head), u16::from_le_bytes))),
        [0xfe, 0xff, ..] => Input::Text(Box::new(Utf16::new(all(head), u16::from_be_bytes))),
        bytes if is_binary(bytes) => Input::Other(
            "no text but a binary file: give the error text or the log; `loadproof dlopen` and `loadproof verify` look at \
             images and wheels",
        ),
        _ => Input::Text(Box::new(all(head))),
    })
}

/// A text has no zero bytes, however damaged it is; terminals' logs may have one or two.
fn is_binary(head: &[u8]) -> bool {
    let zeros = head.iter().filter(|byte| **byte == 0).count();
    zeros > 8 || zeros.saturating_mul(10) > head.len()
}

/// UTF-16 as UTF-8.
struct Utf16<R> {
    input: R,
    unit: fn([u8; 2]) -> u16,
    /// What was read and not turned over yet: an odd byte, half a pair.
    rest: Vec<u8>,
    ready: io::Cursor<Vec<u8>>,
}

impl<R: Read> Utf16<R> {
    fn new(input: R, unit: fn([u8; 2]) -> u16) -> Self {
        Utf16 {
            input,
            unit,
            rest: Vec::new(),
            ready: io::Cursor::new(Vec::new()),
        }
    }

    /// Reads and converts the next bytes; false at the end.
    fn refill(&mut self) -> io::Result<bool> {
        let mut bytes = std::mem::take(&mut self.rest);
        let read = self
            .input
            .by_ref()
            .take(64 * 1024)
            .read_to_end(&mut bytes)?;
        let mut whole = bytes.len() / 2 * 2;
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|pair| pair.try_into().map_or(0, self.unit))
            .collect();
        let is_half = units
            .last()
            .is_some_and(|unit| (0xd800..0xdc00).contains(unit));
        if is_half && read > 0 {
            whole = whole.saturating_sub(2);
        }
        self.rest = bytes.get(whole..).unwrap_or_default().to_vec();
        let units = units.get(..whole / 2).unwrap_or_default();
        let text: String = char::decode_utf16(units.iter().copied())
            .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
            .filter(|character| *character != '\u{feff}')
            .collect();
        self.ready = io::Cursor::new(text.into_bytes());
        Ok(read > 0)
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.ready.read(out)?;
            if read > 0 || out.is_empty() {
                return Ok(read);
            }
            if !self.refill()? {
                return self.ready.read(out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::{Input, text};

    fn read(bytes: Vec<u8>) -> Result<String, &'static str> {
        match text(std::io::Cursor::new(bytes)).expect("no error of memory") {
            Input::Text(mut input) => {
                let mut text = String::new();
                input.read_to_string(&mut text).expect("UTF-8");
                Ok(text)
            }
            Input::Other(what) => Err(what),
        }
    }

    #[test]
    fn texts_of_windows_and_packed_ones_are_read() {
        let words = "ImportError: \u{1f40d} dlopen\r\n".repeat(40_000);
        let wide: Vec<u16> = std::iter::once(0xfeff)
            .chain(words.encode_utf16())
            .collect();
        let little: Vec<u8> = wide.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = wide.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        assert_eq!(read(little), Ok(words.clone()));
        assert_eq!(read(big), Ok(words.clone()));
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(words.as_bytes()).expect("memory");
        assert_eq!(read(packed.finish().expect("memory")), Ok(words));
        assert_eq!(read(Vec::new()), Ok(String::new()));
    }

    #[test]
    fn what_is_no_text_is_said_to_be_none() {
        let image = [&[0xcf, 0xfa, 0xed, 0xfe][..], &[0; 100]].concat();
        assert!(read(image).is_err_and(|what| what.contains("binary")));
        assert!(read(b"PK\x03\x04rest".to_vec()).is_err_and(|what| what.contains("zip")));
    }
}
