// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/documents.h"

using namespace prism;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    return fuzz::readBothWays(
        data, size, [](read::ByteSource& source, const read::Plan& plan, read::DocumentHandler& handler) {
            return read::readJson(source, plan, handler);
        });
}
