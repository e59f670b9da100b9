// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/discovery/recognise.h"

#include <map>

namespace prism::probes {

struct SeenProcess {
    ProcessFacts facts;
    CommandLine command;
    std::optional<Recognition> recognised;
};

/// All processes of one reading of /proc, by number.
using ProcessTable = std::map<int, SeenProcess>;

ProcessTable readProcessTable(const ProcFolder& proc, std::size_t most, bool& more);

/// A server with all that belongs to it: the topmost process of an engine and what descends from it.
struct Family {
    int root = 0;
    std::vector<int> members; ///< ascending, the root among them
};

/// Families of the recognised engines. A recognised descendant of another engine, and a server that a router
/// started, has a family of its own. Workers whose server is gone have none.
std::vector<Family> familiesOf(const ProcessTable& table);

/// The topmost among `holders` from which `pid` descends by holders only.
int topmostHolder(const ProcessTable& table, const std::vector<int>& holders, int pid);

/// The processes of the server that this one is the root or a part of, else the process and what descends
/// from it. For attaching: all of them are one target.
std::vector<int> familyOf(const ProcessTable& table, int pid);

} // namespace prism::probes
