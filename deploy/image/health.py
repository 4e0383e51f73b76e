"""Whether the container lives; the engine asks every half minute. Exit code 0: it does.

The web server is asked for `/livez`, which asks no store: a database that restarts must not have
every container replaced. (Whether it can serve is `/readyz`, the load balancer's question.) Worker
and beat have no port: they touch a file while their loop turns.
"""

import http.client
import os
import sys
import time
from pathlib import Path

from deploy.image.entry import ALIVE

OLD = 60.0  # seconds; it is touched every ten to fifteen


def main() -> int:
    file = Path(os.environ.get("ALIVE_FILE", ALIVE))
    trouble = loop(file) if file.exists() else page()
    if trouble:
        print(trouble)
    return 1 if trouble else 0


def loop(file: Path) -> str:
    """What is wrong with a worker or beat; empty: nothing."""
    age = time.time() - file.stat().st_mtime
    return f"its loop has not turned for {age:.0f} s" if age > OLD else ""


def page() -> str:
    """What is wrong with the web server; empty: nothing."""
    port = int(os.environ.get("PORT", "8000"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/livez")
        status = connection.getresponse().status
    except OSError as error:
        return f"no answer ({type(error).__name__})"
    finally:
        connection.close()
    # A name that the site does not go by is refused with 400, by a server that lives.
    return "" if status in (200, 400) else f"/livez answered {status}"


if __name__ == "__main__":
    sys.exit(main())
