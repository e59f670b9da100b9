// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/text.h"
#include "tests/support/tree_text.h"

#include <cmath>
#include <cstdlib>
#include <optional>

using namespace prism;

namespace {

void check(bool fine)
{
    if (!fine) {
        std::abort();
    }
}

/// What consoles print stands in cells of tables: numbers and durations.
void lookAt(const read::TextLine& line)
{
    check(line.columns.empty() || line.columns.size() == line.text.size());
    for (const read::TableCell& cell : read::tableCells(line.text)) {
        check(cell.offset + cell.text.size() <= line.text.size());
        check(line.at(cell.offset).byte >= line.place.byte);
        for (const auto& number : { read::consoleNumber(cell.text), read::goDurationSeconds(cell.text),
                 read::isoDurationSeconds(cell.text) }) {
            check(!number || std::isfinite(*number));
        }
    }
}

std::optional<std::string> linesOf(read::ByteSource& source)
{
    read::Budgets budgets;
    budgets.lineBytes = 1024;
    std::string out;
    const auto report = read::readLines(source, budgets, [&out](const read::TextLine& line) -> Result<void> {
        lookAt(line);
        out.append(line.text) += '@' + line.place.text() + '\n';
        return {};
    });
    // How much of a text that is refused came before is not told, and a line that is whole in the window may
    // be longer than the budget.
    const bool overBudget = !report && report.error().reason.starts_with("the file holds");
    return report    ? std::optional(out + report->unendedAt)
        : overBudget ? std::nullopt
                     : std::optional<std::string>("refused");
}

} // namespace

/// The first byte says in which pieces the text comes: it reads as it does whole.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) {
        return 0;
    }
    const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
    test::PiecewiseSource cut(text, { 1 + data[0] % 16u, 1 + data[0] / 16u });
    const auto whole = linesOf(*read::memorySource(text));
    const auto pieces = linesOf(cut);
    check(!whole || !pieces || *whole == *pieces);
    return 0;
}
