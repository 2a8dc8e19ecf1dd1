"""Makes the files beside it, with PyTorch: python tests/data/make_torch_files.py

Made with torch 2.13.0 and safetensors 0.8. The tests need neither: they compute the values that
the files must hold with `values` and `shapes` of this module.
"""

import io
import os
import pickle
import zipfile
import zlib
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
BLOCKS, FILTERS = 6, 2
# Made in the working directory by the files `hostile*.pth`, if anything in them is run.
MARKER = "hostile_code_was_run"


def values(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Values that follow from name and shape; exact in float16 and bfloat16."""
    steps = np.arange(np.prod(shape, dtype=int)) * 7 + zlib.crc32(name.encode())
    return ((steps % 255 - 127) / 64).astype(np.float32).reshape(shape)


def shapes(statistics: bool = False) -> dict[str, tuple[int, ...]]:
    """The names and shapes of a ResNet generator's state dict, without dropout, as in PyTorch."""
    f, found = FILTERS, {}

    def layer(module: str, number: int, weight: tuple[int, ...], bias: int, norm: bool = True):
        found[f"{module}.{number}.weight"] = weight
        found[f"{module}.{number}.bias"] = (bias,)
        if norm and statistics:
            found[f"{module}.{number + 1}.running_mean"] = (bias,)
            found[f"{module}.{number + 1}.running_var"] = (bias,)
            found[f"{module}.{number + 1}.num_batches_tracked"] = ()

    layer("model", 1, (f, 3, 7, 7), f)
    layer("model", 4, (2 * f, f, 3, 3), 2 * f)
    layer("model", 7, (4 * f, 2 * f, 3, 3), 4 * f)
    for block in range(10, 10 + BLOCKS):
        for number in (1, 5):
            layer(f"model.{block}.conv_block", number, (4 * f, 4 * f, 3, 3), 4 * f)
    layer("model", 10 + BLOCKS, (4 * f, 2 * f, 3, 3), 2 * f)
    layer("model", 13 + BLOCKS, (2 * f, f, 3, 3), f)
    layer("model", 17 + BLOCKS, (3, f, 7, 7), 3, norm=False)
    return found


def generator(statistics: bool):
    """A real network of these layers: it makes the names, the order and the metadata."""
    from torch import nn

    f = FILTERS

    def norm(width):
        return nn.InstanceNorm2d(width, track_running_stats=statistics)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            half = [nn.ReflectionPad2d(1), nn.Conv2d(4 * f, 4 * f, 3), norm(4 * f)]
            rest = [nn.ReflectionPad2d(1), nn.Conv2d(4 * f, 4 * f, 3), norm(4 * f)]
            self.conv_block = nn.Sequential(*half, nn.ReLU(), *rest)

        def forward(self, x):
            return x + self.conv_block(x)

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, f, 7), norm(f), nn.ReLU()]
            for width in (f, 2 * f):
                down = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
                layers += [down, norm(2 * width), nn.ReLU()]
            layers += [Block() for _ in range(BLOCKS)]
            for width in (2 * f, f):
                up = nn.ConvTranspose2d(2 * width, width, 3, 2, padding=1, output_padding=1)
                layers += [up, norm(width), nn.ReLU()]
            self.model = nn.Sequential(
                *layers, nn.ReflectionPad2d(3), nn.Conv2d(f, 3, 7), nn.Tanh()
            )

        def forward(self, x):
            return self.model(x)

    network = Generator()
    fill(network.state_dict())
    return network


def fill(state) -> None:
    import torch

    for name, tensor in state.items():
        if tensor.is_floating_point():
            tensor.copy_(torch.from_numpy(values(name, tuple(tensor.shape))))
        else:
            tensor.fill_(37)


def kinds() -> dict:
    """All the types that are read, and tensors that share and view storages."""
    import torch

    base = torch.from_numpy(values("base", (4, 6)))
    state = {
        name: torch.from_numpy(values(name, (2, 3))).to(getattr(torch, name))
        for name in ("float16", "bfloat16", "float32", "float64")
    }
    return state | {
        "int64": torch.arange(-3, 3),
        "scalar": torch.tensor(37),
        "empty": torch.zeros(0, 3),
        "base": base,
        "transposed": base.T,
        "part": base[1:3, 2:5],
        "steps": base[::2, 1::2],
        "expanded": base[0, 3:4].expand(5, 1),
        "parameter": torch.nn.Parameter(base[3]),
    }


class OldPickle:
    """A pickle module that writes as PyTorch 0.3 in Python 2 did, except for byte strings."""

    class Pickler(pickle.Pickler):
        def reducer_override(self, obj):
            import torch

            if isinstance(obj, torch.Tensor):
                storage = torch.storage.TypedStorage(
                    wrap_storage=obj.untyped_storage(), dtype=obj.dtype, _internal=True
                )
                view = (obj.storage_offset(), tuple(obj.shape), obj.stride())
                return torch._utils._rebuild_tensor, (storage, *view)
            if isinstance(obj, dict) and type(obj) is not dict:
                return type(obj), ([[name, value] for name, value in obj.items()],)
            return NotImplemented

    dump = staticmethod(pickle.dump)


class Hostile:
    def __reduce__(self):
        return os.system, (f"touch {MARKER}",)


def big_endian(data: bytes, width: int) -> bytes:
    """A zip of torch.save, all of whose values have this width, as a big endian machine writes."""
    new = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(new, "w") as archive:
        for name in old.namelist():
            content = old.read(name)
            if "/data/" in name:
                content = np.frombuffer(content, f"<u{width}").astype(f">u{width}").tobytes()
            archive.writestr(name, b"big" if name.endswith("/byteorder") else content)
    return new.getvalue()


def main() -> None:
    import torch
    from safetensors.torch import save_file

    os.chdir(HERE)
    legacy = {"_use_new_zipfile_serialization": False}
    plain, statistics = generator(False).state_dict(), generator(True).state_dict()
    torch.save(plain, "generator.pth")
    torch.save(statistics, "generator_statistics_legacy.pth", **legacy)
    torch.save(generator(True).half().state_dict(), "generator_statistics_half.pth")
    save_file(plain, "generator.safetensors", {"format": "pt"})
    old = io.BytesIO()
    torch.save(statistics, old, pickle_module=OldPickle, **legacy)
    Path("generator_old_legacy.pth").write_bytes(old.getvalue())

    torch.save(kinds(), "kinds.pth")
    torch.save(kinds(), "kinds_legacy.pth", **legacy)
    save_file(
        {name: t.detach().clone().contiguous() for name, t in kinds().items()}, "kinds.safetensors"
    )
    inner = {f"module.{name}": kinds()[name].clone() for name in ("base", "transposed")}
    torch.save({"epoch": 3, "state_dict": inner}, "checkpoint.pth", pickle_protocol=4)
    torch.save({"epoch": 3, "model": inner}, "checkpoint_legacy.pth", pickle_protocol=4, **legacy)
    swapped = io.BytesIO()
    torch.save(inner, swapped)
    Path("big_endian.pth").write_bytes(big_endian(swapped.getvalue(), 4))

    torch.save({"weight": Hostile()}, "hostile.pth")
    torch.save({"weight": Hostile()}, "hostile_legacy.pth", **legacy)
    torch.save(generator(False).model[:3], "module.pth")
    for path in HERE.glob("*.safetensors"):
        path.chmod(0o644)
    check()


def check() -> None:
    """PyTorch reads all of them, and finds the values in them."""
    import torch
    from safetensors.torch import load_file

    for path in sorted(HERE.glob("*.pth")) + sorted(HERE.glob("*.safetensors")):
        print(f"{path.name:34}{path.stat().st_size:7}")
        if path.name.startswith(("hostile", "module")):
            continue
        if path.suffix == ".safetensors":
            state = load_file(path)
        else:
            # These are ours. PyTorch's own safe reader does not know protocol 4.
            state = torch.load(path, weights_only=False)
        state = state.get("state_dict", state.get("model", state))
        for name, tensor in state.items():
            name = name.removeprefix("module.")
            if path.name.startswith("generator") and tensor.is_floating_point():
                expected = torch.from_numpy(values(name, tuple(tensor.shape)))
            elif path.name.startswith("generator"):
                expected = torch.tensor(37)
            else:
                expected = kinds()[name].detach()
            assert torch.equal(tensor.to(expected.dtype), expected), (path, name)


if __name__ == "__main__":
    main()
