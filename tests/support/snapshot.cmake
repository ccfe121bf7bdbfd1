# Recorded memory, for the sampler's tests and its fuzz target (which is built without the tests).
if(FLAMESCALE_FLAME AND NOT TARGET snapshot)
  add_library(snapshot STATIC ${CMAKE_CURRENT_LIST_DIR}/snapshot.c)
  target_include_directories(snapshot PUBLIC "${CMAKE_CURRENT_LIST_DIR}")
  target_link_libraries(snapshot PUBLIC flame_python)
endif()
