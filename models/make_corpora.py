"""
Makes public/corpora/*.txt and src/state/corpora.json, the sample texts of the Train tab, from the
three packages that public/corpora/README.md names, each as its package client downloads it:

    apt-get download r-cran-janeaustenr=1.0.0-1 golang-1.19-src=1.19.8-2
    npm pack better-sqlite3@12.11.1
    python models/make_corpora.py FOLDER_OF_THE_THREE_FILES
"""

import hashlib
import json
import re
import struct
import subprocess
import sys
import tarfile
import zlib
from pathlib import Path

ROOT = Path(__file__).parent.parent
CORPORA = ROOT / "public" / "corpora"
AUSTEN = "usr/lib/R/site-library/janeaustenr/data/Rdata.rdb"
NEWTON = "usr/share/go-1.19/src/testdata/Isaac.Newton-Opticks.txt"
SQLITE = "package/deps/sqlite3/sqlite3.c"
PRIDE_AND_PREJUDICE = slice(0x103B3E, 0x103B3E + 0x422BD)
"""Where Rdata.rdx of r-cran-janeaustenr 1.0.0 says that the novel's lines are."""


def of_deb(folder: Path, name: str, path: str) -> bytes:
    deb = next(folder.glob(f"{name}_*.deb"))
    tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], capture_output=True, check=True)
    extract = ["tar", "--extract", "--to-stdout", f"./{path}"]
    return subprocess.run(extract, input=tar.stdout, capture_output=True, check=True).stdout


def strings_of_r(serialised: bytes) -> list[str]:
    """The strings of one character vector, as R writes it: version 3, XDR, encoding UTF-8."""
    at, strings = 23, []
    kind, count = struct.unpack_from(">ii", serialised, at)
    assert kind == 16, "no character vector"
    for _ in range(count):
        _, length = struct.unpack_from(">ii", serialised, at + 8)
        strings.append(serialised[at + 16 : at + 16 + length].decode())
        at += 8 + length
    return strings


def between(text: str, first: str, last: str) -> str:
    """From the one place of `first` up to the one place of `last`, or to the end."""
    assert text.count(first) == 1 and (not last or text.count(last) == 1)
    text = text[text.index(first) :]
    return text[: text.index(last)] if last else text


def prose(text: str) -> str:
    """One paragraph a line, without italics' underscores, captions, side notes and ruled tables."""
    paragraphs = re.split(r"\n(?:[ \t]*\n)+", text.strip())
    kept = (p for p in paragraphs if not re.search(r"^\[(Illustration|Sidenote)|\|", p))
    return "\n\n".join(" ".join(p.replace("_", "").split()) for p in kept) + "\n"


def austen(folder: Path) -> str:
    stored = of_deb(folder, "r-cran-janeaustenr", AUSTEN)[PRIDE_AND_PREJUDICE]
    lines = strings_of_r(zlib.decompress(stored[4:]))
    return prose(between("\n".join(lines), "Chapter 1\n\n", "Chapter 24\n"))


def newton(folder: Path) -> str:
    text = between(
        of_deb(folder, "golang-1.19-src", NEWTON).decode(), "THE\n\nTHIRD BOOK\n\nOF\n\nOPTICKS", ""
    )
    return prose(re.sub(r"^THE\n\nTHIRD BOOK\n\nOF\n\nOPTICKS", "The Third Book of Opticks", text))


def sqlite(folder: Path) -> str:
    with tarfile.open(next(folder.glob("better-sqlite3-*.tgz"))) as package:
        text = package.extractfile(SQLITE).read().decode()
    lines = between(text, "/************** Begin file wal.c", "/************** End of wal.c")
    return lines.split("\n", 1)[1].strip() + "\n"


def main(folder: Path) -> None:
    corpora = [
        {
            "id": "austen",
            "name": "Pride and Prejudice, chapters 1 to 23",
            "by": "Jane Austen",
            "year": 1813,
            "file": "pride-and-prejudice.txt",
            "text": austen(folder),
        },
        {
            "id": "newton",
            "name": "Opticks, the third book",
            "by": "Isaac Newton",
            "year": 1730,
            "file": "opticks.txt",
            "text": newton(folder),
        },
        {
            "id": "sqlite",
            "name": "SQLite's write-ahead log, in C",
            "by": "the authors of SQLite",
            "year": 2026,
            "file": "sqlite-wal.txt",
            "text": sqlite(folder),
        },
    ]
    for corpus in corpora:
        text = corpus.pop("text")
        data = text.encode()
        (CORPORA / corpus["file"]).write_bytes(data)
        corpus["characters"] = len(text)
        corpus["sizeBytes"] = len(data)
        corpus["sha256"] = hashlib.sha256(data).hexdigest()
        corpus["licence"] = "public domain"
    (ROOT / "src/state/corpora.json").write_text(json.dumps(corpora, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
