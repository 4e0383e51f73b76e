"""What a large file costs: measured in a process of its own, at its highest."""

from __future__ import annotations

import json
import subprocess
import sys

MEGABYTE = 1024 * 1024
MEASURED = """
import json, resource, tempfile, tracemalloc
from pathlib import Path
import django
django.setup()
from documents import storage

def chunks(megabytes):
    for number in range(megabytes * 16):
        yield bytes([number % 251]) * 65536

def highest():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

def there_and_back(source):
    stored = storage.put_stream(storage.new_key("uploads/"), source, "application/pdf")
    with tempfile.TemporaryDirectory() as folder:
        storage.download_to(stored.key, stored.version, Path(folder) / "file")
    return stored.size

there_and_back(chunks(1))
resident = highest()
tracemalloc.start()
size = there_and_back(chunks(25))
python = tracemalloc.get_traced_memory()[1]
resident = highest() - resident
tracemalloc.reset_peak()
storage.put_bytes(storage.new_key("uploads/"), b"".join(chunks(25)), "application/pdf")
whole = tracemalloc.get_traced_memory()[1]
print(json.dumps({"size": size, "python": python, "resident": resident, "whole": whole}))
"""


def test_25_megabytes_there_and_back_cost_under_10() -> None:
    run = subprocess.run(
        [sys.executable, "-c", MEASURED], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    cost = json.loads(run.stdout.splitlines()[-1])

    assert cost["size"] == 25 * MEGABYTE
    assert cost["python"] < 10 * MEGABYTE
    assert cost["resident"] < 10 * MEGABYTE
    assert cost["whole"] > 25 * MEGABYTE, "measured in the same way, so the bound means something"
