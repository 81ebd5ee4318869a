//! Where an installer puts a file (specification "Binary distribution format", the `.data` directory).

use std::fmt;

/// A directory of an installation scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// Modules in Python: in a virtual environment the same directory as [`Scheme::Platlib`].
    Purelib,
    /// Modules with native parts.
    Platlib,
    /// Programs: `bin`.
    Scripts,
    /// Whatever is put below the prefix.
    Data,
    /// C headers.
    Headers,
    /// A `.data` directory that no scheme has; installers refuse it.
    Unknown,
}

/// A place in an installation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The directory.
    pub scheme: Scheme,
    /// The path in it.
    pub path: String,
}

impl Place {
    /// The path below site-packages, for what is installed there.
    pub fn in_site_packages(&self) -> Option<&str> {
        match self.scheme {
            Scheme::Purelib | Scheme::Platlib => Some(&self.path),
            Scheme::Scripts | Scheme::Data | Scheme::Headers | Scheme::Unknown => None,
        }
    }
}

impl fmt::Display for Place {
    /// As people name it: the path in site-packages, `PFX/bin/x` for a program, `PFX/x` for data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scheme {
            Scheme::Purelib | Scheme::Platlib => f.write_str(&self.path),
            Scheme::Scripts => write!(f, "PFX/bin/{}", self.path),
            Scheme::Data => write!(f, "PFX/{}", self.path),
            Scheme::Headers => write!(f, "PFX/include/{}", self.path),
            Scheme::Unknown => write!(f, "(nowhere)/{}", self.path),
        }
    }
}

/// The place of a path in the archive. `purelib`: `Root-Is-Purelib` of WHEEL.
pub fn place(path: &str, purelib: bool) -> Place {
    let root = if purelib {
        Scheme::Purelib
    } else {
        Scheme::Platlib
    };
    let mut parts = path.splitn(3, '/');
    let (first, second, rest) = (parts.next(), parts.next(), parts.next());
    let (Some(first), Some(second), Some(rest)) = (first, second, rest) else {
        let path = path.to_owned();
        return Place { scheme: root, path };
    };
    if !first.ends_with(".data") {
        let path = path.to_owned();
        return Place { scheme: root, path };
    }
    let scheme = match second {
        "purelib" => Scheme::Purelib,
        "platlib" => Scheme::Platlib,
        "scripts" => Scheme::Scripts,
        "data" => Scheme::Data,
        "headers" => Scheme::Headers,
        _ => Scheme::Unknown,
    };
    let path = rest.to_owned();
    Place { scheme, path }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn the_data_directory_leads_to_the_schemes() {
        let shown = |path| place(path, false).to_string();
        assert_eq!(shown("pkg/_C.so"), "pkg/_C.so");
        assert_eq!(shown("pkg-1.data/platlib/pkg/_C.so"), "pkg/_C.so");
        assert_eq!(shown("pkg-1.data/scripts/tool"), "PFX/bin/tool");
        assert_eq!(
            shown("pkg-1.data/data/lib/libx.dylib"),
            "PFX/lib/libx.dylib"
        );
        assert_eq!(shown("pkg-1.data/oddity/x"), "(nowhere)/x");
        assert_eq!(shown("top.so"), "top.so");
    }
}
