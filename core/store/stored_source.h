// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/byte_source.h"
#include "core/store/store.h"

#include <string>

namespace prism {

/// Opens the original bytes that the store keeps under a hash, as they were in the file (compressed,
/// encoded). `reader` must outlive the sources that are opened.
read::OpenSource storedOriginal(StoreReader& reader, const std::string& sha256);

} // namespace prism
