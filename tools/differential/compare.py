#!/usr/bin/env python3
"""Compares what loadproof reads of Mach-O files with what LLVM's tools read: every slice of every file, field by field.

    tools/differential/compare.py --loadproof target/release/loadproof --sample DIR      wheels, downloaded by pip
    tools/differential/compare.py --loadproof target/debug/loadproof --files fixtures/dyld/files

Prints one line per difference and a table. Exits with 1 if a difference has no explanation. The explanations are
rules of this file, each checked against LLVM's own output where that is possible; they are counted in the table.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import llvm

MAGICS = (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")
ARCHS = {"arm64", "arm64e", "x86_64", "x86_64h"}
FIELDS = ("file_type", "install_name", "uuid", "systems", "dependents", "rpaths")


class Tally:
    """How often each field was compared, agreed, differed with an explanation and without one."""

    def __init__(self):
        self.files = self.slices = 0
        self.compared = collections.Counter()
        self.values = collections.Counter()
        self.explained = collections.Counter()
        self.unexplained = []
        self.examples = {}
        self.where = ""

    def field(self, where, field, ours, theirs):
        self.compared[field] += 1
        self.values[field] += len(theirs) if isinstance(theirs, (list, set)) else 1
        if ours != theirs:
            self.differ(where, field, ours, theirs)

    def differ(self, where, field, ours, theirs):
        if isinstance(ours, set) and isinstance(theirs, set):
            ours, theirs = sorted(ours - theirs, key=str)[:5], sorted(theirs - ours, key=str)[:5]
        self.unexplained.append((where, field, ours, theirs))
        print(f"DIFFERS {where}: {field}\n  loadproof: {ours}\n  LLVM:      {theirs}", flush=True)

    def explain(self, why, count=1):
        if count:
            self.explained[why] += count
            self.examples.setdefault(why, self.where)


def ours_of(loadproof, path):
    """The JSON; `None` for a file that loadproof, as dyld, calls no image."""
    done = subprocess.run([loadproof, "image", path, "--report", "json"], capture_output=True, check=False)
    if done.returncode == 3:
        return None
    if done.returncode != 0:
        raise SystemExit(f"loadproof does not read {path}: {done.stderr.decode()}")
    return json.loads(done.stdout)


def facts_of(image):
    """One image of loadproof's JSON in the shapes of llvm.py."""
    kinds = ("weak", "reexport", "upward")
    return {
        "file_type": image["file_type"],
        "install_name": image["install_name"],
        "uuid": image["uuid"],
        "systems": [(system["platform"], system["minos"], system["sdk"]) for system in image["systems"]],
        "dependents": [
            (
                one["install_name"],
                frozenset(kind for kind in kinds if one[kind]),
                one["current_version"],
                one["compatibility_version"],
            )
            for one in image["dependents"]
        ],
        "rpaths": image["rpaths"],
    }


def compare_slice(tally, where, image, path):
    try:
        theirs = llvm.load_commands(path)
    except llvm.Refused as refused:
        objects = image["flaws"] or image["imports_damaged"] or image["exports_damaged"]
        tally.explain("LLVM refuses the file, and dyld's checks object to it too" if objects
                      else f"LLVM refuses a file that dyld would take: {reason(refused)}")
        return
    facts = facts_of(image)
    for field in FIELDS:
        tally.field(where, field, facts[field], theirs[field])
    for part in (compare_imports, compare_exports):
        try:
            part(tally, where, image, path, theirs)
        except llvm.Refused as refused:
            damaged = image["imports_damaged"] or image["exports_damaged"] or image["flaws"]
            if damaged:
                tally.explain("LLVM refuses a table, and loadproof calls the file damaged too")
            else:
                tally.differ(where, part.__name__, "reads it", str(refused))


def reason(refused):
    """The words of a refusal without the name of the file."""
    return str(refused).split("malformed object", 1)[-1].strip(" ()")


def compare_imports(tally, where, image, path, theirs):
    ours = {(one["symbol"], one["ordinal"], one["weak"]) for one in image["imports"]}
    numbered = llvm.undefined(path)
    if theirs["chained"]:
        compare_chained(tally, where, ours, numbered, path)
        bound_symbols = {symbol for symbol, _, _ in ours}
    elif theirs["has_trie"]:
        names = llvm.library_names(path, numbered)
        bound = llvm.bound(path)
        known = {
            (one["symbol"], names.get(one["ordinal"], one["ordinal"]), None if one["lazy"] else one["weak"])
            for one in image["imports"]
        }
        # A lazy bind says nothing that the same bind in the other table has not said.
        said = {(symbol, library, None) for symbol, library, weak in known if weak is not None}
        known, bound = known - said, bound - said
        # A library of which nothing is undefined in the symbol table has no short name to learn.
        unnamed = {entry for entry in bound - known if isinstance(entry[1], str) and entry[1] not in names.values()}
        by_number = {(symbol, weak) for symbol, ordinal, weak in known - bound if isinstance(ordinal, int)}
        if unnamed and {(symbol, weak) for symbol, _, weak in unnamed} == by_number:
            tally.explain("a bind whose library no undefined symbol of the table names", len(unnamed))
            known = (known & bound) | unnamed
        tally.field(where, "bound symbols", known, bound)
        bound_symbols = {symbol for symbol, _, _ in bound}
    else:
        bound_symbols = {symbol for symbol, _, _ in ours}
    compare_undefined(tally, where, ours, numbered, bound_symbols, path, theirs)


def compare_chained(tally, where, ours, numbered, path):
    theirs = llvm.chained_imports(path)
    nameless = any(symbol == "" for symbol, _, _ in theirs)
    undefined = {symbol for symbol, _, _ in numbered}
    in_table = {entry for entry in ours if entry[0] in undefined and entry[1] != -3}
    if nameless and ours != theirs and in_table and in_table <= numbered:
        # LLVM 19 prints nameless imports of the format with 64-bit addends; the symbol table is another witness.
        tally.explain("LLVM 19 misreads an import table of DYLD_CHAINED_IMPORT_ADDEND64; the symbol table agrees")
        return
    tally.field(where, "chained imports", ours, theirs)


def compare_undefined(tally, where, ours, numbered, bound_symbols, path, theirs):
    """The symbol table's undefined symbols: another source than the fixups, which need not agree with it."""
    tally.compared["undefined symbols"] += 1
    tally.values["undefined symbols"] += len(numbered)
    for entry in numbered - ours:
        symbol, ordinal, weak = entry
        others = {one for one in ours if one[0] == symbol}
        if symbol not in bound_symbols:
            tally.explain("undefined in the symbol table, and LLVM too finds no fixup that binds it")
        elif any(one[1] == -3 for one in others):
            tally.explain("undefined in the symbol table, bound by weak coalescing")
        elif any(one[1] == ordinal for one in others):
            tally.explain("weak in the symbol table only, or in the fixups only; LLVM reads the fixups as loadproof does")
        elif theirs["has_trie"] or theirs["chained"]:
            # The fixups were compared before this, and dyld binds by them.
            tally.explain("the symbol table names another library than the fixups; LLVM reads the fixups as loadproof does")
        else:
            tally.differ(where, "undefined symbols", sorted(others, key=str), entry)
    undefined = {symbol for symbol, _, _ in numbered}
    missing = {entry for entry in ours if entry[0] not in undefined}
    if not missing:
        return
    defined = llvm.table_defined(path)
    for symbol, ordinal, weak in missing:
        if symbol in defined:
            tally.explain("bound although the image defines it: interposable, or weak coalescing")
        else:
            tally.explain("bound, and not in the symbol table at all: the table was stripped")


def compare_exports(tally, where, image, path, theirs):
    if theirs["has_trie"]:
        ours = [
            (one["symbol"], one["weak"], one["reexported_ordinal"] is not None, one["reexported_as"])
            for one in image["exports"] or []
        ]
        nowhere = [one for one in image["exports"] or [] if one["reexported_ordinal"] and not one["reexported_from"]]
        if nowhere:
            # dyld finds out when somebody asks for the symbol, LLVM when it reads the trie.
            tally.explain("a re-export from a library that the image does not name: LLVM refuses the whole trie")
            return
        try:
            listed = llvm.trie_exports(path)
        except llvm.Refused as refused:
            if "not an export node in export trie data at node: 0x0" not in str(refused) or ours:
                raise
            tally.explain("an export trie without exports, which LLVM 19 calls malformed")
            listed = []
        found = [(symbol, weak, library is not None, name) for symbol, weak, library, name in listed]
        tally.field(where, "exports (trie)", set(ours), set(found))
        if len(ours) != len(found):
            tally.differ(where, "number of exports", len(ours), len(found))
        for entry in image["exports"] or []:
            if entry["reexported_from"]:
                tally.values["exports that are re-exports"] += 1
    else:
        ours = {(one["symbol"], one["weak"]) for one in image["exports"] or []}
        tally.field(where, "exports (symbol table)", ours, llvm.table_exports(path))


def compare_file(tally, loadproof, path, where, scratch):
    tally.where = where
    report = ours_of(loadproof, path)
    tally.files += 1
    images = report["images"] if report else []
    try:
        archs = llvm.archs(path)
    except llvm.Refused as refused:
        objects = report is None or report["malformed"] or any(image["flaws"] for image in images)
        tally.explain("LLVM refuses the file, and dyld's checks object to it too" if objects
                      else f"LLVM refuses a file that dyld would take: {reason(refused)}")
        return
    ours = [image["arch"] for image in images]
    tally.field(where, "architectures", [arch for arch in ours if arch in ARCHS], [arch for arch in archs if arch in ARCHS])
    for arch, image in zip(archs, images):
        if arch not in ARCHS:
            tally.explain(f"a slice that no Mac loads any more ({arch}): loadproof reads its architecture only")
            continue
        thin = path
        if len(images) > 1 or not is_thin(path):
            thin = str(pathlib.Path(scratch) / "slice")
            llvm.slice_of(path, arch, thin)
        with open(thin, "rb") as file:
            if file.read(8) == b"!<arch>\n":
                tally.explain("a slice that is a static archive: no loader loads it, and loadproof says so")
                continue
        tally.slices += 1
        compare_slice(tally, f"{where} ({arch})", image, thin)


def is_thin(path):
    with open(path, "rb") as file:
        return file.read(4) in MAGICS[:2]


def files_of_wheels(folder, scratch, most):
    for wheel in sorted(pathlib.Path(folder).glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            taken = 0
            for member in archive.infolist():
                if taken >= most or member.is_dir():
                    continue
                with archive.open(member) as stream:
                    if stream.read(4) not in MAGICS:
                        continue
                path = pathlib.Path(scratch) / "member"
                with archive.open(member) as stream, open(path, "wb") as out:
                    while chunk := stream.read(1 << 20):
                        out.write(chunk)
                taken += 1
                yield str(path), f"{wheel.name}: {member.filename}"


def plain_files(folder):
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file() and not path.is_symlink():
            with open(path, "rb") as file:
                if file.read(4) in MAGICS:
                    yield str(path), path.name


def download(folder):
    """Downloads what the sample names and the folder lacks, with pip."""
    listed = pathlib.Path(__file__).with_name("sample.txt").read_text().splitlines()
    for line in listed:
        requirement, _, rest = line.partition(" ")
        if not requirement or requirement.startswith("#"):
            continue
        python, platform = rest.split()
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                   "--dest", folder, "--only-binary", ":all:", "--implementation", "cp",
                   "--python-version", python, "--platform", platform, requirement]
        if subprocess.run(command, check=False).returncode != 0:
            print(f"not downloaded: {line}", file=sys.stderr)


def table(tally):
    print(f"\n{tally.files} files, {tally.slices} slices")
    print("\n| field | slices compared | values | unexplained differences |\n|---|---|---|---|")
    wrong = collections.Counter(field for _, field, _, _ in tally.unexplained)
    for field, count in tally.compared.items():
        print(f"| {field} | {count} | {tally.values[field]} | {wrong[field]} |")
    print("\n| explained | times | first in |\n|---|---|---|")
    for why, count in sorted(tally.explained.items(), key=lambda item: -item[1]):
        print(f"| {why} | {count} | {tally.examples[why]} |")
    print(f"\nunexplained differences: {len(tally.unexplained)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loadproof", required=True, help="the executable to test")
    parser.add_argument("--sample", action="append", default=[], help="a folder for the wheels of sample.txt, which are downloaded")
    parser.add_argument("--wheels", action="append", default=[], help="a folder of wheels that are there already")
    parser.add_argument("--files", action="append", default=[], help="a folder of Mach-O files")
    parser.add_argument("--most", type=int, default=40, help="the most files of one wheel")
    arguments = parser.parse_args()
    tally = Tally()
    with tempfile.TemporaryDirectory() as scratch:
        for folder in arguments.sample:
            pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
            download(folder)
        for folder in arguments.sample + arguments.wheels:
            for path, where in files_of_wheels(folder, scratch, arguments.most):
                compare_file(tally, arguments.loadproof, path, where, scratch)
        for folder in arguments.files:
            for path, where in plain_files(folder):
                compare_file(tally, arguments.loadproof, path, where, scratch)
    table(tally)
    if tally.files == 0:
        raise SystemExit("no Mach-O file was found")
    return 1 if tally.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
