// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/unknown_file.h"

#include "core/read/text.h"

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

/// "vllm==0.11.0", "torch >= 2.5", "-e .", "pkg @ file:///…", a comment: how pip writes and takes packages.
bool isPackage(std::string_view line, bool& pinned)
{
    line = read::trimmed(line);
    if (line.empty() || line.front() == '#' || line.starts_with("-e ") || line.starts_with("-r ")
        || line.starts_with("--")) {
        return true;
    }
    const std::size_t name = std::min(line.size(),
        line.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.[],"));
    const std::string_view rest = read::trimmed(line.substr(name));
    const bool version = rest.starts_with("==") || rest.starts_with(">=") || rest.starts_with("~=")
        || rest.starts_with("<=") || rest.starts_with("@ ");
    pinned = pinned || version;
    return name > 0 && (version || rest.empty() || rest.front() == ';');
}

bool isListOfPackages(std::string_view text, bool complete)
{
    constexpr std::size_t mostLines = 2000;
    bool pinned = false;
    for (std::size_t lines = 0; !text.empty() && lines < mostLines; ++lines) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos && !complete) {
            break;
        }
        if (!isPackage(text.substr(0, end), pinned)) {
            return false;
        }
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return pinned;
}

} // namespace

std::optional<Error> describeBeside(const Sample& sample)
{
    const std::string_view begin = read::trimmed(sample.head.substr(0, 4096));
    const bool text = sample.family == Family::Text || sample.family == Family::Csv
        || sample.family == Family::Yaml || sample.family == Family::Json;
    if (!text || begin.empty() || begin.front() == '{' || begin.front() == '[') {
        return std::nullopt;
    }
    const auto nothing = [](const std::string& what) {
        return Error { {}, {}, "this is " + what + ", in which no result is expected", {} };
    };
    if (sample.textContains("NVIDIA-SMI ") && begin.find("+--") != std::string_view::npos) {
        return nothing("what nvidia-smi prints");
    }
    if (begin.starts_with("Collecting environment information") || begin.starts_with("PyTorch version:")) {
        return nothing("a report on the environment");
    }
    if (isListOfPackages(sample.head, sample.complete)) {
        return nothing("a list of packages");
    }
    // A table or a document may quote such a line, and so may a result's text further below.
    static constexpr std::string_view ofServers[] = { "vLLM API server version", "Uvicorn running on",
        "Started server process [", "server_args=ServerArgs(", "main: server is listening on" };
    const bool isServers = sample.family == Family::Text
        && std::any_of(std::begin(ofServers), std::end(ofServers),
            [&](std::string_view words) { return begin.find(words) != std::string_view::npos; });
    return isServers ? std::optional(nothing("the log of a server")) : std::nullopt;
}

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
