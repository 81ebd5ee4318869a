#!/usr/bin/env python3
"""Times the listing of every Mach-O file of an unpacked torch: dependents, rpaths, minimum macOS.

usage: bench/graph_listing.py LOADPROOF WHEEL... [--work DIR]

LOADPROOF is a release build; each WHEEL a macOS wheel of torch. delocate, macholib and LIEF (PyPI) are measured where
the running Python has them; delocate starts `otool`, for which llvm-otool is put on the path where there is none of
Apple's. All in one run: the ratios are what to compare.
"""
import argparse
import importlib.util
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import time
import zipfile

WALK = """
import os, sys
def files(root):
    for directory, _, names in os.walk(root):
        for name in names:
            path = os.path.join(directory, name)
            with open(path, 'rb') as file:
                if file.read(4) in (b'\\xcf\\xfa\\xed\\xfe', b'\\xca\\xfe\\xba\\xbe'):
                    yield path
"""
MACHOLIB = WALK + """
from macholib.MachO import MachO
for path in files(sys.argv[1]):
    for header in MachO(path).headers:
        print(path, list(header.walkRelocatables()), [c[0].cmd for c in header.commands if c[0].cmd in (0x8000001c, 0x24, 0x32)])
"""
LIEF = WALK + """
import lief
for path in files(sys.argv[1]):
    fat = lief.MachO.parse(path)
    for index in range(fat.size):
        one = fat.at(index)
        print(path, [l.name for l in one.libraries], [r.path for r in one.rpaths], one.has_build_version)
"""
OTOOL = """#!/bin/sh
# Apple's otool knows -m, which changes nothing here.
for a; do [ "$a" = -m ] || set -- "$@" "$a"; shift; done
exec {} "$@"
"""


def tools(work):
    """A directory with llvm's tools under Apple's names, for delocate."""
    found = work / "bin"
    found.mkdir(parents=True, exist_ok=True)
    for apple, llvm in [("otool", "llvm-otool"), ("lipo", "llvm-lipo")]:
        real = next((p for v in ("", "-19", "-18", "-17", "-16") if (p := shutil.which(llvm + v))), None)
        if real and not shutil.which(apple):
            (found / apple).write_text(OTOOL.format(real))
            (found / apple).chmod(0o755)
    return found


def measure(command, runs):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def peak(command):
    code = "import resource,subprocess,sys;subprocess.run(sys.argv[1:],stdout=-3);print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    out = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True).stdout
    return int(out) / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("loadproof")
    parser.add_argument("wheels", nargs="+", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("target/graph-listing"))
    args = parser.parse_args()
    os.environ["PATH"] = f"{tools(args.work.resolve())}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    for wheel in args.wheels:
        tree = args.work / wheel.stem
        if not tree.exists():
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(tree)
        rows = [("loadproof graph --report json", [args.loadproof, "graph", str(tree), "--report", "json"], 40)]
        if shutil.which("delocate-listdeps"):
            rows.append(("delocate-listdeps --all", ["delocate-listdeps", "--all", str(tree)], 3))
        for name, code in [("macholib", MACHOLIB), ("lief", LIEF)]:
            if importlib.util.find_spec(name):
                rows.append((name, [sys.executable, "-c", code, str(tree)], 3))
        for _, command, _ in rows:
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)  # fills the file cache
        own = None
        print(f"{wheel.name}\n\n| tool | median ms | ratio | peak MB |\n|---|---|---|---|")
        for name, command, runs in rows:
            median = measure(command, runs)
            own = own or median
            print(f"| {name} | {median * 1e3:.1f} | {median / own:.0f} | {peak(command):.0f} |", flush=True)
        print()


main()
