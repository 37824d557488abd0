"""Trains the lens that settings.json asks for. README.md says how to run it, on one process or many."""

import argparse
import hashlib
import json
import math
import os
import platform
import time
from contextlib import nullcontext
from datetime import datetime, timezone
from pathlib import Path

import safetensors.torch
import torch
import torch.distributed as dist
import transformers
from torch.nn.parallel import DistributedDataParallel

from batches import Batches, choose_tokens, seed_at, shares
from lens import Moments, Translators, average_share, kl, layer_scale, optimisers, set_rates, translate
from model import Model, weights_sha256

HERE = Path(__file__).parent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--model", help="a name on huggingface.co, a folder, or a .gguf file; default: settings.json's")
    add("--dtype", choices=["float32", "bfloat16"], default="float32", help="of the model; the lens is float32")
    add("--fsdp", action="store_true", help="shard the model over the processes")
    add("--steps", type=int, help="in the place of settings.json's")
    add("--epochs", type=float, help="passes over the text, in the place of steps")
    add("--positions-per-step", type=int, help="of all processes together; steps become as many fewer or more")
    add("--checkpoint", type=Path, help="a folder that every node sees: a run that was cut off goes on from it")
    add("--save-seconds", type=float, default=300, help="between two checkpoints")
    add("--out", type=Path, default=Path("lens"), help="the folder that is written")
    return parser.parse_args()


def join_processes() -> torch.device:
    """As torchrun started them; one process where it did not."""
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        torch.cuda.set_device(device)
    backend = "nccl" if device.type == "cuda" else "gloo"
    if "RANK" in os.environ:
        dist.init_process_group(backend)
    else:
        dist.init_process_group(backend, store=dist.HashStore(), rank=0, world_size=1)
    return device


def say(text: str) -> None:
    if dist.get_rank() == 0:
        print(text, flush=True)


class Training:
    def __init__(self, options: argparse.Namespace):
        self.options, self.began = options, time.monotonic()
        self.job = json.loads((HERE / "settings.json").read_text())
        text = safetensors.torch.load_file(HERE / "text.safetensors")
        self.train, self.held_out = text["train"].long(), text["heldOut"].long()
        ids = b"".join(text[part].numpy().astype("<i4").tobytes() for part in ("train", "heldOut"))
        if hashlib.sha256(ids).hexdigest() != self.job["text"]["idsSha256"]:
            raise SystemExit("text.safetensors is not the text of settings.json. Unpack the zip again.")
        self.settings = self.settings_of(self.job["settings"])
        self.device = join_processes()
        self.world = dist.get_world_size()
        self.path = options.model or self.job["model"]["baseModel"]
        self.model = self.open_model()

    def seconds(self) -> float:
        return time.monotonic() - self.began

    def settings_of(self, settings: dict) -> dict:
        options = self.options
        taken = settings["steps"] * settings["positionsPerStep"]  # positions, of all steps together
        if options.epochs is not None:
            taken = options.epochs * self.train.numel()
        settings["positionsPerStep"] = options.positions_per_step or settings["positionsPerStep"]
        settings["steps"] = options.steps or math.ceil(taken / settings["positionsPerStep"])
        if settings["method"] == "none":
            settings["steps"] = 0
        return settings

    def open_model(self) -> Model:
        page, path = self.job["model"], self.path
        model = Model(path, getattr(torch, self.options.dtype), self.device, self.options.fsdp)
        self.sha256 = weights_sha256(path)
        if different := model.differences(page):
            differences = "; ".join(different)
            raise SystemExit(f"{path} is not the page's model, {page['name']}: {differences}. Give --model another.")
        if self.sha256 != page["sha256"]:
            say(f"The weights of {path} are not the page's file (sha256 {page['sha256']}), so figures will differ.")
            say("Give --model that file for a lens of the very same model.")
        return model

    # --- start -----------------------------------------------------------------------------------------------------

    def start(self) -> dict[str, torch.Tensor]:
        """The whole lens that the steps begin with, by the names of params.pt."""
        settings, model = self.settings, self.model
        if settings["start"] == "open":
            if not (file := HERE / "start" / "params.pt").exists():
                raise SystemExit(f"{file} is not there. Put a lens in start/, or set start to closedForm.")
            return torch.load(file, weights_only=True, map_location="cpu")
        width, state = model.width, {}
        for layer in range(model.layers):
            state |= {f"{layer}.weight": torch.zeros(width, width), f"{layer}.bias": torch.zeros(width)}
        if settings["start"] == "closedForm":
            moments = Moments(settings["layers"], width, self.device)
            for i, weight in shares(len(self.train)):
                hidden = model.hidden_states(self.train[i])
                if weight > 0:
                    moments.add(hidden)
            for tensor in moments.tensors():
                dist.all_reduce(tensor)
            for i, layer in enumerate(settings["layers"]):
                solved = moments.solve(i, settings["ridge"])
                state[f"{layer}.weight"], state[f"{layer}.bias"] = (one.float().cpu() for one in solved)
        return state

    # --- steps -----------------------------------------------------------------------------------------------------

    def loss_of(self, final: torch.Tensor, targets: torch.Tensor, rows: slice, seed: int):
        """The loss of a layer's translated states in some of a part's rows: their share of its mean."""
        settings, model = self.settings, self.model
        is_kl, has_target = settings["loss"] == "kl", targets >= 0
        tokens, log_weights = None, 0.0
        if settings["subset"]:
            probs = model.logits(final).softmax(-1).mean(0)
            chosen = choose_tokens(probs, settings["subset"], targets[:0] if is_kl else targets[has_target], seed)
            if chosen:
                tokens, log_weights = chosen
                targets = torch.searchsorted(tokens, targets)
        log_probs = lambda hidden: (model.logits(hidden, tokens) + log_weights).log_softmax(-1)
        if is_kl:
            log_p = log_probs(final[rows])
            return lambda hidden: kl(log_p, log_probs(hidden)).sum() / len(final)
        counted, wanted = has_target[rows], targets[rows][has_target[rows]]
        nll = torch.nn.functional.nll_loss
        return lambda hidden: nll(log_probs(hidden[counted]), wanted, reduction="sum") / has_target.sum()

    def scales(self, start: dict, batches: Batches) -> list[tuple[float, float]]:
        layers = self.settings["layers"]
        if self.settings["rates"] == "same":
            return [(1.0, 1.0)] * len(layers)
        batches.fill([0])
        hidden, final, _ = batches.take(0, 0, 64)
        of = lambda layer: (start[f"{layer}.{part}"].to(self.device) for part in ("weight", "bias"))
        return [layer_scale(*of(layer), h, final) for layer, h in zip(layers, hidden)]

    def take_steps(self, start: dict, saved: dict | None) -> dict[str, torch.Tensor]:
        settings, steps, is_whole = self.settings, self.settings["steps"], self.settings["parts"] == "whole"
        of = lambda name: Translators(settings["layers"], saved[name] if saved else start, is_whole, self.device)
        lens, average = of("lens"), of("average")
        batches = Batches(self.model, self.train, settings)
        scales = [(1.0, 1.0)] * len(lens.layers) if saved else self.scales(start, batches)
        weights, biases = list(lens.weights) if is_whole else [], list(lens.biases)
        methods = optimisers(settings["method"], weights, biases, scales, settings["weightDecay"])
        for method, state in zip(methods, saved["optimisers"] if saved else []):
            method.load_state_dict(state)  # scales are in it
        parallel = DistributedDataParallel(lens)  # gradients are means over the processes
        next_save = time.monotonic() + self.options.save_seconds
        for step in range(saved["step"] if saved else 0, steps):
            batches.prepare(step)
            parts = batches.parts(step)
            slices = math.ceil(self.world / len(parts))  # of a part: no process is without
            mine, total = shares(len(parts) * slices), torch.zeros(1, device=self.device)
            for number, (unit, weight) in enumerate(mine):
                part, k = divmod(unit, slices)
                hidden, final, targets = batches.take(*parts[part])
                before = sum(end - start for _, start, end in parts[:part])
                count, seed = len(final), seed_at(settings["seed"], step, before)
                rows = slice(k * count // slices, (k + 1) * count // slices)
                loss_of = self.loss_of(final, targets, rows, seed)
                with nullcontext() if number == len(mine) - 1 else parallel.no_sync():
                    losses = parallel([h[rows] for h in hidden], loss_of) * weight * count / batches.positions
                    (losses.sum() * self.world).backward()
                total += losses.detach().mean()
            norm = torch.nn.utils.clip_grad_norm_([*weights, *biases], settings["clip"] or math.inf)
            if not norm.isfinite():
                raise SystemExit(f"Training diverged at step {step + 1}. Set a smaller learningRate in settings.json.")
            falling = 1 - step / steps if settings["schedule"] == "falling" else 1
            set_rates(methods, settings["learningRate"] * falling)
            for method in methods:
                method.step()
                method.zero_grad()
            with torch.no_grad():
                share = average_share(step + 1) if settings["schedule"] == "averaged" else 1
                for mean, p in zip(average.parameters(), lens.parameters()):
                    mean.lerp_(p, share)
            if (step + 1) % max(1, steps // 20) == 0:
                dist.all_reduce(total)
                say(f"step {step + 1} of {steps}: training loss {total.item():.3f} nats, {self.seconds():.0f} s")
            if time.monotonic() >= next_save:
                states = [method.state_dict() for method in methods]
                lenses = {"start": start, "lens": lens.state(), "average": average.state()}
                self.save({"step": step + 1, "optimisers": states, **lenses})
                next_save = time.monotonic() + self.options.save_seconds
        return start | average.state()

    # --- checkpoint ------------------------------------------------------------------------------------------------

    def identity(self) -> str:
        """What a checkpoint is of."""
        return json.dumps([self.settings, self.job["text"]["idsSha256"], self.path, self.options.dtype], sort_keys=True)

    def save(self, state: dict) -> None:
        folder = self.options.checkpoint
        if folder and dist.get_rank() == 0:
            folder.mkdir(parents=True, exist_ok=True)
            torch.save(state | {"of": self.identity(), "seconds": self.seconds()}, folder / "new.pt")
            os.replace(folder / "new.pt", folder / "state.pt")  # whole, or as it was

    def saved(self) -> dict | None:
        if not self.options.checkpoint or not (file := self.options.checkpoint / "state.pt").exists():
            return None
        state = torch.load(file, weights_only=True, map_location="cpu")
        if state["of"] != self.identity():
            raise SystemExit(f"{file} is of another training. Remove it, or give --checkpoint another folder.")
        self.began -= state["seconds"]
        say(f"Going on from step {state['step']}.")
        return state

    # --- result ----------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def held_out_kl(self, *lenses: dict | None) -> list[list[float]]:
        """KL(final ‖ lens) by trained layer, the mean over all held-out positions; None is the logit lens."""
        layers, model = self.settings["layers"], self.model
        sums = torch.zeros(len(lenses), len(layers), dtype=torch.float64, device=self.device)
        for i, weight in shares(len(self.held_out)):
            hidden = model.hidden_states(self.held_out[i])
            log_p = model.logits(hidden[-1]).log_softmax(-1)
            for n, lens in enumerate(lenses):
                for l, layer in enumerate(layers):
                    h = hidden[layer]
                    if lens:
                        h = translate(h, *(lens[f"{layer}.{part}"].to(self.device) for part in ("weight", "bias")))
                    sums[n, l] += weight * kl(log_p, model.logits(h).log_softmax(-1)).double().sum()
        dist.all_reduce(sums)
        return (sums / self.held_out.numel()).tolist()

    def write(self, lens: dict, lens_step: int, lens_kl: list, logit_kl: list, start_kl: list) -> None:
        job, settings, model, out = self.job, self.settings, self.model, self.options.out
        out.mkdir(parents=True, exist_ok=True)
        names = [f"{layer}.{part}" for layer in range(model.layers) for part in ("weight", "bias")]
        torch.save({name: lens[name] for name in names}, out / "params.pt")
        sha256 = hashlib.sha256((out / "params.pt").read_bytes()).hexdigest()
        config = {
            "base_model_name_or_path": job["model"]["baseModel"],
            "d_model": model.width,
            "num_hidden_layers": model.layers,
            "bias": True,
            "base_model_revision": None,
            "unembed_hash": model.unembed_hash,
            "lens_type": "linear_tuned_lens",
        }
        page = {key: job["model"][key] for key in ("name", "family", "nLayers", "dModel", "vocab")}
        positions = settings["steps"] * settings["positionsPerStep"]
        if settings["start"] == "closedForm":
            positions += self.train.numel()
        receipt = {
            "format": "midthought-lens-receipt/1",
            "app": job["app"],
            "model": page | {"sha256": self.sha256},
            "lens": {"kind": "tuned", "name": job["name"], "sha256": sha256},
            "params": {"file": "params.pt", "sha256": sha256},
            "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        }
        recipe = ("loss", "learningRate", "weightDecay", "schedule", "rates", "steps", "layers")
        receipt["training"] = {
            "model": receipt["model"],
            "text": job["text"],
            "settings": settings,
            "start": job["start"],
            **{key: settings[key] for key in recipe},
            "lensStep": lens_step,
            "positions": positions,
            "heldOutKl": {
                "unit": "nats",
                "direction": "KL(final || lens)",
                "positions": self.held_out.numel(),
                "lens": lens_kl,
                "logit": logit_kl,
                "start": start_kl,
            },
            "backend": "pytorch",
            "threads": torch.get_num_threads(),
            "adapter": torch.cuda.get_device_name() if self.device.type == "cuda" else None,
            "processes": self.world,
            "weights": self.path,
            "dtype": self.options.dtype,
            "versions": {
                "python": platform.python_version(),
                "torch": torch.__version__,
                "transformers": transformers.__version__,
            },
            "seconds": round(self.seconds(), 1),
            "app": job["app"],
            "date": receipt["date"],
            "ended": "done",
        }
        for name, content in (("config.json", config), ("receipt.json", receipt)):
            (out / name).write_text(json.dumps(content, indent=2) + "\n")
        print("held-out KL(final ‖ lens) in nats\nlayer    lens   logit   start")
        for row in zip(settings["layers"], lens_kl, logit_kl, start_kl):
            print("{:5d} {:7.3f} {:7.3f} {:7.3f}".format(*row))
        print(f"{out}/ is the lens: drop the folder on the page.")

    def run(self) -> None:
        saved, steps = self.saved(), self.settings["steps"]
        start = saved["start"] if saved else self.start()
        lens, lens_step = start, steps
        if steps > 0:
            if not saved:
                say(f"The start is there after {self.seconds():.0f} s.")
            lens = self.take_steps(start, saved)
        lens_kl, logit_kl, start_kl = self.held_out_kl(lens, None, start)
        if sum(lens_kl) > sum(start_kl):
            say("The steps made the lens worse, so what they began with is written. Set a smaller learningRate.")
            lens, lens_kl, lens_step = start, start_kl, 0
        if dist.get_rank() == 0:
            self.write(lens, lens_step, lens_kl, logit_kl, start_kl)
        dist.barrier()
        dist.destroy_process_group()


if __name__ == "__main__":
    Training(arguments()).run()
