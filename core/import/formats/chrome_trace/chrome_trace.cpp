// SPDX-License-Identifier: GPL-3.0-or-later
// Timelines as JSON: Chrome, Perfetto, and PyTorch's Kineto, which adds the devices and the ranks. They are
// attached: a timeline explains a result and is none.
#include "core/import/formats/chrome_trace/trace_events.h"
#include "core/import/importer.h"

#include <algorithm>

namespace prism::formats {

namespace {

bool isEvent(const read::Node& node)
{
    return node.isObject() && node.has("/ph") && (node.has("/ts") || node.has("/pid") || node.has("/name"));
}

/// The first event of a trace, in either of its shapes.
const read::Node* firstEvent(const Sample& sample)
{
    const read::Node* events = sample.document;
    if (events && events->isObject()) {
        events = events->find("traceEvents");
    }
    return events && events->kind() == read::Kind::Array && events->begin() != events->end()
        ? &*events->begin()
        : nullptr;
}

bool isTrace(const Sample& sample)
{
    if (sample.has("/traceEvents")) {
        return true;
    }
    const read::Node* event = sample.document && sample.document->isArray() ? firstEvent(sample) : nullptr;
    return event && isEvent(*event);
}

/// What only PyTorch's profiler writes.
bool isKineto(const Sample& sample)
{
    if (sample.has("/deviceProperties") || sample.has("/computeProperties") || sample.has("/distributedInfo")
        || sample.has("/baseTimeNanoseconds")) {
        return true;
    }
    static constexpr std::string_view words[] = { "\"External id\"", "\"Ev Idx\"", "\"cpu_op\"",
        "PyTorch Profiler", "\"ProfilerStep#", "\"python_function\"" };
    return std::any_of(
        std::begin(words), std::end(words), [&](std::string_view word) { return sample.textContains(word); });
}

class TorchTrace : public Importer {
public:
    ImporterInfo info() const override { return { "trace-torch", "PyTorch profiler", 2, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (isTrace(sample) && isKineto(sample)) {
            return Match { Match::Certain, "has trace events as PyTorch's profiler writes them" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        return chrome_trace::readTraceEvents(input, sink);
    }
};

class ChromeTrace : public Importer {
public:
    ImporterInfo info() const override { return { "trace-chrome", "Chrome trace", 2, 20 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (isTrace(sample)) {
            return Match { Match::Likely, "has trace events (ph, ts, pid)" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        return chrome_trace::readTraceEvents(input, sink);
    }
};

const RegisterImporter<TorchTrace> registeredTorch;
const RegisterImporter<ChromeTrace> registeredChrome;

} // namespace

} // namespace prism::formats
