#!/usr/bin/env python3
"""Compares `loadproof torch-symbols fits` with what an independent reader found in published wheels.

    python3 compare.py LOADPROOF DIRECTORY [SHARE] [--rest]

wheels.tsv holds the releases of torch that the symbols of each wheel fit, as a reader found them that goes by the
symbol table (N_UNDF) with a table of exports of its own; loadproof goes by the binds. DIRECTORY keeps the wheels; what
it lacks is fetched with pip, for a sample that has SHARE of each package's wheels (default 0.3, and two at least). With
--rest the sample is taken from the wheels that the sample of 0.3 leaves out.
"""
import collections
import csv
import json
import os
import random
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# Wheels that carry one library for each torch are compared by library.
PART = re.compile(r"pytorch_\d+\.\d+\.\d+|/torch-\d+\.\d+/")


def fetch(wheel, directory):
    """The wheel's path, or None if it cannot be had."""
    path = os.path.join(directory, wheel)
    if os.path.exists(path):
        return path
    # A build tag may stand behind the version.
    name, version, *_, python, abi, platforms = wheel[:-4].split("-")
    number = "3.11" if python == "py3" else f"{python[2]}.{python[3:]}"
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", directory]
    command += ["--implementation", "cp", "--python-version", number]
    for tag in {abi, "none", "abi3"}:
        command += ["--abi", tag]
    for platform in platforms.split("."):
        command += ["--platform", platform]
    subprocess.run([*command, f"{name}=={version}"], stderr=subprocess.DEVNULL)
    return path if os.path.exists(path) else None


def sample(rows, share):
    """The names of the wheels to compare: some of every package and processor."""
    groups = collections.defaultdict(list)
    for row in rows:
        group = groups[row["wheel"].split("-")[0].lower(), row["arch"]]
        if row["wheel"] not in group:
            group.append(row["wheel"])
    chosen = random.Random(4)
    return [
        wheel
        for _, wheels in sorted(groups.items())
        for wheel in chosen.sample(wheels, min(len(wheels), max(2, round(len(wheels) * share))))
    ]


def exact(releases, every):
    """The set as wheels.tsv writes it: `2.6.0-2.9.1`, `2.13.0-` up to the newest."""
    runs, last = [], None
    for at, version in enumerate(every):
        if version in releases:
            if last == at - 1 and runs:
                runs[-1][1] = version
            else:
                runs.append([version, version])
            last = at
    texts = []
    for first, end in runs:
        if end == every[-1]:
            texts.append(f"{first}-")
        else:
            texts.append(first if first == end else f"{first}-{end}")
    return ",".join(texts)


def main():
    binary, directory = os.path.abspath(sys.argv[1]), sys.argv[2]
    shares = [float(argument) for argument in sys.argv[3:] if argument != "--rest"]
    share = shares[0] if shares else 0.3
    with open(os.path.join(HERE, "wheels.tsv")) as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    if "--rest" in sys.argv:
        first = set(sample(rows, 0.3))
        rows = [row for row in rows if row["wheel"] not in first]
    every, arch = {}, None
    listed = subprocess.run([binary, "torch-symbols", "list"], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        if line.startswith(("arm64:", "x86_64:")):
            arch = line.split(":")[0]
            every[arch] = []
        elif line.startswith("  "):
            every[arch].append(line.split()[0])
    counts, packages = collections.Counter(), collections.defaultdict(collections.Counter)
    for wheel in sample(rows, share):
        path = fetch(wheel, directory)
        if not path:
            print(f"cannot be had: {wheel}")
            counts["absent"] += 1
            continue
        done = subprocess.run([binary, "torch-symbols", "fits", "--report", "json", path], capture_output=True, text=True)
        images = json.loads(done.stdout)["files"][0]["images"]
        for row in (row for row in rows if row["wheel"] == wheel):
            fits, some = None, set()
            for image in images:
                part = PART.search(image["path"])
                if image["arch"] != row["arch"] or (part.group(0) if part else "") != row["part"] or not image["symbols"]:
                    continue
                fits = set(image["releases"]) if fits is None else fits & set(image["releases"])
                some |= set(image["only_some_builds"])
            found = exact(fits or set(), every[row["arch"]])
            counts["rows"] += 1
            package = packages[wheel.split("-")[0].lower(), row["arch"]]
            package["rows"] += 1
            if found == row["fits"]:
                counts["equal"] += 1
                package["equal"] += 1
            else:
                print(f"{wheel} {row['part']}: {found}, not {row['fits']}")
            if exact(some & (fits or set()), every[row["arch"]]) != row["some_builds_only"]:
                counts["some builds differ"] += 1
                print(f"{wheel} {row['part']}: some builds only: {sorted(some & (fits or set()))}, not {row['some_builds_only']}")
    for (name, arch), package in sorted(packages.items()):
        print(f"{name} {arch}: {package['equal']} of {package['rows']}")
    print(f"{counts['equal']} of {counts['rows']} rows equal ({len(packages)} packages and processors); {dict(counts)}")
    return counts["equal"] != counts["rows"]


if __name__ == "__main__":
    sys.exit(main())
