"""Where a request comes from, as coarse as we ever keep it: a kind of device and a network."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from flask import request


@dataclass(frozen=True)
class Visit:
    device: str
    network: str


def present() -> Visit:
    return Visit(describe_agent(request.user_agent.string), coarse(request.remote_addr or ""))


def describe_agent(agent: str) -> str:
    """'Firefox on Linux' from a User-Agent header (RFC 9110 10.1.5); never the header itself."""
    browsers = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"))
    systems = (
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    )
    browser = next((word for sign, word in browsers if sign in agent), None)
    browser = browser or ("Safari" if "Safari" in agent else "Unknown browser")
    system = next((word for sign, word in systems if sign in agent), "unknown system")
    return f"{browser} on {system}"


def coarse(address: str) -> str:
    """The network an address belongs to: /24 for IPv4, /48 for IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))
