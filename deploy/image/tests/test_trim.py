"""What is taken out of the packages."""

from __future__ import annotations

import json
import re
from pathlib import Path

from deploy.image import trim
from deploy.local.service import CHECKOUT

APPS = ("accounts", "booking", "clinic", "documents", "notifications")
ASKED = re.compile(r"""\b(?:client|resource)\(\s*["']([a-z0-9-]+)["']""")


def test_the_services_of_aws_that_the_code_asks_for_stay() -> None:
    sources = [path for app in APPS for path in (CHECKOUT / app).rglob("*.py")]
    asked = {
        name
        for path in sources
        if "tests" not in path.parts
        for name in ASKED.findall(path.read_text())
    }

    assert {"sns", "sqs"} <= asked  # it finds any
    assert asked <= set(trim.SERVICES)


def test_no_part_that_is_taken_out_is_imported_by_us() -> None:
    gone = r"^\s*(?:from|import) (?:babel|phonenumbers\.(?:geodata|carrier|timezone|geocoder)"
    gone += r"|lxml\.(?:html|objectify)|django\.contrib\.gis|allauth\.socialaccount\.providers)\b"
    sources = [path for app in APPS for path in (CHECKOUT / app).rglob("*.py")]
    found = [
        path
        for path in sources
        if "tests" not in path.parts and re.search(gone, path.read_text(), re.M)
    ]

    assert found == []


def test_a_languages_region_stays_with_it_and_others_go(tmp_path: Path) -> None:
    for language in ("en", "es", "es_MX", "de"):
        (tmp_path / "django" / "locale" / language / "LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "django" / "locale" / "es" / "LC_MESSAGES" / "django.po").touch()

    for path in list(trim.translations(tmp_path, {"en", "es"})):
        trim._remove(path)

    left = sorted(path.name for path in (tmp_path / "django" / "locale").iterdir())
    assert left == ["en", "es", "es_MX"]
    assert not list(tmp_path.rglob("*.po"))


def test_a_static_file_stays_under_the_name_that_pages_use(tmp_path: Path) -> None:
    for name in ("a.css", "a.css.gz", "a.12ab.css", "a.12ab.css.gz", "b.txt", "a.js.map"):
        (tmp_path / name).write_text("x")
    paths = {"a.css": "a.12ab.css", "b.txt": "b.txt"}
    (tmp_path / "staticfiles.json").write_text(json.dumps({"paths": paths}))

    assert trim.trim_static(tmp_path) == 3

    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["a.12ab.css", "a.12ab.css.gz", "b.txt", "staticfiles.json"]
