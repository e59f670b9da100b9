// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prism_test_paths.h"
#include "probes/helper/process_state.h"
#include "probes/protocol/frame.h"
#include "probes/protocol/message.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <functional>
#include <map>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

/// The helper as a program, and a client of it, for tests.
namespace prism::test {

/// prism-probed, started for the test and killed with it.
class RunningHelper {
public:
    /// With --stdio: stream() is its standard input and output. Else the arguments, and stream() is -1.
    explicit RunningHelper(const std::vector<std::string>& arguments = { "--stdio" })
    {
        int pair[2];
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
        m_pid = fork();
        if (m_pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            dup2(pair[1], STDIN_FILENO);
            dup2(pair[1], STDOUT_FILENO);
            const std::string program = PRISM_BIN_DIR "/prism-probed";
            std::vector<char*> values { const_cast<char*>(program.c_str()) };
            for (const std::string& argument : arguments) {
                values.push_back(const_cast<char*>(argument.c_str()));
            }
            values.push_back(nullptr);
            execv(program.c_str(), values.data());
            _exit(127);
        }
        close(pair[1]);
        m_stream = pair[0];
    }
    ~RunningHelper()
    {
        close(m_stream);
        end(SIGKILL);
    }
    RunningHelper(const RunningHelper&) = delete;
    RunningHelper& operator=(const RunningHelper&) = delete;

    pid_t pid() const { return m_pid; }
    /// The caller's to close.
    int stream() const { return dup(m_stream); }
    /// Wait status after the signal (0: just wait for the end).
    int end(int signal)
    {
        int status = 0;
        if (m_pid > 0) {
            if (signal != 0) {
                kill(m_pid, signal);
            }
            waitpid(m_pid, &status, 0);
            m_pid = -1;
        }
        return status;
    }
    void hangUp() { shutdown(m_stream, SHUT_RDWR); }

    /// Descriptors by what they are: "bpf_link", "bpf-map", …; the part behind "anon_inode:".
    std::map<std::string, int> descriptors() const
    {
        std::map<std::string, int> found;
        eachDescriptor([&](const std::string& name, const std::string& /*number*/) { ++found[name]; });
        return found;
    }
    /// Kernel numbers of its links, programs or maps: the value of `key` in fdinfo.
    std::vector<unsigned> kernelNumbers(const std::string& key) const
    {
        std::vector<unsigned> found;
        eachDescriptor([&](const std::string& /*name*/, const std::string& number) {
            FILE* const file = std::fopen((folder("fdinfo") + "/" + number).c_str(), "r");
            char line[256];
            while (file != nullptr && std::fgets(line, sizeof line, file) != nullptr) {
                if (std::strncmp(line, key.c_str(), key.size()) == 0) {
                    found.push_back(unsigned(std::strtoul(line + key.size() + 1, nullptr, 10)));
                }
            }
            if (file != nullptr) {
                std::fclose(file);
            }
        });
        return found;
    }

private:
    std::string folder(const char* name) const { return "/proc/" + std::to_string(m_pid) + "/" + name; }
    void eachDescriptor(const std::function<void(const std::string&, const std::string&)>& use) const
    {
        DIR* const open = opendir(folder("fd").c_str());
        while (const dirent* entry = open != nullptr ? readdir(open) : nullptr) {
            char link[256] = {};
            const std::string path = folder("fd") + "/" + entry->d_name;
            if (readlink(path.c_str(), link, sizeof link - 1) > 0) {
                const std::string name(link);
                use(name.substr(name.find(':') + 1), entry->d_name);
            }
        }
        if (open != nullptr) {
            closedir(open);
        }
    }

    pid_t m_pid = -1;
    int m_stream = -1;
};

/// A client of the helper. Records are kept as they came.
class ProbedClient {
public:
    struct Kept {
        wire::RecordHeader header {};
        std::vector<std::byte> body;

        template <class Body>
        std::optional<Body> as() const
        {
            return wire::RecordView { header, body }.as<Body>();
        }
    };
    struct Answer {
        wire::MessageHeader header {};
        std::map<std::uint16_t, std::uint64_t> numbers;
        std::map<std::uint16_t, std::string> texts;

        wire::Status status() const { return static_cast<wire::Status>(header.status); }
        template <class Key>
        std::uint64_t number(Key key) const
        {
            const auto found = numbers.find(static_cast<std::uint16_t>(key));
            return found != numbers.end() ? found->second : 0;
        }
    };

    /// Takes over a stream to the helper.
    explicit ProbedClient(int stream)
        : m_stream(stream)
    {
        wire::FieldWriter hello;
        hello.integer(wire::HelloKey::Version, wire::protocolVersion);
        sendFrame(wire::FrameType::Hello, hello.bytes());
    }
    static int connectTo(const std::string& path)
    {
        sockaddr_un address {};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const std::uint64_t end = probes::nowNs() + 10'000'000'000U;
        while (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            if (probes::nowNs() > end) {
                close(fd);
                return -1;
            }
            poll(nullptr, 0, 5);
        }
        return fd;
    }
    ~ProbedClient() { close(m_stream); }
    ProbedClient(const ProbedClient&) = delete;
    ProbedClient& operator=(const ProbedClient&) = delete;

    std::uint32_t ask(wire::Verb verb, const wire::FieldWriter& fields)
    {
        const wire::MessageHeader header { ++m_asked, static_cast<std::uint16_t>(verb), 0, 0 };
        std::vector<std::byte> payload(sizeof header);
        std::memcpy(payload.data(), &header, sizeof header);
        payload.insert(payload.end(), fields.bytes().begin(), fields.bytes().end());
        sendFrame(wire::FrameType::Request, payload);
        return header.id;
    }
    /// Empty when the helper hangs up or says nothing.
    std::optional<Answer> await(std::uint32_t id)
    {
        const auto mine = [&] {
            return std::find_if(
                answers.begin(), answers.end(), [id](const Answer& one) { return one.header.id == id; });
        };
        if (!waitFor([&] { return mine() != answers.end(); })) {
            return std::nullopt;
        }
        return *mine();
    }
    std::optional<Answer> attach(
        pid_t pid, std::uint32_t tiers = 3, std::optional<double> budget = std::nullopt)
    {
        wire::FieldWriter fields;
        fields.integer(wire::AttachKey::Pid, std::uint64_t(pid)).integer(wire::AttachKey::Tiers, tiers);
        if (budget) {
            fields.number(wire::AttachKey::ProbeBudget, *budget);
        }
        return await(ask(wire::Verb::Attach, fields));
    }
    std::optional<Answer> detach(std::uint64_t target)
    {
        wire::FieldWriter fields;
        fields.integer(wire::AttachKey::Target, target);
        return await(ask(wire::Verb::Detach, fields));
    }

    bool waitFor(const std::function<bool()>& done, int seconds = 30)
    {
        const std::uint64_t end = probes::nowNs() + std::uint64_t(seconds) * 1'000'000'000U;
        while (!done()) {
            pollfd ready { m_stream, POLLIN, 0 };
            if (m_over || probes::nowNs() > end || (poll(&ready, 1, 100) > 0 && !readSome())) {
                return done();
            }
        }
        return true;
    }
    /// Takes what has come. A client that waits for another is read meanwhile, or the helper hangs up on it.
    void readArrived()
    {
        pollfd ready { m_stream, POLLIN, 0 };
        while (!m_over && poll(&ready, 1, 0) > 0 && readSome()) { }
    }
    bool over() const { return m_over; }
    void sendRaw(const void* data, std::size_t bytes) { (void)!send(m_stream, data, bytes, MSG_NOSIGNAL); }
    void sendFrame(wire::FrameType type, std::span<const std::byte> payload)
    {
        std::vector<std::byte> frame;
        wire::appendFrame(frame, type, payload);
        sendRaw(frame.data(), frame.size());
    }
    std::string textOf(std::uint32_t number) const
    {
        const auto found = texts.find(number);
        return found != texts.end() ? found->second : std::string();
    }

    template <class Body>
    std::vector<std::pair<wire::RecordHeader, Body>> all() const
    {
        std::vector<std::pair<wire::RecordHeader, Body>> found;
        for (const std::size_t place : placesOf<Body>()) {
            if (const auto body = records[place].template as<Body>()) {
                found.emplace_back(records[place].header, *body);
            }
        }
        return found;
    }
    /// Cheap, so that a wait for more does not read so slowly that the helper hangs up.
    template <class Body>
    std::size_t count() const
    {
        return placesOf<Body>().size();
    }

    std::vector<Kept> records;
    std::vector<Answer> answers;
    std::map<std::uint32_t, std::string> texts;
    std::string fault;
    bool wellFormed = true;

private:
    template <class Body>
    const std::vector<std::size_t>& placesOf() const
    {
        static const std::vector<std::size_t> none;
        const auto found = m_places.find(static_cast<std::uint16_t>(Body::type));
        return found != m_places.end() ? found->second : none;
    }
    bool readSome()
    {
        const auto space = m_reader.space();
        const ssize_t got = read(m_stream, space.data(), space.size());
        if (got <= 0) {
            m_over = true;
            return false;
        }
        m_reader.arrived(std::size_t(got));
        while (const auto frame = m_reader.next()) {
            take(*frame);
        }
        wellFormed = wellFormed && m_reader.fault() == wire::FrameFault::None;
        return wellFormed;
    }
    void take(const wire::Frame& frame)
    {
        if (frame.type == wire::FrameType::Records) {
            wire::RecordWalk walk(frame.payload);
            while (const auto view = walk.next()) {
                if (const auto text = view->as<wire::Text>()) {
                    texts[text->id] = std::string(view->text());
                }
                m_places[view->header.type].push_back(records.size());
                records.push_back({ view->header, { view->body.begin(), view->body.end() } });
            }
            wellFormed = wellFormed && walk.wellFormed();
            return;
        }
        const bool reply = frame.type == wire::FrameType::Reply;
        Answer answer;
        std::span<const std::byte> fields = frame.payload;
        if (reply) {
            std::memcpy(&answer.header, fields.data(), sizeof answer.header);
            fields = fields.subspan(sizeof answer.header);
        }
        wire::FieldWalk walk(fields);
        while (const auto field = walk.next()) {
            if (field->kind == wire::FieldKind::Text) {
                answer.texts[field->key] = std::string(field->text);
            } else {
                answer.numbers[field->key] = field->integer;
            }
        }
        if (reply) {
            answers.push_back(std::move(answer));
        } else if (frame.type == wire::FrameType::Fault) {
            fault = answer.texts[std::uint16_t(wire::FaultKey::Reason)];
        }
    }

    int m_stream;
    std::map<std::uint16_t, std::vector<std::size_t>> m_places; ///< in records, by type
    wire::FrameReader m_reader;
    std::uint32_t m_asked = 0;
    bool m_over = false;
};

} // namespace prism::test
