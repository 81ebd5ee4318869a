#!/usr/bin/env python3
"""Times `loadproof check` on wheels, and measures its memory on wheels made to fill one.

usage: bench/check_wheels.py LOADPROOF FLOOR [--torch WHEEL] [--many DIR] [--plot SVG] [--hostile] [--runs N]

FLOOR is the release build of bench/inflate_and_hash.rs (`cargo build --release --example inflate_and_hash`).
--torch: one large wheel, checked with everything on, beside FLOOR on the same wheel.
--many: a directory of wheels, checked on one core and on two.
--plot: the time of growing parts of that directory against the number of files and imports in them, drawn as SVG.
--hostile: bombs and the like, with the peak of memory and the exit code of each.
Runs on Linux: cores are given by taskset, memory is what the kernel counts for the process (maximum resident set).
"""
import argparse
import io
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib


def timed(command, cores=None):
    """Seconds, exit code and what was printed, of one run on some cores."""
    if cores is not None:
        command = ["taskset", "-c", cores, *command]
    start = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate()
    return time.perf_counter() - start, process.returncode, out, err


WATCH = """
import resource, subprocess, sys
ran = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, ran.returncode)
"""


def peak(command):
    """Megabytes at the peak, and the exit code. A small process starts it: the kernel counts from before the start."""
    command = [sys.executable, "-S", "-c", WATCH, *(str(word) for word in command)]
    kilobytes, code = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(kilobytes) / 1024, int(code)


def check(binary, *paths):
    return [binary, "check", *paths, "--report", "json", "--quiet"]


def torch(binary, floor, wheel, runs):
    ours, least = [], []
    for _ in range(runs):
        ours.append(timed(check(binary, wheel), "0,1")[0])
        least.append(timed([floor, wheel], "0,1")[0])
    megabytes, _ = peak(check(binary, wheel))
    a, b = statistics.median(ours), statistics.median(least)
    print(f"{wheel.name}: check {a:.2f} s, inflate and hash {b:.2f} s, ratio {a / b:.2f}, peak {megabytes:.0f} MB")


def many(binary, wheels, runs):
    one = statistics.median(timed(check(binary, *wheels), "0")[0] for _ in range(runs))
    two = statistics.median(timed(check(binary, *wheels), "0,1")[0] for _ in range(runs))
    print(f"{len(wheels)} wheels: one core {one:.2f} s, two {two:.2f} s, {one / two:.2f} times faster")


def imports(wheel):
    """How many names the native files of a wheel import, by the tables of symbols that they have."""
    total = 0
    archive = zipfile.ZipFile(wheel)
    for name in archive.namelist():
        if not name.endswith((".so", ".dylib")):
            continue
        data = archive.read(name)
        starts = [0]
        if data[:4] == b"\xca\xfe\xba\xbe":
            count = struct.unpack(">I", data[4:8])[0]
            starts = [struct.unpack(">5I", data[8 + 20 * n : 28 + 20 * n])[2] for n in range(count)]
        for start in starts:
            if data[start : start + 4] != b"\xcf\xfa\xed\xfe":
                continue
            at = start + 32
            for _ in range(struct.unpack("<I", data[start + 16 : start + 20])[0]):
                command, size = struct.unpack("<2I", data[at : at + 8])
                if command == 0xB:  # LC_DYSYMTAB: nundefsym
                    total += struct.unpack("<I", data[at + 28 : at + 32])[0]
                at += size
    return total


def plot(binary, wheels, runs, path):
    """The wheels in the order of their size; every part begins with the smallest."""
    wheels = sorted(wheels, key=lambda wheel: wheel.stat().st_size)
    counts = [imports(wheel) for wheel in wheels]
    points = []
    for part in range(1, 11):
        count = len(wheels) * part // 10
        seconds = min(timed(check(binary, *wheels[:count]), "0")[0] for _ in range(runs))
        size = sum(wheel.stat().st_size for wheel in wheels[:count]) / 1e6
        points.append((count, size, sum(counts[:count]), seconds))
        print(f"{count} wheels, {size:.0f} MB, {sum(counts[:count])} imports: {seconds:.2f} s", flush=True)
    path.write_text(svg(points))


def svg(points):
    """Two lines in one picture: seconds against megabytes and against imports, each from 0 to its largest."""
    width, height, edge = 640, 360, 50
    most = max(point[3] for point in points)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">']
    out.append(f'<rect width="{width}" height="{height}" fill="white"/>')
    out.append(f'<path d="M{edge} {edge / 2}V{height - edge}H{width - edge / 2}" fill="none" stroke="black"/>')
    series = [(1, "#1f5fa8", "megabytes of wheels"), (2, "#b3541e", "imports of their files")]
    for number, (column, colour, name) in enumerate(series):
        largest = max(point[column] for point in points)
        place = lambda point: (
            edge + point[column] / largest * (width - 1.5 * edge),
            height - edge - point[3] / most * (height - 1.5 * edge),
        )
        spots = [place(point) for point in points]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in spots]
        text = f"{name}, 0 to {largest:,.0f}"
        out.append(f'<text x="{edge + 12}" y="{edge / 2 + 14 + 18 * number}" fill="{colour}">{text}</text>')
    out.append(f'<text x="{edge - 8}" y="{edge / 2 + 4}" text-anchor="end">{most:.1f} s</text>')
    out.append(f'<text x="{width / 2}" y="{height - 14}" text-anchor="middle">one core, file cache warm</text></svg>')
    return "\n".join(out) + "\n"


NAME = "x-1.0-cp311-cp311-macosx_11_0_arm64.whl"


def raw_entry(name, packed, size, method, crc):
    """A local header with its data, and the directory's entry without its offset."""
    fields = struct.pack("<5H3I2H", 20, 0, method, 0, 33, crc, len(packed), size, len(name), 0)
    return b"PK\3\4" + fields + name + packed, fields


def archive(entries):
    """An archive of (name, packed, size, method, checksum)."""
    body, directory = b"", b""
    for name, packed, size, method, crc in entries:
        local, fields = raw_entry(name, packed, size, method, crc)
        directory += b"PK\1\2" + struct.pack("<H", 20) + fields + struct.pack("<3H2I", 0, 0, 0, 0, len(body)) + name
        body += local
    end = struct.pack("<4H2IH", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return body + directory + b"PK\5\6" + end


def packed_zeros(first, size):
    """`first` and zeros up to `size`, deflated; its checksum."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    out, crc, left = [packer.compress(first)], zlib.crc32(first), size - len(first)
    block = bytes(1 << 20)
    while left:
        piece = block[: min(left, len(block))]
        out.append(packer.compress(piece))
        crc = zlib.crc32(piece, crc)
        left -= len(piece)
    return b"".join([*out, packer.flush()]), crc


def header(linkedit):
    """A Mach-O header whose __LINKEDIT begins at that offset and fills the file."""
    segment = struct.pack("<2I16s4Q4I", 0x19, 72, b"__LINKEDIT", 1 << 32, 1 << 30, linkedit, 1 << 30, 1, 1, 0, 0)
    return struct.pack("<8I", 0xFEEDFACF, 0x100000C, 0, 8, 1, len(segment), 0x85, 0) + segment


def scripts(count, names):
    """A wheel of scripts that open libraries and name what is not there, no name twice."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as out:
        for number in range(count):
            lines = (f"import m{index}; 'lib{index}.so'" for index in range(number * names, (number + 1) * names))
            out.writestr(f"x/{number}.py", "\n".join(["ctypes.CDLL(x, RTLD_GLOBAL)", *lines]))
    return data.getvalue()


def hostile(binary):
    gigabyte = 1 << 30
    cases = {}
    text, crc = packed_zeros(b"", gigabyte)
    cases["1 GiB of zeros in 1 MB"] = archive([(b"x/zeros.bin", text, gigabyte, 8, crc)])
    cases["1 GiB that claims 1 MB"] = archive([(b"x/zeros.bin", text, 1 << 20, 8, crc)])
    cases["ten of them"] = archive([(b"x/%d.bin" % n, text, gigabyte, 8, crc) for n in range(10)])
    for name, at in (("as code", gigabyte - 0x4000), ("as tables", 0x4000)):
        native, crc = packed_zeros(header(at), gigabyte)
        cases[f"a native file of 1 GiB, {name}"] = archive([(b"x/_C.so", native, gigabyte, 8, crc)])
        cases[f"ten native files of 1 GiB, {name}"] = archive(
            [(b"x/_%d.so" % n, native, gigabyte, 8, crc) for n in range(10)]
        )
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as out:
        for number in range(60_000):
            out.writestr(f"x/{number}.py", b"")
    cases["60,000 empty members"] = many.getvalue()
    cases["100 scripts, each with 30,000 names of its own"] = scripts(100, 30_000)
    with tempfile.TemporaryDirectory() as directory:
        wheel = pathlib.Path(directory, NAME)
        bad = False
        for case, data in cases.items():
            wheel.write_bytes(data)
            megabytes, code = peak([binary, "check", wheel, "--color", "never", "--quiet"])
            left = sorted(os.listdir(directory))
            print(f"{case}: exit {code}, peak {megabytes:.0f} MB, {len(data) / 1e6:.1f} MB packed", flush=True)
            bad |= code not in (1, 3) or megabytes > 300 or left != [NAME]
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("floor", type=pathlib.Path)
    parser.add_argument("--torch", type=pathlib.Path, action="append", default=[])
    parser.add_argument("--many", type=pathlib.Path)
    parser.add_argument("--plot", type=pathlib.Path)
    parser.add_argument("--hostile", action="store_true")
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    for wheel in args.torch:
        torch(args.binary, args.floor, wheel, args.runs)
    wheels = sorted(args.many.glob("*.whl")) if args.many else []
    if wheels:
        many(args.binary, wheels, args.runs)
    if args.plot and wheels:
        plot(args.binary, wheels, max(1, args.runs // 2), args.plot)
    return int(args.hostile and hostile(args.binary))


if __name__ == "__main__":
    sys.exit(main())
