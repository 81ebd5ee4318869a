#!/usr/bin/env python3
"""Lists the system symbols that the images of macOS wheels bind, for the tests in src/catalogue/wheels.rs.

    python3 -m pip install lief
    python3 tools/catalogue/binds.py WHEEL...
"""

import collections
import pathlib
import sys
import zipfile

import lief

TARGET = pathlib.Path(__file__).resolve().parent.parent.parent / "fixtures" / "catalogue" / "binds"
MAGIC = (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
SYSTEM = ("/usr/lib/", "/System/")
N_STAB, N_TYPE, N_EXT, N_WEAK_REF = 0xE0, 0x0E, 0x01, 0x40


def images(wheel):
    """The first slice of every Mach-O file in a wheel, exports and bindings left unread."""
    config = lief.MachO.ParserConfig()
    config.parse_dyld_exports = config.parse_dyld_bindings = config.parse_dyld_rebases = False
    for entry in wheel.infolist():
        data = wheel.read(entry)
        if data[:4] in MAGIC and (fat := lief.MachO.parse(data, config)):
            yield fat.at(0)


def binds(image):
    """(library, arch, minimum macOS, strength) and symbol of each undefined symbol with an ordinal into the system."""
    libraries = [one for one in image.libraries if one.command != lief.MachO.LoadCommand.TYPE.ID_DYLIB]
    arm64 = image.header.cpu_type == lief.MachO.Header.CPU_TYPE.ARM64
    minimum = image.build_version.minos if image.has_build_version else image.version_min.version
    for symbol in image.symbols:
        kind, ordinal = symbol.raw_type, symbol.description >> 8 & 0xFF
        if kind & (N_STAB | N_TYPE) or not kind & N_EXT or not 1 <= ordinal <= len(libraries):
            continue
        library = libraries[ordinal - 1].name
        if library.startswith(SYSTEM):
            strength = "weak" if symbol.description & N_WEAK_REF else "strong"
            arch = "arm64" if arm64 else "x86_64"
            yield (library, arch, f"{minimum[0]}.{minimum[1]}", strength), symbol.name


def main():
    lief.logging.disable()
    for path in map(pathlib.Path, sys.argv[1:]):
        groups = collections.defaultdict(set)
        for image in images(zipfile.ZipFile(path)):
            for group, symbol in binds(image):
                groups[group].add(symbol)
        name, version = path.name.split("-")[:2]
        with (TARGET / f"{name}-{version}.txt").open("w") as out:
            out.write(f'# System symbols that the images of {path.name} bind: "> library arch minimum-macOS strong|weak", then names.\n')
            for group in sorted(groups):
                out.write(f"> {' '.join(group)}\n")
                out.writelines(f"{symbol}\n" for symbol in sorted(groups[group]))


if __name__ == "__main__":
    main()
