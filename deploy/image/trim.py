"""Takes out of the installed packages what this application never opens.

    python -m deploy.image.trim SITE_PACKAGES --languages en,es

Run while the image is built, on files that pip has just put there; what the records of the packages
say of them is left. Of 300 MB it is more than a third. Each row says why nothing misses it.
"""

from __future__ import annotations

import argparse
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
    """The packages' own tests. `django/test` is no test."""
    for name in ("tests", "testing"):
        for folder in site.rglob(name):
            if folder.is_dir() and (folder / "__init__.py").exists() and name == "tests":
                yield folder


def collected(site: Path, languages: set[str]) -> Iterator[Path]:
    """Static files that `collectstatic` has copied; they are served from the copy."""
    for package in ("django/contrib/admin", "drf_spectacular_sidecar", "rest_framework", "unfold"):
        yield site / package / "static"


ROWS: tuple[Callable[[Path, set[str]], Iterator[Path]], ...] = (
    geography,
    services,
    translator,
    translations,
    tests,
    collected,
)


def trim(site: Path, languages: set[str]) -> dict[str, int]:
    """Remove all that the rows name. Returns the bytes that each has saved."""
    return {row.__name__: sum(map(_remove, list(row(site, languages)))) for row in ROWS}


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
    parser.add_argument("--languages", required=True)
    given = parser.parse_args()
    for row, saved in trim(given.site, set(given.languages.split(","))).items():
        print(f"{saved / 1e6:6.1f} MB  {row}")


if __name__ == "__main__":
    main()
