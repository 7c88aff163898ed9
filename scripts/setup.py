"""Make .venv and install the hash-locked requirements: python3 scripts/setup.py [runtime|dev].

Runs under the machine's own Python before anything is installed, so it uses the standard library
only and must stay readable for old Pythons, which it has to turn away with a clear sentence.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
VENV = ".venv"
PYTHON = f"{VENV}/bin/python"
LOCKS = {"runtime": "requirements.txt", "dev": "requirements-dev.txt"}


def main(kind):
    if sys.version_info < OLDEST:
        fail(
            f"Yakusoku needs Python {OLDEST[0]}.{OLDEST[1]} or newer, "
            f"and {sys.executable} is {sys.version.split()[0]}.",
            "Install a newer one and run: make PYTHON=python3.11 run",
        )
    uv = shutil.which("uv")
    if not Path(PYTHON).exists():
        step("virtual environment", make_venv, uv)
    step("dependencies (" + ("uv" if uv else "pip") + ")", install, uv, LOCKS[kind])


def make_venv(uv):
    shutil.rmtree(VENV, ignore_errors=True)
    if uv:
        run([uv, "venv", "--quiet", "--python", sys.executable, VENV])
    elif can([sys.executable, "-c", "import venv, ensurepip"]):
        run([sys.executable, "-m", "venv", "--without-pip", VENV])
    else:
        fail(
            "This Python has no venv module.",
            "On Debian or Ubuntu: sudo apt-get install "
            f"python{sys.version_info[0]}.{sys.version_info[1]}-venv",
        )


def install(uv, lock):
    if uv:
        run([uv, "pip", "install", "--quiet", "--python", PYTHON, "--require-hashes", "-r", lock])
        return
    # The lock is complete, so nothing has to be resolved; Python compiles what it imports.
    run([*pip(), "install", "-qq", "--disable-pip-version-check", "--no-compile", "--no-deps",
         "--require-hashes", "-r", lock])  # fmt: skip


def pip():
    """The machine's pip when it is new enough to install elsewhere, else one in the environment."""
    elsewhere = [sys.executable, "-m", "pip", "--python", PYTHON]
    if can([*elsewhere, "--version"]):
        return elsewhere
    if not can([PYTHON, "-m", "pip", "--version"]):
        run([PYTHON, "-m", "ensurepip"])
    return [PYTHON, "-m", "pip"]


def step(name, work, *arguments):
    started = time.time()
    work(*arguments)
    print(f"  {name:<28} {time.time() - started:5.1f} s", flush=True)


def run(command):
    # A Python path of the caller would hide what the new environment lacks.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if subprocess.call(command, env=environment):
        fail("This step failed: " + " ".join(command), "Its own message stands above.")


def can(command):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.call(command, **quiet) == 0


def fail(*sentences):
    sys.exit("\n".join(sentences))


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent.parent)
    main(sys.argv[1] if len(sys.argv) > 1 else "runtime")
