"""Which addresses a public server can have, by the registries of IANA."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network

GIVEN_OUT = IPv6Network("2000::/3")  # all that IANA has assigned to global unicast
NO_SERVERS = tuple(  # global by the registries, but tunnels, relays, anycast and documentation
    ip_network(spelled)
    for spelled in (
        *(
            "192.0.0.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.175.48.0/24",
        ),
        *("2001::/23", "2002::/16", "2620:4f:8000::/48", "3ffe::/16", "3fff::/20"),
    )
)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Where a public server can live. IPv6 spellings of IPv4 are no such place (RFC 4291, 6052, 3056,
    4380), but for the mapped one, which is IPv4 itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if address not in GIVEN_OUT:
            return False
    is_server = not any(address in network for network in NO_SERVERS)
    return is_server and address.is_global and not address.is_multicast
