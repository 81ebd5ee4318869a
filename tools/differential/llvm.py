"""What LLVM's tools say of a thin Mach-O file, in the words of loadproof's JSON."""

import os
import re
import subprocess

SUFFIX = os.environ.get("LLVM_SUFFIX", "-19")

# llvm-objdump's names, and dyld's, which loadproof prints.
PLATFORMS = {
    "macos": "macOS",
    "ios": "iOS",
    "tvos": "tvOS",
    "watchos": "watchOS",
    "bridgeos": "bridgeOS",
    "macCatalyst": "macCatalyst",
    "iossimulator": "iOS-simulator",
    "tvossimulator": "tvOS-simulator",
    "watchossimulator": "watchOS-simulator",
    "driverkit": "driverKit",
    "xros": "visionOS",
    "xrossimulator": "visionOS-simulator",
}
FILE_TYPES = {"BUNDLE": "bundle", "DYLIB": "dylib", "EXECUTE": "executable"}
FLAGS = {
    "LC_LOAD_DYLIB": set(),
    "LC_LOAD_WEAK_DYLIB": {"weak"},
    "LC_REEXPORT_DYLIB": {"reexport"},
    "LC_LOAD_UPWARD_DYLIB": {"upward"},
    "LC_LAZY_LOAD_DYLIB": set(),
}
VERSION_COMMANDS = {
    "LC_VERSION_MIN_MACOSX": "macOS",
    "LC_VERSION_MIN_IPHONEOS": "iOS",
    "LC_VERSION_MIN_TVOS": "tvOS",
    "LC_VERSION_MIN_WATCHOS": "watchOS",
}
SPECIAL = {"this-image": 0, "main-executable": -1, "flat-namespace": -2, "weak": -3}


class Refused(Exception):
    """The tool does not read the file: its words."""


def run(tool, *arguments):
    command = [tool + SUFFIX, *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    errors = done.stderr.decode(errors="replace").strip()
    if done.returncode != 0:
        raise Refused(errors.splitlines()[0] if errors else f"{tool} ends with {done.returncode}")
    return done.stdout.decode(errors="replace"), errors


def archs(path):
    return run("llvm-lipo", "-archs", path)[0].split()


def slice_of(path, arch, target):
    run("llvm-lipo", path, "-thin", arch, "-output", target)


def version(text):
    """`10.9`, `1345.120.2`: a patch of zero is not written."""
    parts = text.split(".")
    return ".".join(parts[:2]) if len(parts) == 3 and parts[2] == "0" else ".".join(parts)


def commands(path):
    """The load commands, each as a dictionary of the lines that llvm-otool prints."""
    text, _ = run("llvm-objdump", "--macho", "--private-headers", path)
    header, *blocks = re.split(r"^Load command \d+\n", text, flags=re.MULTILINE)
    found = []
    for block in blocks:
        # What follows a segment's own lines describes its sections.
        lines = block.split("\nSection\n")[0].splitlines()
        fields = {}
        for line in lines:
            name, _, value = line.strip().partition(" ")
            if line.startswith("compatibility version") or line.strip().startswith("current version"):
                name, value = line.strip().rsplit(" ", 1)
            fields.setdefault(name, value.strip())
        found.append(fields)
    return header, found


def load_commands(path):
    header, found = commands(path)
    words = header.splitlines()[-1].split()
    facts = {
        "file_type": FILE_TYPES.get(words[4], words[4]),
        "install_name": None,
        "uuid": None,
        "systems": [],
        "dependents": [],
        "rpaths": [],
        "has_trie": False,
        "chained": False,
    }
    for fields in found:
        kind = fields.get("cmd")
        name = re.sub(r" \(offset \d+\)$", "", fields.get("name", ""))
        if kind in FLAGS:
            facts["dependents"].append(
                (
                    name,
                    frozenset(FLAGS[kind]),
                    version(fields["current version"]),
                    version(fields["compatibility version"]),
                )
            )
        elif kind == "LC_ID_DYLIB":
            facts["install_name"] = facts["install_name"] or name
        elif kind == "LC_RPATH":
            facts["rpaths"].append(re.sub(r" \(offset \d+\)$", "", fields["path"]))
        elif kind == "LC_UUID":
            facts["uuid"] = facts["uuid"] or fields["uuid"]
        elif kind == "LC_BUILD_VERSION":
            platform = PLATFORMS.get(fields["platform"], fields["platform"])
            sdk = fields["sdk"].replace("n/a", "0.0")
            facts["systems"].append((platform, version(fields["minos"]), version(sdk)))
        elif kind in VERSION_COMMANDS:
            # Before LC_BUILD_VERSION a simulator was told by the processor.
            platform = VERSION_COMMANDS[kind] + ("-simulator" if words[1] == "X86_64" and "MACOSX" not in kind else "")
            least = version(fields["version"])
            # The oldest form of the command has no SDK; dyld then takes the version.
            sdk = least if fields["sdk"] == "n/a" else version(fields["sdk"])
            facts["systems"].append((platform, least, sdk))
        elif kind in ("LC_DYLD_INFO", "LC_DYLD_INFO_ONLY", "LC_DYLD_EXPORTS_TRIE"):
            facts["has_trie"] = True
        elif kind == "LC_DYLD_CHAINED_FIXUPS":
            facts["chained"] = True
    return facts


def undefined(path):
    """Undefined symbols with the library ordinal that the symbol table gives: (symbol, ordinal, weak)."""
    text, _ = run("llvm-readobj", "--syms", path)
    found = set()
    for block in text.split("\n  Symbol {\n")[1:]:
        if "\n    Type: Undef (0x0)" not in block or "\n    Extern\n" not in "\n" + block:
            continue
        name = re.search(r"^    Name: (.*) \(\d+\)$", block, re.MULTILINE)
        if "\n    Value: 0x0\n" not in block or name is None:
            continue
        flags = int(re.search(r"Flags \[ \((0x[0-9A-F]+)\)", block).group(1), 16)
        ordinal = flags >> 8
        ordinal = {0xFF: -1, 0xFE: -2}.get(ordinal, ordinal)
        found.add((name.group(1), ordinal, bool(flags & 0x40)))
    return found


def library_names(path, numbered):
    """By which short name the tools call the library of an ordinal: learnt from llvm-nm and the symbol table."""
    text, _ = run("llvm-nm", "-m", "-u", "--no-sort", path)
    names = {}
    ordinals = {symbol: ordinal for symbol, ordinal, _ in numbered}
    for symbol, library in re.findall(r"external (.+) \(from (.+)\)$", text, re.MULTILINE):
        if symbol in ordinals:
            names[ordinals[symbol]] = library
    return names


def chained_imports(path):
    """The import table of chained fixups: (symbol, ordinal, weak)."""
    text, _ = run("llvm-objdump", "--macho", "--chained-fixups", path)
    pattern = re.compile(
        r"^dyld chained import.*\n  lib_ordinal = (-?\d+) .*\n  weak_import = (\d)\n(?:  addend .*\n)?"
        r"  name_offset = \d+ \((.*)\)$",
        re.MULTILINE,
    )
    found = {(symbol, int(ordinal), weak == "1") for ordinal, weak, symbol in pattern.findall(text)}
    count = re.search(r"imports_count  = (\d+)", text)
    if count and int(count.group(1)) != len(pattern.findall(text)):
        raise Refused("llvm-objdump does not print every chained import")
    return found


def bound(path):
    """What the bind opcodes bind: (symbol, library's short name or special ordinal, weak). Of a lazy bind llvm-objdump
    does not say whether it is weak: `None`."""
    found = set()
    for option in ("--bind", "--lazy-bind"):
        text, errors = run("llvm-objdump", "--macho", option, path)
        if "truncated or malformed" in errors:
            raise Refused(errors.splitlines()[0])
        rows = r"^\S+ +\S+ +0x[0-9A-F]+ +" + (r"\S+ +-?\d+ +" if option == "--bind" else "")
        for library, rest in re.findall(rows + r"(\S+) +(.*)$", text, re.MULTILINE):
            weak = rest.endswith(" (weak_import)") if option == "--bind" else None
            symbol = rest.removesuffix(" (weak_import)")
            found.add((symbol, SPECIAL.get(library, library), weak))
    return found


def weakly_bound(path):
    """Symbols of the weak bind table: defined here, and perhaps overridden by another image."""
    text, _ = run("llvm-objdump", "--macho", "--weak-bind", path)
    return set(re.findall(r"^\S+ +\S+ +0x[0-9A-F]+ +\S+ +-?\d+ +(\S.*)$", text, re.MULTILINE))


def trie_exports(path):
    """The export trie: (symbol, weak, library's short name of a re-export, its name there)."""
    text, errors = run("llvm-objdump", "--macho", "--exports-trie", path)
    if "truncated or malformed" in errors:
        raise Refused(errors.splitlines()[0])
    found = []
    for line in text.split("Exports trie:\n", 1)[-1].splitlines():
        moved = re.match(r"^\[re-export\] (.*?)(?: \[[^\]]*\])* \(from ([^)]*?)(?: as (.*?))?\)$", line)
        # An address of 0 has no digits for a re-export; a resolver stands behind its symbol.
        plain = re.match(r"^0x[0-9A-F]+  (.*?)((?: \[(?:weak_def|per-thread|absolute|resolver=[^\]]*|, )+\])*)$", line)
        if moved:
            found.append((moved.group(1), False, moved.group(2), moved.group(3)))
        elif plain:
            found.append((plain.group(1), "weak_def" in plain.group(2), None, None))
        elif line.strip():
            raise Refused(f"an unknown line of the export trie: {line}")
    return found


def table_exports(path):
    """Defined external symbols of the symbol table: (symbol, weak)."""
    text, _ = run("llvm-nm", "-m", "-g", "-U", "--no-sort", path)
    pattern = r"^[0-9a-f]+ \((?!common)[^)]*\) (weak )?external (?:\[[^\]]*\] )*(.*)$"
    return {(symbol, bool(weak)) for weak, symbol in re.findall(pattern, text, re.MULTILINE)}


def table_defined(path):
    """Every defined symbol of the symbol table, local ones too."""
    text, _ = run("llvm-nm", "-m", "-U", "--no-sort", path)
    rows = re.findall(r"^[0-9a-f]+ \([^)]*\) (?:weak )?(?:private external|external|non-external(?: \([^)]*\))?)"
                      r"(?: \[[^\]]*\])* (.*)$", text, re.MULTILINE)
    return set(rows)
