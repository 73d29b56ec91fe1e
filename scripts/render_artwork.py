"""Render the artwork into the pictures that Home Assistant shows for the integration.

The drawings are `docs/artwork/icon.svg` and `logo.svg`. Those for dark backgrounds are
the same in other colours and are written beside them.
"""

from pathlib import Path
import subprocess
import sys
import tempfile

from .chromium import FLAGS, find_chromium

ROOT = Path(__file__).resolve().parents[1]
ARTWORK = ROOT / "docs" / "artwork"
BRAND = ROOT / "custom_components" / "pbx" / "brand"
ON_DARK = {"#0b7285": "#1098ad", "#0b3c49": "#ffffff"}
# Width and height of each drawing at its normal size; `@2x` doubles them.
SIZES = {"icon": (256, 256), "logo": (725, 256)}
_PAGE = """\
<!DOCTYPE html>
<style>html, body {{ margin: 0; }} img {{ display: block; }}</style>
<img src="{drawing}" width="{width}" height="{height}">
"""


def main() -> int:
    """Render everything and say what was written."""
    chromium = find_chromium()
    BRAND.mkdir(exist_ok=True)
    for name, (width, height) in SIZES.items():
        drawing = ARTWORK / f"{name}.svg"
        dark = ARTWORK / f"dark_{name}.svg"
        dark.write_text(_for_dark(drawing.read_text(encoding="utf-8")), "utf-8")
        for source in (drawing, dark):
            for suffix, scale in (("", 1), ("@2x", 2)):
                target = BRAND / f"{source.stem}{suffix}.png"
                _render(chromium, source, target, width * scale, height * scale)
                print(f"{target.relative_to(ROOT)} {width * scale} x {height * scale}")
    return 0


def _for_dark(drawing: str) -> str:
    for light, dark in ON_DARK.items():
        drawing = drawing.replace(light, dark)
    return drawing


def _render(
    chromium: Path, drawing: Path, target: Path, width: int, height: int
) -> None:
    """Take a picture of a page that holds nothing but the drawing."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "page.html")
        page.write_text(
            _PAGE.format(drawing=drawing.as_uri(), width=width, height=height),
            encoding="utf-8",
        )
        subprocess.run(
            [
                chromium,
                *FLAGS,
                f"--user-data-dir={folder}/profile",
                "--default-background-color=00000000",
                "--force-device-scale-factor=1",
                f"--window-size={width},{height}",
                f"--screenshot={target}",
                page.as_uri(),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )


if __name__ == "__main__":
    sys.exit(main())
