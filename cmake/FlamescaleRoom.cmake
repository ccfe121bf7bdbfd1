# A room is a folder under src/ and one target. Its include path holds itself and the rooms it names, so
# that an include of anything else does not compile: the floors are kept by the compiler.
#
#   flamescale_room(NAME SOURCES a.c b.c [NEEDS room...] [LIBRARIES lib...])
#
# NEEDS is what its headers and sources may include. Everything is linked statically into the programs.
function(flamescale_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;NEEDS;LIBRARIES" ${ARGN})
  add_library(${name} STATIC ${ROOM_SOURCES})
  target_include_directories(${name} PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}")
  target_link_libraries(${name} PUBLIC ${ROOM_NEEDS} PRIVATE ${ROOM_LIBRARIES})
endfunction()
