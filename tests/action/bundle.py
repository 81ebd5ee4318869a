"""The smallest Mach-O bundle that asks for a library and for a symbol by names of our choice."""

import struct

PAGE = 0x4000
SYSTEM = b"/usr/lib/libSystem.B.dylib"


def bundle(library, symbol):
    """For Intel and macOS 11, where nothing need be signed: `library` is to be loaded, `symbol` to come from wherever it is."""
    binds = b"\x3e\x40" + symbol + b"\0\x51\x71\0\x90\0"
    commands = [
        segment(b"__TEXT", 0, PAGE, 5),
        segment(b"__DATA", PAGE, PAGE, 3, b"__data"),
        segment(b"__LINKEDIT", 2 * PAGE, len(binds), 1),
        # LC_DYLD_INFO_ONLY: no rebases, the binds, nothing weak, nothing lazy, no exports.
        command(0x80000022, struct.pack("<10I", 0, 0, 2 * PAGE, len(binds), 0, 0, 0, 0, 0, 0)),
        command(0x2, struct.pack("<4I", 0, 0, 0, 0)),  # LC_SYMTAB
        command(0x32, struct.pack("<4I", 1, 11 << 16, 11 << 16, 0)),  # LC_BUILD_VERSION
        dylib(SYSTEM),
        dylib(library),
    ]
    body = b"".join(commands)
    header = struct.pack("<8I", 0xFEEDFACF, 0x01000007, 3, 8, len(commands), len(body), 0x85, 0)
    return (header + body).ljust(2 * PAGE, b"\0") + binds


def command(kind, body):
    body += b"\0" * (-len(body) % 8)
    return struct.pack("<2I", kind, 8 + len(body)) + body


def segment(name, start, size, protection, section=b""):
    whole = -(-size // PAGE) * PAGE
    sections = struct.pack("<16s16s2Q8I", section, name, start, size, start, 3, 0, 0, 0, 0, 0, 0) if section else b""
    body = struct.pack("<16s4Q4I", name, start, whole, start, size, protection, protection, bool(section), 0)
    return command(0x19, body + sections)


def dylib(name):
    return command(0xC, struct.pack("<4I", 24, 2, 1 << 16, 1 << 16) + name + b"\0")
