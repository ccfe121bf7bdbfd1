# A folder under src/ is one library and one target. Its include path holds itself and the libraries it names,
# so that an include of anything else does not compile: the layers are kept by the compiler.
#
#   flamescale_library(NAME SOURCES a.c b.c [NEEDS library...] [LIBRARIES lib...])
#
# NEEDS is what its headers and sources may include; LIBRARIES are other projects'. Everything is linked
# statically into the programs.
function(flamescale_library name)
  cmake_parse_arguments(LIBRARY "" "" "SOURCES;NEEDS;LIBRARIES" ${ARGN})
  add_library(${name} STATIC ${LIBRARY_SOURCES})
  target_include_directories(${name} PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}")
  target_link_libraries(${name} PUBLIC ${LIBRARY_NEEDS} PRIVATE ${LIBRARY_LIBRARIES})
endfunction()
