"""A language model, frozen: its hidden states, and the norm and unembedding that a lens reads them with."""

import copy
import hashlib
from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import AutoModelForCausalLM


def weights_sha256(path: str) -> str | None:
    """Of a local model's weight files in name order, as the page computes it; None for a name on the Hub."""
    where = Path(path)
    files = [where] if where.is_file() else sorted(where.glob("model*.safetensors"))
    if not files:
        return None
    sha256 = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(2**24):
                sha256.update(block)
    return sha256.hexdigest()


def load(path: str, dtype: torch.dtype):
    """A Hugging Face name, a folder of theirs, or a GGUF file, on the CPU."""
    file = Path(path)
    try:
        if file.suffix == ".gguf":
            return AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=dtype)
        return AutoModelForCausalLM.from_pretrained(path, dtype=dtype)
    except (OSError, ValueError) as error:
        raise SystemExit(
            f"{path} cannot be opened as a model: {error}\n"
            "Give --model a name on huggingface.co, a folder that save_pretrained wrote, or a .gguf file."
        ) from error


def final_norm(model) -> nn.Module:
    base = model.base_model
    for owner in (base, getattr(base, "decoder", None)):
        for name in ("norm", "ln_f", "final_layer_norm"):
            if hasattr(owner, name):
                return getattr(owner, name)
    raise SystemExit(f"No final norm is known of {type(model).__name__}. Name it in model.py, final_norm.")


class Model:
    """Everything that a lens computes with it is in float32, whatever the dtype of the model's own weights."""

    def __init__(self, path: str, dtype: torch.dtype, device: torch.device, is_sharded: bool):
        self.model = load(path, dtype).eval().requires_grad_(False)
        self.device = device
        config = self.model.config
        self.width, self.layers = config.hidden_size, config.num_hidden_layers
        norm, unembedding = final_norm(self.model), self.model.get_output_embeddings()
        self.vocab = unembedding.weight.shape[0]
        self.unembed_hash = unembed_hash(unembedding.weight)
        # Copies, before the model's own parameters are cut into shards.
        self.norm = copy.deepcopy(norm).to(device, torch.float32)
        self.unembedding = unembedding.weight.detach().to(device, torch.float32, copy=True)
        bias = getattr(unembedding, "bias", None)
        self.unembedding_bias = None if bias is None else bias.detach().to(device, torch.float32, copy=True)
        self.is_checked = False

        def keep(_, args):
            self.before_norm = args[0]

        # Hugging Face norms the last of its hidden states; this has it before that.
        norm.register_forward_pre_hook(keep)
        self.shard() if is_sharded else self.model.to(device)

    def shard(self) -> None:
        """Each process keeps its part of every block; a block is whole only while it runs."""
        from torch.distributed.fsdp import fully_shard
        from torch.distributed.device_mesh import init_device_mesh

        mesh = init_device_mesh(self.device.type, (torch.distributed.get_world_size(),))
        lists = [module for module in self.model.modules() if isinstance(module, nn.ModuleList)]
        for block in next(blocks for blocks in lists if len(blocks) == self.layers):
            fully_shard(block, mesh=mesh)
        fully_shard(self.model, mesh=mesh)

    def differences(self, page: dict) -> list[str]:
        """What the page said of its model, where this one is another."""
        sizes = {"nLayers": self.layers, "dModel": self.width, "vocab": self.vocab}
        return [f"{name} is {value}, the page's {page[name]}" for name, value in sizes.items() if value != page[name]]

    @torch.no_grad()
    def hidden_states(self, ids: torch.Tensor) -> list[torch.Tensor]:
        """h_0 … h_L of one sequence, each [positions, width]: before the final norm, in float32."""
        ids = ids.to(self.device)
        out = self.model(ids[None], output_hidden_states=True, use_cache=False, logits_to_keep=1)
        hidden = [h[0].float() for h in (*out.hidden_states[:-1], self.before_norm)]
        if not self.is_checked:
            self.check(hidden[-1][-1:], out.logits[0, -1:])
        return hidden

    def check(self, hidden: torch.Tensor, logits: torch.Tensor) -> None:
        """A model that does more to its logits (caps, scales them) has another final distribution than its lens's."""
        apart = (self.logits(hidden).softmax(-1) - logits.float().softmax(-1)).abs().sum().item() / 2
        if not apart < 0.05:  # bfloat16 rounds logits to a hundredth
            raise SystemExit(
                f"{type(self.model).__name__} does more to its hidden states than norm and unembedding: "
                f"{apart:.2f} of the probability lies elsewhere. Lenses of such models are not trained here."
            )
        self.is_checked = True

    def logits(self, hidden: torch.Tensor, tokens: torch.Tensor | None = None) -> torch.Tensor:
        """Of the whole vocabulary, or of some tokens."""
        rows, bias = self.unembedding, self.unembedding_bias
        if tokens is not None:
            rows, bias = rows[tokens], None if bias is None else bias[tokens]
        return nn.functional.linear(self.norm(hidden), rows, bias)


def unembed_hash(unembedding: torch.Tensor) -> str:
    """As tuned-lens 0.2 computes it (tuned_lens/utils.py, tensor_hash)."""
    text = np.array_str(unembedding.detach().float().numpy(), precision=1)
    return hashlib.sha256(text.encode()).hexdigest()
