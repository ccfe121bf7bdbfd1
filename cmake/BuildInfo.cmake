# What a program says of its build beside the version number: the commit.
#
# The target build_info writes build_info.h (FLAMESCALE_COMMIT) into the build folder. It asks git at every build,
# for HEAD may have moved since, but touches the file only when the answer differs, so that nothing is compiled
# for the asking. Outside a repository of its own, a file COMMIT beside the top CMakeLists.txt tells it (source packages
# have one); else it is "unknown".
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(FLAMESCALE_BUILD_INFO "${PROJECT_BINARY_DIR}/build_info")
  add_custom_target(build_info
    COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${PROJECT_SOURCE_DIR}" "-DMADE=${FLAMESCALE_BUILD_INFO}/build_info.h"
            -P "${CMAKE_CURRENT_LIST_FILE}"
    BYPRODUCTS "${FLAMESCALE_BUILD_INFO}/build_info.h"
    COMMENT "" VERBATIM)
  return()
endif()

cmake_minimum_required(VERSION 3.25)
set(commit "")
find_program(git git)
if(git)
  # Its own repository, not one that this source happens to lie in.
  execute_process(COMMAND "${CMAKE_COMMAND}" -E env --unset=GIT_DIR "${git}" rev-parse --show-prefix
    WORKING_DIRECTORY "${SOURCE}" OUTPUT_VARIABLE prefix ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
  if(NOT failed AND prefix STREQUAL "")
    execute_process(COMMAND "${CMAKE_COMMAND}" -E env --unset=GIT_DIR
        "${git}" describe --always --abbrev=10 --dirty --exclude=*
      WORKING_DIRECTORY "${SOURCE}" OUTPUT_VARIABLE commit ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  endif()
endif()
if(commit STREQUAL "" AND EXISTS "${SOURCE}/COMMIT")
  file(STRINGS "${SOURCE}/COMMIT" commit LIMIT_COUNT 1)
endif()
if(NOT commit MATCHES "^[0-9a-f]+(-dirty)?$")
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT "${MADE}" CONTENT "#define FLAMESCALE_COMMIT \"${commit}\"\n")
