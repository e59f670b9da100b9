// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDir>
#include <QTemporaryDir>

namespace prism::test {

/// Settings, data and caches of one test program, gone when it ends. Made before the application is, as a
/// global of the test, so that nothing reads the user's own.
class OwnFolders {
public:
    OwnFolders()
    {
        for (const char* name : { "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR" }) {
            const QString folder = m_root.filePath(QString::fromLatin1(name));
            QDir().mkpath(folder);
            QFile::setPermissions(
                folder, QFileDevice::ReadOwner | QFileDevice::WriteOwner | QFileDevice::ExeOwner);
            qputenv(name, QFile::encodeName(folder));
        }
        for (const char* name : { "PRISM_DB", "PRISM_THEME", "PRISM_IMPORT_CHILD" }) {
            qunsetenv(name);
        }
    }

private:
    QTemporaryDir m_root;
};

} // namespace prism::test
