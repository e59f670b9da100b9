// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/clocked_client/options.h"
#include "tests/support/clocked_client/worker.h"

#include <boost/json.hpp>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <stop_token>
#include <thread>

namespace json = boost::json;
using namespace prism::test;

namespace {

void print(const json::object& line)
{
    const std::string text = json::serialize(line);
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fputc('\n', stdout);
}

json::object describe(const TimedRequest& request, int connection)
{
    const Answer& answer = request.answer;
    std::string classes;
    std::int64_t firstTokenNs = 0;
    std::int64_t tokens = completionTokens(answer.body);
    for (std::size_t i = 0; i < answer.events.size(); ++i) {
        const char kind = eventClass(answer.events[i]);
        classes += kind;
        if ((kind == 't' || kind == 'e') && firstTokenNs == 0) {
            firstTokenNs = answer.eventNs[i];
        }
        tokens = kind == 'u' ? completionTokens(answer.events[i]) : tokens;
    }
    json::object line { { "type", "request" }, { "connection", connection },
        { "local_port", request.localPort }, { "index", request.index }, { "ended", request.ended },
        { "status", answer.status }, { "streamed", answer.streamed }, { "connect_ns", request.connectNs },
        { "send_ns", request.sendNs }, { "sent_ns", request.sentNs }, { "first_byte_ns", answer.firstByteNs },
        { "first_body_ns", answer.firstBodyNs }, { "first_token_ns", firstTokenNs },
        { "end_ns", answer.endNs }, { "bytes_sent", request.bytesSent }, { "bytes_received", answer.bytes },
        { "classes", classes }, { "usage_tokens", tokens } };
    line["event_ns"] = json::array(answer.eventNs.begin(), answer.eventNs.end());
    return line;
}

json::object summary(const std::vector<std::unique_ptr<Worker>>& workers)
{
    std::int64_t requests = 0;
    std::int64_t complete = 0;
    std::int64_t events = 0;
    std::int64_t waited = 0;
    std::int64_t wall = 0;
    double worst = 0;
    bool fifo = true;
    for (const auto& worker : workers) {
        requests += static_cast<std::int64_t>(worker->requests.size());
        for (const TimedRequest& request : worker->requests) {
            complete += request.ended == "complete";
            events += static_cast<std::int64_t>(request.answer.events.size());
        }
        waited += worker->time.waitedNs;
        wall += worker->time.wallNs;
        worst = std::max(worst,
            static_cast<double>(worker->time.waitedNs)
                / static_cast<double>(std::max<std::int64_t>(worker->time.wallNs, 1)));
        fifo = fifo && worker->time.fifo;
    }
    return { { "type", "summary" }, { "requests", requests }, { "complete", complete }, { "events", events },
        { "fifo", fifo }, { "run_queue_wait_ns", waited }, { "wall_ns", wall },
        { "run_queue_share",
            static_cast<double>(waited) / static_cast<double>(std::max<std::int64_t>(wall, 1)) },
        { "worst_run_queue_share", worst } };
}

/// A CPU that sleeps takes 30 to 80 µs to wake, in a virtual machine more, and that would be taken for an
/// error of whoever is measured. One thread a CPU that runs when nothing else wants to.
std::vector<std::jthread> keepAwake()
{
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) {
        threads.emplace_back([](const std::stop_token& stop) {
            const sched_param none {};
            if (::sched_setscheduler(0, SCHED_IDLE, &none) == 0) {
                while (!stop.stop_requested()) { }
            }
        });
    }
    return threads;
}

/// Before there are threads: each has its own.
bool enterNetworkOf(int pid)
{
    const int network = ::open(("/proc/" + std::to_string(pid) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC);
    const bool entered = network >= 0 && ::setns(network, CLONE_NEWNET) == 0;
    ::close(network);
    return entered;
}

} // namespace

/// Prints a JSON line a request and a summary when all is over: printing would disturb the clock.
int main(int count, char** words)
{
    const std::optional<ClientOptions> options = readOptions(count, words);
    if (!options) {
        return 2;
    }
    if (options->networkOf != 0 && !enterNetworkOf(options->networkOf)) {
        std::perror("clocked_client: the network of that process");
        return 2;
    }
    std::vector<std::jthread> awake = options->awake ? keepAwake() : std::vector<std::jthread>();
    std::vector<std::unique_ptr<Worker>> workers;
    for (int i = 0; i < options->connections; ++i) {
        workers.push_back(std::make_unique<Worker>(*options, i));
    }
    std::barrier<> start(options->connections);
    std::vector<std::jthread> threads;
    threads.reserve(workers.size());
    for (const auto& worker : workers) {
        threads.emplace_back([&worker, &start] { worker->run(start); });
    }
    threads.clear();
    awake.clear();
    for (std::size_t i = 0; i < workers.size() && !options->summaryOnly; ++i) {
        for (const TimedRequest& request : workers[i]->requests) {
            print(describe(request, static_cast<int>(i)));
        }
    }
    print(summary(workers));
    return 0;
}
