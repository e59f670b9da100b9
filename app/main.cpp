// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/application.h"

int main(int argc, char** argv)
{
    return prism::app::runApplication(argc, argv);
}
