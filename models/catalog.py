"""Writes catalog.json from what lies in the model folders beside it.

    python models/catalog.py

The page checks every file that it fetches against the sizes and sums in here.
"""

import hashlib
import json
from pathlib import Path

HERE = Path(__file__).parent
NAMES = {"smollm2-135m-instruct": "SmolLM2-135M-Instruct"}
KINDS = {"linear_tuned_lens": "tuned"}


def entry(path: Path) -> dict:
    data = path.read_bytes()
    return {
        "file": path.relative_to(HERE).as_posix(),
        "sizeBytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def lens_entry(config_path: Path) -> dict:
    folder = config_path.parent
    config = json.loads(config_path.read_text())
    receipt = json.loads((folder / "receipt.json").read_text())
    kind = KINDS[config["lens_type"]]
    files = [entry(path) for path in sorted(folder.glob("*.safetensors"))]
    if [receipt["params"]["sha256"]] != [file["sha256"] for file in files]:
        raise SystemExit(f"{folder}: receipt.json is of another lens than the one beside it")
    return {
        "id": kind,
        "kind": kind,
        "name": receipt["lens"]["name"],
        "baseModel": config["base_model_name_or_path"],
        "folder": folder.relative_to(HERE).as_posix(),
        "files": files,
    }


def model_entry(folder: Path) -> dict:
    parts = sorted(folder.glob("model.gguf.part*"), key=lambda path: int(path.name.rpartition("part")[2]))
    whole = hashlib.sha256(b"".join(path.read_bytes() for path in parts)).hexdigest()
    lenses = [lens_entry(path) for path in sorted(folder.glob("*/config.json"))]
    for lens in lenses:
        receipt = json.loads((HERE / lens["folder"] / "receipt.json").read_text())
        if receipt["model"]["sha256"] != whole:
            raise SystemExit(f"{lens['folder']}: receipt.json is of another model than {folder.name}")
    return {
        "id": folder.name,
        "name": NAMES[folder.name],
        "sha256": whole,
        "sizeBytes": sum(path.stat().st_size for path in parts),
        "parts": [entry(path) for path in parts],
        "lenses": lenses,
    }


def write_catalog():
    folders = sorted(path.parent for path in HERE.glob("*/model.gguf.part0"))
    catalog = {"models": [model_entry(folder) for folder in folders]}
    (HERE / "catalog.json").write_text(json.dumps(catalog, indent=2) + "\n")


if __name__ == "__main__":
    write_catalog()
