// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace prism::test {

/// What goes wrong at the n-th operation that changes something on the disk: a write, sync, truncation or
/// deletion, the creation of a file or of shared memory.
struct Fault {
    enum Kind {
        None,
        Once, ///< the operation fails, the next ones work
        Forever, ///< it and all later ones fail: the disk is gone
        TornOnce, ///< half of a write reaches the disk, then it fails
        TornForever,
        Full, ///< writes fail for lack of space from then on
        Kill, ///< the process dies before it
        TornKill, ///< the process dies half-way through a write
    };
    Kind kind = None;
    long operation = 0; ///< counted from 1
};

/// Puts a VFS between SQLite and the disk that obeys setFault(). Once a process. Syncs only count: a process
/// that dies loses nothing that it wrote, and tests should not wait for disks.
void installFaultVfs();
void setFault(Fault fault); ///< starts counting anew
long operationsSoFar();

} // namespace prism::test
