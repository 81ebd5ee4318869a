"""The images in this process; put in front of every other script."""
import os
import sys


def images():
    """Paths of the images in this process: in load order on macOS, in address order on Linux."""
    if sys.platform == "darwin":
        try:
            import ctypes
        except Exception:  # built without libffi: what an import does must not depend on our wish to look
            return []
        libc = ctypes.CDLL(None)
        libc._dyld_get_image_name.restype = ctypes.c_char_p
        names = [libc._dyld_get_image_name(i) for i in range(libc._dyld_image_count())]
        # An image that another thread closed meanwhile has no name.
        return [os.fsdecode(name) for name in names if name]
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
