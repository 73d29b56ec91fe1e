"""Reading the readmes and the pages of the handbook, so that tests can check them."""

from pathlib import Path
import re
from typing import Any, Final

from homeassistant.util.json import load_json_object
from homeassistant.util.yaml import parse_yaml

REPOSITORY: Final = Path(__file__).parents[1]
COMPONENT: Final = REPOSITORY / "custom_components" / "pbx"
READMES: Final = ("README.md", "README.fa.md")


def in_both_languages(name: str) -> tuple[str, str]:
    """Return the two pages of the handbook of a name."""
    return f"docs/{name}.md", f"docs/{name}.fa.md"


def text_of(page: str) -> str:
    """Return a page as it is."""
    return (REPOSITORY / page).read_text(encoding="utf-8")


def texts_of(page: str) -> Any:
    """Return what Home Assistant shows in the language of a page."""
    language = "fa" if page.endswith(".fa.md") else "en"
    return load_json_object(COMPONENT / "translations" / f"{language}.json")


def tables_in(text: str) -> list[list[list[str]]]:
    """Return the cells of each row of each table, its head left out."""
    unmarked = re.sub(r"</?bdi[^>]*>", "", text)
    tables = re.findall(r"^ *\| --- .*\n((?: *\| .*\n)+)", unmarked, re.MULTILINE)
    return [
        [line.strip().strip("|").strip().split(" | ") for line in table.splitlines()]
        for table in tables
    ]


def columns_of(page: str, which: int = 0) -> list[list[str]]:
    """Return one column of each table that has so many, the first unless said."""
    return [
        [row[which] for row in table]
        for table in tables_in(text_of(page))
        if len(table[0]) > which
    ]


def names_in(column: list[str]) -> set[str]:
    """Return what the cells of a column name as code."""
    return {name for cell in column for name in re.findall(r"`([^`]+)`", cell)}


def tables_of_names(page: str) -> list[set[str]]:
    """Return for each table what its first column names as code."""
    return [names_in(column) for column in columns_of(page)]


def section_of(page: str, heading: str) -> str:
    """Return what stands under a heading of the second level."""
    (section,) = re.findall(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)",
        text_of(page),
        re.MULTILINE | re.DOTALL,
    )
    return str(section)


def blocks_of(page: str) -> list[Any]:
    """Return what the blocks of YAML say, in their order."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL)
    return [parse_yaml(block) for block in blocks]


def automations_of(page: str) -> list[Any]:
    """Return the automations that can be pasted, in their order."""
    return [block for block in blocks_of(page) if "triggers" in block]


def addresses_in(page: str) -> set[str]:
    """Return the addresses of the headings: GitHub's own, and those put before them."""
    text = text_of(page)
    addresses = {
        re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    return addresses | set(
        re.findall(r'^<a id="(.+)"></a>\n\n#', text, re.MULTILINE),
    )


def lost_links(page: str) -> list[str]:
    """Return the links of a page that lead to no file or heading of the repository."""
    links = re.findall(r"\]\((?!https:)([^)]+)\)", text_of(page))
    assert links
    lost = []
    for link in links:
        path, _, address = link.partition("#")
        target = (REPOSITORY / page).parent / path if path else REPOSITORY / page
        if not target.is_file() or (
            address
            and address
            not in addresses_in(target.resolve().relative_to(REPOSITORY).as_posix())
        ):
            lost.append(link)
    return lost


def parts_of(page: str) -> dict[str, Any]:
    """Return of what a page consists; two languages of it consist of the same."""
    text = text_of(page)
    return {
        "headings": re.findall(r"^(#+) ", text, re.MULTILINE),
        "tables": [[len(row) for row in table] for table in tables_in(text)],
        "blocks": len(re.findall(r"^```", text, re.MULTILINE)),
        "points": len(re.findall(r"^ *- ", text, re.MULTILINE)),
        "pictures": len(re.findall(r"^\[?!\[", text, re.MULTILINE)),
        "links": len(re.findall(r"\]\(", text)),
    }
