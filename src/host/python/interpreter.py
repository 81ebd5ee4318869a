"""Prints what loadproof asks of an interpreter, as one tagged JSON line. Imports nothing but the standard library."""
# images() comes from images.py, which is put in front of this script.
import importlib.machinery
import importlib.util
import json
import os
import platform
import re
import sys
import sysconfig

TAG = "loadproof-interpreter:"
NAMES = {"ARCHFLAGS", "MACOSX_DEPLOYMENT_TARGET", "SDKROOT", "DEVELOPER_DIR", "CC", "CXX", "CFLAGS", "CXXFLAGS",
         "CPPFLAGS", "LDFLAGS", "LDSHARED", "PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "MAX_JOBS", "TORCH_CUDA_ARCH_LIST",
         "CMAKE_OSX_ARCHITECTURES", "CMAKE_ARGS"}


def variables():
    prefixes = ("DYLD_", "LD_", "PYTHON")
    return {k: v for k, v in os.environ.items() if k in NAMES or k.startswith(prefixes)}


def on_darwin():
    """ctypes on macOS; None elsewhere, and in a Python that was built without libffi."""
    if sys.platform != "darwin":
        return None
    try:
        import ctypes
    except Exception:
        return None
    return ctypes


def main_executable():
    """The program of this process. On macOS a framework's python3 starts Python.app and lets it go by its own name."""
    ctypes = on_darwin()
    if ctypes:
        size = ctypes.c_uint32(4096)
        path = ctypes.create_string_buffer(size.value)
        if ctypes.CDLL(None)._NSGetExecutablePath(path, ctypes.byref(size)) == 0:
            return os.path.realpath(os.fsdecode(path.value))
    return os.path.realpath(sys.executable)


def translated():
    """Rosetta: the sysctl is absent (and so the call fails) on machines that cannot translate."""
    ctypes = on_darwin()
    if not ctypes:
        return False
    value, size = ctypes.c_int(0), ctypes.c_size_t(4)
    libc = ctypes.CDLL(None)
    name = b"sysctl.proc_translated"
    return libc.sysctlbyname(name, ctypes.byref(value), ctypes.byref(size), None, 0) == 0 and value.value == 1


def torch():
    """Where torch is, without importing it: an import costs seconds and may crash."""
    try:
        spec = importlib.util.find_spec("torch")
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.origin:
        return None
    location = os.path.dirname(spec.origin)
    version = ""
    try:
        with open(os.path.join(location, "version.py"), encoding="utf-8") as source:
            found = re.search(r"^__version__\s*=\s*['\"]([^'\"]+)", source.read(), re.M)
            version = found.group(1) if found else ""
    except OSError:
        pass
    return {"version": version, "location": location, "library_directory": os.path.join(location, "lib")}


def packages():
    import importlib.metadata as metadata
    found = {}
    for name in ("pip", "setuptools", "wheel", "ninja", "numpy", "pybind11", "scikit-build-core"):
        try:
            found[name] = metadata.version(name) or ""
        except metadata.PackageNotFoundError:
            pass
    return found


def main():
    config = sysconfig.get_config_vars()
    entries = [entry for entry in sys.path if entry]
    answer = {
        "executable": sys.executable,
        "real_executable": main_executable(),
        "implementation": sys.implementation.name,
        "version": platform.python_version(),
        "ext_suffixes": importlib.machinery.EXTENSION_SUFFIXES,
        "platform": sysconfig.get_platform(),
        "machine": platform.machine(),
        "translated": translated(),
        "system": platform.system(),
        "system_version": platform.mac_ver()[0] or platform.release(),
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "include": sysconfig.get_path("include"),
        "sys_path": entries,
        "variables": variables(),
        "deployment_target": str(config["MACOSX_DEPLOYMENT_TARGET"]) if config.get("MACOSX_DEPLOYMENT_TARGET") else None,
        "configured_flags": {k: config[k] for k in ("CCSHARED", "CFLAGS", "LDCXXSHARED", "LDFLAGS", "LDSHARED")
                             if config.get(k)},
        "configured_compilers": {k: config[k] for k in ("CC", "CXX") if config.get(k)},
        "packages": packages(),
        "torch": torch(),
        "images": images(),
    }
    print(TAG + json.dumps(answer), flush=True)


main()
