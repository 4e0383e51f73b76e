"""Compiles what the image's processes load, and no more: less than half of what is installed.

    python -m deploy.image.precompile

Nothing can be written where it runs, so what is not compiled here is compiled anew by every
process; and Python's own library comes to the official image without bytecode. Whether a source is
newer is never looked at again. That everything is imported here also shows that `trim` took out
nothing that is needed to start.
"""

import compileall
import importlib
import os
import py_compile
import sys
import sysconfig
from pathlib import Path

UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH
APP = Path(__file__).resolve().parents[2]

# What the programs find by a name at run time, beside all that our own modules import.
BY_NAME = (
    "clinic.lib.tracing.beginning",
    "gunicorn.app.wsgiapp",
    "gunicorn.workers.gthread",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.bin.celery",
    "celery.concurrency.prefork",
    "kombu.asynchronous.aws.sqs.connection",
    "kombu.transport.SQS",
    "kombu.transport.redis",
    "whitenoise.middleware",
    "pikepdf",
    "pypdfium2",
)


def load() -> None:
    """Everything that web, worker and beat import when they start."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "clinic.settings"
    import django

    django.setup()
    from django.core.handlers.wsgi import WSGIHandler
    from django.urls import get_resolver

    WSGIHandler()  # its middleware
    assert get_resolver().url_patterns  # its pages
    for name in BY_NAME:
        importlib.import_module(name)


def sources(below: Path) -> list[Path]:
    """The source files of all modules that are loaded and lie there."""
    files = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
    return sorted(
        Path(file) for file in files if file.endswith(".py") and below in Path(file).parents
    )


def main() -> None:
    load()
    found = sources(Path(sys.prefix)) + sources(Path(sysconfig.get_path("stdlib")))
    for path in found:
        py_compile.compile(str(path), doraise=True, invalidation_mode=UNCHECKED)
    done = compileall.compile_dir(APP, quiet=1, workers=0, invalidation_mode=UNCHECKED)
    print(f"compiled {len(found)} modules of packages and of Python, and our own")
    sys.exit(not done)


if __name__ == "__main__":
    main()
