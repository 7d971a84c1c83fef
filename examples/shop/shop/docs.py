"""The API's description: openapi.json, and a page made of it that needs nothing from outside."""

import json
from html import escape
from pathlib import Path
from string import Template
from typing import Any

_DESCRIPTION = Path(__file__).with_name("openapi.json")

_PAGE = Template(
    """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>$title $version</title>
<style>
  body { font: 16px/1.5 system-ui; max-width: 48rem; margin: 2rem auto; padding: 0 1rem }
  code { background: #8882; border-radius: 4px; padding: .1rem .3rem }
  dd { margin: 0 0 1rem 1.5rem }
</style>
<h1>$title <small>$version</small></h1>
<p>$description</p>
<dl>
$operations
</dl>
<p>For machines: <a href="/openapi.json">openapi.json</a></p>
</html>
"""
)


def openapi(version: str) -> dict[str, Any]:
    """The OpenAPI 3 description of this version."""
    description: dict[str, Any] = json.loads(_DESCRIPTION.read_text())
    description["info"]["version"] = version
    return description


def page(description: dict[str, Any]) -> str:
    """An HTML page with a line for every operation."""
    operations = (
        f"<dt><code>{method.upper()} {escape(path)}</code></dt>"
        f"<dd>{escape(operation['summary'])} <em>{', '.join(operation['responses'])}</em></dd>"
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    )
    info = {name: escape(text) for name, text in description["info"].items()}
    return _PAGE.substitute(info, operations="\n".join(operations))
