"""Runs a setup.py with `setup` replaced by a recorder and prints what it was given, as JSON.

For the comparison of tools/sources/compare only: it executes the project's code, in a process that is thrown away. What
a build would have in its environment and this machine has not (torch) is replaced by stand-ins whose
extension classes are setuptools' own, so that the arguments arrive as the script wrote them.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import runpy
import sys
import tomllib
import types

import setuptools
import setuptools.extension
from setuptools.command.build_ext import build_ext

FIELDS = [
    "sources", "include_dirs", "define_macros", "undef_macros", "library_dirs", "libraries",
    "runtime_library_dirs", "extra_objects", "extra_compile_args", "extra_link_args", "language",
]


class Given(setuptools.extension.Extension):
    """What was passed, unchanged."""

    def __init__(self, name, sources=(), *args, **kwargs):
        known = {key: value for key, value in kwargs.items() if key in PARAMETERS}
        super().__init__(name, list(sources), *args, **known)


PARAMETERS = FIELDS + ["export_symbols", "swig_opts", "depends", "optional", "py_limited_api"]
PLAIN = setuptools.Extension


class Build(build_ext):
    """torch's BuildExtension, as far as it is named."""

    @classmethod
    def with_options(cls, **_):
        return cls


class Anything(types.ModuleType):
    """A stand-in for a module or an object of which nothing is known."""

    __path__ = []

    def __init__(self, name="?"):
        super().__init__(name)

    def __getattr__(self, name):
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)
        if name == "__version__":
            return "3.0.0"
        if name == "BuildExtension":
            return Build
        if name.endswith("Extension"):
            return Given
        return Anything(f"{self.__name__}.{name}")

    def __call__(self, *args, **kwargs):
        name = self.__name__
        if name.endswith("cythonize"):
            return cythonized(*args)
        if name.endswith("is_available"):
            return False
        if name.endswith((".get_include", ".get_numpy_include")):
            return "/stand-in/include"
        if name.endswith(("paths", "flags", "files")):
            return []
        return Anything(name + "()")

    def __bool__(self):
        return False

    def __str__(self):
        return ""

    def __add__(self, other):
        return other

    def __radd__(self, other):
        return other

    def __fspath__(self):
        return "/stand-in"

    def __iter__(self):
        return iter(())

    def __mro_entries__(self, bases):
        return (object,)


def cythonized(modules, *_, **__):
    import glob
    if isinstance(modules, (str, os.PathLike)) or not hasattr(modules, "__iter__"):
        modules = [modules]
    made = []
    for module in modules:
        if isinstance(module, setuptools.extension.Extension):
            made.append(module)
            continue
        for path in sorted(glob.glob(os.fspath(module), recursive=True)):
            directory, file = os.path.split(path)
            parts = [os.path.splitext(file)[0]]
            while directory and any(
                os.path.exists(os.path.join(directory, "__init__" + end)) for end in (".py", ".pyx", ".pxd")
            ):
                directory, name = os.path.split(directory)
                parts.insert(0, name)
            made.append(Given(".".join(parts), [path]))
    return made


STAND_INS = {"torch", "torch_mlu", "skbuild"}


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in STAND_INS:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        module = Anything(spec.name)
        if spec.name == "torch":
            module.__dict__["__version__"] = "2.15.0"
            module.__dict__["__file__"] = "/stand-in/torch/__init__.py"
        return module

    def exec_module(self, module):
        pass


class Recorded(BaseException):
    pass


def listed(value):
    if value is None:
        return []
    if isinstance(value, (str, os.PathLike)):
        return [os.fspath(value)]
    if isinstance(value, tuple) and len(value) in (1, 2) and isinstance(value[0], str):
        return [value[0] if len(value) == 1 or value[1] is None else f"{value[0]}={value[1]}"]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [text for item in value for text in listed(item)]
    return [str(value)]


def record(**attributes):
    modules = []
    declared = list(attributes.get("ext_modules") or [])
    if os.path.exists("pyproject.toml"):
        # What setuptools adds from [[tool.setuptools.ext-modules]].
        with open("pyproject.toml", "rb") as file:
            more = tomllib.load(file).get("tool", {}).get("setuptools", {}).get("ext-modules", [])
        declared += [PLAIN(**{key.replace("-", "_"): value for key, value in module.items()}) for module in more]
    for extension in declared:
        fields = {}
        for name in FIELDS:
            value = getattr(extension, name, None)
            if isinstance(value, dict):
                for key, flags in value.items():
                    fields[f"{name}[{key}]"] = listed(flags)
            elif value:
                fields[name] = listed(value)
        modules.append({"name": extension.name, "fields": fields})
    out = os.fdopen(3, "w")
    json.dump({"modules": modules}, out)
    out.close()
    raise Recorded


def main():
    import distutils.core

    project = os.path.abspath(sys.argv[1])
    os.chdir(project)
    sys.meta_path.insert(0, Finder())
    sys.path.insert(0, project)
    try:
        import Cython.Build.Dependencies
        Cython.Build.cythonize = Cython.Build.Dependencies.cythonize = cythonized
    except ImportError:
        pass
    setuptools.setup = record
    distutils.core.setup = record
    sys.argv = ["setup.py", "bdist_wheel"]
    try:
        runpy.run_path(os.path.join(project, "setup.py"), run_name="__main__")
    except Recorded:
        pass


main()
