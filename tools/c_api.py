#!/usr/bin/env python3
"""Writes src/site/data/c_api.txt: since which Python 3 the C API has each function and variable.

usage: tools/c_api.py C_API_HTML... > src/site/data/c_api.txt
needs: abi3info (PyPI) in this Python, and the directories `c-api` of CPython's documentation in HTML (Debian's
       python3.11-doc and the like, unpacked) of the version of this Python.

Three sources, and what each proves. The documentation lists a name with the version that brought it (`New in version`),
or without one: then every Python 3 has it. The list of the stable ABI says since when a name is promised, which may be
long after it came: a name that neither the documentation nor this Python itself knows is absent up to this version,
there from the promise on, and between the two nobody knows. Such a line has two numbers.
"""

import ctypes
import pathlib
import re
import sys

from abi3info import DATAS, FUNCTIONS

ENTRY = re.compile(r'<dt class="sig[^"]*"[^>]*id="c\.(\w+)"(.*?)(?=<dt class="sig|\Z)', re.S)
ADDED = re.compile(r'class="versionmodified added">(?:New|Added) in version 3\.(\d+)')
VERSION = re.compile(r"<title>[^<]*Python 3\.(\d+)")


def documented(directories):
    """name -> minor version that brought it (0: always there), and the newest version that was read."""
    since, newest = {}, 0
    for directory in directories:
        for page in sorted(pathlib.Path(directory).glob("*.html")):
            text = page.read_text(encoding="utf-8")
            newest = max(newest, *(int(v) for v in VERSION.findall(text)), 0)
            for name, body in ENTRY.findall(text):
                if not name.startswith(("Py", "_Py")):
                    continue
                # A note further down belongs to a parameter or to another entry of the same section.
                note = ADDED.search(body.split("</dd></dl>")[0])
                minor = int(note.group(1)) if note else 0
                since[name] = min(since.get(name, minor), minor)
    return since, newest


def main():
    since, newest = documented(sys.argv[1:])
    if newest != sys.version_info.minor:
        sys.exit(f"the documentation is of Python 3.{newest}, and this is Python 3.{sys.version_info.minor}")
    promised = {symbol.name: info.added for symbol, info in [*FUNCTIONS.items(), *DATAS.items()]}
    table = {}
    for name, added in promised.items():
        if name in since:
            table[name] = since[name]
        elif added.minor <= 2:
            table[name] = 0
        elif added.minor > newest and not hasattr(ctypes.pythonapi, name):
            # The first version that may have it, and the first that must.
            low, high = newest + 1, added.minor
            table[name] = high if low == high else f"{low} {high}"
        # Else it is there without documentation, and nobody knows since when.
    print("# Made by tools/c_api.py: a name of the C API, and the minor version of Python 3 that brought it;")
    print("# where that is not known the first that may have it, and the first that has.")
    print(f"# From abi3info and the documentation of Python 3.{newest}.")
    for name in sorted(table):
        print(name, table[name])


if __name__ == "__main__":
    main()
