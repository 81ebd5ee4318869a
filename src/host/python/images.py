"""The images in this process; put in front of every other script."""
import os
import sys


def images():
    """Paths of the images in this process: in load order on macOS, in address order on Linux."""
    if sys.platform == "darwin":
        import ctypes
        libc = ctypes.CDLL(None)
        libc._dyld_get_image_name.restype = ctypes.c_char_p
        return [os.fsdecode(libc._dyld_get_image_name(i)) for i in range(libc._dyld_image_count())]
    found = {}
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
            for line in maps:
                fields = line.rstrip("\n").split(None, 5)
                if len(fields) == 6 and fields[5].startswith("/"):
                    found[fields[5]] = found.get(fields[5], False) or "x" in fields[1]
    except OSError:
        return []
    return [path for path, code in found.items() if code]
