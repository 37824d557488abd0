"""The peer of `npm run bench -- train`: token ids and some of their positions in, the time and loss of a full-vocabulary training step on those out, a line each.

    pip install torch transformers gguf accelerate
"""

import json
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

gguf, threads = Path(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32).eval().requires_grad_(False)
d, layers = model.config.hidden_size, model.config.num_hidden_layers
norm, unembed = model.model.norm, model.lm_head

packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers"))
print(json.dumps({"versions": f"{packages}, Python {platform.python_version()}"}), flush=True)


@torch.no_grad()
def hidden_states(ids):
    """`h_0 … h_L` before the final norm; transformers' own last one is after it."""
    last = []
    hook = norm.register_forward_pre_hook(lambda _, inputs: last.append(inputs[0][0]))
    states = model.model(torch.tensor([ids]), output_hidden_states=True).hidden_states
    hook.remove()
    return [state[0] for state in states[:-1]] + last


for line in sys.stdin:
    asked = json.loads(line)
    hidden = [states[asked["rows"]] for states in hidden_states(asked["ids"])]
    weights = [torch.zeros(d, d, requires_grad=True) for _ in range(layers)]
    biases = [torch.zeros(d, requires_grad=True) for _ in range(layers)]
    optimiser = torch.optim.Adam(weights + biases, lr=1e-4)
    started = time.perf_counter()
    # As tuned-lens does it: each layer's mean loss is back-propagated on its own.
    with torch.no_grad():
        final = unembed(norm(hidden[-1])).log_softmax(-1)
    total = 0.0
    for h, weight, bias in zip(hidden, weights, biases):
        lens = unembed(norm(h + h @ weight.T + bias)).log_softmax(-1)
        loss = torch.nn.functional.kl_div(lens, final, log_target=True, reduction="none").sum(-1).mean()
        loss.backward()
        total += loss.item()
    torch.nn.utils.clip_grad_norm_(weights + biases, 1.0)
    optimiser.step()
    elapsed_ms = 1000 * (time.perf_counter() - started)
    print(json.dumps({"elapsedMs": elapsed_ms, "loss": total / layers}), flush=True)
