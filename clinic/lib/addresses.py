"""Network addresses, as limits count by them."""

import ipaddress


def network_of(address: str) -> str:
    """One customer's network: an IPv4 address, or the /64 that somebody has to himself in IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
