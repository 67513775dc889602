"""Files that claim to be pictures. All of them are made here, by code; none is copied from anywhere."""

import io
import random
import struct
import zlib
from collections.abc import Iterator

from PIL import Image
from PIL.PngImagePlugin import PngInfo

CANARY = b"canary-52.5200N-13.4050E"
SCRIPT = b"<script>alert('" + CANARY + b"')</script>"
KINDS = ("JPEG", "PNG", "WEBP", "GIF")
Corpus = dict[str, bytes]


def encode(kind: str, size: tuple[int, int] = (60, 40), mode: str = "RGB", **more: object) -> bytes:
    out = io.BytesIO()
    picture = Image.linear_gradient("L").resize(size).convert(mode)
    picture.save(out, kind, **more)
    return out.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    sum = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + sum


def png(
    width: int, height: int, data: bytes, *more: bytes, depth: int = 8, color: int = 2
) -> bytes:
    head = struct.pack(">IIBBBBB", width & 0xFFFFFFFF, height & 0xFFFFFFFF, depth, color, 0, 0, 0)
    middle = b"".join(more)
    end = chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + middle + end


def corpus() -> Corpus:
    """Every hostile file by name; always the same."""
    made: Corpus = {}
    for part in (
        strangers,
        renamed,
        polyglots,
        truncated,
        absurd_sizes,
        bombs,
        told,
        broken_chunks,
    ):
        made |= part()
    return made


def strangers() -> Corpus:
    """No pictures at all."""
    svg = '<svg xmlns="http://www.w3.org/2000/svg"{}>{}</svg>'
    drawn = {
        "script": svg.format("", SCRIPT.decode()), "onload": svg.format(' onload="alert(1)"', ""),
        "foreign": svg.format("", f"<foreignObject>{SCRIPT.decode()}</foreignObject>"),
        "use": svg.format("", '<use href="http://127.0.0.1/#x"/>'),
        "image": svg.format("", '<image href="file:///etc/passwd"/>'),
        "style": svg.format("", "<style>@import 'http://127.0.0.1/'</style>"),
        "entity": '<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + svg.format("", "&x;"),
        "laughs": _laughs(svg), "bom": "\ufeff" + svg.format("", SCRIPT.decode()),
        "xml": '<?xml version="1.0"?>' + svg.format("", SCRIPT.decode()),
        "gz": zlib.compress(svg.format("", SCRIPT.decode()).encode()).decode("latin-1"),
    }  # fmt: skip
    made = {f"svg {name}": text.encode("utf-8") for name, text in drawn.items()}
    texts = {
        "html": b"<!doctype html>" + SCRIPT, "html with spaces": b" \n\t\r " * 200 + SCRIPT,
        "php": b"<?php system('id');", "javascript": b"alert(1)//", "shell": b"#!/bin/sh\nid\n",
        "json": b'{"a": 1}', "xml": b"<?xml version='1.0'?><a/>", "css": b"@import 'http://127.0.0.1/';",
        "htaccess": b"AddType application/x-httpd-php .png", "nothing": b"", "one byte": b"\x89",
        "zeros": b"\x00" * 5000, "ones": b"\xff" * 5000, "spaces": b" " * 5000, "text": b"hello",
        "utf-16": SCRIPT.decode().encode("utf-16"), "utf-7": b"+ADw-script+AD4-alert(1)",
        "mhtml": b"MIME-Version: 1.0\n", "pdf": b"%PDF-1.7\n1 0 obj<</JS(app.alert(1))>>",
        "zip": b"PK\x03\x04" + b"\x00" * 200, "gzip": b"\x1f\x8b\x08" * 9,
        "tar": b"../../x".ljust(257, b"\x00") + b"ustar\x00", "7z": b"7z\xbc\xaf\x27\x1c" * 9,
        "rar": b"Rar!\x1a\x07\x00", "elf": b"\x7fELF" + b"\x02" * 200, "exe": b"MZ" + b"\x90" * 300,
        "mach-o": b"\xcf\xfa\xed\xfe" * 40, "java": b"\xca\xfe\xba\xbe" * 40,
        "wasm": b"\x00asm\x01\x00\x00\x00", "pickle": b"cos\nsystem\n(S'id'\ntR.",
        "sqlite": b"SQLite format 3\x00" * 9, "mp4": b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 99,
        "mp3": b"ID3\x03" * 40, "ogg": b"OggS\x00" * 40, "avi": b"RIFF\xff\xff\xff\xffAVI LIST",
        "wav": b"RIFF\xff\xff\xff\xffWAVEfmt ", "flash": b"FWS\x09" * 40, "font": b"\x00\x01\x00\x00" * 40,
        "woff": b"wOF2" * 40, "dos batch": b"@echo off\r\n",
        "fits": b"SIMPLE  =                    T".ljust(80) * 36, "fits bomb": _fits(),
        "psd": b"8BPS\x00\x01" + b"\x00" * 40, "psd bomb": _psd(300_000),
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(%pipe%id) (w) file\n",
        "ps": b"%!PS\n(x) run\n", "wmf": b"\xd7\xcd\xc6\x9a" + b"\x00" * 80,
        "emf": b"\x01\x00\x00\x00" + b"\x00" * 36 + b" EMF" + b"\x00" * 60,
        "heic": b"\x00\x00\x00\x18ftypheic" + b"\x00" * 99,
        "avif": b"\x00\x00\x00\x1cftypavif" + b"\x00" * 99, "jxl": b"\xff\x0a" * 99, "flif": b"FLIF" * 40,
        "exr": b"\x76\x2f\x31\x01" * 40, "hdf5": b"\x89HDF\r\n\x1a\n" * 20, "grib": b"GRIB" * 40,
        "bufr": b"BUFR" * 40, "mng": b"\x8aMNG\r\n\x1a\n" * 9, "jng": b"\x8bJNG\r\n\x1a\n" * 9,
        "xbm": b"#define x_width 9\n#define x_height 9\nstatic char x_bits[] = {0};",
        "xpm": b"/* XPM */\nstatic char*x[]={",
        "mvg": b"push graphic-context\nimage over 0,0 0,0 'https://127.0.0.1/'\n",
        "ani": b"RIFF\x00\x00\x00\x00ACON",
    }  # fmt: skip
    return made | {f"a {name} file": body for name, body in texts.items()}


def _laughs(svg: str) -> str:
    """Entities of entities of entities: 9 to the 9th of the word."""
    lines = [f"<!ENTITY a{n} '{f'&a{n - 1};' * 9}'>" for n in range(1, 10)]
    return "<!DOCTYPE s [<!ENTITY a0 'ha'>" + "".join(lines) + "]>" + svg.format("", "&a9;")


def _psd(side: int) -> bytes:
    return b"8BPS\x00\x01" + b"\x00" * 6 + struct.pack(">HIIHH", 3, side, side, 8, 3) + b"\x00" * 60


def _fits() -> bytes:
    said = {"SIMPLE": "T", "BITPIX": "-64", "NAXIS": "2", "NAXIS1": "300000", "NAXIS2": "300000"}
    cards = [f"{name:8}= {value:>20}" for name, value in said.items()]
    return "".join(card.ljust(80) for card in [*cards, "END"]).ljust(2880).encode() + b"\x00" * 2880


def renamed() -> Corpus:
    """Real pictures in every other format that the library writes."""
    Image.init()
    made = {}
    for kind in sorted(set(Image.SAVE) - {*KINDS, "PDF", "MPO"}):
        for mode in ("RGB", "L", "1"):
            try:
                made[f"a real {kind}"] = encode(kind, (32, 32), mode)
                break
            except (OSError, KeyError, ValueError):
                continue
    return made


def polyglots() -> Corpus:
    """Something else before, after or inside a real picture."""
    inside = {
        "html": SCRIPT, "php": b"<?php echo '" + CANARY + b"';",
        "zip": b"PK\x03\x04" + CANARY + b"PK\x05\x06" + b"\x00" * 18, "pdf": b"%PDF-1.7 " + CANARY,
        "svg": b"<svg onload=alert(1)>" + CANARY, "js": b"*/=1;alert('" + CANARY + b"')//",
    }  # fmt: skip
    made = {}
    for kind in KINDS:
        whole = encode(kind)
        for name, body in inside.items():
            made[f"{kind} and {name} after it"] = whole + body
            made[f"{kind} and {name} before it"] = body + whole
            made[f"{kind} and {name} in the middle"] = whole[:40] + body + whole[40:]
    made["GIF and JavaScript"] = b"GIF89a/*" + encode("GIF")[8:] + b"*/=1;alert('" + CANARY + b"')"
    made["BMP and JavaScript"] = b"BM=1;//" + encode("BMP")[7:]
    made["PNG within a JPEG"] = encode("JPEG")[:-2] + encode("PNG") + b"\xff\xd9"
    made["JPEG after JPEG"] = encode("JPEG") + encode("JPEG", comment=CANARY)
    return made


def truncated() -> Corpus:
    made = {}
    for kind in KINDS:
        whole = encode(kind, (300, 200))
        for tenths in range(1, 10):
            made[f"{tenths} tenths of a {kind}"] = whole[: len(whole) * tenths // 10]
        for end in (1, 2, 3, 8, 12):
            made[f"a {kind} without its last {end}"] = whole[:-end]
    return made


SIDES = [
    (65535, 65535), (65535, 1), (1, 65535), (0, 0), (0, 40), (60, 0), (1, 1), (6325, 6325), (40_000_000, 1),
]  # fmt: skip


def absurd_sizes() -> Corpus:
    """Small files whose heads speak of other sides than their pixels have."""
    made = {}
    gif, jpeg, webp = encode("GIF"), encode("JPEG"), encode("WEBP")
    little = zlib.compress(b"\x00" * 999)
    frame = jpeg.index(b"\xff\xc0") + 5
    for width, height in SIDES:
        name = f"{width}x{height}"
        for color in (0, 2, 3, 6):
            made[f"PNG of color {color} says {name}"] = png(width, height, little, color=color)
        small = struct.pack("<HH", width & 0xFFFF, height & 0xFFFF)
        large = struct.pack(">HH", height & 0xFFFF, width & 0xFFFF)
        made[f"GIF says {name}"] = gif[:6] + small + gif[10:]
        at = gif.index(b",", 10)
        made[f"GIF's frame says {name}"] = gif[: at + 5] + small + gif[at + 9 :]
        made[f"JPEG says {name}"] = jpeg[:frame] + large + jpeg[frame + 4 :]
        made[f"WebP says {name}"] = webp[:26] + small + webp[30:]
        made[f"WebP's canvas says {name}"] = _canvas(width, height)
    for side in (2**31 - 1, 2**31, 2**32 - 1):
        made[f"PNG says {side} squared"] = png(side, side, b"")
    return made


def _canvas(width: int, height: int) -> bytes:
    sides = (
        struct.pack("<I", (width - 1) & 0xFFFFFF)[:3]
        + struct.pack("<I", (height - 1) & 0xFFFFFF)[:3]
    )
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x10\x00\x00\x00" + sides + encode("WEBP")[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bombs() -> Corpus:
    """Little on the way, much when opened."""
    row = zlib.compressobj(9)
    black = b"".join(row.compress(b"\x00" * 3751) for _ in range(30_000)) + row.flush()
    frames = [Image.new("P", (500, 500), n % 250) for n in range(500)]
    gif, webp, apng = io.BytesIO(), io.BytesIO(), io.BytesIO()
    frames[0].save(gif, "GIF", save_all=True, append_images=frames[1:])
    frames[0].save(webp, "WEBP", save_all=True, append_images=frames[1:50])
    frames[0].save(apng, "PNG", save_all=True, append_images=frames[1:100])
    zeros = zlib.compress(b"\x00" * 100_000_000, 9)
    pixel = zlib.compress(b"\x00" * 4)
    return {
        "PNG of 30,000 x 30,000 bits": png(30_000, 30_000, black, depth=1, color=0),
        "PNG of 39 megapixels": encode("PNG", (6244, 6244), "1"),
        "PNG of 39 megapixels with alpha": encode("PNG", (6244, 6244), "LA"),
        "PNG whose pixels go on for ever": png(100, 100, zeros),
        "PNG with a text of 100 MB": png(1, 1, pixel, chunk(b"zTXt", b"a\x00\x00" + zeros)),
        "PNG with an iTXt of 100 MB": png(1, 1, pixel, chunk(b"iTXt", b"a\x00\x01\x00\x00\x00" + zeros)),
        "PNG with a profile of 100 MB": png(1, 1, pixel, chunk(b"iCCP", b"a\x00\x00" + zeros)),
        "PNG with 20,000 texts": png(1, 1, pixel, *[chunk(b"tEXt", b"a\x00" + CANARY)] * 20_000),
        "PNG with 50,000 empty parts": png(1, 1, pixel, *[chunk(b"abCd", b"")] * 50_000),
        "GIF of 500 frames": gif.getvalue(),
        "GIF of 20,000 comments": encode("GIF")[:-1] + (b"!\xfe\x05hello\x00" * 20_000) + b";",
        "WebP of 50 frames": webp.getvalue(), "animated PNG": apng.getvalue(),
        "JPEG of 39 megapixels": encode("JPEG", (6244, 6244), "L", quality=1),
        "JPEG of 16,000 scans": _scans(16_000),
        "JPEG of 100,000 comments": b"\xff\xd8" + b"\xff\xfe\x00\x04hi" * 100_000 + encode("JPEG")[2:],
        "JPEG of markers only": b"\xff\xd8" + b"\xff\xe1\x00\x02" * 200_000,
        "JPEG with filling": b"\xff\xd8" + b"\xff" * 2_000_000 + encode("JPEG")[2:],
        "20 MB of nothing": b"\x89PNG\r\n\x1a\n" + b"\x00" * (20 * 1024 * 1024 - 8),
        "more than 20 MB": encode("JPEG") + b"\x00" * 20 * 1024 * 1024,
    }  # fmt: skip


def _scans(count: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    whole = encode("JPEG", (2000, 2000), progressive=True)
    last = whole.rindex(b"\xff\xda")
    return (
        whole[:last] + whole[last:-2] * (count * 100 // max(100, len(whole) - last)) + b"\xff\xd9"
    )


def told() -> Corpus:
    """Sound pictures that tell where, when and by whom: they are taken, and what they tell is not."""
    exif = Image.Exif()
    exif[0x010E], exif[0x0112], exif[0x013B] = CANARY.decode(), 6, CANARY.decode()
    exif.get_ifd(0x8825)[1], exif.get_ifd(0x8825)[2] = "N", (52.0, 31.0, 12.0)
    exif.get_ifd(0x8769)[0x927C] = CANARY * 50
    text = PngInfo()
    text.add_text("Author", CANARY.decode())
    text.add_itxt("XML:com.adobe.xmp", f"<x:xmpmeta>{CANARY.decode()}</x:xmpmeta>")
    xmp, icc = b"<x:xmpmeta>" + CANARY + b"</x:xmpmeta>", CANARY.ljust(500, b"\x00")
    made = {
        "PNG with texts": encode("PNG", pnginfo=text),
        "GIF with a comment": encode("GIF", comment=CANARY),
    }
    made["JPEG with a comment"] = encode("JPEG", comment=CANARY)
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00" + CANARY
    made["JPEG with IPTC"] = b"\xff\xd8" + _segment(0xED, iptc) + encode("JPEG")[2:]
    for kind in ("JPEG", "PNG", "WEBP"):
        made[f"{kind} with EXIF and a place"] = encode(kind, exif=exif)
        made[f"{kind} with a profile"] = encode(kind, icc_profile=icc)
        made[f"{kind} with a profile of 2 MB"] = encode(kind, icc_profile=CANARY * 90_000)
    made["JPEG with XMP"] = encode("JPEG", xmp=xmp)
    made["WEBP with XMP"] = encode("WEBP", xmp=xmp)
    preview = encode("JPEG", comment=CANARY)
    made["JPEG with a preview"] = _exif(preview)
    for orientation in (0, 1, 8, 9, 65535):
        turned = Image.Exif()
        turned[0x0112] = orientation
        made[f"JPEG turned {orientation}"] = encode("JPEG", exif=turned)
    return made


def _exif(body: bytes) -> bytes:
    return b"\xff\xd8" + _segment(0xE1, b"Exif\x00\x00" + body) + encode("JPEG")[2:]


def _segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def broken_chunks() -> Corpus:
    """Heads, tables and parts that contradict each other."""
    vp8l = encode("WEBP", lossless=True)
    entry = b"\x0e\x01\x02\x00\xff\xff\xff\x7f\x08\x00\x00\x00"
    whole, pixel, palette = (
        encode("PNG"),
        zlib.compress(b"\x00\x05"),
        chunk(b"PLTE", b"\x01\x02\x03"),
    )
    made = {
        "PNG without an end": whole[:-12], "PNG without pixels": png(9, 9, b""),
        "PNG of rubbish": png(9, 9, b"rubbish"), "PNG without palette": png(1, 1, pixel, color=3),
        "PNG beyond its palette": png(1, 1, pixel, palette, color=3),
        "PNG with two heads": whole[:33] * 2 + whole[33:], "PNG with no head": whole[:8] + whole[33:],
        "PNG with a negative part": whole[:33] + b"\xff\xff\xff\xff" + whole[37:],
        "PNG with a wrong sum": whole[:-30] + b"\x00" * 8 + whole[-22:],
        "PNG of 3 bits": png(9, 9, pixel, depth=3), "PNG of color 7": png(9, 9, pixel, color=7),
        "PNG with odd transparency": png(1, 1, pixel, chunk(b"tRNS", b"\x00" * 99)),
        "PNG with an odd frame": png(1, 1, pixel, chunk(b"acTL", b"\xff" * 8), chunk(b"fcTL", b"\xff" * 26)),
        "GIF with odd codes": _patched("GIF", b",", 10, b"\x0d"),
        "GIF without a palette": encode("GIF")[:10] + b"\x00\x00\x00" * 2,
        "GIF of frames beyond": _patched("GIF", b",", 1, b"\xff\xff\xff\xff"),
        "GIF with no frame": encode("GIF")[:13] + b";",
        "JPEG without tables": b"\xff\xd8" + encode("JPEG")[encode("JPEG").index(b"\xff\xc0") :],
        "JPEG of 12 bits": _patched("JPEG", b"\xff\xc0", 4, b"\x0c"),
        "JPEG of no parts": _patched("JPEG", b"\xff\xc0", 9, b"\x00"),
        "JPEG of 255 parts": _patched("JPEG", b"\xff\xc0", 9, b"\xff"),
        "JPEG of odd samples": _patched("JPEG", b"\xff\xc0", 11, b"\xff"),
        "JPEG that is arithmetic": encode("JPEG").replace(b"\xff\xc0", b"\xff\xc9"),
        "JPEG without a loss": encode("JPEG").replace(b"\xff\xc0", b"\xff\xc3"),
        "JPEG of four colors": encode("JPEG", mode="CMYK"),
        "JPEG with an odd EXIF": _exif(b"MM\x00*\xff\xff\xff\xff"),
        "JPEG with an EXIF in circles": _exif(b"II*\x00\x08\x00\x00\x00\x00\x00\x08\x00\x00\x00"),
        "JPEG with an EXIF of many": _exif(b"II*\x00\x08\x00\x00\x00\xff\xff" + entry * 5000),
        "WebP of odd length": encode("WEBP")[:4] + b"\xff\xff\xff\xff" + encode("WEBP")[8:],
        "WebP of nothing": b"RIFF\x04\x00\x00\x00WEBP",
        "WebP of odd tables": vp8l[:30] + b"\xff" * 60 + vp8l[90:],
    }  # fmt: skip
    return made


def _patched(kind: str, mark: bytes, offset: int, with_: bytes) -> bytes:
    whole = encode(kind)
    at = whole.index(mark, 4) + offset
    return whole[:at] + with_ + whole[at + len(with_) :]


def mutants(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Sound pictures with some bytes changed, cut, doubled or taken from another."""
    chance = random.Random(seed)
    sound = [encode(kind, (64, 48), mode) for kind in KINDS for mode in ("RGB", "L", "P", "RGBA")
             if (kind, mode) not in (("JPEG", "P"), ("JPEG", "RGBA"))]  # fmt: skip
    sound += [body for name, body in told().items() if len(body) < 20_000]
    sound += [encode("PNG", (64, 48), "I;16"), encode("JPEG", (64, 48), progressive=True)]
    sound += [encode("WEBP", (64, 48), lossless=True), encode("JPEG", (64, 48), "CMYK")]
    for n in range(count):
        yield f"mutant {n}", mutate(chance.choice(sound), chance.choice(sound), chance)


def mutate(one: bytes, other: bytes, chance: random.Random) -> bytes:
    body = bytearray(one)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(len(body))
        match chance.randrange(7):
            case 0:
                body[at] ^= 1 << chance.randrange(8)
            case 1:
                body[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF))
            case 2:
                body[at : at + 4] = struct.pack(
                    ">I", chance.choice((0, 1, 2**31 - 1, 2**31, 2**32 - 1))
                )
            case 3:
                del body[at : at + chance.randrange(1, 60)]
            case 4:
                body[at:at] = body[at : at + chance.randrange(1, 200)]
            case 5:
                start = chance.randrange(len(other))
                body[at : at + 50] = other[start : start + 50]
            case 6:
                body[at:at] = chance.randbytes(chance.randrange(1, 30))
        body = body or bytearray(b"\x00")
    return _with_sums(bytes(body)) if chance.random() < 0.5 else bytes(body)


def _with_sums(raw: bytes) -> bytes:
    """A PNG whose checksums are right again, so that what lies behind them is reached."""
    if not raw.startswith(b"\x89PNG"):
        return raw
    made, at = bytearray(raw[:8]), 8
    while at + 12 <= len(raw):
        length = struct.unpack(">I", raw[at : at + 4])[0]
        if at + 12 + length > len(raw):
            break
        made += chunk(raw[at + 4 : at + 8], raw[at + 8 : at + 8 + length])
        at += 12 + length
    return bytes(made) + raw[at:]


NAMES = [
    "../../../etc/passwd", "..\\..\\wsgi.py", "/etc/passwd", "C:\\con.png", "nul", "con.png", ".htaccess",
    ".", "..", "a/b/c.png", "x\x00.png", "x.png\x00.php", "\u202egnp.exe", "x" * 255 + ".png", "ü" * 255,
    "x" * 5000, "a.php.png", "a.png.svg", "<script>alert(1)</script>.png",
    '"><img src=x onerror=alert(1)>.png', "a\r\nX-Injected: 1.png", "a;b=c.png", "a'b\".png", "$(id).png",
    "`id`.png", "|id", "%2e%2e%2fx.png", "%00.png", "file:///x.png", "{{7*7}}.png", "👩‍👩‍👧.png", " ",
    "-rf.png", "*", "?.png",
]  # fmt: skip
