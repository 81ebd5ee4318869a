//! Builds of one library side by side, of which a package opens the one that fits, told apart by versions in their paths:
//! `x/torch-2.9/lib/libx.dylib` and `x/torch-2.10/lib/libx.dylib`, `libx_pytorch_2.0.1.dylib` and `libx_pytorch_2.1.0.dylib`.

/// The path with `#` for every number of a directory, and in the file's name for every version and torch's number
/// (`libx_torch24.dylib`): the same for all builds of one library. `libpart1.dylib` and `libpart2.dylib` are two libraries.
pub fn family(path: &str) -> String {
    let leaf = path.rfind('/').map_or(0, |slash| slash.saturating_add(1));
    let mut family = String::with_capacity(path.len());
    let mut done = 0;
    let is_torchs = |at: usize| {
        let before = path.get(..at).unwrap_or_default();
        before.trim_end_matches(['_', '-']).ends_with("torch")
    };
    let tells = |(at, number): &(usize, &str)| *at < leaf || number.contains('.') || is_torchs(*at);
    for (at, number) in numbers(path).into_iter().filter(tells) {
        family.push_str(path.get(done..at).unwrap_or_default());
        family.push('#');
        done = at.saturating_add(number.len());
    }
    family.push_str(path.get(done..).unwrap_or_default());
    family
}

/// Is the path of the build that is made for this release (`torch-2.9` or `torch29` for 2.9.1), given that of another
/// build?
pub fn is_made_for(path: &str, other: &str, release: &str) -> bool {
    let pairs = numbers(path).into_iter().zip(numbers(other));
    let mut own = pairs.filter(|((_, own), (_, other))| own != other);
    own.any(|((_, number), _)| {
        let rest = release.strip_prefix(number);
        let is_joined = !number.contains('.') && joined(release) == number;
        is_joined || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// `29` of 2.9.1.
fn joined(release: &str) -> String {
    release.split('.').take(2).collect()
}

/// The numbers and versions of a path, and where each begins.
fn numbers(path: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = path
        .get(from..)
        .and_then(|rest| rest.find(|c: char| c.is_ascii_digit()))
    {
        let start = from.saturating_add(start);
        let rest = path.get(start..).unwrap_or_default();
        let end = rest.find(|c: char| c != '.' && !c.is_ascii_digit());
        let number = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let number = number.trim_end_matches('.');
        found.push((start, number));
        from = start.saturating_add(number.len());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{family, is_made_for};

    #[test]
    fn builds_of_one_library_are_one_family() {
        let nine = "x/torch-2.9/lib/libx.dylib";
        let ten = "x/torch-2.10/lib/libx.dylib";
        assert_eq!(family(nine), "x/torch-#/lib/libx.dylib");
        assert_eq!(family(nine), family(ten));
        assert_eq!(
            family("d/libd_pytorch_2.0.1.dylib"),
            "d/libd_pytorch_#.dylib"
        );
        assert_eq!(family("x/libx.1.so"), "x/libx.1.so");
        assert_eq!(family("x2/libx.so"), family("x3/libx.so"));
        assert_ne!(family("x/libpart1.so"), family("x/libpart2.so"));
        assert_eq!(family("größe/x.so"), "größe/x.so");
        assert_ne!(family("x/libx.dylib"), family("x/libx.1.dylib"));
    }

    #[test]
    fn the_number_that_tells_builds_apart_is_a_release() {
        let nine = "x2.1/torch-2.9/libx.dylib";
        let ten = "x2.1/torch-2.10/libx.dylib";
        assert!(is_made_for(nine, ten, "2.9.1"));
        assert!(is_made_for(ten, nine, "2.10.0"));
        assert!(!is_made_for(nine, ten, "2.10.0"));
        assert!(!is_made_for(nine, ten, "2.1.0"));
        assert!(!is_made_for("x/a.so", "x/a.so", "2.1.0"));
        let (four, ten) = ("x/liba_torch24-cpu.dylib", "x/liba_torch210-cpu.dylib");
        assert_eq!(family(four), family(ten));
        assert!(is_made_for(four, ten, "2.4.1"));
        assert!(is_made_for(ten, four, "2.10.0"));
        assert!(!is_made_for(four, ten, "2.10.0"));
    }
}
