"""Training steps of a BERT-like encoder in torch on the CPU, one for each line that it reads.

The first line is a JSON object with the architecture, batch, length, threads and `cut` (true: the last layer only for its first token). Each further line asks for one whole step (forward, backward,
clipping, AdamW on the same tokens) and is answered with its milliseconds.
"""

import json
import math
import sys
import time


def build(torch, c):
    nn = torch.nn
    functional = torch.nn.functional

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            w = c["width"]
            self.query, self.key, self.value, self.out = (nn.Linear(w, w) for _ in range(4))
            self.norm1, self.norm2 = nn.LayerNorm(w, eps=1e-12), nn.LayerNorm(w, eps=1e-12)
            self.up, self.down = nn.Linear(w, c["ffn"]), nn.Linear(c["ffn"], w)

        def forward(self, x, mask, first):
            n, _, w = x.shape
            heads = lambda y: y.view(n, -1, c["heads"], w // c["heads"]).transpose(1, 2)
            own = x[:, :1] if first else x
            q, k, v = heads(self.query(own)), heads(self.key(x)), heads(self.value(x))
            mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
            x = self.norm1(self.out(mixed.transpose(1, 2).reshape(n, -1, w)) + own)
            return self.norm2(self.down(functional.gelu(self.up(x))) + x)

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            w = c["width"]
            self.word, self.position, self.kind = (
                nn.Embedding(c["vocabulary"], w),
                nn.Embedding(c["positions"], w),
                nn.Embedding(2, w),
            )
            self.norm = nn.LayerNorm(w, eps=1e-12)
            self.layers = nn.ModuleList(Layer() for _ in range(c["layers"]))
            self.pool, self.head = nn.Linear(w, w), nn.Linear(w, c["labels"])

        def forward(self, ids, mask):
            places = torch.arange(ids.shape[1])
            x = self.norm(self.word(ids) + self.kind(torch.zeros_like(ids)) + self.position(places))
            hidden = (1.0 - mask.float())[:, None, None, :] * -10000.0
            for at, layer in enumerate(self.layers):
                x = layer(x, hidden, c["cut"] and at == c["layers"] - 1)
            return self.head(torch.tanh(self.pool(x[:, 0])))

    return Encoder()


def main():
    import torch

    config = json.loads(sys.stdin.readline())
    torch.set_num_threads(config["threads"])
    torch.manual_seed(1)
    model = build(torch, config)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01, fused=True)
    loss_of = torch.nn.CrossEntropyLoss(label_smoothing=0.1)
    shape = (config["batch"], config["length"])
    ids = torch.randint(0, config["vocabulary"], shape)
    mask = torch.ones(shape, dtype=torch.long)
    labels = torch.randint(0, config["labels"], (config["batch"],))
    print(json.dumps({"torch": torch.__version__}), flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model(ids, mask), labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        value = loss.item()
        took = (time.perf_counter() - started) * 1000
        if not math.isfinite(value):
            sys.exit("the loss is no number")
        print(json.dumps({"ms": took}), flush=True)


main()
