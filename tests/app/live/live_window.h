// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/live/live_perspective.h"
#include "app/shell/main_window.h"
#include "tests/support/fake_helper.h"
#include "tests/support/made_stream.h"
#include "tests/support/own_folders.h"

#include <QMessageBox>
#include <QPushButton>
#include <QTemporaryDir>

#include <memory>
#include <string_view>

/// The window over a live session of a fake helper, with one target attached.
namespace prism::test {

inline const OwnFolders folders;
inline constexpr int patienceMs = 60'000;

inline live::Target target()
{
    live::Target t;
    t.number = 1;
    t.server.pid = 4711;
    t.server.engine = "vllm";
    t.server.tiers = { { 0, true, {}, {}, false }, { 1, true, {}, {}, false } };
    t.tiers = { 0, 1 };
    t.start = { second };
    t.startUnixNs = 1'700'000'001'000'000'000;
    return t;
}

struct LiveWindow {
    explicit LiveWindow(const live::Budgets& budgets = {})
    {
        helper.setServers({ target().server });
        helper.setTarget(target());
        auto connected = live::Session::connect(helper.address(), budgets);
        if (!connected) {
            qFatal("%s", connected.error().text().c_str());
        }
        session = std::move(*connected);
        if (const auto attached = session->attach({ 4711, 0, { 0, 1 }, true, false }); !attached) {
            qFatal("%s", attached.error().text().c_str());
        }
        window.resize(1280, 800);
        window.setPerspective(app::MainWindow::Perspective::Live);
        window.show();
        live.session().adopt(session);
    }
    void tell(std::int64_t at, std::string_view name, wire::ProbeState state, std::string_view hint)
    {
        wire::State body {};
        body.name = stream.text(name);
        body.state = static_cast<std::uint16_t>(state);
        body.tier = 1;
        body.hint = stream.text(hint);
        stream.add(wire::Source::Supervisor, at, body);
        helper.send(stream.take());
    }
    void requests(int count, std::int64_t from)
    {
        stream.clock(from);
        stream.connection(from, ++connection, wire::ConnectionRole::Server, 8000, 40000);
        for (int i = 0; i < count; ++i) {
            ScriptedRequest script;
            script.connection = connection;
            script.number = static_cast<std::uint32_t>(i);
            script.arrival = from + (i + 1) * 200 * millisecond;
            stream.request(script);
        }
        helper.send(stream.take());
    }
    app::Lane& lane(const char* id) { return *live.lanesModel().lane(QString::fromLatin1(id)); }
    QAction* action(const char* id) { return window.actionRegistry().action(QString::fromLatin1(id)); }
    QString said() { return live.statusWidget().text(); }
    /// The question before a session ends; null while there is none.
    QMessageBox* question() { return window.findChild<QMessageBox*>(QStringLiteral("endSession")); }
    void answer(const QString& button)
    {
        for (QAbstractButton* b : question()->buttons()) {
            if (b->text() == button) {
                b->click();
                return;
            }
        }
        qFatal("no button %s", qPrintable(button));
    }

    QTemporaryDir folder;
    FakeHelper helper;
    MadeStream stream;
    std::uint64_t connection = 0;
    std::shared_ptr<live::Session> session;
    app::MainWindow window { folder.filePath(QStringLiteral("a.db")) };
    app::LivePerspective& live = window.live();
};

} // namespace prism::test
