"""Reads linker stubs (.tbd version 4), the form in which an SDK lists what a library exports."""

import yaml


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML with the document tag that stubs carry; every scalar stays a string (a symbol may look like a number)."""


_Loader.add_constructor("!tapi-tbd", lambda loader, node: loader.construct_mapping(node, deep=True))
_Loader.yaml_implicit_resolvers = {}

ARCHES = {"x86_64": "x", "x86_64h": "x", "arm64": "a", "arm64e": "a"}


def _arches(targets):
    """The letters of the architectures that a `targets` list names for macOS itself, Catalyst left out."""
    letters = set()
    for target in targets:
        arch, _, platform = target.partition("-")
        if platform == "macos":
            letters.add(ARCHES.get(arch.partition(".")[0], ""))
    return letters - {""}


def _symbols(section):
    """The names one `exports` or `reexports` entry stands for."""
    for kind in ("symbols", "weak-symbols", "thread-local-symbols"):
        yield from section.get(kind, ())
    for name in section.get("objc-classes", ()):
        yield f"_OBJC_CLASS_$_{name}"
        yield f"_OBJC_METACLASS_$_{name}"
    for name in section.get("objc-eh-types", ()):
        yield f"_OBJC_EHTYPE_$_{name}"
    for name in section.get("objc-ivars", ()):
        yield f"_OBJC_IVAR_$_{name}"


def read(text):
    """For each library of a stub: its version, its own exports and its re-exports, as {install name: Stub}."""
    libraries = {}
    for document in yaml.load_all(text, Loader=_Loader):
        exports = {}
        for section in (*document.get("exports", ()), *document.get("reexports", ())):
            arches = _arches(section["targets"])
            for symbol in _symbols(section):
                # `$ld$` names are orders to the static linker. dyld never sees them.
                if not symbol.startswith("$ld$"):
                    exports.setdefault(symbol, set()).update(arches)
        children = {
            name
            for section in document.get("reexported-libraries", ())
            for name in section["libraries"]
            if _arches(section["targets"])
        }
        libraries[document["install-name"]] = {
            "version": document.get("current-version", "1"),
            "arches": _arches(document["targets"]),
            "exports": exports,
            "children": children,
        }
    return libraries


def resolved(libraries, install_name, seen=()):
    """Exports of a library with everything that it re-exports, as {symbol: letters}."""
    library = libraries[install_name]
    merged = {symbol: set(arches) for symbol, arches in library["exports"].items()}
    for child in sorted(library["children"]):
        if child in libraries and child not in seen:
            for symbol, arches in resolved(libraries, child, (*seen, install_name)).items():
                merged.setdefault(symbol, set()).update(arches)
    return merged
