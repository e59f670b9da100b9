// SPDX-License-Identifier: GPL-3.0-or-later
// prism-import without its fences, to measure what they cost. For files of one's own only.
#include "core/import/child/serve.h"

int main()
{
    return prism::serveImports({ prism::protocol::protocolVersion, 1, {} });
}
