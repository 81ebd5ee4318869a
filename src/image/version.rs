//! Versions as Mach-O packs them: `X.Y.Z` in nibbles.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A version of an OS, an SDK or a library: major, minor, patch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Major: up to 65,535.
    pub major: u16,
    /// Minor.
    pub minor: u8,
    /// Patch.
    pub patch: u8,
}

impl Version {
    /// A version from its parts.
    pub const fn new(major: u16, minor: u8, patch: u8) -> Self {
        Version {
            major,
            minor,
            patch,
        }
    }

    /// The version packed as `xxxx.yy.zz` in a 32-bit word, as in LC_BUILD_VERSION.
    pub const fn from_packed(word: u32) -> Self {
        let [high, low, minor, patch] = word.to_be_bytes();
        Version {
            major: u16::from_be_bytes([high, low]),
            minor,
            patch,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if self.patch != 0 {
            write!(f, ".{}", self.patch)?;
        }
        Ok(())
    }
}

/// A text that is not `X`, `X.Y` or `X.Y.Z`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionError(String);

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a version such as 14.5", self.0)
    }
}

impl std::error::Error for VersionError {}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || VersionError(text.to_owned());
        let mut parts = text.split('.');
        let major = parts
            .next()
            .and_then(|part| part.parse().ok())
            .ok_or_else(wrong)?;
        let mut small = || match parts.next() {
            None => Ok(0),
            Some(part) => part.parse().map_err(|_| wrong()),
        };
        let (minor, patch) = (small()?, small()?);
        if parts.next().is_some() {
            return Err(wrong());
        }
        Ok(Version {
            major,
            minor,
            patch,
        })
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn packed_words_and_texts_agree() {
        assert_eq!(Version::from_packed(0x000e_0501), Version::new(14, 5, 1));
        assert_eq!("14.5.1".parse(), Ok(Version::new(14, 5, 1)));
        assert_eq!(Version::new(26, 0, 0).to_string(), "26.0");
        assert!("14.x".parse::<Version>().is_err());
        assert!("1.2.3.4".parse::<Version>().is_err());
    }
}
