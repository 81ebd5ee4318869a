//! Stub.
pub(super) fn render(
    _: &crate::report::Report,
    _: &super::Options,
    _: &mut dyn std::io::Write,
) -> std::io::Result<()> {
    Ok(())
}
