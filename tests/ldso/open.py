"""Opens libraries as CPython opens extension modules, after telling what the process has already."""

import ctypes
import json
import os
import sys


class Info(ctypes.Structure):
    _fields_ = [("address", ctypes.c_void_p), ("name", ctypes.c_char_p)]


def loaded():
    names = []
    Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Info), ctypes.c_size_t, ctypes.c_void_p)

    def visit(info, size, data):
        names.append((info.contents.name or b"").decode())
        return 0

    ctypes.CDLL(None).dl_iterate_phdr(Callback(visit), None)
    # The executable comes first and has no name.
    return names[1:]


*before, path = sys.argv[1:]
for other in before:
    flag, other = other.split("=", 1)
    ctypes.CDLL(other, mode=os.RTLD_NOW | (os.RTLD_GLOBAL if flag == "global" else os.RTLD_LOCAL))
facts = {"executable": os.readlink("/proc/self/exe"), "loaded": loaded(), "directory": os.getcwd()}
print(json.dumps(facts), flush=True)
try:
    ctypes.CDLL(path, mode=os.RTLD_NOW)
    print(json.dumps({"error": None}))
except OSError as error:
    print(json.dumps({"error": str(error)}))
