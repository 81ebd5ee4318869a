//! What pip, uv and poetry say of distributions that do not fit.

use std::sync::LazyLock;

use super::template::{Candidate, Family, Template, weight};

static FAMILY: LazyLock<Family> = LazyLock::new(|| Family::new(TEMPLATES));

const TEMPLATES: &[Template] = &[
    Template::new(
        "no-matching-wheel",
        weight::BUILD,
        r"Could not find a version that satisfies the requirement (?P<distribution>[\w.-]*\w)",
    ),
    Template::new(
        "no-matching-wheel",
        weight::BUILD,
        r"No matching distribution found for (?P<distribution>[\w.-]*\w)",
    ),
    Template::new(
        "no-matching-wheel",
        weight::BUILD,
        r"(?:(?P<wheel>[\w.+-]+\.whl) is )?not a supported wheel on this platform",
    ),
    Template::new(
        "no-matching-wheel",
        weight::BUILD,
        r"would build wheel with unsupported tag",
    ),
    Template::new(
        "no-matching-wheel",
        weight::BUILD,
        r"[Dd]istribution `(?P<distribution>[\w.-]*\w)[^`]*` can't be installed because it doesn't have a source distribution or wheel for the current platform",
    ),
    Template::new(
        "no-matching-wheel",
        weight::BUILD,
        r"`(?P<distribution>[\w.-]*\w)` \([^)]*\) only has wheels (?:for|with) the following",
    ),
    Template::new(
        "no-matching-wheel",
        weight::BUILD,
        r"(?P<distribution>[\w.-]*\w)(?:\{[^}\n]*\})?(?:\s?[<>=!~][^\n]{0,60}?)? ha(?:s|ve) no (?:usable wheels|wheels with (?:a matching|valid tags))",
    ),
    Template::new(
        "no-matching-wheel",
        weight::BUILD,
        r"[Bb]ecause only (?P<distribution>[\w.-]*\w)[^\n]{0,60} ha(?:s|ve) wheels with a matching",
    ),
    Template::new(
        "no-matching-wheel",
        weight::BUILD,
        r"[Bb]ecause there (?:is|are) no versions? of (?P<distribution>[\w.-]*\w)",
    ),
    Template::new(
        "no-matching-wheel",
        weight::BUILD,
        r"The wheel is compatible with [^\n]{1,80}, but you're using|can't be installed because (?:it only has|the binary distribution|the wheel)",
    ),
    Template::new(
        "no-matching-wheel",
        weight::BUILD,
        r"Unable to find installation candidates for (?P<distribution>[\w.-]*\w)",
    ),
    Template::new(
        "no-matching-wheel",
        weight::BUILD,
        r"is only a placeholder project",
    ),
    // The only sources of torch that PyPI has: pip builds them where no wheel fits, and that always fails.
    Template::new(
        "no-matching-wheel",
        weight::PYTHON,
        r"(?P<distribution>torch)-0\.1\.2(?:\.post\d)?\.tar\.gz",
    ),
    Template::new(
        "python-version-mismatch",
        weight::BUILD,
        r"Package '(?P<package>[\w.-]+)' requires a different Python: (?P<running>[\d.]*\d) not in '(?P<required>[^']+)'",
    ),
];

/// Every refusal of an installer that the text tells of.
pub(super) fn find(text: &str) -> Vec<Candidate> {
    FAMILY.find(text)
}
