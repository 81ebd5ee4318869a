"""Runs a composite action.yml as GitHub's runner would: a simulation, written after the runner's sources.

It refuses whatever it does not model, so that nothing passes by accident. Linux only; no `uses` steps; of the expression
language only the contexts that our action may use.
"""

import os
import pathlib
import re
import subprocess
import tempfile
import uuid

from ruamel.yaml import YAML

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
COMMANDS = {
    "error", "warning", "notice", "debug", "group", "endgroup", "add-mask", "stop-commands", "add-matcher",
    "remove-matcher", "echo", "set-env", "set-output", "save-state", "add-path",
}
FILES = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY", "GITHUB_STATE")
SUMMARY_LIMIT = 1024 * 1024
ANNOTATIONS_PER_TYPE = 10
MESSAGE_LIMIT = 4096


def unescape(text, pairs):
    for code, plain in pairs:
        text = text.replace(code, plain)
    return text


DATA = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))
PROPERTY = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))


def command_of(line, token):
    """The command in a line of output: (name, properties, data), or None. `token` ends a `stop-commands`."""
    known = COMMANDS | ({token.lower()} if token else set())
    stripped = line.lstrip()
    if stripped.startswith("::") and "::" in stripped[2:]:
        info, data = stripped[2:].split("::", 1)
        name, _, pairs = info.partition(" ")
        if name.lower() in known:
            return name.lower(), properties(pairs, ",", PROPERTY), unescape(data, DATA)
    match = re.search(r"##\[([^\]\s]+)\s*([^\]]*)\](.*)", line)
    if match and match.group(1).lower() in known:
        return match.group(1).lower(), properties(match.group(2), ";", ()), match.group(3)
    return None


def properties(text, separator, escapes):
    found = {}
    for pair in filter(None, text.strip().split(separator)):
        key, _, value = pair.partition("=")
        if value:
            found[key.strip().lower()] = unescape(value, escapes)
    return found


def pairs_of(path):
    """A file of `name=value` and heredocs, as GITHUB_OUTPUT is."""
    found, lines = {}, iter(path.read_text().split("\n"))
    for line in lines:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            found[line[:equals]] = line[equals + 1 :]
            continue
        assert heredoc > 0, f"the runner refuses the line {line!r}"
        name, end, value = line[:heredoc], line[heredoc + 2 :], []
        for inner in lines:
            if inner == end:
                break
            value.append(inner)
        else:
            raise AssertionError(f"the runner misses the delimiter {end!r}")
        found[name] = "\n".join(value)
    return found


class Ran:
    """What a run left: outcome, steps, outputs, annotations, summary, log, obeyed commands."""

    def __init__(self):
        self.outcome, self.steps, self.outputs = "success", [], {}
        self.annotations, self.obeyed, self.summary, self.log = [], [], "", ""
        self.environment, self.path = {}, []

    def shown(self, kind):
        return [note for note in self.annotations if note["type"] == kind and note["shown"]]

    def read(self, output):
        """What the runner does with the output of a step."""
        token = None
        # .NET ends a line at either character.
        for line in re.split("[\r\n]", output):
            command = command_of(line, token)
            if command is None:
                continue
            name, found, data = command
            if token:
                token = None if name == token.lower() else token
            elif name == "stop-commands":
                token = data
            else:
                self.obeyed.append(command)
                if name in ("error", "warning", "notice"):
                    self.annotate(name, found, data)
        assert token is None, "commands are never switched on again"

    def annotate(self, kind, found, message):
        if found.get("endline") and found.get("line") != found.get("endline"):
            found.pop("col", None)
            found.pop("endcolumn", None)
        same = sum(note["type"] == kind for note in self.annotations)
        # The cap is that of the calling step: all steps of a composite action together.
        shown = same < ANNOTATIONS_PER_TYPE
        self.annotations.append({"type": kind, "shown": shown, **found, "message": message[:MESSAGE_LIMIT]})


def run(directory, inputs, workspace, environment):
    """Runs the action in `directory`; `environment` is what the job has set."""
    action = YAML(typ="safe").load((pathlib.Path(directory) / "action.yml").read_text())
    assert action["runs"]["using"] == "composite"
    unknown = set(inputs) - set(action["inputs"])
    assert not unknown, f"inputs that the action does not have: {unknown}"
    ran, outputs, temporary = Ran(), {}, pathlib.Path(tempfile.mkdtemp(dir=workspace.parent))
    context = {"github.token": environment.pop("TOKEN", ""), "job.check_run_id": "77"}

    def value(expression):
        parts = expression.split(".")
        if parts[0] == "inputs":
            return given[".".join(parts[1:])]
        if parts[0] == "steps" and parts[2] == "outputs":
            return outputs.get(parts[1], {}).get(".".join(parts[3:]), "")
        assert expression in context, f"not modelled: {expression}"
        return context[expression]

    def filled(text):
        return EXPRESSION.sub(lambda match: str(value(match.group(1))), str(text))

    given = {}
    for name, declared in action["inputs"].items():
        given[name] = inputs.get(name, filled(declared.get("default", "")))
    for step in action["runs"]["steps"]:
        assert set(step) <= {"name", "id", "shell", "run", "env"}, f"not modelled: {set(step)}"
        assert step["shell"] == "bash" and not EXPRESSION.search(step["run"]), "an expression in a script"
        if ran.outcome != "success":
            ran.steps.append((step["name"], "skipped"))
            continue
        own = {name: filled(text) for name, text in step.get("env", {}).items()}
        code, files = execute(step["run"], own, ran, directory, workspace, environment, temporary)
        outputs[step["id"]] = pairs_of(files["GITHUB_OUTPUT"])
        ran.environment.update(pairs_of(files["GITHUB_ENV"]))
        ran.path += files["GITHUB_PATH"].read_text().split()
        page = files["GITHUB_STEP_SUMMARY"].read_bytes()
        assert len(page) <= SUMMARY_LIMIT, "the runner drops a summary of this size"
        ran.summary += page.decode()
        ran.steps.append((step["name"], code))
        ran.outcome = "success" if code == 0 else "failure"
    # They are evaluated after a failure, too.
    ran.outputs = {name: filled(declared["value"]) for name, declared in action["outputs"].items()}
    return ran


def execute(script, own, ran, directory, workspace, environment, temporary):
    """One step: a fresh set of files, `bash -eo pipefail`, both outputs read as one."""
    files = {name: temporary / f"{name}-{uuid.uuid4()}" for name in FILES}
    for path in files.values():
        path.touch()
    variables = {
        "HOME": str(temporary), "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_ACTION_PATH": str(directory),
        "GITHUB_WORKSPACE": str(workspace), "RUNNER_OS": "Linux", "RUNNER_ARCH": "X64", "RUNNER_TEMP": str(temporary),
        "RUNNER_TOOL_CACHE": str(temporary / "tools"), "GITHUB_SERVER_URL": "https://github.com",
        **environment, **ran.environment, **{name: str(path) for name, path in files.items()}, **own,
    }
    variables["PATH"] = ":".join([*reversed(ran.path), environment.get("PATH", os.defpath)])
    path = temporary / f"{uuid.uuid4()}.sh"
    path.write_text(script)
    command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(path)]
    done = subprocess.run(command, cwd=workspace, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = done.stdout.decode(errors="replace")
    ran.log += output
    ran.read(output)
    return done.returncode, files
