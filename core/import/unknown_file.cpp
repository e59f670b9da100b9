// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/unknown_file.h"

#include <algorithm>
#include <array>

namespace prism {

namespace {

constexpr std::string_view offerOfMapping = "Map columns… in the window, or prismctl mapping new FILE";

struct Known {
    std::string_view magic; ///< at the beginning
    std::string_view extension; ///< or this at the end of the name
    std::string_view reason;
    std::string_view remedy;
};

constexpr std::array known {
    Known { "PAR1", ".parquet", "this is a Parquet file, which Prism does not read",
        "Export the results as JSON or CSV" },
    Known { "", ".nsys-rep", "this is an Nsight Systems report, whose format is not public",
        "Convert it with: nsys export --type sqlite" },
    Known { "", ".qdrep", "this is an Nsight Systems report, whose format is not public",
        "Convert it with: nsys export --type sqlite" },
    Known { "", ".pftrace", "this is a Perfetto trace in protobuf", "Convert it with: traceconv json" },
    Known {
        "", ".perfetto-trace", "this is a Perfetto trace in protobuf", "Convert it with: traceconv json" },
    Known { "\x89PNG", "", "this is a picture", "Drop the file that it was drawn from" },
    Known { "%PDF", "", "this is a PDF document", "Drop the file that it was made from" },
    Known { "\x7f"
            "ELF",
        "", "this is a program", "Drop the results that it wrote" },
    // One that lies on its own never comes here.
    Known {
        "PK\x03\x04", "", "this is an archive within an archive", "Unpack the outer one and drop this one" },
    Known { "<!DOCTYPE html", "", "this is an HTML page",
        "Ask the tool for JSON; GuideLLM writes it with --output-path X.json" },
    Known { "<html", "", "this is an HTML page",
        "Ask the tool for JSON; GuideLLM writes it with --output-path X.json" },
};

std::string joined(const std::vector<std::string>& words)
{
    std::string out;
    for (const std::string& word : words) {
        out += (out.empty() ? "" : ", ") + word;
    }
    return out;
}

bool has(const std::vector<std::string>& keys, std::string_view key)
{
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

Error documentRefusal(const std::vector<std::string>& keys)
{
    if (has(keys, "schema") && has(keys, "nodes")) {
        return { {}, {}, "this is an execution trace, which has no time axis",
            "Record a profiler trace instead" };
    }
    if (keys.empty()) {
        return { {}, {}, "the document holds no named values",
            "Drop the file that the benchmark tool wrote" };
    }
    return { {}, {}, "no known benchmark tool writes a document with the keys " + joined(keys),
        "Choose the tool by hand with --as, if it is one of them, or say what its values are: "
            + std::string(offerOfMapping) };
}

} // namespace

bool offersMapping(const Error& refusal)
{
    return refusal.remedy.ends_with(offerOfMapping);
}

Error describeUnknown(const Sample& sample, const std::vector<std::string>& keys)
{
    for (const Known& k : known) {
        const bool byMagic = !k.magic.empty() && sample.head.starts_with(k.magic);
        const bool byName = !k.extension.empty() && sample.name.ends_with(k.extension);
        if (byMagic || byName) {
            return { {}, {}, std::string(k.reason), std::string(k.remedy) };
        }
    }
    switch (sample.family) {
    case Family::Empty:
        return { {}, {}, "the file is empty", "Check whether the benchmark ended" };
    case Family::Binary:
        return { {}, {}, "the file is binary and of no known kind",
            "Drop the file that the benchmark tool wrote" };
    case Family::Sqlite:
        return { {}, {},
            keys.empty()
                ? "this is an SQLite database without a table"
                : "no known benchmark tool writes an SQLite database with the tables " + joined(keys),
            "Export the results as JSON or CSV" };
    case Family::Json:
    case Family::Yaml:
        return documentRefusal(keys);
    case Family::Csv: {
        std::vector<std::string> columns;
        for (const auto& row : sample.rows) {
            for (const read::Cell& cell : row) {
                if (columns.size() < 8) {
                    columns.emplace_back(cell.text);
                }
            }
            break;
        }
        return { {}, {}, "no known benchmark tool writes a table with the columns " + joined(columns),
            "Drop the JSON file of the same run, if there is one, or say what its columns are: "
                + std::string(offerOfMapping) };
    }
    case Family::Text:
        break;
    }
    if (!keys.empty()) {
        return documentRefusal(keys);
    }
    return { {}, {}, "no result of a known benchmark tool is in this text",
        "Drop the file that the tool wrote" };
}

} // namespace prism
