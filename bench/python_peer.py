"""The peer of `npm run bench -- python`: token ids in, the time and memory of tuned-lens out, a line each.

    pip install torch transformers gguf accelerate safetensors
    pip install --no-deps git+https://github.com/AlignmentResearch/tuned-lens
    pip install flatten-dict simple-parsing 'plotly<6' datasets torchdata
"""

import json
import platform
import resource
import sys
import time
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM
from tuned_lens.nn.lenses import TunedLens
from tuned_lens.plotting import PredictionTrajectory

gguf, lens_file, threads = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
torch.set_num_threads(threads)
model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32).eval()
lens = TunedLens.from_model(model).eval().requires_grad_(False)
parameters = load_file(lens_file)
for layer, translator in enumerate(lens):
    translator.weight.copy_(parameters[f"{layer}.weight"])
    translator.bias.copy_(parameters[f"{layer}.bias"])
del parameters

packages = ", ".join(f"{name} {version(name)}" for name in ("tuned-lens", "torch", "transformers"))
print(json.dumps({"versions": f"{packages}, Python {platform.python_version()}"}), flush=True)

# Kibibytes on Linux, bytes on macOS.
unit = 1 if sys.platform == "darwin" else 1024

for line in sys.stdin:
    ids = json.loads(line)
    started = time.perf_counter()
    # The last position has no next token, and tuned-lens wants one.
    trajectory = PredictionTrajectory.from_lens_and_model(lens, model, ids, targets=ids[1:] + ids[:1])
    kl = trajectory.forward_kl().stats
    trajectory.entropy()
    trajectory.cross_entropy()
    trajectory.rank()
    trajectory.max_probability()
    elapsed_ms = 1000 * (time.perf_counter() - started)
    del trajectory
    peak_bytes = unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"elapsedMs": elapsed_ms, "kl": float(kl.mean()), "peakBytes": peak_bytes}), flush=True)
