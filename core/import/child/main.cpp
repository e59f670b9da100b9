// SPDX-License-Identifier: GPL-3.0-or-later
// prism-import: reads files that the job hands over as open descriptors and answers with typed rows. It opens
// nothing by name and writes nothing but its pipe, and its fences see to that.
#include "core/import/child/fences.h"
#include "core/import/child/serve.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>

int main(int argc, char**)
{
    int type = 0;
    socklen_t size = sizeof type;
    if (argc > 1 || getsockopt(prism::importControl, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
        std::fputs("prism-import is started by Prism; use prismctl import.\n", stderr);
        return EXIT_FAILURE;
    }
    prism::registerMappings();
    prism::protocol::Ready ready;
    if (const char* problem = prism::fences::raise(ready.landlock)) {
        ready.problem = std::string(problem) + ": " + std::strerror(errno);
    }
    // What would run at an ordinary exit, a leak check for one, would need calls that are fenced off.
    std::_Exit(prism::serveImports(ready));
}
