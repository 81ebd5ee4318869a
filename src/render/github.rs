//! Stub.
use std::io;
pub(super) fn render(
    _: &crate::report::Report,
    _: &super::Options,
    _: &mut dyn std::io::Write,
) -> std::io::Result<()> {
    Ok(())
}
/// Prints
pub fn fence(_token: &str, text: &str, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(text.as_bytes())
}
