"""Takes out of the installed packages what this application never opens.

    python -m deploy.image.trim SITE_PACKAGES STATICFILES --languages en,es

Run while the image is built, on files that pip has just put there; what the records of the packages
say of them is left. Of 300 MB it is more than a third. Each row says why nothing misses it.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

# The services that boto3 is asked for (`deploy/image/tests/test_trim.py` looks in the code); sts is
# how a task's role is taken on, the others come with s3.
SERVICES = ("s3", "ses", "sesv2", "sns", "sqs", "sts", "secretsmanager", "sso", "sso-oidc")


def geography(site: Path, languages: set[str]) -> Iterator[Path]:
    """Which town, network or time zone a number belongs to: nobody asks."""
    for name in ("geodata", "carrierdata", "tzdata"):
        yield site / "phonenumbers" / name


def services(site: Path, languages: set[str]) -> Iterator[Path]:
    """The descriptions of four hundred services of AWS."""
    for path in (site / "botocore" / "data").iterdir():
        if path.is_dir() and path.name not in SERVICES:
            yield path


def translator(site: Path, languages: set[str]) -> Iterator[Path]:
    """Babel has compiled the translations by now, and does nothing else."""
    yield site / "babel"
    yield from site.glob("babel-*.dist-info")


def translations(site: Path, languages: set[str]) -> Iterator[Path]:
    """Languages that the site has no pages in, and the source of those that it has."""
    for folder in site.rglob("locale"):
        if not folder.is_dir():
            continue
        for language in folder.iterdir():
            # Regions stay ("es_MX"): Django falls back from one to the language, and looks there.
            if (language / "LC_MESSAGES").is_dir() and language.name[:2] not in languages:
                yield language
    yield from site.rglob("*.po")
    yield from site.rglob("*.pot")


def tests(site: Path, languages: set[str]) -> Iterator[Path]:
    """The packages' own tests."""
    yield from (path for path in site.rglob("tests") if (path / "__init__.py").exists())


def collected(site: Path, languages: set[str]) -> Iterator[Path]:
    """Static files that `collectstatic` has copied; they are served from the copy. A package of
    Python may be called so too."""
    folders = (path for path in site.rglob("static") if path.is_dir())
    yield from (path for path in folders if not (path / "__init__.py").exists())


def compilers(site: Path, languages: set[str]) -> Iterator[Path]:
    """What only compilers and type checkers read."""
    for ending in ("pyi", "pyx", "pxd", "pxi", "h", "c", "cpp"):
        yield from site.rglob(f"*.{ending}")


def features(site: Path, languages: set[str]) -> Iterator[Path]:
    """Parts that are loaded only by those who ask for them: pictures as AVIF, which we refuse;
    XML as objects and as pages, where pikepdf wants plain trees; maps; sign-in by other sites."""
    yield from site.glob("PIL/_avif*")
    yield from site.glob("pillow.libs/libavif*")
    yield from site.glob("lxml/objectify*")
    unused = ("lxml/html", "lxml/isoschematron", "lxml/includes", "django/contrib/gis")
    for name in unused:
        yield site / name
    for provider in (site / "allauth" / "socialaccount" / "providers").iterdir():
        if provider.is_dir() and provider.name != "base":
            yield provider


ROWS: tuple[Callable[[Path, set[str]], Iterator[Path]], ...] = (
    geography,
    services,
    translator,
    translations,
    tests,
    collected,
    compilers,
    features,
)


def trim(site: Path, languages: set[str]) -> dict[str, int]:
    """Remove all that the rows name. Returns the bytes that each has saved."""
    return {row.__name__: sum(map(_remove, list(row(site, languages)))) for row in ROWS}


def trim_static(files: Path) -> int:
    """Maps of compressed scripts, for debuggers; browsers of the API and copies of htmx that no
    page of ours shows; and each file's first name, for every page uses the one with the digest in
    it. After collecting: while it gives names, all must be there. Returns the bytes saved."""
    unused = [*files.rglob("*.map"), *files.rglob("*.map.gz"), *files.glob("*/redoc")]
    unused += [files / "rest_framework", files / "django_htmx"]
    for first, last in json.loads((files / "staticfiles.json").read_text())["paths"].items():
        if first != last:
            unused += [files / first, files / f"{first}.gz"]
    return sum(map(_remove, unused))


def without_prompt(site: Path) -> int:
    """Celery's `amqp shell` edits lines by a library of 5 MB, which every other command of it
    loads too, for nothing. In its place stands the one name that is asked for. Returns the bytes
    saved."""
    saved = sum(_remove(site / name) for name in ("prompt_toolkit", "wcwidth", "click_repl"))
    (site / "click_repl.py").write_text("def register_repl(group):\n    pass\n")
    return saved


def size(path: Path) -> int:
    """Bytes of a file, or of all files below."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if not file.is_dir() or file.is_symlink())


def _remove(path: Path) -> int:
    if not path.exists():
        return 0  # went with its folder
    saved = size(path)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    return saved


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("site", type=Path)
    parser.add_argument("static", type=Path)
    parser.add_argument("--languages", required=True)
    given = parser.parse_args()
    saved = trim(given.site, set(given.languages.split(",")))
    saved["prompt"] = without_prompt(given.site)
    saved["static"] = trim_static(given.static)
    for row, count in saved.items():
        print(f"{count / 1e6:6.1f} MB  {row}")


if __name__ == "__main__":
    main()
