// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/sink.h"

namespace prism {

void Sink::report(const read::ReadReport& report)
{
    if (report.truncated) {
        warn({ "truncated",
            "The file is cut off at " + report.truncatedAt + "; what was complete before it is read.",
            report.truncatedAt });
    }
    if (!report.unendedAt.empty()) {
        warn({ "cut-line",
            "The last line (" + report.unendedAt
                + ") has no line end: if the file was cut off there, its last number has lost digits.",
            report.unendedAt });
    }
    if (report.nonFinite > 0) {
        warn({ "non-finite",
            std::to_string(report.nonFinite)
                + " numbers are NaN or infinite, which JSON does not allow; they count as such.",
            {}, Severity::Note });
    }
    if (report.duplicateKeys > 0) {
        warn({ "duplicate-keys",
            std::to_string(report.duplicateKeys) + " keys stand twice in one object; the last one counts.",
            {} });
    }
    if (report.ignoredBytes > 0) {
        warn({ "log-text",
            std::to_string(report.ignoredBytes) + " bytes of log text around the results are passed over.",
            {}, Severity::Note });
    }
    if (report.encoding.replacedCharacters > 0) {
        warn({ "invalid-characters",
            std::to_string(report.encoding.replacedCharacters)
                + " invalid characters were replaced; numbers are not touched.",
            {} });
    }
}

} // namespace prism
