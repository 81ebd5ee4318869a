"""Imports one module and tells every step of it in a file of JSON lines, so that a crash loses nothing."""
import importlib
import json
import os
import sys
import traceback

# images() comes from images.py, which is put in front of this script.
request = json.loads(sys.argv[1])
steps = open(request["steps"], "a", encoding="utf-8")


def tell(step):
    steps.write(json.dumps(step) + "\n")
    steps.flush()


def site_position():
    """The overlay stands where the wheel would be installed: before site-packages, after PYTHONPATH and the library."""
    for index, entry in enumerate(sys.path):
        if os.path.basename(entry.rstrip("/")) in ("site-packages", "dist-packages"):
            return index
    return len(sys.path)


def same_file(path):
    try:
        return os.path.samefile(path, request["file"])
    except (OSError, TypeError, ValueError):
        return False


def watch(event, arguments):
    """CPython raises the event `import` with the file's path right before it opens an extension module."""
    path = {"import": 1, "ctypes.dlopen": 0}.get(event)
    if path is not None and len(arguments) > path and arguments[path] and same_file(arguments[path]):
        tell({"opening": {"images": images()}})


def tell_openmp():
    """Two OpenMP runtimes in one process: seen afterwards, since most come as dependents of something else."""
    paths = [os.path.realpath(path) for path in images()
             if os.path.basename(path).partition(".")[0].partition("-")[0] in ("libomp", "libiomp5", "libgomp")]
    if len(set(paths)) > 1:
        tell({"open-mp": sorted(set(paths))})


def describe(error):
    return {"exception": type(error).__name__, "message": str(error), "traceback": traceback.format_exc()}


def load_operators():
    """A library of torch operators has no PyInit function: torch opens it and its initialisers register them."""
    import torch
    before = set(torch._C._dispatch_get_all_op_names())
    torch.ops.load_library(request["file"])
    tell({"operators": sorted(set(torch._C._dispatch_get_all_op_names()) - before)})


def import_as_module():
    """A package may import its library of operators like a module, which Python refuses: it has no PyInit function."""
    package = request["module"].rpartition(".")[0]
    try:
        if package:
            importlib.import_module(package)
    except ImportError as error:
        # What else a package lacks says nothing of the library, which is open by now.
        if error.path and same_file(error.path):
            raise
    except BaseException:
        pass


def attempt():
    for name in request["before"]:
        try:
            importlib.import_module(name)
        except BaseException as error:
            return {"not-reached": {"needed": name, "why": f"{type(error).__name__}: {error}"}}
    sys.addaudithook(watch)
    try:
        if request["operators"]:
            load_operators()
            import_as_module()
            return "imported"
        module = importlib.import_module(request["module"])
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
        return {"exited": {"code": code}}
    except BaseException as error:
        return {"raised": describe(error)}
    origin = getattr(module, "__file__", None) or ""
    return "imported" if same_file(origin) else {"shadowed": {"by": origin}}


sys.path[:] = [entry for entry in sys.path if entry]
sys.path.insert(site_position(), request["overlay"])
ending = attempt()
tell_openmp()
package = sys.modules.get(request["module"].partition(".")[0])
tell({"ended": {"outcome": ending, "package": getattr(package, "__file__", None)}})
for stream in (sys.stdout, sys.stderr):
    try:
        stream.flush()
    except Exception:
        pass
# Finalising torch takes longer than the import is worth waiting for.
os._exit(0)
