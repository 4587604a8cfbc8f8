#!/bin/sh
# zstandard 0.25.0 (python-zstandard): a file that is cut off is read as if it ended there.
#
# `zstandard.open`, `ZstdDecompressor().stream_reader` and `read_to_iter` of a file that lost its last bytes return what
# can be unpacked of it and then the end of the file, as of a whole one. gzip, bz2 and lzma of the standard library
# raise EOFError there, and the program `zstd -d` says "premature end". Ten thousand JSON lines whose last quarter is
# missing, as after a download or a run that was killed, are 7439 whole lines and a part of one, which a reader that
# passes over malformed lines does not see; with three bytes missing they are 9982.
#
# What it costs: a log of samples is read by half, and each number of it looks as good as any. What tells is `eof` of
# a `decompressobj`, which is False at the end of a file that is cut; `explore_theory.samples.readers.packed` asks for it.
#
# Run: sh findings/zstandard-cut-files.sh       Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check zstandard==0.25.0
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import bz2
import gzip
import io
import json
import lzma
import sys

import zstandard

print(f"zstandard {zstandard.__version__}")
# Texts that pack little, so that the file has many blocks.
rows = [json.dumps({"response": format(pow(7, n, 2**4001 - 1), "x"), "reward": n % 2}) for n in range(1000, 11000)]
data = ("\n".join(rows) + "\n").encode()
packed = zstandard.ZstdCompressor().compress(data)


def opened(cut: bytes) -> bytes:
    with open("cut.zst", "wb") as file:
        file.write(cut)
    with zstandard.open("cut.zst", "rb") as file:
        return file.read()


WAYS = {
    "zstandard.open": opened,
    "stream_reader": lambda cut: zstandard.ZstdDecompressor().stream_reader(io.BytesIO(cut)).read(),
    "read_to_iter": lambda cut: b"".join(zstandard.ZstdDecompressor().read_to_iter(io.BytesIO(cut))),
}
NEWLINE = b"\n"
odd = True
for lost in (3, len(packed) // 4, len(packed) // 2):
    for name, read in WAYS.items():
        got = read(packed[:-lost])
        print(f"{lost} of {len(packed)} bytes missing, {name}: {got.count(NEWLINE)} of {len(rows)} lines, no error")
        odd &= len(got) < len(data) and data.startswith(got)
    machine = zstandard.ZstdDecompressor().decompressobj()
    machine.decompress(packed[:-lost])
    print(f"    decompressobj: eof={machine.eof}")
    odd &= not machine.eof
whole = zstandard.ZstdDecompressor().decompressobj()
odd &= whole.decompress(packed) == data and whole.eof
for name, library in (("gzip", gzip), ("bz2", bz2), ("lzma", lzma)):
    cut = library.compress(data)[:-99]
    try:
        library.open(io.BytesIO(cut)).read()
        odd = False
    except EOFError as error:
        print(f"{name}: EOFError, {error}")
print("as described" if odd else "CHANGED: a cut file is noticed, or read in another way")
sys.exit(0 if odd else 1)
PYTHON
