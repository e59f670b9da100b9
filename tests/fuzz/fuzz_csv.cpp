// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/csv.h"
#include "tests/support/tree_text.h"

#include <cstdlib>
#include <optional>

using namespace prism;

namespace {

std::optional<std::string> rowsOf(read::ByteSource& source, const read::CsvOptions& options)
{
    std::string out;
    const auto report = read::readCsv(source, options, [&out](const read::CsvRow& row) -> Result<void> {
        for (const read::Cell& cell : row) {
            out.append(cell.text) += '@' + cell.place.text() + '|';
        }
        out += '\n';
        return {};
    });
    // How much of a text that is refused came before is not told, and a line that is whole in the window may
    // be longer than the budget.
    const bool overBudget = !report
        && (report.error().reason.starts_with("the file holds")
            || report.error().reason.ends_with("is never closed"));
    return report    ? std::optional(out + report->unendedAt)
        : overBudget ? std::nullopt
                     : std::optional<std::string>("refused");
}

} // namespace

/// The first byte says in which pieces the text comes, the second what separates its cells. In pieces it
/// reads as it does whole.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 2) {
        return 0;
    }
    const std::string text(reinterpret_cast<const char*>(data + 2), size - 2);
    read::CsvOptions options;
    options.delimiter = "\0,;\t"[data[1] % 4];
    options.budgets.lineBytes = 1024;
    test::PiecewiseSource cut(text, { 1 + data[0] % 16u, 1 + data[0] / 16u });
    const auto whole = rowsOf(*read::memorySource(text), options);
    const auto pieces = rowsOf(cut, options);
    if (whole && pieces && *whole != *pieces) {
        std::abort();
    }
    return 0;
}
