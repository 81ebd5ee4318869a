//! C++ symbols as people write them.

use std::fmt::{self, Write};

use cpp_demangle::{DemangleOptions, ParseOptions, Symbol};

use crate::rules::as_linkers_write;

/// Longer mangled names are not tried: they come from templates that nobody reads, or from an attacker.
const LONGEST_MANGLED: usize = 4096;
/// The demangled form is cut here, in bytes: back references can make it exponentially longer than its source.
const LONGEST_DEMANGLED: usize = 400;
/// Depth of nesting at which the demangler gives up.
const DEEPEST: u32 = 96;

/// The demangled form of an Itanium C++ symbol; `None` for every other name.
///
/// Mach-O puts one more underscore before every name, and ELF symbols may carry a version (`@GLIBCXX_3.4.30`).
pub(super) fn demangled(symbol: &str) -> Option<String> {
    let symbol = symbol.split('@').next().unwrap_or(symbol);
    let mangled = if symbol.starts_with("__Z") {
        symbol.strip_prefix('_')?
    } else {
        symbol
    };
    if !mangled.starts_with("_Z") || mangled.len() > LONGEST_MANGLED {
        return None;
    }
    let parsing = ParseOptions::default().recursion_limit(DEEPEST);
    let parsed = Symbol::new_with_options(mangled, &parsing).ok()?;
    let mut bounded = Bounded {
        text: String::new(),
        full: false,
    };
    let options = DemangleOptions::default().recursion_limit(DEEPEST);
    let written = parsed.structured_demangle(&mut bounded, &options);
    if bounded.full {
        bounded.text.push('…');
    } else if written.is_err() {
        return None;
    }
    Some(as_linkers_write(&bounded.text))
}

/// A string that stops growing.
struct Bounded {
    text: String,
    full: bool,
}

impl Write for Bounded {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        if self.text.len().saturating_add(piece.len()) > LONGEST_DEMANGLED {
            self.full = true;
            return Err(fmt::Error);
        }
        self.text.push_str(piece);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elf_and_mach_o_names_of_one_function_read_the_same() {
        let readable = Some("hello::greet(int)".to_owned());
        assert_eq!(demangled("_ZN5hello5greetEi"), readable);
        assert_eq!(demangled("__ZN5hello5greetEi"), readable);
        assert_eq!(demangled("_ZN5hello5greetEi@VERS_1"), readable);
    }

    #[test]
    fn what_belongs_to_a_class_is_called_as_linkers_call_it() {
        for (symbol, readable) in [
            ("__ZTV3Foo", "vtable for Foo"),
            ("__ZTIN3abc3FooE", "typeinfo for abc::Foo"),
            ("__ZTS3Foo", "typeinfo name for Foo"),
            ("__ZTT3Foo", "VTT for Foo"),
        ] {
            assert_eq!(demangled(symbol).as_deref(), Some(readable));
        }
    }

    #[test]
    fn c_names_and_nonsense_are_left_alone() {
        assert_eq!(demangled("_PyInit_hello"), None);
        assert_eq!(demangled("hello/_C.so"), None);
        assert_eq!(demangled("_Z"), None);
        assert_eq!(demangled("_ZN"), None);
        assert_eq!(demangled(""), None);
    }

    #[test]
    fn a_name_that_explodes_when_demangled_is_cut() {
        // pair<int, int>, then each parameter a pair of the one before: its text doubles, its mangling does not.
        let mut exploding = "_Z1fSt4pairIiiE".to_owned();
        for id in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".chars() {
            exploding.push_str(&format!("S_IS{id}_S{id}_E"));
        }
        let text = demangled(&exploding).unwrap();
        assert!(text.ends_with('…') && text.len() <= LONGEST_DEMANGLED + '…'.len_utf8());
        let long = format!("_Z{}{}v", 3000, "x".repeat(3000));
        assert_eq!(demangled(&long).as_deref(), Some("…"));
        assert_eq!(
            demangled(&format!("_Z{}{}v", 90000, "x".repeat(90000))),
            None
        );
    }
}
