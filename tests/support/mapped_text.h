// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/mapping/mapping_importer.h"
#include "tests/support/recording_sink.h"

#include <optional>
#include <string>
#include <utility>

/// Mappings for tests, and texts that are read with them.
namespace prism::test {

inline MappedValue measure(std::string column, std::string metric, Stat stat, std::string unit)
{
    return { std::move(column), {}, MappedValue::Target::Measure, std::move(metric), stat, std::move(unit),
        {} };
}

inline MappedValue attribute(std::string column, std::string name)
{
    return { std::move(column), {}, MappedValue::Target::Attribute, std::move(name), Stat::value(), {}, {} };
}

inline MappedValue request(std::string column, std::string field, std::string unit = {})
{
    return { std::move(column), {}, MappedValue::Target::Request, std::move(field), Stat::value(),
        std::move(unit), {} };
}

struct Mapped {
    RecordingSink sink;
    std::optional<Error> error;
};

inline Mapped readWith(const Mapping& mapping, const std::string& text, Family family)
{
    Mapped out;
    Input input("file", family,
        [&text] { return Result<std::unique_ptr<read::ByteSource>>(read::memorySource(text)); }, {}, {});
    if (auto done = MappingImporter(mapping).read(input, out.sink); !done) {
        out.error = done.error();
    }
    return out;
}

inline Mapping sweep()
{
    Mapping mapping;
    mapping.name = "sweep";
    mapping.columns = { "model", "conc", "ttft_p50", "tps", "phase" };
    mapping.values = { attribute("model", "model"), attribute("conc", "concurrency"),
        measure("ttft_p50", "ttft", Stat::percentile(50), "s"),
        measure("tps", "output_throughput", Stat::value(), "tok/s") };
    return mapping;
}

} // namespace prism::test
