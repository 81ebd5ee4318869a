"""The action on samples, in a simulated runner, with a real binary that a local server releases.

Usage: scenarios.py BINARY
"""

import functools
import hashlib
import http.server
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import threading
import unittest
import xml.etree.ElementTree
import zipfile

from markdown_it import MarkdownIt

import runner
from bundle import SYSTEM, bundle

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(sys.argv.pop(1)).resolve()
VERSION = (ROOT / "action/VERSION").read_text().strip()
TARGET = {"x86_64": "x86_64-unknown-linux-musl", "aarch64": "aarch64-unknown-linux-musl"}[platform.machine()]
ASSET = f"loadproof-{VERSION}-{TARGET}.tar.gz"


def module(name, body=""):
    return (
        f"#include <Python.h>\n{body}\n"
        f'static struct PyModuleDef def = {{PyModuleDef_HEAD_INIT, "{name}", 0, -1, 0}};\n'
        f"PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModule_Create(&def); }}\n"
    )


def broken(name):
    """It compiles, and no library has the function."""
    body = f"int {name}_nowhere(int);\nint {name}_used(int x) {{ return {name}_nowhere(x); }}"
    return module(name, body)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Scenarios(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = pathlib.Path(tempfile.mkdtemp())
        releases = cls.place / "releases" / f"v{VERSION}"
        releases.mkdir(parents=True)
        with tarfile.open(releases / ASSET, "w:gz") as archive:
            archive.add(BINARY, "loadproof")
        # The archives of the other targets are only there to be pinned.
        for target in ("universal-apple-darwin", "aarch64-unknown-linux-musl", "x86_64-unknown-linux-musl"):
            other = releases / f"loadproof-{VERSION}-{target}.tar.gz"
            if not other.exists():
                other.write_bytes(target.encode())
        cls.action = cls.copy_of_action("action-good")
        subprocess.run([cls.action / "action/pin", VERSION, releases], check=True)
        cls.other = cls.copy_of_action("action-bad")
        checksums = cls.other / "action/checksums.txt"
        checksums.write_text(f"{'0' * 64}  {ASSET}\n")
        handler = functools.partial(Quiet, directory=str(releases.parent))
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.base = f"http://127.0.0.1:{cls.server.server_port}"

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()
        shutil.rmtree(cls.place)

    @classmethod
    def copy_of_action(cls, name):
        copy = cls.place / name
        shutil.copytree(ROOT / "action", copy / "action")
        shutil.copy(ROOT / "action.yml", copy)
        return copy

    def workspace(self, sources):
        """A project below a workspace; every module is built by the C compiler alone."""
        workspace = pathlib.Path(tempfile.mkdtemp(dir=self.place))
        for name, text in sources.items():
            path = workspace / "project" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return workspace

    def run_action(self, workspace, inputs=(), action=None, **environment):
        given = {"project": "project", "build-command": BUILD_ALL, "artifact": "*.so", **dict(inputs)}
        environment = {
            "PATH": os.environ["PATH"], "INCLUDE": sysconfig.get_path("include"), "LOADPROOF_DOWNLOAD_BASE": self.base,
            "GITHUB_ACTION_REPOSITORY": "owner/loadproof", "GITHUB_REPOSITORY": "someone/project",
            "GITHUB_JOB": "verify", **environment,
        }
        return runner.run(action or self.action, given, workspace, environment)

    def test_a_healthy_project_passes_and_every_output_is_there(self):
        ran = self.run_action(self.workspace({"spam.c": module("spam")}), {"junit": "out/junit.xml"})
        self.assertEqual([code for _, code in ran.steps], [0, 0], ran.log)
        self.assertEqual(ran.outputs["outcome"], "success")
        self.assertEqual(ran.outputs["causes"], "[]")
        self.assertEqual(json.loads(pathlib.Path(ran.outputs["report-json"]).read_text())["outcome"], "passed")
        self.assertEqual(json.loads(pathlib.Path(ran.outputs["facts"]).read_text())["format"], 1)
        self.assertTrue(ran.outputs["report-junit"].endswith("out/junit.xml"))
        xml.etree.ElementTree.parse(ran.outputs["report-junit"])
        self.assertTrue(os.path.isdir(ran.outputs["directory"]))
        self.assertRegex(ran.outputs["artifact-name"], r"^loadproof-leg-[0-9a-f]{8}$")
        self.assertIn("loadproof: PASSED", ran.summary)
        self.assertEqual(ran.annotations, [])

    def test_a_failing_project_fails_with_a_cause_an_annotation_and_a_summary(self):
        ran = self.run_action(self.workspace({"spam.c": broken("spam")}))
        self.assertEqual([code for _, code in ran.steps], [0, 1], ran.log)
        self.assertEqual(ran.outputs["outcome"], "failure")
        self.assertEqual(ran.outputs["causes"], '["symbol-missing-other"]')
        self.assertTrue(os.path.exists(ran.outputs["facts"]))
        self.assertIn("loadproof: FAILED", ran.summary)
        errors = ran.shown("error")
        self.assertEqual(len(errors), 1)
        self.assertIn("spam_nowhere", errors[0]["message"])

    def test_of_many_causes_ten_are_shown_and_the_last_says_how_many_more(self):
        ran = self.run_action(self.workspace({f"m{n}.c": broken(f"m{n}") for n in range(14)}))
        self.assertEqual(ran.outputs["outcome"], "failure", ran.log)
        self.assertEqual(len(ran.annotations), 10)
        self.assertTrue(all(note["shown"] for note in ran.annotations))
        self.assertIn("5 more error", ran.annotations[-1]["title"])
        self.assertEqual(ran.summary.count("❌ error"), 14)

    def test_what_is_switched_off_is_off(self):
        inputs = {"annotations": "false", "summary": "false", "check-run": "off"}
        ran = self.run_action(self.workspace({"spam.c": broken("spam")}), inputs)
        self.assertEqual(ran.outputs["outcome"], "failure")
        self.assertEqual((ran.annotations, ran.summary), ([], ""))

    def test_checksums_are_pinned_for_all_targets_or_for_none(self):
        copy = self.copy_of_action("action-pin")
        before = (copy / "action/checksums.txt").read_text()
        pin = lambda version, place: subprocess.run([copy / "action/pin", version, place], stderr=subprocess.PIPE).returncode
        self.assertEqual(pin(VERSION, self.place), 1)
        self.assertEqual(pin("1.0; touch pwned", self.place / "releases" / f"v{VERSION}"), 2)
        self.assertEqual((copy / "action/checksums.txt").read_text(), before)
        lines = (self.action / "action/checksums.txt").read_text().splitlines()
        digest = hashlib.sha256((self.place / "releases" / f"v{VERSION}" / ASSET).read_bytes()).hexdigest()
        self.assertIn(f"{digest}  {ASSET}", lines)
        self.assertEqual([line[0] == "#" for line in lines], [True, False, False, False])

    def test_wheels_leave_a_report_under_the_name_of_the_leg(self):
        workspace = self.workspace({"readme": ""})
        hostile = "::error::pwned ##[error]pwned `|<b>@octocat"
        name = "spam-1.0-cp311-cp311-macosx_11_0_arm64.whl"
        with zipfile.ZipFile(workspace / name, "w") as wheel:
            wheel.writestr(f"spam/{hostile}.cpython-311-darwin.so", b"\xcf\xfa\xed\xfe" + b"\0" * 28)
            wheel.writestr("spam-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: spam\nVersion: 1.0\nSummary: {hostile}\n")
            wheel.writestr("spam-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nGenerator: {hostile}\nTag: cp311-cp311-macosx_11_0_arm64\n")
            wheel.writestr("spam-1.0.dist-info/RECORD", "")
        inputs = {"build-command": "", "artifact": "", "wheels": "*.whl", "name": "gate ::error::pwned"}
        ran = self.run_action(workspace, inputs)
        self.assertEqual(ran.outputs["outcome"], "failure", ran.log)
        self.assertIn("record-mismatch", ran.outputs["causes"])
        self.assertEqual(json.loads(pathlib.Path(ran.outputs["report-json"]).read_text())["wheels"][0]["file"], name)
        xml.etree.ElementTree.parse(ran.outputs["report-junit"])
        self.assertEqual(ran.outputs["facts"], "")
        self.assertLessEqual(len(ran.shown("error")), 10)
        self.inert(ran)
        moved = shutil.move(ran.outputs["directory"], workspace / "legs")
        merged = self.run_action(workspace, {**inputs, "wheels": "", "merge": str(moved), "expect": inputs["name"]})
        self.assertNotIn("left no report", merged.log)
        self.assertIn("record-mismatch", merged.outputs["causes"])
        self.inert(merged)

    def test_a_wrong_checksum_is_refused(self):
        self.refused("the checksum of loadproof-", self.other)

    def test_a_version_is_a_version(self):
        for version in ("latest; rm -rf /", "1.2", "1.2.3\n::set-env name=A::b", "$(touch pwned)", "../1.2.3"):
            ran = self.refused("version must be exactly X.Y.Z", inputs={"version": version})
            self.assertNotIn("set-env", [name for name, *_ in ran.obeyed])

    def test_a_version_without_a_pinned_checksum_is_refused(self):
        self.refused("pins no checksum", inputs={"version": "9.9.9"})

    def test_plain_http_is_refused(self):
        self.refused("by https only", LOADPROOF_DOWNLOAD_BASE="http://releases.example")
        self.refused("by https only", LOADPROOF_DOWNLOAD_BASE="file:///tmp")

    def test_a_release_that_is_not_there_is_refused(self):
        self.refused("cannot be downloaded", LOADPROOF_DOWNLOAD_BASE=f"{self.base}/nowhere")

    def test_a_binary_on_the_path_is_taken(self):
        directory = pathlib.Path(tempfile.mkdtemp(dir=self.place))
        self.refused("no loadproof on the path", inputs={"install": "path"}, PATH=os.environ["PATH"])
        (directory / "loadproof").symlink_to(BINARY)
        path = f"{directory}:{os.environ['PATH']}"
        ran = self.run_action(self.workspace({"spam.c": module("spam")}), {"install": "path"}, PATH=path)
        self.assertEqual(ran.outputs["outcome"], "success", ran.log)

    def test_words_that_are_none_are_refused(self):
        self.refused("install must be", inputs={"install": "$(id)"})
        self.refused("verify-attestation must be", inputs={"verify-attestation": "maybe"})
        for name in ("torch", "annotations", "check-run", "comment", "summary", "fail-on"):
            ran = self.run_action(self.workspace({}), {name: "::error::`id`"})
            self.assertEqual(ran.outputs["outcome"], "error", name)
            self.assertEqual(len(ran.shown("error")), 1, ran.log)

    def test_an_attestation_is_asked_for_where_gh_can(self):
        good, bad = self.gh("exit 0"), self.gh('[ "$2" = --help ]')
        environment = {"TOKEN": "secret", "GITHUB_SERVER_URL": "https://github.com"}
        ran = self.run_action(self.workspace({"spam.c": module("spam")}), PATH=good, **environment)
        self.assertEqual(ran.outputs["outcome"], "success", ran.log)
        asked = (self.place / "gh.log").read_text()
        self.assertIn("--repo owner/loadproof --signer-workflow owner/loadproof/.github/workflows/release.yml", asked)
        self.refused("the attestation of", PATH=bad, **environment)
        off = {"verify-attestation": "off"}
        ran = self.run_action(self.workspace({"spam.c": module("spam")}), off, PATH=bad, **environment)
        self.assertEqual(ran.outputs["outcome"], "success", ran.log)
        self.refused("gh has no token", inputs={"verify-attestation": "require"}, PATH=good)

    def gh(self, body):
        directory = pathlib.Path(tempfile.mkdtemp(dir=self.place))
        (directory / "gh").write_text(f'#!/bin/sh\necho "$@" >> {self.place}/gh.log\n{body}\n')
        (directory / "gh").chmod(0o755)
        return f"{directory}:{os.environ['PATH']}"

    def test_inputs_are_data(self):
        proof = self.place / "pwned"
        for text in (f"$(touch {proof})", f"`touch {proof}`", f"; touch {proof}", f"'; touch {proof}; '", "--help"):
            for name in ("project", "python", "artifact", "args", "config", "junit", "name", "fail-on"):
                self.run_action(self.workspace({"spam.c": module("spam")}), {name: text})
                self.assertFalse(proof.exists(), f"{name}: {text}")

    def test_commands_in_inputs_are_not_obeyed(self):
        for name in ("project", "python", "args", "name", "config", "fail-on", "torch"):
            text = "x\n::set-env name=PWNED::yes\n##[set-env name=PWNED;]yes%0A::error::pwned"
            ran = self.run_action(self.workspace({"spam.c": module("spam")}), {name: text})
            self.inert(ran)

    def test_commands_in_a_wheel_are_not_obeyed(self):
        hostile = "x\n::error::pwned\n##[error]pwned%0A::set-env name=PWNED::yes\r::warning::pwned"
        workspace = self.workspace({"readme": ""})
        name = "spam-1.0-py3-none-any.whl"
        with zipfile.ZipFile(workspace / name, "w") as wheel:
            wheel.writestr(f"{hostile}.so", b"\x7fELF" + hostile.encode())
            wheel.writestr(f"pkg/{hostile}/_C.abi3.so", b"\xcf\xfa\xed\xfe" + b"\0" * 28)
            wheel.writestr("spam-1.0.dist-info/METADATA", f"Name: {hostile}\nVersion: ::error::pwned\n")
            wheel.writestr("spam-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nGenerator: {hostile}\n")
            wheel.writestr("spam-1.0.dist-info/RECORD", hostile)
        ran = self.run_action(workspace, {"project": name, "build-command": "", "artifact": ""})
        self.assertIn(ran.outputs["outcome"], ("failure", "error"), ran.log)
        self.inert(ran)

    def test_commands_in_names_that_an_image_asks_for_are_not_obeyed(self):
        hostile = "x\n::error::pwned\n##[error]pwned%0A::set-env name=PWNED::yes\r::warning::pwned <script>`|@octocat"
        workspace = self.workspace({"readme": ""})
        (workspace / "library.cpython-311-darwin.so").write_bytes(bundle(f"/opt/{hostile}.dylib".encode(), b"_malloc"))
        (workspace / "symbol.cpython-311-darwin.so").write_bytes(bundle(SYSTEM, f"_{hostile}".encode()))
        inputs = {"build-command": "", "artifact": "", "wheels": "*.so", "fail-on": "warning"}
        ran = self.run_action(workspace, inputs)
        self.assertEqual(ran.outputs["outcome"], "failure", ran.log)
        self.assertEqual(json.loads(ran.outputs["causes"]), ["library-not-found-absolute", "symbol-missing-other"])
        self.assertEqual(len(ran.shown("warning")), 2, ran.log)
        page = MarkdownIt("commonmark").enable("table").render(ran.summary)
        self.assertIn("&lt;script&gt;", page)
        self.assertNotIn("<script>", page)
        self.inert(ran)

    def test_commands_in_the_output_of_a_build_are_not_obeyed(self):
        script = "echo '::error::pwned'; echo '##[error]pwned'; echo '::set-env name=PWNED::yes' >&2; exit 1"
        for args in ("", "--verbose"):
            workspace = self.workspace({"notes.txt": ""})
            ran = self.run_action(workspace, {"build-command": script, "args": args})
            self.assertEqual(ran.outputs["outcome"], "failure", ran.log)
            self.inert(ran)

    def inert(self, ran):
        """Nothing but annotations of ours was obeyed, and none of them says what the attacker wanted alone."""
        for name, found, data in ran.obeyed:
            self.assertIn(name, ("error", "warning", "notice"), ran.log)
            self.assertIn("title", found, ran.log)
            self.assertNotEqual(data.strip(), "pwned")
        self.assertNotIn("PWNED", ran.environment)

    def refused(self, why, action=None, inputs=(), **environment):
        """The installation fails with one error, and nothing is run."""
        workspace = self.workspace({"spam.c": module("spam")})
        ran = self.run_action(workspace, dict(inputs), action=action, **environment)
        self.assertEqual([code for _, code in ran.steps], [2, "skipped"], ran.log)
        self.assertEqual(len(ran.annotations), 1, ran.log)
        self.assertIn(why, ran.annotations[0]["message"])
        self.assertEqual(ran.outputs["outcome"], "")
        self.assertFalse((workspace / "pwned").exists())
        return ran


BUILD_ALL = 'for file in *.c; do cc -shared -fPIC -I"$INCLUDE" -o "${file%.c}.so" "$file" || exit 1; done'

if __name__ == "__main__":
    unittest.main()
