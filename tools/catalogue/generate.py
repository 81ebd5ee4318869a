#!/usr/bin/env python3
"""Makes the built-in catalogue of macOS system libraries from package registries. docs/catalogue.md tells the method.

    python3 -m pip install -r tools/catalogue/requirements.txt
    python3 tools/catalogue/generate.py --cache DIR [--check]
"""

import argparse
import csv
import dataclasses
import pathlib
import sys

import fetch
import frameworks
import headers
import libcxx
import pack
import stubs
import table
from table import Interval, after

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent.parent / "src" / "catalogue" / "data"
PYOBJC = "12.2.2"
# (ziglang release, stub in its wheel, macOS of the SDK it was made from). Releases before 0.13.0 name no SDK: theirs is
# read off libSystem's own version number (1281.100 is 10.15, 1292.100 11.3, 1311 12.0, 1311.100 12.3, 1319 13.0,
# 1319.100 13.3), which `check_version` compares.
ZIG = (
    ("0.9.1", "libSystem.10.tbd", (10, 15), "1281.100.1"),
    ("0.9.1", "libSystem.11.tbd", (11, 3), "1292.100.5"),
    ("0.9.1", "libSystem.12.tbd", (12, 0), "1311"),
    ("0.11.0", "libSystem.12.tbd", (12, 3), "1311.100.3"),
    ("0.10.1.post1", "libSystem.13.tbd", (13, 0), "1319"),
    ("0.11.0", "libSystem.13.tbd", (13, 3), "1319.100.3"),
    ("0.13.0", "libSystem.tbd", (14, 0), None),
    ("0.14.1", "libSystem.tbd", (15, 1), None),
    ("0.15.2", "libSystem.tbd", (15, 5), None),
    ("0.16.0", "libSystem.tbd", (26, 4), None),
    ("0.17.1", "libSystem.tbd", (27, 0), None),
)
LIBSYSTEM = "/usr/lib/libSystem.B.dylib"
# The first macOS for Apple silicon. What the 10.15 SDK exported for Intel, it exports for both.
ARM_FIRST = (11, 0)


def libsystem(cache):
    """Rows of libSystem and its parts, from every stub, with the headers' word on what is public and since when."""
    seen, texts = {}, []
    for release, name, macos, expected in ZIG:
        wheel = fetch.wheel(cache, "ziglang", release)
        libraries = stubs.read(wheel.read(f"ziglang/lib/libc/darwin/{name}").decode())
        check_version(wheel, macos, libraries[LIBSYSTEM]["version"], expected)
        for library, stub in libraries.items():
            exports = stubs.resolved(libraries, library)
            for arch in sorted(stub["arches"]):
                names = {symbol for symbol, arches in exports.items() if arch in arches}
                seen.setdefault((library, arch), []).append((macos, names))
        texts += header_texts(wheel)
    public, announced = headers.read(texts)
    rows, coverage = {}, {}
    for (library, arch), versions in seen.items():
        # An Apple silicon Mac never ran 10.15; its first system had at least what the last Intel-only one had.
        if arch == "a" and (library, "x") in seen and seen[library, "x"][0][0] < ARM_FIRST:
            versions = [(ARM_FIRST, seen[library, "x"][0][1] & versions[0][1]), *versions]
        coverage[library] = (min(coverage.get(library, (versions[0][0],))[0], versions[0][0]), versions[-1][0])
        for symbol in sorted(set().union(*(names for _, names in versions))):
            interval = introduction(arch, symbol, versions, public, announced)
            rows.setdefault((library, symbol), []).append(interval)
        present = [macos for macos, _ in versions]
        rows.setdefault((library, ""), []).append(part(library, arch, present))
    return {key: joined(found) for key, found in rows.items()}, coverage


def check_version(wheel, macos, found, expected):
    """Stops if a stub is not of the SDK that it is taken for."""
    settings = "ziglang/lib/libc/darwin/SDKSettings.json"
    if expected is None:
        wanted = f'"MinimalDisplayName":"{table.text(macos)}"' if macos[1] else f'"{macos[0]}'
        if wanted not in wheel.read(settings).decode().replace(" ", ""):
            sys.exit(f"{wheel.filename} is not of the macOS {table.text(macos)} SDK: {wheel.read(settings)!r}")
    elif found != expected:
        sys.exit(f"{wheel.filename}: libSystem is version {found}, not {expected} as in macOS {table.text(macos)}")


def header_texts(wheel):
    """The macOS headers that a wheel carries."""
    for name in wheel.namelist():
        if "/libc/include/" in name and ("macos" in name or "darwin" in name) and name.endswith(".h"):
            yield wheel.read(name).decode("utf-8", "replace")


def introduction(arch, symbol, versions, public, announced):
    """The interval that the stubs, and for the oldest of them the headers, give for one symbol."""
    having = [macos for macos, names in versions if symbol in names]
    first, last = having[0], having[-1]
    # 11.0 for Apple silicon is no stub: what it seems to lack proves nothing.
    lacking = [macos for macos, names in versions if macos < first and (arch, macos) != ("a", ARM_FIRST)]
    lacking = lacking[-1] if lacking else None
    plain = symbol.removeprefix("_").partition("$")[0]
    evidence = "stub"
    said = announced.get(plain)
    if said and said < first and (lacking is None or said > lacking) and "$" not in symbol:
        first, evidence = max(said, ARM_FIRST) if arch == "a" else said, "header"
    known = symbol.startswith("_") and plain in public
    return Interval(
        arch,
        first,
        after(lacking) if known else None,
        None if known else after(lacking),
        last if last < versions[-1][0] else None,
        evidence,
    )


def part(library, arch, present):
    """The interval of one of libSystem's parts. A part that is not in a stub may still be in the system."""
    first, last = present[0], present[-1]
    newest, oldest = ZIG[-1][2], ZIG[0][2] if arch == "x" else ARM_FIRST
    index = [macos for _, _, macos, _ in ZIG].index(first) if first != ARM_FIRST else 0
    lacking = ZIG[index - 1][2] if first > oldest and index else None
    return Interval(arch, first, None, after(lacking), last if last < newest else None, "stub")


def joined(intervals):
    """Both architectures in one interval where they agree."""
    if len(intervals) == 2 and (one := table.merge(*intervals)):
        return [one]
    return intervals


def libcxx_rows(cache):
    """Rows of libc++ and libc++abi from LLVM's ABI lists, changelog and availability table."""
    tree = fetch.llvm_tree(cache)
    abi = tree / "lib" / "abi"
    lists = {"a": libcxx.exports(abi, "arm64"), "x": libcxx.exports(abi, "x86_64")}
    known = set().union(*lists.values())
    added = libcxx.additions((abi / "CHANGELOG.TXT").read_text(), known)
    releases = libcxx.releases(HERE / "llvm-releases.tsv")
    compare_releases(releases, libcxx.introduced((tree / "include/__configuration/availability.h").read_text()))
    rows = {}
    for arch, exports in lists.items():
        for symbol, from_libcxxabi in exports.items():
            interval = llvm_interval(arch, added.get(symbol), releases)
            rows.setdefault((libcxx.LIBCXX, symbol), []).append(interval)
            if from_libcxxabi:
                # libc++ may re-export later than libc++abi exports: nothing is concluded below.
                own = dataclasses.replace(interval, certain=None, likely=None)
                rows.setdefault((libcxx.LIBCXXABI, symbol), []).append(own)
    return {key: joined(found) for key, found in rows.items()}


def llvm_interval(arch, release, releases):
    """The interval of a symbol that an LLVM release added; None is one that all lists have had."""
    if release is None:
        return Interval(arch, ARM_FIRST if arch == "a" else (10, 13), None, None, None, "llvm")
    first, lacking = releases[release]
    older = [macos for other, (macos, _) in releases.items() if other < release and macos and macos != first]
    if arch == "a" and first:
        first = max(first, ARM_FIRST)
    return Interval(arch, first, after(lacking), after(max(older)) if older else None, None, "llvm")


def compare_releases(kept, declared):
    """Stops if the hand-kept table of LLVM releases no longer fits LLVM's own, 12 apart (its source says why)."""
    for release, macos in declared.items():
        if release != 12 and (release not in kept or kept[release][0] != macos):
            sys.exit(f"llvm-releases.tsv: LLVM {release} came with macOS {macos}, says availability.h")


def framework_rows(cache):
    """Rows of frameworks, from PyObjC's environment markers."""
    wheel = fetch.wheel(cache, "pyobjc", PYOBJC)
    metadata = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    rows = {}
    for name, (first, gone) in frameworks.read(wheel.read(metadata).decode()).items():
        last = (gone[0], gone[1] - 1) if gone else None
        interval = Interval("ax", first, None, frameworks.likely_absent_before(first), last, "pyobjc")
        rows[frameworks.install_name(name), ""] = [interval]
    return rows


def kept(name):
    """The rows of one of the tables kept by hand."""
    with (HERE / name).open() as lines:
        return list(csv.reader((line for line in lines if not line.startswith("#")), delimiter="\t"))


def hand_rows(rows):
    """Adds what is kept by hand, in place of what other sources say of it."""
    aliases = {}
    for install_name, first, likely, others in kept("install-names.tsv"):
        interval = Interval("ax", table.version(first), None, table.version(likely), None, "documented")
        rows[install_name, ""] = [interval]
        aliases |= {other: install_name for other in others.split() if other != "-"}
    for library, symbol, first, lacking, likely, _ in kept("introductions.tsv"):
        bounds = table.version(first), after(table.version(lacking)), table.version(likely)
        rows[library, symbol] = [Interval("ax", *bounds, None, "documented")]
    return aliases


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=pathlib.Path, required=True, help="folder for what is downloaded")
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    arguments = parser.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)

    rows, coverage = libsystem(arguments.cache)
    rows |= libcxx_rows(arguments.cache)
    for key, found in framework_rows(arguments.cache).items():
        rows.setdefault(key, found)
    aliases = hand_rows(rows)
    packed, size = pack.pack(rows, aliases, coverage)
    target = DATA / "catalogue.bin"
    if arguments.check:
        # Compared unpacked: zlib's own versions compress differently.
        if pack.unpacked(target.read_bytes()) != pack.unpacked(packed):
            sys.exit("src/catalogue/data is not what its sources give: run tools/catalogue/generate.py")
        return
    DATA.mkdir(parents=True, exist_ok=True)
    target.write_bytes(packed)
    table.write(arguments.cache / "catalogue.tsv", rows)
    libraries = len({library for library, _ in rows})
    print(f"{libraries} libraries, {len(rows)} rows, {size} bytes, {len(packed)} compressed")


if __name__ == "__main__":
    main()
