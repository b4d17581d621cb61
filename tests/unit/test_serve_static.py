"""The static page: complete, its own, and never parsing text as HTML."""

from __future__ import annotations

import re

import pytest

from pipeline.serve.app import STATIC

FILES = sorted(path for path in STATIC.iterdir() if path.suffix in {".js", ".css", ".html"})
SCRIPTS = [path for path in FILES if path.suffix == ".js"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_is_loaded_from_elsewhere(path):
    foreign = re.findall(r"""(?:src|href|url|from|import)\s*[=(:]?\s*["'(]?\s*(https?:)?//\w""", path.read_text())
    assert not foreign


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_text_is_parsed_as_html_or_run(path):
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\(.on",
        path.read_text(),
    )


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_import_is_there_and_exported(path):
    for names, module in re.findall(r'import \{([^}]*)\} from "\./([\w-]+\.js)"', path.read_text()):
        source = (STATIC / module).read_text()
        for name in filter(None, (name.strip() for name in names.split(","))):
            assert re.search(rf"export (?:const|class) {name}\b", source), f"{module} has no {name}"
            assert len(re.findall(rf"\b{name}\b", path.read_text())) > 1, f"{name} is not used"


def test_every_explained_figure_has_an_explanation():
    known = set(re.findall(r"^  (\w+): \[", (STATIC / "help.js").read_text(), re.MULTILINE))
    used = {
        key
        for path in SCRIPTS
        for key in re.findall(r'\b(?:term|figure|counter|tile\("[^"]*", )\(?"(\w+)"', path.read_text())
    }
    assert used <= known


def test_no_style_or_script_stands_in_the_page_itself():
    page = (STATIC / "index.html").read_text()
    assert not re.search(r"<style|style=|\son\w+=", page)
    assert re.findall(r"<script[^>]*>", page) == ['<script type="module" src="main.js">']
