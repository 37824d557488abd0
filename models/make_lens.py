"""Makes the bundled tuned lens: ridge regression on text that the model itself wrote.

    pip install torch==2.13.0 transformers==5.23.0 gguf==0.19.0 safetensors==0.8.0 accelerate==1.15.0
    python models/make_lens.py PATH/SmolLM2-135M-Instruct.Q4_1.gguf

Writes `config.json`, `params.safetensors` (float16) and `receipt.json` into the lens folder of the
bundled model. Twenty minutes on two cores.

The method is the closed form: for each layer l, W and b minimise the squared error of
`h_l + W h_l + b` against `h_L`, with a ridge on W of 1e-4 times the mean eigenvalue of the centred
scatter matrix of `h_l`; the bias is not penalised. Sums are in float64, because the first position
(an attention sink) reaches 22,500 beside values near 1.

Held-out KL(final || lens) is measured on sequences that the regression never saw, with the float16
parameters that are shipped, for this lens and for the logit lens alike.
"""

import argparse
import datetime
import hashlib
import json
import time
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

HERE = Path(__file__).parent
END_OF_TEXT = 0
BATCH = 32


def hidden_states(model, ids):
    """[L + 1, batch, T, d] before the final norm: the embedding output, then every block's output."""
    last = {}
    hook = model.model.norm.register_forward_pre_hook(lambda _, args: last.update(h=args[0]))
    out = model.model(ids, output_hidden_states=True, use_cache=False)
    hook.remove()
    return torch.stack([*out.hidden_states[:-1], last["h"]])


def sample(model, sequences, length, seed):
    """[sequences, length] token ids at temperature 1, each from <|endoftext|>."""
    torch.manual_seed(seed)
    batches = []
    for done in range(0, sequences, 96):
        size = min(96, sequences - done)
        batches.append(model.generate(
            torch.full((size, 1), END_OF_TEXT), attention_mask=torch.ones(size, 1, dtype=torch.long),
            max_length=length, min_length=length, do_sample=True, temperature=1.0, top_k=0, top_p=1.0,
            eos_token_id=None, pad_token_id=END_OF_TEXT))
        print(f"sampled {done + size} of {sequences} sequences", flush=True)
    return torch.cat(batches)


def closed_form(model, ids, ridge):
    """Weights [L, d, d] and biases [L, d] of the regression, float64."""
    layers, d = model.config.num_hidden_layers, model.config.hidden_size
    xx = torch.zeros(layers, d, d, dtype=torch.float64)
    xy = torch.zeros(layers, d, d, dtype=torch.float64)
    total = torch.zeros(layers + 1, d, dtype=torch.float64)
    for batch in ids.split(BATCH):
        hidden = hidden_states(model, batch).flatten(1, 2).double()
        for layer in range(layers):
            xx[layer] += hidden[layer].T @ hidden[layer]
            xy[layer] += hidden[layer].T @ hidden[-1]
        total += hidden.sum(1)
    n = ids.numel()
    mean = total / n
    weights, biases = [], []
    for layer in range(layers):
        scatter = xx[layer] - n * torch.outer(mean[layer], mean[layer])
        toward = xy[layer] - n * torch.outer(mean[layer], mean[-1]) - scatter  # y is h_L - h_l
        penalty = ridge * scatter.trace() / d * torch.eye(d, dtype=torch.float64)
        weight = torch.cholesky_solve(toward, torch.linalg.cholesky(scatter + penalty)).T
        weights.append(weight)
        biases.append(mean[-1] - mean[layer] - weight @ mean[layer])
    return torch.stack(weights), torch.stack(biases)


def held_out_kl(model, ids, weights, biases):
    """Mean KL(final || lens) in nats for each layer: of the lens, and of the logit lens."""
    layers = len(weights)
    tuned, logit = torch.zeros(layers, dtype=torch.float64), torch.zeros(layers, dtype=torch.float64)
    read = lambda h: model.lm_head(model.model.norm(h)).log_softmax(-1)
    for sequence in ids:
        hidden = hidden_states(model, sequence[None])[:, 0]
        log_p = read(hidden[-1])
        p = log_p.exp()
        for layer in range(layers):
            h = hidden[layer]
            logit[layer] += (p * (log_p - read(h))).sum(-1).double().sum()
            tuned[layer] += (p * (log_p - read(h + h @ weights[layer].T + biases[layer]))).sum(-1).double().sum()
    return (tuned / ids.numel()).tolist(), (logit / ids.numel()).tolist()


def sha256(path):
    return hashlib.file_digest(path.open("rb"), "sha256").hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("--out", type=Path, default=HERE / "smollm2-135m-instruct" / "lens")
    parser.add_argument("--sequences", type=int, default=480)
    parser.add_argument("--held-out", type=int, default=32)
    parser.add_argument("--length", type=int, default=192)
    parser.add_argument("--ridge", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    start = time.time()
    model = AutoModelForCausalLM.from_pretrained(options.gguf.parent, gguf_file=options.gguf.name, dtype=torch.float32).eval()
    torch.set_grad_enabled(False)

    ids = sample(model, options.sequences + options.held_out, options.length, options.seed)
    train, held_out = ids[: options.sequences], ids[options.sequences :]
    weights, biases = closed_form(model, train, options.ridge)
    half = {f"{i}.{name}": value.half() for i in range(len(weights))
            for name, value in (("weight", weights[i]), ("bias", biases[i]))}
    assert all(tensor.isfinite().all() for tensor in half.values()), "a parameter is past float16"
    options.out.mkdir(parents=True, exist_ok=True)
    save_file(half, options.out / "params.safetensors")
    config = {
        "base_model_name_or_path": "HuggingFaceTB/SmolLM2-135M-Instruct", "d_model": model.config.hidden_size,
        "num_hidden_layers": model.config.num_hidden_layers, "bias": True, "base_model_revision": None,
        "unembed_hash": None, "lens_type": "linear_tuned_lens",
    }
    (options.out / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    print(f"solved after {time.time() - start:.0f} s; measuring", flush=True)

    tuned, logit = held_out_kl(model, held_out,
                               torch.stack([half[f"{i}.weight"].float() for i in range(len(weights))]),
                               torch.stack([half[f"{i}.bias"].float() for i in range(len(weights))]))
    receipt = {
        "name": "closed form, sampled text",
        "model": {"name": "SmolLM2-135M-Instruct", "file": options.gguf.name, "sha256": sha256(options.gguf)},
        "lens": {"file": "params.safetensors", "sha256": sha256(options.out / "params.safetensors"), "dtype": "float16"},
        "method": f"closed form: ridge regression with bias of h_L - h_l on h_l, ridge {options.ridge:g} of the mean "
                  "eigenvalue of the centred scatter matrix, sums in float64",
        "text": {
            "origin": f"sampled from the model itself, temperature 1, from <|endoftext|>, sequences of {options.length} tokens",
            "seed": options.seed, "idsSha256": hashlib.sha256(ids.int().numpy().tobytes()).hexdigest(),
        },
        "positions": {"trained": train.numel(), "heldOut": held_out.numel()},
        "heldOutKl": {"unit": "nats", "direction": "KL(final || lens), mean over held-out positions, by layer from 0",
                      "lens": [float(f"{x:.5g}") for x in tuned], "logit": [float(f"{x:.5g}") for x in logit]},
        "date": datetime.date.today().isoformat(),
        "madeWith": f"PyTorch {torch.__version__.split('+')[0]}, {torch.get_num_threads()} CPU threads, {time.time() - start:.0f} s",
        "remake": "python models/make_lens.py SmolLM2-135M-Instruct.Q4_1.gguf",
    }
    (options.out / "receipt.json").write_text(json.dumps(receipt, indent=2) + "\n")
    for layer, (a, b) in enumerate(zip(tuned, logit)):
        print(f"layer {layer:2}  lens {a:6.3f}  logit lens {b:7.3f}")


if __name__ == "__main__":
    main()
