"""What contestants need beyond this repository: whether it is here, and how it is got.

All of it goes into the build folder, but for programs of the system, which apt-get installs.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
from pathlib import Path

from .failure import Failed, progress

REPOSITORY = Path(__file__).resolve().parent.parent
FOLDER = REPOSITORY / "target/bench"
PYTHON = FOLDER / "python/bin/python"
BY_HAND_FOLDER = FOLDER / "programs/release"
# Where scripts/lib/hadoop.sh puts them.
JARS = REPOSITORY / "target/hadoop-oracle/jars"


@dataclasses.dataclass(frozen=True)
class Package:
    """A Python package, in the environment that the peers share."""

    name: str
    version: str
    also: tuple[str, ...] = ()

    def is_here(self) -> bool:
        pattern = f"{self.name}-{self.version}.dist-info"
        return any((FOLDER / "python").glob(f"lib/python3*/site-packages/{pattern}"))

    def install(self) -> None:
        if not PYTHON.exists() and not succeeds(["python3", "-m", "venv", str(FOLDER / "python")]):
            raise Failed("python3 cannot make an environment", "apt-get install python3-venv")
        wanted = [f"{self.name}=={self.version}", *self.also]
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if not succeeds([*pip, *wanted]):
            raise Failed(f"pip did not install {' '.join(wanted)}", "is the package index reachable?")


@dataclasses.dataclass(frozen=True)
class SystemProgram:
    """A program of the system."""

    name: str

    def is_here(self) -> bool:
        return shutil.which(self.name) is not None

    def install(self) -> None:
        if not in_toolchain(f"install_packages {self.name}"):
            raise Failed(f"apt-get did not install {self.name}")


@dataclasses.dataclass(frozen=True)
class Hadoop:
    """The jars of Hadoop's local mode, and a Java to run them."""

    def is_here(self) -> bool:
        return SystemProgram("java").is_here() and any(JARS.glob("hadoop-streaming-*.jar"))

    def install(self) -> None:
        if not in_toolchain("ensure java && . scripts/lib/hadoop.sh && fetch_hadoop"):
            raise Failed("Hadoop's jars were not fetched", "the lines above say why")


TOOLS = {
    "polars": Package("polars", "2.1.0"),
    "duckdb": Package("duckdb", "2.0.0"),
    # It asks setuptools for the names of its own files.
    "mrjob": Package("mrjob", "0.7.4", also=("setuptools==80.9.0",)),
    "mawk": SystemProgram("mawk"),
    "hadoop": Hadoop(),
}


def missing(names: set[str]) -> list[str]:
    return sorted(name for name in names if not TOOLS[name].is_here())


def install(names: set[str]) -> None:
    for name in missing(names):
        progress(f"installing {name}")
        TOOLS[name].install()


def version(name: str) -> str:
    """The version of a tool, where it is pinned."""
    return getattr(TOOLS[name], "version", "")


def in_toolchain(commands: str) -> bool:
    """Runs commands of bash among the functions of scripts/lib/toolchain.sh."""
    return succeeds(["bash", "-euo", "pipefail", "-c", f". scripts/lib/toolchain.sh && {commands}"])


def succeeds(command: list[str]) -> bool:
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode == 0


# ---- what is built here -------------------------------------------------------------------------------


def build_ours() -> Path:
    """Builds the programs that are measured; their folder."""
    progress("building howdah and its jobs")
    bins = [word for name in ("howdah", "word-count", "join", "pagerank") for word in ("--bin", name)]
    cargo(["build", "--release", "--quiet", *bins])
    return Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")).resolve() / "release"


def build_by_hand() -> None:
    """Builds the programs that are written by hand for one task each."""
    progress("building the programs written by hand")
    manifest = REPOSITORY / "bench/programs/Cargo.toml"
    cargo(
        [
            "build",
            "--release",
            "--quiet",
            "--locked",
            f"--manifest-path={manifest}",
            f"--target-dir={FOLDER / 'programs'}",
        ]
    )


def cargo(arguments: list[str]) -> None:
    try:
        if not succeeds(["cargo", *arguments]):
            raise Failed("the programs to measure do not build", "the lines above say why")
    except FileNotFoundError:
        raise Failed("there is no cargo", "scripts/quickstart gets a toolchain") from None
