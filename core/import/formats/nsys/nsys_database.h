// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/input.h"
#include "core/import/sink.h"

namespace prism::formats::nsys {

/// A timeline that Nsight Systems exported as SQLite: kernels and copies by GPU and stream, CUDA calls, NVTX
/// ranges and waits of the operating system by process and thread, GPU metrics as series. Tables exist where
/// there are data, and their columns differ by version.
Result<void> readDatabase(Input& input, Sink& sink);

} // namespace prism::formats::nsys
