#!/usr/bin/env python3
"""Simulates `dlopen` of torch/_C from a macOS wheel of PyTorch, checks the verdicts, and measures against macholib and LIEF.

usage: bench/torch_closure.py LOADPROOF WHEEL [--other WHEEL] [--work DIR] [--arch arm64|x86_64] [--macos 15.2]

LOADPROOF is a release build; WHEEL a macOS wheel of torch for CPython 3.11 (`pip download --no-deps
--only-binary=:all: --platform macosx_14_0_arm64 --python-version 3.11 torch==2.15.0`); --other a wheel of another torch
for the same architecture, whose libc10 is swapped in. macholib and LIEF are used where the running Python has them.
Runs on any OS. The Python executable is made here: its exports are those of the running CPython's library.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import struct
import subprocess
import sys
import sysconfig
import time
import zipfile

SITE = "py/lib/python3.11/site-packages"
RUNS = 40


def python_symbols():
    """What a CPython exports, as Mach-O names them."""
    library = pathlib.Path(sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("LDLIBRARY"))
    out = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    names = {line.split()[-1].split("@")[0] for line in out.splitlines() if line}
    return sorted("_" + name for name in names if name.startswith(("Py", "_Py")))


def uleb(number):
    out = bytearray()
    while True:
        out.append((number & 0x7F) | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(out)


def trie(names):
    """An export trie: one node for every prefix that branches or ends a name."""
    nodes = []

    def build(group, depth):
        index = len(nodes)
        nodes.append(None)
        terminal = group[0][depth:] == ""
        children = []
        rest = group[1:] if terminal else group
        while rest:
            first = rest[0][depth]
            same = [name for name in rest if name[depth] == first]
            rest = rest[len(same):]
            edge = os.path.commonprefix(same)[depth:]
            children.append((edge.encode(), build(same, depth + len(edge))))
        nodes[index] = (b"\x02\x00\x00" if terminal else b"\x00", children)
        return index

    build(names, 0)
    offsets = [0] * len(nodes)
    while True:
        at, new = 0, []
        for terminal, children in nodes:
            new.append(at)
            at += len(terminal) + 1 + sum(len(edge) + 1 + len(uleb(offsets[child])) for edge, child in children)
        if new == offsets:
            break
        offsets = new
    out = bytearray()
    for terminal, children in nodes:
        out += terminal + bytes([len(children)])
        for edge, child in children:
            out += edge + b"\0" + uleb(offsets[child])
    return bytes(out)


def executable(arch):
    """A Mach-O executable that exports Python's API and links with libSystem."""
    exports = trie(python_symbols())
    cpu, sub = (0x0100000C, 0) if arch == "arm64" else (0x01000007, 3)
    page = 0x4000

    def segment(name, address, size, offset, filesize, protection):
        name = name.encode().ljust(16, b"\0")
        return struct.pack("<II16sQQQQIIII", 0x19, 72, name, address, size, offset, filesize, protection, protection, 0, 0)

    def text(number, fixed, string):
        body = struct.pack("<II", number, 0) + fixed + string.encode() + b"\0"
        body += b"\0" * (-len(body) % 8)
        return body[:4] + struct.pack("<I", len(body)) + body[8:]

    linkedit = -(-len(exports) // page) * page
    base = 0x100000000
    commands = [
        segment("__PAGEZERO", 0, base, 0, 0, 0),
        segment("__TEXT", base, page, 0, page, 5),
        segment("__LINKEDIT", base + page, linkedit, page, len(exports), 1),
        struct.pack("<IIII", 0x80000033, 16, page, len(exports)),
        text(0xE, struct.pack("<I", 12), "/usr/lib/dyld"),
        struct.pack("<II16s", 0x1B, 24, bytes(range(16))),
        struct.pack("<IIIIII", 0x32, 24, 1, 11 << 16, 14 << 16, 0),
        struct.pack("<IIQQ", 0x80000028, 24, 0x1000, 0),
        text(0xC, struct.pack("<IIII", 24, 2, 1 << 16, 1 << 16), "/usr/lib/libSystem.B.dylib"),
    ]
    body = b"".join(commands)
    header = struct.pack("<IIIIIIII", 0xFEEDFACF, cpu, sub, 2, len(commands), len(body), 0x200085, 0)
    return (header + body).ljust(page, b"\0") + exports


def lay_out(root, wheel, arch):
    if not (root / SITE / "torch").exists():
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(root / SITE, [n for n in archive.namelist() if n.endswith((".so", ".dylib"))])
    python = root / "py/bin/python3"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_bytes(executable(arch))


def flags(root, arch, macos):
    torch = f"/{SITE}/torch/_C.cpython-311-darwin.so"
    return [torch, "--root", str(root), "--arch", arch, "--macos", macos, "--executable", "/py/bin/python3"]


def ask(tool, root, arch, macos):
    out = subprocess.run([tool, "dlopen", *flags(root, arch, macos), "--report", "json"], capture_output=True)
    return json.loads(out.stdout)


def damaged(work, root, name, damage):
    """A copy of the tree made of hard links, one file of which is changed."""
    copy = work / name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root, copy, copy_function=os.link)
    damage(copy / SITE / "torch")
    return copy


def replace(path, data):
    path.unlink()
    path.write_bytes(data)


def strip_signature(data):
    """Drops LC_CODE_SIGNATURE, as editing tools without re-signing do not even do."""
    count, size = struct.unpack_from("<II", data, 16)
    at, data = 32, bytearray(data)
    for _ in range(count):
        command, length = struct.unpack_from("<II", data, at)
        if command == 0x1D:
            rest = data[at + length:32 + size]
            data[at:32 + size] = rest + b"\0" * length
            struct.pack_into("<II", data, 16, count - 1, size - length)
            return bytes(data)
        at += length
    return bytes(data)


def check_damages(tool, work, root, arch, macos, other):
    c10 = "lib/libc10.dylib"
    # The one that the closure uses; a wheel may carry copies.
    used = [image["path"] for image in ask(tool, root, arch, macos)["images"]]
    omp = next(path for path in used if "omp" in path.rsplit("/", 1)[1])
    place = os.path.relpath(omp, f"/{SITE}/torch")
    cases = {f"no {place}": (lambda torch: (torch / place).unlink(), "library-not-found", "omp")}
    if other:
        with zipfile.ZipFile(other) as archive:
            foreign = archive.read("torch/" + c10)
        cases["another libc10"] = (lambda t: replace(t / c10, foreign), "symbol-not-found", "c10")
    unsigned = ("codesign", "libc10") if arch == "arm64" else (None, None)
    cases["libc10 without signature"] = (lambda t: replace(t / c10, strip_signature((t / c10).read_bytes())), *unsigned)

    def edit(torch):
        data = bytearray((torch / c10).read_bytes())
        data[24] ^= 1
        replace(torch / c10, bytes(data))

    stale = ("codesign", "libc10") if arch == "arm64" else (None, None)
    cases["libc10 edited after signing"] = (edit, *stale)

    def thin(torch):
        data = bytearray((torch / c10).read_bytes())
        cpu, sub = (0x01000007, 3) if arch == "arm64" else (0x0100000C, 0)
        struct.pack_into("<II", data, 4, cpu, sub)
        replace(torch / c10, bytes(data))

    cases["libc10 for the other processor"] = (thin, "arch-mismatch", "libc10")
    wrong = 0
    for name, (damage, reason, subject) in cases.items():
        answer = ask(tool, damaged(work, root, "damaged", damage), arch, macos)
        right = answer["reason"] == reason and (subject is None or subject in answer["subject"])
        wrong += not right
        print(f"  {'ok ' if right else 'BAD'} {name}: {answer['verdict']} {answer['reason'] or ''} {answer['subject'] or ''}")
    return wrong


def measure(command):
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        times.append(time.perf_counter() - start)
    return min(times), statistics.median(times)


def peak(command):
    """Peak memory of one run, in MB."""
    code = "import resource,subprocess,sys;subprocess.run(sys.argv[1:],stdout=-3);print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    out = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True).stdout
    return int(out) / (1 << 20 if sys.platform == "darwin" else 1 << 10)


MACHOLIB = "import sys\nfrom macholib.MachO import MachO\nfor f in sys.argv[1:]:\n  for h in MachO(f).headers: list(h.walkRelocatables()); [c for c in h.commands if c[0].cmd == 0x8000001c]"
LIEF = "import sys,lief\nfor f in sys.argv[1:]:\n  fat = lief.MachO.parse(f)\n  for i in range(fat.size): b = fat.at(i); [l.name for l in b.libraries]; [r.path for r in b.rpaths]"


def compare(tool, root, arch, macos):
    answer = ask(tool, root, arch, macos)
    files = [str(root / image["path"].lstrip("/")) for image in answer["images"] if image["arch"] and "python3" not in image["path"].rsplit("/", 1)[1]]
    ours = [tool, "dlopen", *flags(root, arch, macos)]
    rows = [("loadproof dlopen: search, structure, signatures, all imports bound", *measure(ours), peak(ours))]
    for name, what, code in [("macholib", "dependents and rpaths", MACHOLIB), ("lief", "dependents and rpaths", LIEF)]:
        if subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True).returncode:
            print(f"  {name} is not installed: left out")
            continue
        command = [sys.executable, "-c", code, *files]
        # Once to fill the file cache, once to measure.
        for _ in range(2):
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            once = time.perf_counter() - start
        best, median = measure(command) if once < 0.5 else (once, once)
        rows.append((f"{name}: {what} of the same {len(files)} files", best, median, peak(command)))
    print(f"\n| tool | best ms | median ms | ratio of medians | peak MB |\n|---|---|---|---|---|")
    for name, best, median, memory in rows:
        print(f"| {name} | {best * 1e3:.1f} | {median * 1e3:.1f} | {median / rows[0][2]:.1f} | {memory:.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("loadproof")
    parser.add_argument("wheel")
    parser.add_argument("--other")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("target/torch-closure"))
    parser.add_argument("--arch", choices=["arm64", "x86_64"])
    parser.add_argument("--macos", default="15.2")
    args = parser.parse_args()
    arch = args.arch or ("arm64" if "arm64" in args.wheel else "x86_64")
    tool = str(pathlib.Path(args.loadproof).resolve())
    root = args.work.resolve() / pathlib.Path(args.wheel).stem
    lay_out(root, args.wheel, arch)
    answer = ask(tool, root, arch, args.macos)
    print(f"{pathlib.Path(args.wheel).name}: {answer['verdict']}, {len(answer['images'])} images")
    for assumption in answer["assumptions"]:
        print(f"  assumed: {assumption[:160]}")
    wrong = answer["verdict"] != "loads"
    for failure in answer["failures"][:5]:
        print("  ", failure["message"])
    wrong += check_damages(tool, args.work.resolve(), root, arch, args.macos, args.other)
    compare(tool, root, arch, args.macos)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
