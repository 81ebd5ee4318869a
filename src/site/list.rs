//! The lists that are carried packed: names with numbers, one to a line, behind `#` a comment.

use std::io::Read;

use ruzstd::decoding::StreamingDecoder;

/// The text of a list: a Zstandard frame, made of the file of the same name without `.zst` by `zstd -19`.
pub(super) fn unpacked(frame: &'static [u8]) -> String {
    let mut text = String::new();
    let mut decoder = StreamingDecoder::new(frame).expect("a test unpacks every list");
    decoder
        .read_to_string(&mut text)
        .expect("a test unpacks every list");
    text
}

#[cfg(test)]
mod tests {
    use super::unpacked;

    #[test]
    fn what_is_packed_is_what_can_be_read() {
        let again = "pack it again: `zstd -19 --no-check -f FILE` in src/site/data";
        let c_api = unpacked(include_bytes!("data/c_api.txt.zst"));
        assert!(
            c_api == include_str!("data/c_api.txt"),
            "c_api.txt: {again}"
        );
        let stable = unpacked(include_bytes!("data/stable_abi.txt.zst"));
        assert!(
            stable == include_str!("data/stable_abi.txt"),
            "stable_abi.txt: {again}"
        );
    }
}
