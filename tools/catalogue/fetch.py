"""Fetches the sources of the catalogue with the registries' ordinary clients: pip for PyPI, apt-get for Debian."""

import re
import subprocess
import sys
import tarfile
import zipfile

DEBIAN_SOURCE = "llvm-toolchain-23"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
LLVM_WANTED = ("/libcxx/lib/abi/", "/libcxx/include/__configuration/availability.h")


def wheel(cache, project, version):
    """The wheel of `project` at `version`, downloaded once. Only data is read from it, so any platform's will do."""
    stem = f"{project}-{version}-"
    found = sorted(cache.glob(f"{stem}*.whl"))
    if not found:
        platforms = ["any", "manylinux_2_12_x86_64", "manylinux2014_x86_64", "manylinux_2_17_x86_64"]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(cache)]
        command += ["--only-binary", ":all:"]
        for platform in platforms:
            command += ["--platform", platform]
        subprocess.run([*command, f"{project}=={version}"], check=True)
        found = sorted(cache.glob(f"{stem}*.whl"))
    return zipfile.ZipFile(found[0])


def llvm_tree(cache):
    """The folder with libc++'s ABI lists, unpacked from Debian's source package of LLVM."""
    tree = cache / "llvm"
    if not any(tree.glob("*/libcxx/lib/abi/CHANGELOG.TXT")):
        tarballs = sorted(cache.glob(f"{DEBIAN_SOURCE}_*.orig.tar.*"))
        tarball = tarballs[-1] if tarballs else _debian_tarball(cache)
        with tarfile.open(tarball) as archive:
            for member in archive:
                if member.isfile() and any(part in member.name for part in LLVM_WANTED):
                    archive.extract(member, tree, filter="data")
    return next(tree.glob("*/libcxx"))


def _debian_tarball(cache):
    """Uses a private apt state, so that nothing of the machine's own configuration changes and no root is needed."""
    targets = ["apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI)"]
    origins = subprocess.run(targets, capture_output=True, check=True, text=True).stdout.split("\n")
    mirrors = [line.split()[1] for line in origins if line.startswith("Debian ") and "security" not in line]
    if not mirrors:
        sys.exit(f"no Debian mirror is set up here: put {DEBIAN_SOURCE}_*.orig.tar.xz into {cache}")
    state = (cache / "apt").resolve()
    for folder in ("lists/partial", "cache/archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    sources = state / "sources.list"
    sources.write_text(f"deb-src [signed-by={KEYRING}] {mirrors[0]} sid main\n")
    options = {
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": state / "lists",
        "Dir::Cache": state / "cache",
    }
    apt = ["apt-get"] + [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
    subprocess.run([*apt, "update"], check=True)
    listed = subprocess.run(["apt-cache", *apt[1:], "showsrc", DEBIAN_SOURCE], capture_output=True, check=True)
    # A mirror may list a version before it has the file: the one before will do.
    for version in sorted(re.findall(r"^Version: (\S+)$", listed.stdout.decode(), re.MULTILINE), reverse=True):
        wanted = f"{DEBIAN_SOURCE}={version}"
        done = subprocess.run([*apt, "source", "--download-only", "--tar-only", wanted], check=False, cwd=cache)
        if done.returncode == 0:
            return sorted(cache.glob(f"{DEBIAN_SOURCE}_*.orig.tar.*"))[-1]
    sys.exit(f"no version of {DEBIAN_SOURCE} could be fetched")
