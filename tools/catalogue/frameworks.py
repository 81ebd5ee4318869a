"""Which macOS first has which framework, from the environment markers of PyObjC's meta package."""

import re

REQUIRES = re.compile(r"^Requires-Dist: pyobjc-framework-([\w.-]+)==[\w.]+(?:; (.*))?$", re.MULTILINE)
RELEASE = re.compile(r'platform_release (>=|<) "(\d+)\.(\d+)"')
FRAMEWORKS = "/System/Library/Frameworks"
# PyObjC runs on 10.9 and later: what it requires without a condition is in all of them.
OLDEST = (10, 9)

# Wrappers whose framework lies inside an umbrella, or has a letter of its own.
PLACES = {
    "DictionaryServices": "CoreServices.framework/Versions/A/Frameworks/DictionaryServices.framework/Versions/A",
    "FSEvents": "CoreServices.framework/Versions/A/Frameworks/FSEvents.framework/Versions/A",
    "LaunchServices": "CoreServices.framework/Versions/A/Frameworks/LaunchServices.framework/Versions/A",
    "SearchKit": "CoreServices.framework/Versions/A/Frameworks/SearchKit.framework/Versions/A",
}
# Not a framework of that name in /System/Library/Frameworks, or the name of several.
NOT_A_FRAMEWORK = {"libdispatch", "libxpc", "iTunesLibrary", "GameCenter"}


def darwin_to_macos(major, minor):
    """Darwin 25.4 is macOS 26.4, 23.4 is 14.4; 20 to 22 ran one minor ahead (21.4 is 12.3); 19.x was 10.15."""
    if major >= 25:
        return major + 1, minor
    if major >= 23:
        return major - 9, minor
    if major >= 20:
        return major - 9, max(minor - 1, 0)
    return 10, major - 4


def read(metadata):
    """{framework: (first macOS, macOS that no longer has it or None)}."""
    found = {}
    for name, marker in REQUIRES.findall(metadata):
        if "extra ==" in marker:
            continue
        first, gone = OLDEST, None
        for relation, major, minor in RELEASE.findall(marker):
            version = darwin_to_macos(int(major), int(minor))
            if relation == ">=":
                first = max(OLDEST, version)
            else:
                gone = version
        if name not in NOT_A_FRAMEWORK:
            found[name] = (first, gone)
    return found


def likely_absent_before(first):
    """One release before the announcement: a wrapper may come later than its framework, by up to a release so far."""
    major, minor = first
    if first <= (10, 13):
        return None
    if major == 10:
        return major, minor - 1
    if minor:
        return major, 0
    return {11: (10, 15), 26: (15, 0)}.get(major, (major - 1, 0))


def install_name(name):
    """Where the framework's dylib lies."""
    return f"{FRAMEWORKS}/{PLACES.get(name, f'{name}.framework/Versions/A')}/{name}"
