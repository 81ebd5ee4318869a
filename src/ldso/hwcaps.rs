//! glibc-hwcaps: subdirectories with libraries for better processors (ld.so(8), glibc 2.33 and newer).

use crate::image::Arch;

/// The subdirectories that this processor may use, best first. `flags` is the `flags` line of `/proc/cpuinfo`.
/// The levels are those of the x86-64 psABI (glibc sysdeps/x86_64/dl-hwcaps-subdirs.c); other architectures have none
/// that is common.
pub fn subdirectories(arch: Arch, flags: &str) -> Vec<String> {
    if arch != Arch::X86_64 {
        return Vec::new();
    }
    let has = |wanted: &[&str]| {
        wanted
            .iter()
            .all(|flag| flags.split_ascii_whitespace().any(|it| it == *flag))
    };
    let mut level = 1;
    for (next, wanted) in [(2, LEVEL_2), (3, LEVEL_3), (4, LEVEL_4)] {
        if level == next - 1 && has(wanted) {
            level = next;
        }
    }
    (2..=level)
        .rev()
        .map(|level| format!("glibc-hwcaps/x86-64-v{level}"))
        .collect()
}

/// `abm` is the kernel's word for LZCNT.
const LEVEL_2: &[&str] = &["cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3"];
const LEVEL_3: &[&str] = &[
    "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave",
];
const LEVEL_4: &[&str] = &["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"];

#[cfg(test)]
mod tests {
    use super::subdirectories;
    use crate::image::Arch;

    #[test]
    fn a_processor_may_use_its_level_and_all_below() {
        let level_3 = "fpu cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3 avx avx2 bmi1 bmi2 f16c fma abm movbe xsave";
        assert_eq!(
            subdirectories(Arch::X86_64, level_3),
            ["glibc-hwcaps/x86-64-v3", "glibc-hwcaps/x86-64-v2"]
        );
        assert!(subdirectories(Arch::X86_64, "avx2 avx512f").is_empty());
        assert!(subdirectories(Arch::Aarch64, level_3).is_empty());
    }
}
