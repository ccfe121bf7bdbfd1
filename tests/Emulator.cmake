# How tests start what was built: directly or, when it was built for another processor, through
# CMAKE_CROSSCOMPILING_EMULATOR. CMake itself does that for a target named in add_test; tests that find programs by
# name (transcripts, pytest) look in FLAMESCALE_RUN_BIN, which then holds a launcher for each.
set(FLAMESCALE_RUN_BIN "${PROJECT_BINARY_DIR}/bin")
set(FLAMESCALE_EMULATED OFF)
set(FLAMESCALE_TIMEOUT 300)
set(FLAMESCALE_LONG_TIMEOUT 900)
if(CMAKE_CROSSCOMPILING AND CMAKE_CROSSCOMPILING_EMULATOR)
  set(FLAMESCALE_EMULATED ON)
  set(FLAMESCALE_TIMEOUT 1800)
  set(FLAMESCALE_LONG_TIMEOUT 1800)
  set(FLAMESCALE_RUN_BIN "${PROJECT_BINARY_DIR}/launchers")
  foreach(name flame flamegraph pyflame mdscale)
    set(words "")
    foreach(word IN LISTS CMAKE_CROSSCOMPILING_EMULATOR ITEMS "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${name}")
      string(REPLACE "'" "'\\''" word "${word}")
      string(APPEND words " '${word}'")
    endforeach()
    file(WRITE "${FLAMESCALE_RUN_BIN}/${name}" "#!/bin/sh\nexec${words} \"$@\"\n")
    file(CHMOD "${FLAMESCALE_RUN_BIN}/${name}" PERMISSIONS
      OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  endforeach()
endif()

# FLAMESCALE_EMULATED=1 tells a test that the system calls it makes are the emulator's.
set(FLAMESCALE_TEST_ENVIRONMENT "FLAMESCALE_BIN=${FLAMESCALE_RUN_BIN};FLAMESCALE_TEST_BIN=${PROJECT_BINARY_DIR}/tests")
if(FLAMESCALE_EMULATED)
  list(APPEND FLAMESCALE_TEST_ENVIRONMENT "FLAMESCALE_EMULATED=1")
endif()

# flamescale_skip(NAME SUITE REASON): an entry that is skipped and says why.
function(flamescale_skip name suite reason)
  add_test(NAME ${name} COMMAND sh -c "echo \"skipped: $1\"; exit 77" sh "${reason}")
  flamescale_labels(${suite} labels)
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" SKIP_RETURN_CODE 77)
endfunction()
