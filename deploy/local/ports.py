"""Free ports on the loopback address, below the range from which systems take ephemeral ones."""

import random
import socket

HOST = "127.0.0.1"
# SeaweedFS puts each gRPC port 10,000 above its HTTP port: both must stay below 32,768.
COMPANION_OFFSET = 10_000
LOWEST, HIGHEST = 11_000, 22_000


def is_free(port: int) -> bool:
    """Whether nobody listens there (a connection in TIME_WAIT does not count)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def choose(avoid: set[int]) -> int:
    """A random port that is free, and its companion too."""
    while True:
        port = random.randint(LOWEST, HIGHEST)
        if port not in avoid and is_free(port) and is_free(port + COMPANION_OFFSET):
            return port
