"""What public headers say: which names are API, and the macOS version for which each was announced."""

import re

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
WORD = re.compile(r"[A-Za-z_]\w*")
CALLED = re.compile(r"([A-Za-z_]\w*)\s*\(")
PLATFORMS = {"macos", "macosx", "ios", "tvos", "watchos", "bridgeos", "driverkit", "maccatalyst", "visionos", "xros"}
NUMBER = r"(\d+)[._](\d+)(?:[._](\d+))?"
# API_AVAILABLE(macos(10.12)), __OSX_AVAILABLE(10.12), __OSX_AVAILABLE_STARTING(__MAC_10_12, ...) and their like.
ANNOUNCED = (
    re.compile(r"(?:API_AVAILABLE|API_DEPRECATED\w*)\s*\(.*?\bmacosx?\s*\(\s*" + NUMBER),
    re.compile(r"__OSX_AVAILABLE\s*\(\s*" + NUMBER),
    re.compile(r"__OSX_AVAILABLE\w*\s*\(\s*__MAC_" + NUMBER),
    re.compile(r"__OSX_DEPRECATED\s*\(\s*" + NUMBER),
)


def read(texts):
    """The set of names that occur in the headers, and {name: version} for those whose announcement is unambiguous."""
    public, announced = set(), {}
    for text in texts:
        text = COMMENT.sub(" ", text)
        public.update(WORD.findall(text))
        for declaration in re.split(r"[;{}]", text):
            version = _version(declaration)
            names = CALLED.findall(declaration)
            if version and names:
                # A function's own name is the first called word that is neither a macro nor a macro's platform.
                own = (word for word in names if not word.isupper() and not word.startswith("__"))
                name = next((word for word in own if word not in PLATFORMS), None)
                if name:
                    announced.setdefault(name, set()).add(version)
    return public, {name: versions.pop() for name, versions in announced.items() if len(versions) == 1}


def _version(declaration):
    flat = " ".join(declaration.split())
    for pattern in ANNOUNCED:
        if match := pattern.search(flat):
            # Patch numbers are not kept: what came with 10.13.4 is safely there in 10.14.
            return int(match[1]), int(match[2]) + (match[3] not in (None, "0"))
    return None
