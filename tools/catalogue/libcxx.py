"""libc++ and libc++abi, from LLVM's own record of its ABI on Apple's systems."""

import ast
import csv
import re

LIBCXX = "/usr/lib/libc++.1.dylib"
LIBCXXABI = "/usr/lib/libc++abi.dylib"
RELEASE = re.compile(r"^Version (\d+)\.\d+$")
ADDED = re.compile(r"^\s+Symbol (added|reexported|not reexported anymore): (\S+)\s*$")
# A heading that opens the part of an entry about one platform. Only Apple's and common parts count.
PLATFORM = re.compile(r"^\s+(all platforms|[\w<>]+-[\w-]+)\s*$", re.IGNORECASE)


def exports(abi, arch):
    """{symbol: is it libc++abi's, re-exported} of one architecture's list."""
    found = {}
    for line in (abi / f"{arch}-apple-darwin.libcxxabi.v1.stable.exceptions.nonew.abilist").read_text().splitlines():
        if line.startswith("{"):
            entry = ast.literal_eval(line)
            if entry["is_defined"]:
                found[entry["name"]] = entry["type"] == "I"
    return found


def additions(changelog, known):
    """{symbol: LLVM release that added it}; `known` decides how many underscores a name carries on macOS."""
    release, apple, found, withdrawn = None, True, {}, set()
    for line in changelog.splitlines():
        if match := RELEASE.match(line):
            release, apple = int(match[1]), True
        elif line.startswith("* "):
            apple = True
        elif match := PLATFORM.match(line):
            apple = "platform" in match[1].lower() or "apple" in match[1]
        elif apple and (match := ADDED.match(line)):
            for name in (match[2], "_" + match[2]):
                if name in known:
                    found[name] = release
                    # The file is newest first, so the withdrawal of a re-export is read before the re-export.
                    if match[1].startswith("not"):
                        withdrawn.add((name, release))
    return {name: release for name, release in found.items() if (name, release) not in withdrawn}


def introduced(header):
    """{LLVM release: macOS version or None} as availability.h declares it for macOS."""
    found = {}
    for part in re.split(r"^// LLVM (?=\d+)", header, flags=re.MULTILINE)[1:]:
        release = int(re.match(r"\d+", part)[0])
        versions = re.findall(r"macosx?, ?strict, ?introduced ?= ?(\d+)\.(\d+)", part)
        if versions:
            found[release] = tuple(int(number) for number in versions[0])
        elif match := re.search(r"INTRODUCED_IN_LLVM_\d+ _LIBCPP_INTRODUCED_IN_LLVM_(\d+)", part):
            found[release] = int(match[1])
        elif "unavailable" in part or "TODO" in part:
            found[release] = None
    for release, value in found.items():
        while isinstance(value, int):
            value = found.get(value)
        found[release] = value
    return found


def releases(path):
    """The hand-kept table: {LLVM release: (macOS, newest SDK without its additions)}; either may be None."""
    with path.open() as lines:
        rows = csv.reader((line for line in lines if not line.startswith("#")), delimiter="\t")
        return {int(llvm): (_pair(macos), _pair(lacking)) for llvm, macos, lacking, _ in rows}


def _pair(text):
    return None if text == "-" else tuple(int(number) for number in text.split("."))
