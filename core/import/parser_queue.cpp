// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/parser_queue.h"

#include <algorithm>

namespace prism {

namespace {

/// Enough to keep the parser busy while files are hashed and stored.
constexpr std::size_t mostInFlight = 16;
constexpr std::size_t fewInFlight = 8;
constexpr std::size_t filesAChild = 256;
constexpr auto patience = std::chrono::milliseconds(50);

std::string seconds(std::chrono::nanoseconds time)
{
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

/// For a parser that says little now and then for ever: twice the silence, and what slow storage needs.
std::chrono::nanoseconds mostWaiting(std::chrono::milliseconds mostSilence, std::uint64_t fileBytes)
{
    constexpr std::uint64_t slowestBytesASecond = 1u << 20;
    return 2 * mostSilence + std::chrono::seconds(fileBytes / slowestBytesASecond);
}

} // namespace

ParserQueue::ParserQueue(const ImportRequest& request)
    : m_request(request)
{
}

bool ParserQueue::wantsMore()
{
    m_filling = m_files.size() <= fewInFlight || (m_filling && m_files.size() < mostInFlight);
    return m_filling;
}

Result<void> ParserQueue::add(std::unique_ptr<FileInFlight> file)
{
    m_files.push_back(std::move(file));
    return feed();
}

void ParserQueue::nextFile()
{
    m_frameBytes = 0;
    m_waited = m_silence = std::chrono::nanoseconds(0);
    m_cpuAtLastWord.reset();
}

void ParserQueue::endParser()
{
    m_child.reset();
    m_sent = m_served = 0;
    m_closing = m_replace = false;
    nextFile();
}

std::deque<std::unique_ptr<FileInFlight>> ParserQueue::abandon()
{
    endParser();
    return std::exchange(m_files, {});
}

Result<void> ParserQueue::feed()
{
    if (m_child && m_sent == 0 && m_served >= filesAChild) {
        endParser();
    }
    if (!m_child && !m_files.empty()) {
        auto child = ChildProcess::start(m_request.importChild, m_request.mappings);
        if (!child) {
            return child.error();
        }
        m_child = std::move(*child);
        ++m_started;
        nextFile();
    }
    while (!m_closing && m_sent < std::min(m_window, m_files.size()) && m_served < filesAChild) {
        FileInFlight& file = *m_files[m_sent];
        file.setNumber(++m_number);
        const auto sent = m_child->submit(
            { file.number(), file.name(), m_request.forcedImporter, file.bytes(), file.descriptor() });
        if (!sent) {
            // Answers to files before this one may still be in the pipe: receive() reads them first.
            m_child->hangUp();
            m_closing = true;
            return {};
        }
        if (!*sent) {
            return {};
        }
        ++m_sent;
        ++m_served;
    }
    return {};
}

std::uint64_t ParserQueue::mostFrameBytes(std::uint64_t fileBytes) const
{
    constexpr std::uint64_t largest = std::uint64_t(1) << 48; // a file may claim to be larger than any disk
    return m_request.limits.frameBytes + m_request.limits.frameBytesAByte * std::min(fileBytes, largest);
}

Result<void> ParserQueue::frame(const protocol::Frame& frame, const Take& take)
{
    if (m_sent == 0 || frame.file != m_files.front()->number()) {
        return Error { {}, {}, "an answer for a file that it was not given", {} };
    }
    FileInFlight& file = *m_files.front();
    m_frameBytes += protocol::headerBytes + frame.payload.size();
    if (m_frameBytes > mostFrameBytes(file.bytes())) {
        return Error { {}, {}, "more rows than a file of this size can hold", {} };
    }
    auto taken = take(file, frame);
    if (!taken) {
        m_own = taken.error();
        return taken.error();
    }
    if (taken->fault) {
        m_fault = std::move(taken->fault);
        return *m_fault;
    }
    if (!taken->lie.empty()) {
        return Error { {}, {}, std::move(taken->lie), {} };
    }
    if (taken->ended) {
        m_files.pop_front();
        --m_sent;
        m_window = taken->refused ? 1 : std::min(2 * m_window, mostInFlight);
        nextFile();
    }
    if (taken->refused && taken->ended) {
        m_replace = true;
        return Error { {}, {}, "the file was refused", {} }; // ends the reading: what follows is not heard
    }
    return {};
}

/// How the parser went too far with the first file; empty when it did not.
std::string ParserQueue::overLimit()
{
    const ImportRequest::Limits& limits = m_request.limits;
    if (m_silence >= limits.silence) {
        return "told nothing for " + seconds(limits.silence);
    }
    if (m_silence >= patience) {
        const auto cpu = m_child->cpu();
        if (cpu - m_cpuAtLastWord.value_or(cpu) >= limits.cpu) {
            return "computed for " + seconds(limits.cpu) + " without a word";
        }
        m_cpuAtLastWord = m_cpuAtLastWord.value_or(cpu);
    }
    if (m_waited >= mostWaiting(limits.silence, m_files.front()->bytes())) {
        return "made too little progress in " + seconds(m_waited);
    }
    return {};
}

/// Empty while the parser has not spoken; an error when it may read nothing.
Result<void> ParserQueue::checkFences()
{
    const auto& ready = m_child->ready();
    if (!ready) {
        return {};
    }
    if (!ready->problem.empty()) {
        return Error { {}, {}, "prism-import " + ready->problem,
            "Files are read only by a parser that is fenced in; check the installation with prismctl "
            "doctor" };
    }
    if (ready->landlock == 0) {
        m_note
            = "This kernel has no Landlock, or forbids it: files are read behind one fence less. The filter "
              "of system calls still keeps the parser from opening any file.";
    }
    return {};
}

ParserQueue::Failed ParserQueue::failed(const std::string& how)
{
    Failed out { std::move(m_files.front()),
        { {}, {}, "the parser " + how + " while it read the file",
            "Nothing of it is stored; report the file if it is a real result" } };
    m_files.pop_front();
    out.reason.file = out.file->name();
    m_window = 1;
    endParser();
    return out;
}

Result<std::optional<ParserQueue::Failed>> ParserQueue::receive(const Take& take)
{
    using None = std::optional<Failed>;
    if (auto fed = feed(); !fed) {
        return fed.error();
    }
    if (!m_child) {
        return None();
    }
    const auto got = m_child->read(patience, [&](const protocol::Frame& f) { return frame(f, take); });
    if (m_own) {
        return *std::exchange(m_own, {});
    }
    if (auto fenced = checkFences(); !fenced) {
        return fenced.error();
    }
    if (m_fault) {
        Failed out = failed({});
        out.reason = *std::exchange(m_fault, {});
        out.reason.file = out.file->name();
        return None(std::move(out));
    }
    if (m_replace) {
        endParser();
        return None();
    }
    if (!got) {
        return None(failed("sent something that it must not (" + got.error().reason + ')'));
    }
    if (*got == ChildProcess::Read::Ended) {
        const std::string how = m_child->why();
        if (how == "could not be started") {
            return Error { {}, {}, "the program prism-import cannot be started",
                "Check the installation with prismctl doctor" };
        }
        // One that served and ended between two files harmed none; one that never took a file would be
        // started for ever.
        if (m_files.empty() || (m_sent == 0 && m_served > 0)) {
            endParser();
            return None();
        }
        return None(failed(how));
    }
    if (m_sent == 0) {
        return None();
    }
    m_waited += m_child->lastWait();
    m_silence += m_child->lastWait();
    if (*got == ChildProcess::Read::Frames) {
        m_silence = std::chrono::nanoseconds(0);
        m_cpuAtLastWord.reset();
    }
    const std::string how = overLimit();
    return how.empty() ? None() : None(failed(how));
}

} // namespace prism
