// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/sniff.h"
#include "prism_test_paths.h"
#include "tests/support/recording_sink.h"

#include <fcntl.h>
#include <unistd.h>

namespace prism::test {

namespace {

Read readFrom(const read::OpenSource& raw, const std::string& name)
{
    Read out;
    const ImportedText done = importText(name, unpacked(raw, read::Budgets {}), out.sink);
    out.importer = done.importer ? std::string(done.importer->info().id) : std::string();
    out.error = done.error;
    return out;
}

} // namespace

Read readText(std::string_view text, const std::string& name)
{
    return readFrom(
        [bytes = std::string(text)]() -> Result<std::unique_ptr<read::ByteSource>> {
            return read::memorySource(bytes);
        },
        name);
}

Read readFixture(const std::string& file)
{
    const int descriptor = ::open((std::string(PRISM_TEST_DATA) + '/' + file).c_str(), O_RDONLY | O_CLOEXEC);
    Read out = readFrom(
        [descriptor]() -> Result<std::unique_ptr<read::ByteSource>> {
            return read::descriptorSource(descriptor);
        },
        file);
    ::close(descriptor);
    return out;
}

} // namespace prism::test
