# SPDX-License-Identifier: GPL-3.0-or-later
# prism_add_library(NAME STATIC|OBJECT SOURCES...): of that kind, or shared when PRISM_SHARED is on. Both compile with the
# same command, so that the compiler cache serves both.
function(prism_add_library name kind)
  if(PRISM_SHARED)
    set(kind SHARED)
  endif()
  add_library(${name} ${kind} ${ARGN})
  set_target_properties(${name} PROPERTIES DEFINE_SYMBOL "")
endfunction()
