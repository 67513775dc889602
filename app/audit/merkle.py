"""A Merkle tree over a growing list (RFC 6962 2.1): hashes only, no database.

The right edge of a tree of n leaves is the list of its perfect subtrees, one per bit of n. The peak
of leaf i is the root of the largest perfect subtree that ends with it; it is known once i is there
and never changes, so a tree of any size can be put together from a few peaks."""

from collections.abc import Callable, Iterator
from hashlib import sha256

SIZE = 32
EMPTY = sha256(b"").digest()
Peak = Callable[[int], bytes]


def leaf_hash(content: bytes) -> bytes:
    return sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def level(end: int) -> int:
    """log2 of the largest perfect subtree that ends before leaf `end`."""
    return (end & -end).bit_length() - 1


def append(edge: list[bytes], size: int, leaf: bytes) -> list[bytes]:
    """The edge after one more leaf; its last hash is the new leaf's peak."""
    grown, hash = list(edge), leaf
    for _ in range(level(size + 1)):
        hash = node_hash(grown.pop(), hash)
    return [*grown, hash]


def root(edge: list[bytes]) -> bytes:
    """The root of the tree that has this right edge."""
    if not edge:
        return EMPTY
    *rest, hash = edge
    for left in reversed(rest):
        hash = node_hash(left, hash)
    return hash


def ends(size: int) -> Iterator[int]:
    """Where the perfect subtrees of a tree end, from left to right: 6 leaves end at 4 and 6."""
    end = 0
    for bit in range(size.bit_length() - 1, -1, -1):
        if size >> bit & 1:
            end += 1 << bit
            yield end


def split(size: int) -> int:
    """The largest power of two smaller than the size: where RFC 6962 divides a tree."""
    return 1 << (size - 1).bit_length() - 1


def subtree(start: int, size: int, peak: Peak, leaf: Peak) -> bytes:
    """The root over `size` leaves from `start` on (aligned as the tree's own nodes are)."""
    if size == 1:
        return leaf(start)
    if size == 1 << level(start + size):
        return peak(start + size - 1)
    left = split(size)
    return node_hash(
        subtree(start, left, peak, leaf), subtree(start + left, size - left, peak, leaf)
    )


def path(number: int, size: int, peak: Peak, leaf: Peak) -> list[bytes]:
    """The inclusion proof of one leaf, from the bottom up (RFC 6962 2.1.1)."""
    start, found = 0, []
    while size > 1:
        left = split(size)
        if number < start + left:
            found.append(subtree(start + left, size - left, peak, leaf))
            size = left
        else:
            found.append(subtree(start, left, peak, leaf))
            start, size = start + left, size - left
    return found[::-1]


def root_of_path(number: int, size: int, leaf: bytes, steps: list[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to; None when it has the wrong length (RFC 9162)."""
    last, hash, left_over = size - 1, leaf, list(steps)
    while last:
        if not left_over:
            return None
        if number & 1:
            hash = node_hash(left_over.pop(0), hash)
        elif number < last:
            hash = node_hash(hash, left_over.pop(0))
        number, last = number >> 1, last >> 1
    return None if left_over else hash
