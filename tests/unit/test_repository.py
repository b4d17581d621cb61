"""What no file of this repository may hold, and what its README must."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from pipeline.commands.settings import documented

ROOT = Path(__file__).parents[2]
# Assembled, so that this file does not hold them either.
REGISTRIES = re.compile(
    "|".join(
        map(
            re.escape,
            (
                "files.python" + "hosted",
                "pypi." + "org",
                "registry." + "npmjs",
                "repo1." + "maven",
                "repo.maven." + "apache",
                "index" + "-url =",
            ),
        )
    )
)
SECRETS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|AKIA[0-9A-Z]{16}|xox[bp]-[0-9]{6}|gh[pousr]_[A-Za-z0-9]{36}")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout, so what belongs to the repository is not known")
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("unwanted", [REGISTRIES, SECRETS], ids=["address of a package registry", "secret"])
def test_no_file_holds_it(unwanted: re.Pattern[str]) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line[:120]}"
        for path in tracked()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if unwanted.search(line)
    ]
    assert found == []


def test_the_readme_has_every_setting_as_it_is() -> None:
    readme = (ROOT / "README.md").read_text().splitlines()
    assert [row for row in readme if row.startswith("| `CASCADES_")] == documented()


def test_make_and_the_readme_agree_on_the_targets() -> None:
    readme, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", readme)) <= targets
    assert {"demo", "test"} <= set(re.findall(r"make ([a-z]+)", readme))


def test_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)", (ROOT / "README.md").read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
