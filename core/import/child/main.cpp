// SPDX-License-Identifier: GPL-3.0-or-later
// prism-import: reads files that the job hands over as open descriptors and answers with typed rows. It opens
// nothing by name and writes nothing but its pipe.
#include "core/import/child/serve.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sys/prctl.h>
#include <sys/socket.h>

int main(int argc, char**)
{
    int type = 0;
    socklen_t size = sizeof type;
    if (argc > 1 || getsockopt(prism::importControl, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
        std::fputs("prism-import is started by Prism; use prismctl import.\n", stderr);
        return EXIT_FAILURE;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return prism::serveImports();
}
