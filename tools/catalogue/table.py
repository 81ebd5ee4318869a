"""The catalogue as rows: one library or one (library, symbol), with the bounds of its introduction."""

import dataclasses

EVIDENCE = ("stub", "header", "llvm", "pyobjc", "documented")
HEADING = "library\tsymbol\tarchs\tfrom\tcertainly absent before\tlikely absent before\tlast seen\tevidence\n"


@dataclasses.dataclass(frozen=True)
class Interval:
    """What is known of one introduction. Versions are (major, minor) or None."""

    # Architectures it holds for: a (arm64), x (x86_64).
    arches: str
    # Present from this version on: an upper bound of the introduction.
    first: tuple | None
    # Absent, proven by a complete SDK stub without a public name, below this version.
    certain: tuple | None
    # Absent in all likelihood below this version.
    likely: tuple | None
    # The newest version that shows it, if a newer source no longer does. That is not proof of removal.
    last: tuple | None
    evidence: str

    def fields(self):
        """As columns of text."""
        versions = (self.first, self.certain, self.likely, self.last)
        return [self.arches, *(text(version) for version in versions), self.evidence]


def text(version):
    """14.4, or - for none."""
    return "-" if version is None else f"{version[0]}.{version[1]}"


def version(word):
    """The reverse of `text`."""
    return None if word == "-" else tuple(int(number) for number in word.split("."))


def after(lacking):
    """The bound that an SDK without a name sets: absent in that version, unknown from the next minor one on."""
    return None if lacking is None else (lacking[0], lacking[1] + 1)


def merge(first, second):
    """One interval for both architectures where they agree but for the letter, else None."""
    if dataclasses.replace(first, arches="") == dataclasses.replace(second, arches=""):
        return dataclasses.replace(first, arches="".join(sorted(first.arches + second.arches)))
    return None


def write(path, rows):
    """Writes {(library, symbol): [Interval]} sorted, symbol `-` for the library itself."""
    with path.open("w") as out:
        out.write(HEADING)
        for (library, symbol), intervals in sorted(rows.items()):
            for interval in intervals:
                out.write("\t".join([library, symbol or "-", *interval.fields()]) + "\n")
