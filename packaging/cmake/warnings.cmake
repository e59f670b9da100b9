# SPDX-License-Identifier: GPL-3.0-or-later
# What every target of ours is compiled with. Debug builds keep -O1: the sanitizers' findings stay readable
# and the import tests stay quick.
add_library(prism_flags INTERFACE)
target_compile_options(prism_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  -fno-omit-frame-pointer $<$<CONFIG:Debug>:-O1> $<$<CONFIG:Debug>:-g1>)
if(PRISM_WERROR)
  target_compile_options(prism_flags INTERFACE -Werror)
endif()
if(PRISM_SANITIZE)
  target_compile_options(prism_flags INTERFACE -fsanitize=${PRISM_SANITIZE} -fno-sanitize-recover=undefined)
  target_link_options(prism_flags INTERFACE -fsanitize=${PRISM_SANITIZE})
endif()
if(PRISM_FUZZ)
  target_compile_definitions(prism_flags INTERFACE PRISM_SMALL_WINDOWS)
endif()
find_program(PRISM_MOLD mold)
if(PRISM_MOLD)
  target_link_options(prism_flags INTERFACE -fuse-ld=mold)
endif()
