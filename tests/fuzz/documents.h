// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/documents.h"
#include "core/read/excerpt.h"
#include "tests/support/tree_text.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace prism::fuzz {

/// Reads a text whole and in pieces, and the one must tell what the other does. The first byte says in which
/// pieces, the second what is wanted of the documents.
template <class Reader>
int readBothWays(const std::uint8_t* data, std::size_t size, Reader reader)
{
    if (size < 2) {
        return 0;
    }
    const std::string text(reinterpret_cast<const char*>(data + 2), size - 2);
    read::Plan plan;
    plan.budgets.depth = 32;
    plan.budgets.nodes = 2000;
    plan.budgets.stringBytes = 2048;
    plan.budgets.keyBytes = 256;
    plan.budgets.treeBytes = 128u << 10;
    plan.budgets.aliasNodes = 1000;
    if (data[1] & 1) {
        plan.stream = { "/a", "/*/b" };
    }
    if (data[1] & 2) {
        plan.stream.emplace_back("");
    }
    if (data[1] & 4) {
        plan.skip = { "/c", "/a/*/c" };
    }
    plan.forgiving = data[1] & 8;
    plan.acceptIncomplete = data[1] & 16;
    plan.sampleElements = data[1] & 32 ? 2 : 0;
    plan.sampleStringBytes = data[1] & 32 ? 8 : 0;

    test::RecordedDocuments whole;
    test::RecordedDocuments pieces;
    whole.places = pieces.places = true;
    const auto source = read::memorySource(text);
    const auto first = reader(*source, plan, whole);
    test::PiecewiseSource cut(text, { 1 + data[0] % 16u, 1 + data[0] / 16u });
    const auto second = reader(cut, plan, pieces);
    // How much of a text that is refused was handed over before is not told: nothing of it counts. And a
    // budget may be passed by the first pieces of what, whole, is no value at all.
    const auto overBudget
        = [](const auto& report) { return !report && report.error().reason.starts_with("the file holds"); };
    if (overBudget(first) || overBudget(second)) {
        return 0;
    }
    if (bool(first) != bool(second)
        || (first && (whole.documents != pieces.documents || whole.elements != pieces.elements))) {
        std::fprintf(stderr, "the text reads otherwise in pieces\n");
        std::abort();
    }
    if (first ? first->documents == 0 && whole.elements.empty() : first.error().reason.empty()) {
        std::fprintf(stderr, "neither documents nor a reason\n");
        std::abort();
    }
    return 0;
}

} // namespace prism::fuzz
