"""The peer of `npm run bench -- files`: makes a wide model and a 400 MB lens for it, then opens the lens.

    pip install torch safetensors numpy

A line of JSON on stdin names a file to open; the answer says how long that took.
"""

import json
import platform
import sys
import time
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

folder = Path(sys.argv[1])
torch.set_num_threads(int(sys.argv[2]))
torch.manual_seed(0)
WIDTH, LAYERS, INNER, VOCAB = 2048, 24, 64, 256
config = {
    "model_type": "llama",
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 1,
    "num_key_value_heads": 1,
    "head_dim": INNER,
    "intermediate_size": INNER,
    "vocab_size": VOCAB,
    "max_position_embeddings": 256,
    "tie_word_embeddings": True,
}


def random(*shape):
    return (torch.randn(*shape) * 0.02).bfloat16()


def make_model():
    weights = {"model.embed_tokens.weight": random(VOCAB, WIDTH), "model.norm.weight": torch.ones(WIDTH)}
    for layer in range(LAYERS):
        block = f"model.layers.{layer}."
        for name in ("input_layernorm", "post_attention_layernorm"):
            weights[f"{block}{name}.weight"] = torch.ones(WIDTH)
        for name in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj"):
            weights[f"{block}{name}.weight"] = random(INNER, WIDTH)
        for name in ("self_attn.o_proj", "mlp.down_proj"):
            weights[f"{block}{name}.weight"] = random(WIDTH, INNER)
    (folder / "config.json").write_text(json.dumps(config))
    save_file(weights, folder / "model.safetensors")


def make_lenses():
    lens = OrderedDict()
    for layer in range(LAYERS):
        lens[f"{layer}.weight"] = torch.randn(WIDTH, WIDTH) * 1e-3
        lens[f"{layer}.bias"] = torch.randn(WIDTH) * 1e-3
    torch.save(lens, folder / "params.pt")
    save_file(lens, folder / "lens.safetensors")
    matrices = {layer: (torch.eye(WIDTH) + lens[f"{layer}.weight"]).half() for layer in range(LAYERS - 1)}
    torch.save({"J": matrices, "n_prompts": 1, "source_layers": [*matrices], "d_model": WIDTH}, folder / "jacobian.pt")


def open_lens(path):
    """What a lens has to become: float32, each of its numbers looked at."""
    tensors = load_file(path) if path.suffix == ".safetensors" else torch.load(path, weights_only=True)
    tensors = tensors.get("J", tensors)
    opened = {name: tensor.float().clone() for name, tensor in tensors.items()}
    assert all(tensor.isfinite().all() for tensor in opened.values())


make_model()
make_lenses()
print(json.dumps({"versions": f"torch {torch.__version__}, Python {platform.python_version()}"}), flush=True)
for line in sys.stdin:
    started = time.perf_counter()
    open_lens(folder / json.loads(line))
    elapsed_ms = 1000 * (time.perf_counter() - started)
    print(json.dumps({"elapsedMs": elapsed_ms}), flush=True)
