#!/usr/bin/env python3
"""Writes src/site/data/stable_abi.txt: the members of CPython's stable ABI, and the minor version that brought each.

usage: tools/stable_abi.py > src/site/data/stable_abi.txt
needs: abi3info (PyPI) in this Python.
"""

from abi3info import DATAS, FUNCTIONS


def main():
    print("# Made by tools/stable_abi.py from abi3info: a member of the stable ABI, and the minor version of Python 3 that")
    print("# brought it.")
    members = {symbol.name: info.added.minor for symbol, info in [*FUNCTIONS.items(), *DATAS.items()]}
    for name, minor in sorted(members.items()):
        print(name, minor)


main()
