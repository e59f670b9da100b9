// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/families.h"

#include <algorithm>
#include <set>

namespace prism::probes {

namespace {

/// Deeper chains of parents are cut: a table that is read while processes end can hold a ring.
constexpr int mostAncestors = 64;

bool sameServer(const Recognition& child, const Recognition& ancestor)
{
    return child.engine == ancestor.engine && (ancestor.role != Role::Router || child.role == Role::Router);
}

int rootOf(const ProcessTable& table, int pid)
{
    const Recognition& own = *table.at(pid).recognised;
    int root = pid;
    auto at = table.find(table.at(pid).facts.parent);
    for (int step = 0; step < mostAncestors && at != table.end(); ++step) {
        if (at->second.recognised && sameServer(own, *at->second.recognised)) {
            root = at->first;
        }
        at = table.find(at->second.facts.parent);
    }
    return root;
}

std::vector<int> descendants(
    const std::multimap<int, int>& children, int root, const std::set<int>& otherRoots)
{
    std::vector<int> all { root };
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto [begin, end] = children.equal_range(all[i]);
        for (auto it = begin; it != end; ++it) {
            if (!otherRoots.contains(it->second) && std::ranges::find(all, it->second) == all.end()) {
                all.push_back(it->second);
            }
        }
    }
    std::ranges::sort(all);
    return all;
}

std::multimap<int, int> childrenOf(const ProcessTable& table)
{
    std::multimap<int, int> children;
    for (const auto& [pid, process] : table) {
        children.emplace(process.facts.parent, pid);
    }
    return children;
}

} // namespace

ProcessTable readProcessTable(const ProcFolder& proc, std::size_t most, bool& more)
{
    ProcessTable table;
    const std::vector<int> pids = proc.pids();
    more = pids.size() > most;
    for (std::size_t i = 0; i < std::min(pids.size(), most); ++i) {
        if (auto facts = proc.read(pids[i])) {
            SeenProcess seen { *facts, parseCommandLine(*facts), recognise(*facts) };
            table.emplace(pids[i], std::move(seen));
        }
    }
    return table;
}

std::vector<Family> familiesOf(const ProcessTable& table)
{
    std::set<int> roots;
    for (const auto& [pid, process] : table) {
        if (process.recognised) {
            roots.insert(rootOf(table, pid));
        }
    }
    const auto children = childrenOf(table);
    std::vector<Family> families;
    for (const int root : roots) {
        if (table.at(root).recognised->role != Role::Worker) {
            families.push_back({ root, descendants(children, root, roots) });
        }
    }
    return families;
}

int topmostHolder(const ProcessTable& table, const std::vector<int>& holders, int pid)
{
    for (int step = 0; step < mostAncestors; ++step) {
        const auto at = table.find(pid);
        if (at == table.end() || std::ranges::find(holders, at->second.facts.parent) == holders.end()) {
            break;
        }
        pid = at->second.facts.parent;
    }
    return pid;
}

std::vector<int> familyOf(const ProcessTable& table, int pid)
{
    const auto families = familiesOf(table);
    for (const Family& family : families) {
        if (std::ranges::binary_search(family.members, pid)) {
            return family.members;
        }
    }
    std::set<int> others;
    for (const Family& family : families) {
        others.insert(family.root);
    }
    return descendants(childrenOf(table), pid, others);
}

} // namespace prism::probes
