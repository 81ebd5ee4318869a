#!/usr/bin/env python3
"""Builds a wheel for macOS with a cross compiler, breaks it in seven ways, and sees what `loadproof check` says.

usage: tools/release_gate.py LOADPROOF [--work DIR]
needs: ziglang (PyPI) in this Python, Python's headers, and LLVM's llvm-install-name-tool.

Prints a line for each case; the exit code is 0 if the whole wheel passes and each break is found. This is the workflow
of docs/release-gate.md, tried without a Mac.
"""

import argparse
import base64
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import zipfile

LIBRARY = "int hello_answer(void) { return 42; }\n"
MODULE = """
#define PY_SSIZE_T_CLEAN
#include <Python.h>
int hello_answer(void);
static PyObject *answer(PyObject *self, PyObject *none) { return PyLong_FromLong(hello_answer()); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {0}};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "_core", "", -1, methods};
PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&def); }
"""
PYTHON = f"{sys.version_info.major}{sys.version_info.minor}"
TAG = f"cp{PYTHON}-cp{PYTHON}-macosx_11_0_arm64"
CORE = f"hello/_core.cpython-{PYTHON}-darwin.so"
LIB = "hello/lib/libhello.dylib"


def build(work):
    """The package's files, built for Apple Silicon and macOS 11."""
    tree = work / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    (tree / "hello/lib").mkdir(parents=True)
    (work / "hello.c").write_text(LIBRARY)
    (work / "core.c").write_text(MODULE)
    cc = [sys.executable, "-m", "ziglang", "cc", "-target", "aarch64-macos.11.0", "-O2", "-shared", "-Wl,-x"]
    cc.append("-Wl,-headerpad_max_install_names")
    run(*cc, "-o", tree / LIB, work / "hello.c", "-Wl,-install_name,@rpath/libhello.dylib")
    include = "-I" + sysconfig.get_path("include")
    rest = ["-Wl,-undefined,dynamic_lookup", "-Wl,-rpath,@loader_path/lib", include, f"-L{tree / 'hello/lib'}", "-lhello"]
    run(*cc, "-o", tree / CORE, work / "core.c", *rest)
    (tree / "hello/__init__.py").write_text("from ._core import answer\n")
    return tree


def run(*command):
    subprocess.run([str(word) for word in command], check=True)


def pack(tree, wheel, tag=TAG, record=None):
    """Writes the wheel; `record` changes the text of RECORD."""
    files = {str(path.relative_to(tree)): path.read_bytes() for path in sorted(tree.rglob("*")) if path.is_file()}
    info = "hello-1.0.dist-info/"
    files[info + "METADATA"] = b"Metadata-Version: 2.1\nName: hello\nVersion: 1.0\n"
    files[info + "WHEEL"] = f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n".encode()
    lines = []
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(data)}\n")
    text = "".join(lines) + info + "RECORD,,\n"
    files[info + "RECORD"] = (record(text) if record else text).encode()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def check(loadproof, wheel):
    """Exit code, and the causes at or above warning."""
    command = [loadproof, "check", str(wheel), "--report", "json", "--config", "none"]
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        sys.exit(f"{wheel.name}: exit {done.returncode}: {done.stderr}")
    causes = [cause for wheel in report["wheels"] for cause in wheel["causes"]]
    causes += [cause for target in report["targets"] for module in target["modules"] for cause in module["causes"]]
    return done.returncode, [cause for cause in causes if cause["severity"] != "note"]


def edit(tool, *words):
    def change(tree):
        run(tool, *words[:-1], tree / words[-1])
    return change


def edited_after_signing(tree):
    """A byte of the text that a debugger would show, as a patcher leaves it."""
    data = bytearray((tree / LIB).read_bytes())
    start = int.from_bytes(data[20:24], "little") + 32
    data[start + 8] ^= 1
    (tree / LIB).write_bytes(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("loadproof")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("target/release-gate"))
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    versions = ["", "-21", "-20", "-19", "-18", "-17", "-16"]
    tool = next((path for v in versions if (path := shutil.which("llvm-install-name-tool" + v))), None)
    if not tool:
        sys.exit("there is no llvm-install-name-tool")
    whole = build(args.work)
    away = "/opt/homebrew/lib/libhello.dylib"
    cases = [
        ("whole", None, {}, None),
        ("an rpath lost", edit(tool, "-delete_rpath", "@loader_path/lib", CORE), {}, "library-not-found-rpath"),
        ("a library of Homebrew", edit(tool, "-change", "@rpath/libhello.dylib", away, CORE), {}, "library-not-found-absolute"),
        ("an rpath of the build", edit(tool, "-add_rpath", "/Users/runner/work/hello/build", CORE), {}, "build-path-in-rpath"),
        ("edited after signing", edited_after_signing, {}, "code-signature-invalid"),
        ("a file changed, RECORD not", None, {"record": lambda text: text.replace("__init__.py,sha256=", "__init__.py,sha256=A")}, "record-mismatch"),
        ("a tag that promises Intel, too", None, {"tag": TAG.replace("arm64", "universal2")}, "wheel-tag-mismatch"),
        ("a module that Python does not find", lambda tree: (tree / CORE).rename(tree / CORE.replace(PYTHON, "38")), {}, "extension-file-missing"),
    ]
    wrong = 0
    for name, change, packing, expected in cases:
        tree = args.work / "case"
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(whole, tree)
        if change:
            change(tree)
        wheel = args.work / f"hello-1.0-{packing.get('tag', TAG)}.whl"
        pack(tree, wheel, **packing)
        code, causes = check(args.loadproof, wheel)
        found = sorted({cause["id"] for cause in causes})
        right = (code == 0 and not found) if expected is None else expected in found
        wrong += not right
        print(f"{'ok ' if right else 'BAD'} {name}: exit {code}, {', '.join(found) or 'nothing'}")
        for cause in causes:
            if cause["id"] == expected:
                print(f"      {cause['severity']}: {cause['message']}")
                break
    sys.exit(bool(wrong))


main()
