#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins for the CUDA libraries that PyPI's torch is linked to: vllm_stand_ins.py VENV

A server on the CPU never calls them, but the loader wants every symbol with its version. Needs gcc and readelf."""
import collections
import glob
import os
import subprocess
import sys
import tempfile

# Longest prefix first: cublasLt before cublas.
PREFIXES = [
    ("cusparseLt", "libcusparseLt.so.0"), ("pnccl", "libnccl.so.2"), ("nccl", "libnccl.so.2"),
    ("curand", "libcurand.so.10"), ("nvshmem", "libnvshmem_host.so.3"), ("cusolver", "libcusolver.so.12"),
    ("cublasLt", "libcublasLt.so.13"), ("cublas", "libcublas.so.13"), ("cudnn", "libcudnn.so.9"),
    ("cufft", "libcufft.so.12"), ("cusparse", "libcusparse.so.12"), ("nvrtc", "libnvrtc.so.13"),
]
LIBRARIES = sorted({library for _, library in PREFIXES})


def wanted_symbols(folder):
    """library -> version ("" when unversioned) -> names that torch's own libraries leave undefined"""
    wanted = collections.defaultdict(lambda: collections.defaultdict(set))
    for path in glob.glob(folder + "/lib*.so"):
        listing = subprocess.run(["readelf", "-W", "--dyn-syms", path], capture_output=True, text=True, check=True)
        for line in listing.stdout.splitlines():
            columns = line.split()
            if len(columns) < 8 or columns[6] != "UND":
                continue
            name, _, version = columns[7].partition("@")
            library = next((l for prefix, l in PREFIXES if name.startswith(prefix)), None)
            if library:
                wanted[library][version].add(name)
    return wanted


def write_library(path, soname, versions):
    with tempfile.TemporaryDirectory() as work:
        source, script = os.path.join(work, "stand_in.c"), os.path.join(work, "versions.map")
        with open(source, "w") as out:
            out.write("int prism_stand_in;\n")
            for names in versions.values():
                out.writelines(f"int {name}(void) {{ return 1; }}\n" for name in sorted(names))
        command = ["gcc", "-w", "-fno-builtin", "-shared", "-nostdlib", f"-Wl,-soname,{soname}", "-o", path, source]
        named = {version: names for version, names in versions.items() if version}
        if named:
            with open(script, "w") as out:
                out.writelines(f"{v} {{ global: {'; '.join(sorted(n))}; }};\n" for v, n in named.items())
            command.append(f"-Wl,--version-script={script}")
        subprocess.run(command, check=True)


def main():
    folder = glob.glob(sys.argv[1] + "/lib/python3*/site-packages/torch/lib")[0]
    wanted = wanted_symbols(folder)
    for library in LIBRARIES:
        write_library(os.path.join(folder, library), library, wanted[library])


main()
