"""The lens and how it learns: loss, closed form, optimisers. The page computes the same."""

import math
from collections.abc import Callable

import torch
from torch import nn


class Translators(nn.Module):
    """
    `h + W h + b` for some layers, so that zeros are the logit lens. Belrose et al. 2023, arXiv:2303.08112.

    `state` has them by the names of a tuned lens's params.pt: `{layer}.weight`, `{layer}.bias`.
    """

    def __init__(self, layers: list[int], state: dict, is_whole: bool, device: torch.device):
        super().__init__()
        self.layers = layers
        own = lambda name: state[name].to(device, torch.float32, copy=True)
        self.weights = nn.ParameterList(own(f"{layer}.weight") for layer in layers)
        self.biases = nn.ParameterList(own(f"{layer}.bias") for layer in layers)
        self.weights.requires_grad_(is_whole)

    def forward(self, hidden: list[torch.Tensor], loss_of: Callable) -> torch.Tensor:
        """The loss of each layer on its hidden states."""
        parameters = zip(hidden, self.weights, self.biases)
        return torch.stack([Loss.apply(translate(h, w, b), loss_of) for h, w, b in parameters])

    def state(self) -> dict[str, torch.Tensor]:
        copies = lambda part, tensors: {
            f"{layer}.{part}": tensor.detach().cpu().clone() for layer, tensor in zip(self.layers, tensors)
        }
        return copies("weight", self.weights) | copies("bias", self.biases)


def translate(hidden: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    return hidden + nn.functional.linear(hidden, weight, bias)


class Loss(torch.autograd.Function):
    """
    The loss of a layer's translated states. Its gradient is taken at once, so that the logits of only one
    layer are there at a time.
    """

    @staticmethod
    def forward(context, translated, loss_of):
        with torch.enable_grad():
            leaf = translated.detach().requires_grad_()
            loss = loss_of(leaf)
            (slope,) = torch.autograd.grad(loss, leaf)
        context.save_for_backward(slope)
        return loss.detach()

    @staticmethod
    def backward(context, gradient):
        return gradient * context.saved_tensors[0], None


def kl(final: torch.Tensor, lens: torch.Tensor) -> torch.Tensor:
    """KL(final ‖ lens) of each position in nats, from log-probabilities."""
    return (final.exp() * (final - lens)).sum(-1)


# --- closed form --------------------------------------------------------------------------------------------------


class Moments:
    """Sums over positions in float64: an attention sink of 22,500 sits beside values near 1."""

    def __init__(self, layers: list[int], width: int, device: torch.device):
        zeros = lambda *shape: torch.zeros(*shape, dtype=torch.float64, device=device)
        self.layers = layers
        self.count, self.final = zeros(1), zeros(width)
        self.sums = [zeros(width) for _ in layers]
        self.squares = [zeros(width, width) for _ in layers]
        self.products = [zeros(width, width) for _ in layers]

    def add(self, hidden: list[torch.Tensor]) -> None:
        final = hidden[-1].double()
        self.count += len(final)
        self.final += final.sum(0)
        for i, layer in enumerate(self.layers):
            h = hidden[layer].double()
            self.sums[i] += h.sum(0)
            self.squares[i] += h.T @ h
            self.products[i] += h.T @ final

    def tensors(self) -> list[torch.Tensor]:
        return [self.count, self.final, *self.sums, *self.squares, *self.products]

    def solve(self, i: int, ridge: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Ridge regression of h_L − h_l on h_l. The penalty of W is in mean eigenvalues of the scatter matrix."""
        count, h, final = self.count, self.sums[i], self.final
        scatter = self.squares[i] - h.outer(h) / count
        toward = self.products[i] - h.outer(final) / count - scatter
        trace = scatter.trace()
        if trace <= 1e-12 * self.squares[i].trace():  # every position is the same
            weight = torch.zeros_like(scatter)
        else:
            scatter.diagonal().add_(ridge * trace / len(h))
            factor, failed = torch.linalg.cholesky_ex(scatter)
            if failed.item():
                raise SystemExit(
                    f"The closed form of layer {self.layers[i]} has no solution on {int(count)} positions with ridge "
                    f"{ridge}. Set a larger ridge in settings.json, or train on more text."
                )
            weight = torch.cholesky_solve(toward, factor).T
        return weight, (final - h - weight @ h) / count


# --- optimisers ---------------------------------------------------------------------------------------------------


def orthogonalise(g: torch.Tensor) -> torch.Tensor:
    """Newton-Schulz, in float32: torch.optim.Muon's bfloat16 is 15 % off after one step."""
    x = g / g.norm().clamp(min=1e-7)
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.775 * gram + 2.0315 * gram @ gram) @ x
    return x


class Muon(torch.optim.Optimizer):
    """Momentum as an average with Nesterov's look-ahead, of the size of an AdamW step, and decoupled decay."""

    def __init__(self, parameters, lr: float, weight_decay: float):
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay, "momentum": 0.9})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                average = self.state[p].setdefault("average", torch.zeros_like(p))
                average.lerp_(p.grad, 1 - group["momentum"])
                direction = orthogonalise(p.grad.lerp(average, group["momentum"]))
                size = 0.2 * math.sqrt(max(p.shape))
                p.mul_(1 - group["lr"] * group["weight_decay"]).sub_(direction, alpha=group["lr"] * size)


def layer_scale(weight, bias, hidden: torch.Tensor, final: torch.Tensor) -> tuple[float, float]:
    """
    What the rates of a layer's W and b are multiplied by, from what the start leaves of h_L − h_l at some positions:
    a bias moves by a share of that, a weight by a share of it in units of h_L.
    """
    median_rms = lambda h: h.double().pow(2).mean(1).sqrt().sort().values[len(h) // 2].item()
    left = median_rms(final - translate(hidden, weight, bias))
    return left / median_rms(final), 3 * left


def optimisers(method: str, weights: list, biases: list, scales: list, decay: float) -> list[torch.optim.Optimizer]:
    """Each parameter is a group of its own, with its scale: `set_rates` gives it a rate before each step."""
    groups = lambda parameters, part: [{"params": [p], "scale": scale[part]} for p, scale in zip(parameters, scales)]
    of_weights, of_biases = groups(weights, 0), groups(biases, 1)
    options = {"lr": 0.0, "weight_decay": decay}
    if method == "sgd":
        return [torch.optim.SGD(of_weights + of_biases, momentum=0.9, nesterov=True, **options)]
    if method == "adam":
        return [torch.optim.AdamW(of_weights + of_biases, **options)]
    adam = torch.optim.AdamW(of_biases, **options)
    return [Muon(of_weights, **options), adam] if weights else [adam]


def set_rates(methods: list[torch.optim.Optimizer], rate: float) -> None:
    for method in methods:
        for group in method.param_groups:
            group["lr"] = rate * group["scale"]


def average_share(step: int) -> float:
    """
    What the average of the parameters moves toward those of a step, from 1: the weight of a step grows as the cube of
    its number. Shamir and Zhang 2013, arXiv:1212.1824.
    """
    return 4 / (step + 3)
