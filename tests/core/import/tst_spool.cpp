// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/spool.h"

#include <QTest>
#include <array>
#include <thread>

#include <unistd.h>

using namespace prism;

namespace {

std::string bytesOf(int descriptor)
{
    std::string out(200'000, '\0');
    const ssize_t size = pread(descriptor, out.data(), out.size(), 0);
    out.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    close(descriptor);
    return out;
}

} // namespace

class SpoolTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void textBecomesAFile()
    {
        const auto file = spoolText("x", "abc\n");
        QVERIFY(file);
        QCOMPARE(bytesOf(*file), std::string("abc\n"));
    }

    void aPipeIsReadToItsEnd()
    {
        std::array<int, 2> ends {};
        QCOMPARE(pipe(ends.data()), 0);
        const std::string text(150'000, 'x');
        std::jthread writer([&] {
            for (std::size_t at = 0; at < text.size();) {
                const ssize_t wrote = ::write(ends[1], text.data() + at, text.size() - at);
                at += static_cast<std::size_t>(std::max<ssize_t>(wrote, 0));
            }
            close(ends[1]);
        });
        const auto file = spoolDescriptor("standard input", ends[0], {});
        QVERIFY(file);
        QCOMPARE(bytesOf(*file), text);
        close(ends[0]);
    }

    /// `prismctl import -` on a terminal, or behind a command that hangs: Ctrl+C ends it.
    void aSilentPipeCanBeCancelled()
    {
        std::array<int, 2> ends {};
        QCOMPARE(pipe(ends.data()), 0);
        std::stop_source stop;
        std::jthread later([&] { stop.request_stop(); });
        const auto file = spoolDescriptor("standard input", ends[0], stop.get_token());
        QVERIFY(!file);
        QVERIFY(file.error().reason.find("cancelled") != std::string::npos);
        close(ends[0]);
        close(ends[1]);
    }
};

QTEST_GUILESS_MAIN(SpoolTest)
#include "tst_spool.moc"
