"""Packs the rows into the binary form that `src/catalogue/packed.rs` reads (its layout is drawn there)."""

import struct
import zlib

from table import EVIDENCE

MAGIC = b"LPCAT\x01"
RESTART = 16


def _varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _version(version):
    """Major in the high byte, minor in the low one; none is zero, which no macOS is."""
    return 0 if version is None else version[0] << 8 | version[1]


def _interval(interval):
    arches = ("a" in interval.arches) | ("x" in interval.arches) << 1
    versions = (interval.first, interval.certain, interval.likely, interval.last)
    return struct.pack("<4H2B", *map(_version, versions), arches, EVIDENCE.index(interval.evidence))


def pack(rows, aliases, coverage):
    """rows as in `table.write`; aliases {other name: install name}; coverage {install name: (arches, from, to)}."""
    libraries = sorted({library for library, _ in rows})
    intervals = sorted({interval for found in rows.values() for interval in found}, key=_interval)
    interval_id = {interval: index for index, interval in enumerate(intervals)}
    library_id = {library: index for index, library in enumerate(libraries)}

    names = bytearray()
    for library in libraries:
        first, last = coverage.get(library, (None, None))
        own = rows.get((library, ""), [])
        names += struct.pack("<2HB", _version(first), _version(last), len(own))
        for interval in own:
            names += struct.pack("<H", interval_id[interval])
        names += _varint(len(library)) + library.encode()

    other = bytearray()
    for alias, target in sorted(aliases.items()):
        other += struct.pack("<H", library_id[target]) + _varint(len(alias)) + alias.encode()

    by_symbol = {}
    for (library, symbol), found in rows.items():
        if symbol:
            by_symbol.setdefault(symbol.encode(), []).extend((library_id[library], interval_id[i]) for i in found)
    strings, restarts, previous = bytearray(), [], b""
    for index, symbol in enumerate(sorted(by_symbol)):
        if index % RESTART == 0:
            restarts.append(len(strings))
            previous = b""
        shared = next((i for i, (a, b) in enumerate(zip(previous, symbol)) if a != b), min(len(previous), len(symbol)))
        places = sorted(by_symbol[symbol])
        strings += _varint(shared) + _varint(len(symbol) - shared) + symbol[shared:] + _varint(len(places))
        for place in places:
            strings += struct.pack("<2H", *place)
        previous = symbol

    sections = [
        (len(intervals), b"".join(map(_interval, intervals))),
        (len(libraries), bytes(names)),
        (len(aliases), bytes(other)),
        (len(restarts), struct.pack(f"<{len(restarts)}I", *restarts)),
        (len(by_symbol), bytes(strings)),
    ]
    body = b"".join(struct.pack("<2I", count, len(section)) + section for count, section in sections)
    return MAGIC + struct.pack("<I", len(body)) + zlib.compress(body, 9), len(body)


def unpacked(data):
    """What `pack` packed, to compare."""
    return zlib.decompress(data[len(MAGIC) + 4 :])
