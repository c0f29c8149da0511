"""place.py DIR: makes the files for the captures, always with the same bytes. `fn`: a function for a custom runtime, with
a real program that does nothing. `changed`: the same function after an edit. `fleet`: five functions. `image.tar`: an
image as careless scripts make it, for `docker load`."""

import hashlib, io, json, os, pathlib, random, struct, sys, tarfile

place = pathlib.Path(sys.argv[1])

# exit(0), as a static ELF program for x86-64.
code = b"\xb8\x3c\0\0\0\x31\xff\x0f\x05"
address, size = 0x400000, 120 + len(code)
head = struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, address + 120, 64, 0, 0, 64, 56, 1, 64, 0, 0)
segment = struct.pack("<IIQQQQQQ", 1, 5, 0, address, address, size, size, 0x1000)
program = b"\x7fELF\2\1\1".ljust(16, b"\0") + head + segment + code


def function(path, files):
    (place / path).mkdir(parents=True)
    for name, content in {"bootstrap": program, **files}.items():
        (place / path / name).write_bytes(content)
    os.chmod(place / path / "bootstrap", 0o755)


function("fn", {"prices.json": b"{}\n"})
function("changed", {"prices.json": b'{"tea": 3}\n', "stock.json": b"{}\n"})
for name, size in (("audit", 40_000), ("health", 3_000), ("mail", 60_000), ("orders", 9_000_000), ("reports", 4_000_000)):
    # Nothing is shared, so that it does not matter which function comes first.
    function(f"fleet/{name}", {"bootstrap": program + name.encode(), "data.bin": random.Random(name).randbytes(size)})


def tar(files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content, mode in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


layer = tar([("var/runtime/bootstrap", program, 0o644), ("var/task/prices.json", b"{}\n", 0o600)])
settings = {"Entrypoint": ["/var/runtime/bootstrap"], "Cmd": ["app.handler"], "User": "1000", "Env": ["AWS_REGION=eu-west-1"]}
config = {
    "architecture": "amd64",
    "os": "linux",
    "config": settings,
    "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
}
manifest = [{"Config": "config.json", "RepoTags": ["team/fn:v1"], "Layers": ["layer.tar"]}]
parts = [("config.json", config), ("manifest.json", manifest)]
files = [(name, json.dumps(part).encode(), 0o644) for name, part in parts] + [("layer.tar", layer, 0o644)]
(place / "image.tar").write_bytes(tar(files))
