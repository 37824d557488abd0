"""What is trained on when, and what is drawn: as on the page, whatever the number of processes."""

import math

import numpy as np
import torch
import torch.distributed as dist

POOLED_SEQUENCES = 8
MOST_POSITIONS = 256  # whose gradients are computed at once, with one choice of tokens


def shares(count: int) -> list[tuple[int, float]]:
    """
    This process's part of `count` things, with weights. All processes have as many, since they run the model
    together: where there are too few things, one comes again and weighs nothing.
    """
    rank, world = dist.get_rank(), dist.get_world_size()
    rounds = math.ceil(count / world)
    return [(i, 1.0) if i < count else (count - 1, 0.0) for i in range(rank, rounds * world, world)]


class Batches:
    """
    The positions of each step, mixed over pools of sequences: a step on one sequence alone makes late layers worse
    than their closed form. Pools come one after the other, and a step takes the positions after those of the step
    before, also where they lie in two pools or more. The processes run the model over the sequences of all pools of a
    step in parallel, and each has the hidden states of all of them.
    """

    def __init__(self, model, train: torch.Tensor, settings: dict):
        self.model, self.train, self.seed = model, train, settings["seed"]
        self.layers = [*settings["layers"], model.layers]
        self.positions = settings["positionsPerStep"]
        self.sequences = min(POOLED_SEQUENCES, len(train))
        self.rows = self.sequences * train.shape[1]  # of a pool
        self.pools, self.passes = {}, -1

    def parts(self, step: int) -> list[tuple[int, int, int]]:
        """What a step's positions are computed in: a pool, and from where to where in its order."""
        at, end, parts = step * self.positions, (step + 1) * self.positions, []
        while at < end:
            pool, start = divmod(at, self.rows)
            count = min(MOST_POSITIONS, end - at, self.rows - start)
            parts.append((pool, start, start + count))
            at += count
        return parts

    def prepare(self, step: int) -> None:
        """Runs the model for what a step needs and is not there, all processes together."""
        wanted = {pool for pool, _, _ in self.parts(step)}
        self.pools = {pool: held for pool, held in self.pools.items() if pool in wanted}
        self.fill(sorted(wanted - self.pools.keys()))

    def take(self, pool: int, start: int, end: int) -> tuple[list[torch.Tensor], torch.Tensor, torch.Tensor]:
        """Of a pool's positions: hidden states of the trained layers and the last one, and next tokens (−1: none)."""
        states, slots, targets, order = self.pools[pool]
        length = self.train.shape[1]
        sequence, position = order[start:end] // length, order[start:end] % length
        *hidden, final = states[slots[sequence], :, position].unbind(1)
        return hidden, final, targets[sequence, position]

    def fill(self, numbers: list[int]) -> None:
        if not numbers:
            return
        device = self.model.device
        ids = self.train[[self.sequence_at(n * self.sequences + i) for n in numbers for i in range(self.sequences)]]
        mine = []
        for i, _ in shares(len(ids)):
            hidden = self.model.hidden_states(ids[i])
            mine.append(torch.stack([hidden[layer] for layer in self.layers]))
        world = dist.get_world_size()
        mine = torch.stack(mine)  # [sequences, layers, positions, width]
        states = mine.new_empty(world, *mine.shape)
        dist.all_gather(list(states), mine)
        states = states.flatten(0, 1)
        # Sequence i is the (i // world)-th of process i % world.
        slots = torch.tensor([i % world * len(mine) + i // world for i in range(len(ids))], device=device)
        targets = torch.nn.functional.pad(ids[:, 1:], (0, 1), value=-1).to(device)
        for n, own_slots, own_targets in zip(numbers, slots.split(self.sequences), targets.split(self.sequences)):
            order = torch.tensor(shuffled(self.rows, seed_at(self.seed, -1, n)), device=device)
            self.pools[n] = states, own_slots, own_targets, order

    def sequence_at(self, place: int) -> int:
        passes, i = divmod(place, len(self.train))
        if passes != self.passes:
            self.passes, self.order = passes, shuffled(len(self.train), seed_at(self.seed, passes))
        return self.order[i]


def uniforms(seed: int, count: int) -> np.ndarray:
    """The page's random numbers in [0, 1): mulberry32, by Tommy Ettinger."""
    state = np.uint32(seed % 2**32) + np.arange(1, count + 1, dtype=np.uint32) * np.uint32(0x6D2B79F5)
    x = (state ^ (state >> 15)) * (state | np.uint32(1))
    x ^= x + (x ^ (x >> 7)) * (x | np.uint32(61))
    return (x ^ (x >> 14)) / 2.0**32


def seed_at(seed: int, *places: int) -> int:
    """The seed of a place in the training."""
    for place in places:
        seed = int(uniforms(seed ^ (place + 1) * 0x9E3779B1, 1)[0] * 2**32)
    return seed


def shuffled(count: int, seed: int) -> list[int]:
    """The numbers below `count`, by Fisher and Yates."""
    numbers = list(range(count))
    for i, uniform in zip(range(count - 1, 0, -1), uniforms(seed, count).tolist()):
        j = int(uniform * (i + 1))
        numbers[i], numbers[j] = numbers[j], numbers[i]
    return numbers


def choose_tokens(probs: torch.Tensor, size: dict, targets: torch.Tensor, seed: int):
    """
    The tokens that stand for the vocabulary in a gradient, ascending, and what is added to their logits. The
    likeliest and the targets stand for themselves, each of the others that are drawn for many. None: all do.
    """
    vocab, others, targets = len(probs), size["others"], targets.unique()
    certain = max(size["likeliest"], len(targets))
    if certain + others >= vocab:
        return None
    ranked = probs.index_fill(0, targets, math.inf).sort(descending=True, stable=True).indices
    likeliest, left = ranked[:certain], ranked[certain:].sort().values.tolist()
    drawn = []
    for i, uniform in enumerate(uniforms(seed, len(left)).tolist()):  # Knuth's algorithm S
        if uniform * (len(left) - i) < others - len(drawn):
            drawn.append(left[i])
    log_weights = torch.zeros_like(probs)
    log_weights[drawn] = math.log(len(left) / max(1, others))
    tokens = torch.cat([likeliest, torch.tensor(drawn, dtype=torch.long, device=probs.device)]).sort().values
    return tokens, log_weights[tokens]
