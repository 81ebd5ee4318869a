//! Builds of one library side by side, of which a package opens the one that fits, told apart by numbers in their paths:
//! `x/torch-2.9/lib/libx.dylib` and `x/torch-2.10/lib/libx.dylib`.

/// The path with `#` for every number: the same for all builds of one library.
pub fn family(path: &str) -> String {
    let mut family = String::with_capacity(path.len());
    let mut rest = path;
    for (at, number) in numbers(path) {
        let before = path.len().saturating_sub(rest.len());
        family.push_str(path.get(before..at).unwrap_or_default());
        family.push('#');
        rest = path.get(at.saturating_add(number.len())..).unwrap_or("");
    }
    family.push_str(rest);
    family
}

/// Is the path of the build that is made for this release (`torch-2.9` for 2.9.1), given that of another build?
pub fn is_made_for(path: &str, other: &str, release: &str) -> bool {
    let pairs = numbers(path).into_iter().zip(numbers(other));
    let mut own = pairs.filter(|((_, own), (_, other))| own != other);
    own.any(|((_, number), _)| {
        let rest = release.strip_prefix(number);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
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
        assert_eq!(family("x/libx.so.1"), "x/libx.so.#");
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
    }
}
