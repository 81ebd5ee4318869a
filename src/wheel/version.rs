//! Version specifiers (PEP 440) as far as releases of distributions are compared: `>=2.3,<3`, `==2.6.*`, `~=2.1`.

use std::cmp::Ordering;

/// A version, in the order of PEP 440 without epochs and local parts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    release: Vec<u64>,
    /// Before the release: `dev` is -4, `a` -3, `b` -2, `rc` -1; the release itself 0; `post` 1. With its number.
    stage: (i8, u64),
}

impl Version {
    /// `None` for what does not begin with a number.
    fn parse(text: &str) -> Option<Version> {
        let text = text.trim().trim_start_matches(['v', 'V']);
        let public = text.split('+').next()?.to_ascii_lowercase();
        let end = public
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(public.len());
        let (numbers, rest) = public.split_at_checked(end)?;
        let parts = numbers.split('.').filter(|part| !part.is_empty());
        let release: Vec<u64> = parts.map(str::parse).collect::<Result<_, _>>().ok()?;
        (!release.is_empty()).then(|| Version {
            release,
            stage: stage(rest),
        })
    }

    fn part(&self, at: usize) -> u64 {
        self.release.get(at).copied().unwrap_or(0)
    }

    fn compare(&self, other: &Version) -> Ordering {
        let length = self.release.len().max(other.release.len());
        let parts = (0..length).map(|at| self.part(at).cmp(&other.part(at)));
        let release = parts.fold(Ordering::Equal, Ordering::then);
        release.then(self.stage.cmp(&other.stage))
    }

    /// Has it the numbers of `other`, as far as those go?
    fn starts_with(&self, other: &Version) -> bool {
        let numbers = other.release.iter().enumerate();
        numbers.into_iter().all(|(at, part)| self.part(at) == *part)
    }
}

/// `rc1` is (-1, 1).
fn stage(rest: &str) -> (i8, u64) {
    let rest = rest.trim_start_matches(['-', '_', '.']);
    let digits = rest.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !c.is_ascii_digit());
    let number = digits
        .get(..end.unwrap_or(digits.len()))
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0);
    let kind = match rest.as_bytes().first() {
        None => 0,
        Some(b'd') => -4,
        Some(b'a') => -3,
        Some(b'b') => -2,
        Some(b'c') => -1,
        Some(b'r') if rest.starts_with("rc") => -1,
        Some(_) => 1,
    };
    (kind, number)
}

/// Do specifiers such as `>=2.3,<3` let a version in? What cannot be read lets everything in.
pub fn allows(specifiers: &str, version: &str) -> bool {
    let Some(version) = Version::parse(version) else {
        return true;
    };
    let mut parts = specifiers.split(',').map(str::trim);
    parts.all(|part| part.is_empty() || allows_one(part, &version).unwrap_or(true))
}

/// `None`: the specifier cannot be read.
fn allows_one(part: &str, version: &Version) -> Option<bool> {
    const SIGNS: [&str; 8] = ["===", "==", "!=", "~=", ">=", "<=", ">", "<"];
    let sign = SIGNS.into_iter().find(|sign| part.starts_with(sign))?;
    let text = part.strip_prefix(sign)?.trim();
    let wild = text.strip_suffix(".*");
    let wanted = Version::parse(wild.unwrap_or(text))?;
    let order = version.compare(&wanted);
    let same = match wild {
        Some(_) => version.starts_with(&wanted),
        None => order == Ordering::Equal,
    };
    Some(match sign {
        "==" | "===" => same,
        "!=" => !same,
        ">=" => order != Ordering::Less,
        "<=" => order != Ordering::Greater,
        // A release before or after a version is none of its own candidates or patches.
        ">" => order == Ordering::Greater && !(version.stage.0 > 0 && version.starts_with(&wanted)),
        "<" => order == Ordering::Less && !(version.stage.0 < 0 && version.starts_with(&wanted)),
        _ => {
            let mut series = wanted.clone();
            series.release.pop();
            series.stage = (0, 0);
            order != Ordering::Less && version.starts_with(&series)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::allows;

    #[test]
    fn specifiers_are_read_as_installers_read_them() {
        assert!(allows("", "2.0.1"));
        assert!(allows(">=2.3,<3", "2.9.1"));
        assert!(!allows(">=2.3,<3", "3.0.0"));
        assert!(allows("==2.6", "2.6.0"));
        assert!(allows("==2.6.*", "2.6.1"));
        assert!(!allows("!=2.6.*", "2.6.1"));
        assert!(allows("~=2.1", "2.11"));
        assert!(!allows("~=2.1.0", "2.2.0"));
        assert!(!allows(">=2.0", "2.0.0rc1"));
        assert!(!allows("<2.0", "2.0.0rc1"));
        assert!(!allows(">2.0", "2.0.0.post1"));
        assert!(allows("==2.6.0", "2.6.0+cpu"));
        assert!(allows("@ file:///somewhere", "1.0"));
    }
}
