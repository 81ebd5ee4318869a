"""What public headers say: which names are API, and the macOS version for which each was announced."""

import re

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
WORD = re.compile(r"[A-Za-z_]\w*")
CALLED = re.compile(r"([A-Za-z_]\w*)\s*\(")
# API_AVAILABLE(macos(10.12)), __OSX_AVAILABLE(10.12), __OSX_AVAILABLE_STARTING(__MAC_10_12, ...) and their like.
ANNOUNCED = (
    re.compile(r"(?:API_AVAILABLE|API_DEPRECATED\w*)\s*\(.*?\bmacosx?\s*\(\s*(\d+)[._](\d+)"),
    re.compile(r"__OSX_AVAILABLE\s*\(\s*(\d+)\.(\d+)"),
    re.compile(r"__OSX_AVAILABLE\w*\s*\(\s*__MAC_(\d+)_(\d+)"),
    re.compile(r"__OSX_DEPRECATED\s*\(\s*(\d+)\.(\d+)"),
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
                # A function's own name is the first called word that is not a macro.
                name = next((word for word in names if not word.isupper() and not word.startswith("__")), None)
                if name:
                    announced.setdefault(name, set()).add(version)
    return public, {name: versions.pop() for name, versions in announced.items() if len(versions) == 1}


def _version(declaration):
    flat = " ".join(declaration.split())
    for pattern in ANNOUNCED:
        if match := pattern.search(flat):
            return int(match[1]), int(match[2])
    return None
