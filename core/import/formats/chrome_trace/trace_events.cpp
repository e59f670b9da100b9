// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/chrome_trace/trace_events.h"

#include "core/import/trace_writer.h"
#include "core/read/numbers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <unordered_map>

namespace prism::formats::chrome_trace {

namespace {

constexpr std::size_t mostOpen = 1u << 20; ///< spans that have begun and not ended

/// Microseconds as the file writes them, in nanoseconds: by the digits, for a double holds no nanosecond of
/// today. Digits behind the third decimal are cut off.
std::optional<std::int64_t> nanoseconds(std::string_view text)
{
    const bool negative = text.starts_with('-');
    const std::string_view digits = negative ? text.substr(1) : text;
    std::int64_t whole = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), whole);
    const std::string_view rest(end, static_cast<std::size_t>(digits.data() + digits.size() - end));
    const bool plain = error == std::errc() && end != digits.data() && whole <= INT64_MAX / 1000 - 1
        && (rest.empty()
            || (rest[0] == '.' && rest.find_first_not_of("0123456789", 1) == std::string_view::npos));
    if (!plain) {
        const auto value = read::parseDecimal(text);
        return value && std::abs(*value) < 9e15 ? std::optional(std::llround(*value * 1000)) : std::nullopt;
    }
    std::int64_t part = 0;
    for (std::size_t i = 1; i <= 3; ++i) {
        part = part * 10 + (i < rest.size() ? rest[i] - '0' : 0);
    }
    const std::int64_t ns = whole * 1000 + part;
    return negative ? -ns : ns;
}

std::optional<std::int64_t> nanoseconds(const read::Node* node)
{
    return node && (node->isString() || node->kind() == read::Kind::Number)
        ? nanoseconds(read::trimmed(node->text()))
        : std::nullopt;
}

/// An id of a process, a thread or an arrow: a number or a text.
std::string_view idText(const read::Node* node)
{
    return node && node->isScalar() && !node->isNull() ? node->text() : std::string_view();
}

/// The members of an event that anything is made of.
struct Event {
    explicit Event(const read::Node& node)
        : place(node.place().byte)
    {
        for (const read::Node& member : node) {
            if (const auto at = std::find(std::begin(names), std::end(names), member.key());
                at != std::end(names)) {
                members[static_cast<std::size_t>(at - std::begin(names))] = &member; // the last of a name
            }
        }
    }
    static constexpr std::string_view names[]
        = { "ph", "ts", "dur", "pid", "tid", "name", "cat", "args", "id", "bind_id", "s", "id2" };
    const read::Node* members[std::size(names)] {};
    std::uint64_t place;

    const read::Node* ts() const { return members[1]; }
    const read::Node* dur() const { return members[2]; }
    const read::Node* args() const { return members[7]; }
    const read::Node* bindId() const { return members[9]; }
    std::string_view phase() const { return text(0); }
    std::string_view process() const { return idText(members[3]); }
    std::string_view thread() const { return idText(members[4]); }
    std::string_view name() const { return text(5); }
    std::string_view category() const { return text(6); }
    std::string_view scope() const { return text(10); }
    /// What joins the events of an arrow or of an asynchronous span; local ids hold within their process.
    std::string id() const
    {
        if (const read::Node* id2 = members[11]) {
            const read::Node* global = id2->find("global");
            return global ? std::string(idText(global))
                          : std::string(process()) + '\x1e' + std::string(idText(id2->find("local")));
        }
        return std::string(idText(members[8]));
    }

    /// Counters of one name are apart by it.
    std::string_view counterId() const { return idText(members[8]); }

private:
    std::string_view text(std::size_t i) const
    {
        return members[i] && members[i]->isScalar() ? members[i]->text() : std::string_view();
    }
};

/// What metadata events say of processes and threads.
struct Names {
    struct Process {
        std::string name;
        std::string labels;
        std::int64_t order = 0;
    };
    struct Thread {
        std::string name;
        std::int64_t order = 0;
    };
    std::map<std::string, Process, std::less<>> processes;
    std::map<std::pair<std::string, std::string>, Thread, std::less<>> threads;

    TraceSheet::Lane lane(const std::string& process, const std::string& thread) const
    {
        TraceSheet::Lane lane;
        if (const auto known = processes.find(process); known != processes.end()) {
            lane.process = known->second.name;
            if (!known->second.labels.empty()) {
                lane.process += (lane.process.empty() ? "" : ", ") + known->second.labels;
            }
            lane.processOrder = known->second.order;
        }
        lane.process = withId(lane.process, process, "process");
        if (const auto known = threads.find(std::pair(process, thread)); known != threads.end()) {
            lane.thread = known->second.name;
            lane.threadOrder = known->second.order;
        }
        lane.thread = withId(lane.thread, thread, "thread");
        return lane;
    }

private:
    static std::string withId(const std::string& name, const std::string& id, std::string_view what)
    {
        const bool isNumber = !id.empty() && id.find_first_not_of("-0123456789") == std::string::npos;
        if (name.empty()) {
            return isNumber ? std::string(what) + ' ' + id : id;
        }
        const bool told = id.empty() || name.find(id) != std::string::npos;
        return told ? name : name + " (" + id + ')';
    }
};

class TraceEvents : public read::DocumentHandler {
public:
    explicit TraceEvents(Sink& sink)
        : m_sink(sink)
        , m_writer(sink)
    {
    }

    Result<void> element(const read::Node& node) override
    {
        ++m_events;
        if (node.isObject()
            && node.size() > 0) { // some programs end the list with {}, to write no last comma
            take(Event(node));
        }
        return {};
    }

    Result<void> document(const read::Node& root, std::size_t) override
    {
        if (root.isObject() && !root.has("/traceEvents")) {
            return Error { {}, {}, "the file has no traceEvents", "Check that it is the right file" };
        }
        if (const read::Node* base = root.find("baseTimeNanoseconds")) {
            m_baseNs = base->integer();
        }
        return {};
    }

    std::uint64_t events() const { return m_events; }

    void finish()
    {
        closeOpen();
        m_writer.finish(unixNs(), [this](const std::string& process, const std::string& thread) {
            return m_names.lane(process, thread);
        });
        const auto warn = [this](const char* code, std::uint64_t count, const std::string& text) {
            if (count > 0) {
                m_sink.warn({ code, text + std::to_string(count) + '.', {} });
            }
        };
        warn("no-time", m_withoutTime, "Events without a time that can be read are not shown: ");
        warn("no-begin", m_endsAlone, "Ends of spans without a begin are not shown: ");
        warn("no-end", m_neverEnded,
            "Spans that never end or have no duration are shown to the end of their lane: ");
        for (const auto& [phase, count] : m_notShown) {
            m_sink.warn({ "not-shown",
                "Events of the kind \"" + phase + "\" are not shown: " + std::to_string(count) + '.', {},
                Severity::Note });
        }
        std::map<std::string, std::uint64_t> counts { { "events", m_events }, { "spans", m_writer.spans() } };
        if (m_writer.flows() > 0) {
            counts["flows"] = m_writer.flows();
        }
        if (m_writer.samples() > 0) {
            counts["samples"] = m_writer.samples();
        }
        m_sink.attach(std::move(counts));
    }

private:
    struct Begun {
        std::uint32_t lane;
        std::uint32_t name;
        std::int64_t ns;
        std::uint64_t place;
    };
    using Stacks = std::unordered_map<std::string, std::vector<Begun>>;

    void take(const Event& event)
    {
        const std::string_view phase = event.phase();
        const char kind = phase.size() == 1 ? phase[0] : '\0';
        if (kind == 'M') {
            metadata(event);
            return;
        }
        const auto ns = nanoseconds(event.ts());
        if (!ns) {
            ++m_withoutTime;
            return;
        }
        m_firstNs = m_firstNs ? m_firstNs : ns;
        switch (kind) {
        case 'X':
            complete(event, *ns);
            break;
        case 'B':
            begin(m_stacks, laneKey(event), event, lane(event), *ns);
            bind(event, lane(event), *ns);
            break;
        case 'E':
            end(m_stacks, laneKey(event), {}, *ns);
            break;
        case 'i':
        case 'I':
        case 'R':
            instant(event, *ns);
            break;
        case 'b':
        case 'S':
            begin(m_asynchronous, asyncKey(event), event, asyncLane(event), *ns);
            break;
        case 'e':
        case 'F':
            end(m_asynchronous, asyncKey(event), event.name(), *ns);
            break;
        case 'n':
            m_writer.span(asyncLane(event), name(event), *ns, 0, event.place);
            break;
        case 's':
        case 't':
        case 'f':
            m_writer.flow(lane(event), *ns,
                std::string(event.category()) + '\x1f' + std::string(event.name()) + '\x1f' + event.id());
            break;
        case 'C':
            counter(event, *ns);
            break;
        default:
            if (m_notShown.size() < 32) {
                ++m_notShown[std::string(phase.substr(0, 8))];
            }
        }
    }

    std::uint32_t lane(const Event& event) { return m_writer.lane(event.process(), event.thread()); }
    std::uint32_t asyncLane(const Event& event)
    {
        return m_writer.lane(
            event.process(), event.category().empty() ? std::string_view("asynchronous") : event.category());
    }
    std::uint32_t name(const Event& event) { return m_writer.name(event.name(), event.category()); }
    static std::string laneKey(const Event& event)
    {
        return std::string(event.process()) + '\x1f' + std::string(event.thread());
    }
    static std::string asyncKey(const Event& event)
    {
        return std::string(event.category()) + '\x1f' + event.id();
    }

    void complete(const Event& event, std::int64_t ns)
    {
        const std::uint32_t where = lane(event);
        const auto duration = nanoseconds(event.dur());
        m_neverEnded += duration ? 0 : 1;
        // -1 ns is a negative duration like any other and not the mark of an open one.
        const std::int64_t length = !duration ? SpanColumns::open : *duration < 0 ? INT64_MIN : *duration;
        m_writer.span(where, name(event), ns, length, event.place);
        bind(event, where, ns);
    }

    /// Arrows of the second kind hang on spans.
    void bind(const Event& event, std::uint32_t where, std::int64_t ns)
    {
        if (event.bindId()) {
            m_writer.flow(where, ns, "bind\x1f" + std::string(idText(event.bindId())));
        }
    }

    void instant(const Event& event, std::int64_t ns)
    {
        const bool ofAll = event.scope() == "g";
        m_writer.span(ofAll ? m_writer.lane("Trace", "marks") : lane(event), name(event), ns, 0, event.place);
    }

    void begin(
        Stacks& stacks, const std::string& key, const Event& event, std::uint32_t where, std::int64_t ns)
    {
        if (m_open < mostOpen) {
            ++m_open;
            stacks[key].push_back({ where, name(event), ns, event.place });
        } else {
            ++m_neverEnded;
            m_writer.span(where, name(event), ns, SpanColumns::open, event.place);
        }
    }

    /// Of asynchronous spans of one id the innermost of the same name ends.
    void end(Stacks& stacks, const std::string& key, std::string_view called, std::int64_t ns)
    {
        const auto found = stacks.find(key);
        if (found == stacks.end() || found->second.empty()) {
            ++m_endsAlone;
            return;
        }
        auto& stack = found->second;
        auto at = stack.end() - 1;
        if (!called.empty()) {
            const auto same = std::find_if(stack.rbegin(), stack.rend(),
                [&](const Begun& begun) { return m_writer.nameText(begun.name) == called; });
            at = same == stack.rend() ? at : same.base() - 1;
        }
        m_writer.span(at->lane, at->name, at->ns, TraceWriter::between(at->ns, ns), at->place);
        stack.erase(at);
        --m_open;
        if (stack.empty()) {
            stacks.erase(found);
        }
    }

    void closeOpen()
    {
        for (Stacks* stacks : { &m_stacks, &m_asynchronous }) {
            for (const auto& [key, stack] : *stacks) {
                for (const Begun& begun : stack) {
                    ++m_neverEnded;
                    m_writer.span(begun.lane, begun.name, begun.ns, SpanColumns::open, begun.place);
                }
            }
        }
    }

    void counter(const Event& event, std::int64_t ns)
    {
        if (!event.args()) {
            return;
        }
        const TraceSheet::Lane where
            = m_names.lane(std::string(event.process()), std::string(event.process()));
        for (const read::Node& value : *event.args()) {
            const auto number = value.lenientNumber();
            if (number) {
                std::string series = where.process + ": " + std::string(event.name());
                if (const std::string_view id = event.counterId(); !id.empty()) {
                    series += " (" + std::string(id) + ')';
                }
                if (value.key() != event.name() && value.key() != "value") {
                    series += ' ' + std::string(value.key());
                }
                m_writer.sample(series, {}, ns, *number);
            }
        }
    }

    void metadata(const Event& event)
    {
        constexpr std::size_t most = 1u << 16; // of processes, and of threads
        const auto value = [&](const char* key) {
            const read::Node* node = event.args() ? event.args()->find(key) : nullptr;
            return node && node->isScalar() ? node->text().substr(0, 256) : std::string_view();
        };
        const auto number = [&]() -> std::int64_t {
            const read::Node* node = event.args() ? event.args()->find("sort_index") : nullptr;
            return node ? node->integer().value_or(0) : 0;
        };
        const std::string_view what = event.name();
        if (what.starts_with("process_") && m_names.processes.size() < most) {
            Names::Process& process = m_names.processes[std::string(event.process())];
            if (what == "process_name") {
                process.name = value("name");
            } else if (what == "process_labels") {
                process.labels = value("labels");
            } else if (what == "process_sort_index") {
                process.order = number();
            }
        } else if (what.starts_with("thread_") && m_names.threads.size() < most) {
            Names::Thread& thread
                = m_names.threads[{ std::string(event.process()), std::string(event.thread()) }];
            if (what == "thread_name") {
                thread.name = value("name");
            } else if (what == "thread_sort_index") {
                thread.order = number();
            }
        }
    }

    /// Where the file gives a base, its times count from there. Without one, times that would be decades of
    /// uptime are those of the calendar.
    std::optional<std::int64_t> unixNs() const
    {
        constexpr std::int64_t year2001 = 978'307'200'000'000'000;
        constexpr std::int64_t year2100 = 4'102'444'800'000'000'000;
        if (m_baseNs) {
            return m_baseNs;
        }
        return m_firstNs && *m_firstNs >= year2001 && *m_firstNs < year2100 ? std::optional<std::int64_t>(0)
                                                                            : std::nullopt;
    }

    Sink& m_sink;
    TraceWriter m_writer;
    Names m_names;
    Stacks m_stacks;
    Stacks m_asynchronous;
    std::size_t m_open = 0;
    std::optional<std::int64_t> m_baseNs;
    std::optional<std::int64_t> m_firstNs;
    std::uint64_t m_events = 0;
    std::uint64_t m_withoutTime = 0;
    std::uint64_t m_endsAlone = 0;
    std::uint64_t m_neverEnded = 0;
    std::map<std::string, std::uint64_t> m_notShown; ///< by phase
};

/// Whether the trace is a bare array: the first bracket tells.
Result<bool> isBareArray(Input& input)
{
    auto raw = input.bytes();
    if (!raw) {
        return raw.error();
    }
    const auto text = read::decoded(std::move(*raw));
    std::string head(4096, '\0');
    const auto size = text->read(head);
    if (!size) {
        return size.error();
    }
    const std::size_t at = std::string_view(head).substr(0, *size).find_first_of("[{");
    return at != std::string::npos && head[at] == '[';
}

} // namespace

Result<void> readTraceEvents(Input& input, Sink& sink)
{
    const auto bare = isBareArray(input);
    if (!bare) {
        return bare.error();
    }
    TraceEvents events(sink);
    read::Plan plan;
    plan.stream = { *bare ? "" : "/traceEvents" };
    plan.skip = { "/stackFrames", "/samples" };
    plan.forgiving = true;
    const auto report = input.documents(plan, events);
    if (!report) {
        return report.error();
    }
    events.finish();
    sink.report(*report);
    return {};
}

} // namespace prism::formats::chrome_trace
