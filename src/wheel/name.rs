//! A wheel's file name and its tags (PEP 427, PEP 425).

use std::fmt;

/// What a file name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelName {
    /// The distribution, as written.
    pub distribution: String,
    /// The version, as written.
    pub version: String,
    /// The build tag, if there is one.
    pub build: Option<String>,
    /// Every tag, compressed sets expanded, in order.
    pub tags: Vec<Tag>,
}

/// One tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    /// `cp311`, `py3`.
    pub python: String,
    /// `cp311`, `abi3`, `none`.
    pub abi: String,
    /// `macosx_11_0_arm64`, `any`.
    pub platform: String,
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.python, self.abi, self.platform)
    }
}

impl WheelName {
    /// Reads a file name; `None` if it is not `NAME-VERSION(-BUILD)?-PYTHON-ABI-PLATFORM.whl`.
    pub fn parse(file: &str) -> Option<WheelName> {
        let stem = file.strip_suffix(".whl")?;
        let parts: Vec<&str> = stem.split('-').collect();
        let (distribution, version, build, rest) = match parts.as_slice() {
            [distribution, version, rest @ ..] if rest.len() == 3 => {
                (distribution, version, None, rest)
            }
            [distribution, version, build, rest @ ..] if rest.len() == 3 => {
                (distribution, version, Some((*build).to_owned()), rest)
            }
            _ => return None,
        };
        if parts.iter().any(|part| part.is_empty()) {
            return None;
        }
        let tags = expand_tags(&rest.join("-"));
        Some(WheelName {
            distribution: (*distribution).to_owned(),
            version: (*version).to_owned(),
            build,
            tags,
        })
    }

    /// The distribution's normalised name (PEP 503).
    pub fn normalised(&self) -> String {
        super::metadata::normalised(&self.distribution)
    }

    /// The platform tags, each once, in order.
    pub fn platforms(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for tag in &self.tags {
            if !found.contains(&tag.platform.as_str()) {
                found.push(&tag.platform);
            }
        }
        found
    }
}

/// The most tags that a compressed set may stand for; a real one has some ten.
const MOST_TAGS: usize = 512;

/// `cp39.cp310-abi3-macosx_11_0_arm64` to the tags that it stands for; none if it has not three parts.
pub fn expand_tags(text: &str) -> Vec<Tag> {
    let mut parts = text.splitn(3, '-');
    let (Some(pythons), Some(abis), Some(platforms)) = (parts.next(), parts.next(), parts.next())
    else {
        return Vec::new();
    };
    let mut tags = Vec::new();
    for python in pythons.split('.') {
        for abi in abis.split('.') {
            for platform in platforms.split('.') {
                if tags.len() < MOST_TAGS {
                    tags.push(Tag {
                        python: python.to_owned(),
                        abi: abi.to_owned(),
                        platform: platform.to_owned(),
                    });
                }
            }
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::WheelName;

    #[test]
    fn compressed_sets_of_tags_are_expanded() {
        let name =
            WheelName::parse("a_b-1.0-2-py2.py3-none-macosx_10_9_x86_64.macosx_11_0_arm64.whl");
        let name = name.expect("a wheel's name");
        assert_eq!(name.build.as_deref(), Some("2"));
        assert_eq!(name.normalised(), "a-b");
        assert_eq!(name.tags.len(), 4);
        assert_eq!(
            name.platforms(),
            ["macosx_10_9_x86_64", "macosx_11_0_arm64"]
        );
        assert_eq!(WheelName::parse("a-1.0.tar.gz"), None);
        assert_eq!(WheelName::parse("a-1.0-py3-none.whl"), None);
    }
}
