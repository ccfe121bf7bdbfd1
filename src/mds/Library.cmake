# libmdscale: the folders above as one static and one shared library with nothing but mds_... to be seen, its
# header and its pkg-config file.
set(MDSCALE_SOVERSION 0)

# From the base only what the library calls, so that it needs nothing but libc and libm.
set(mdscale_objects
    $<TARGET_OBJECTS:mds_diagnostics> $<TARGET_OBJECTS:mds_api> $<TARGET_OBJECTS:mds_methods> $<TARGET_OBJECTS:mds_start>
    $<TARGET_OBJECTS:mds_source> $<TARGET_OBJECTS:mds_transform> $<TARGET_OBJECTS:mds_linalg> $<TARGET_OBJECTS:mds_parallel> $<TARGET_OBJECTS:mds_kernels>
    "$<FILTER:$<TARGET_OBJECTS:base>,INCLUDE,/(clock|file_identity|memory|memory_limit|npy|random|status|utf8)[.]c>")

# Visibility does not count within a static library, so all objects become one in which what is hidden is local.
set(mdscale_object "${CMAKE_CURRENT_BINARY_DIR}/mdscale_library.o")
add_custom_command(OUTPUT "${mdscale_object}"
  COMMAND "${CMAKE_LINKER}" -r -o "${mdscale_object}.all" ${mdscale_objects}
  COMMAND "${CMAKE_OBJCOPY}" --localize-hidden --remove-section=.gnu.lto_* --remove-section=.gnu.debuglto_*
          "${mdscale_object}.all" "${mdscale_object}"
  COMMAND "${CMAKE_COMMAND}" -E rm "${mdscale_object}.all"
  DEPENDS base mds_diagnostics mds_api mds_methods mds_start mds_source mds_transform mds_linalg mds_parallel mds_kernels # targets: make knows no objects of others
  COMMENT "Making one object of the library, with its public symbols only"
  COMMAND_EXPAND_LISTS VERBATIM)
set(mdscale_static_objects "${mdscale_object}")
set(mdscale_shared_objects ${mdscale_objects})

foreach(kind static shared)
  string(TOUPPER ${kind} type)
  add_library(mdscale_${kind} ${type} ${mdscale_${kind}_objects})
  set_target_properties(mdscale_${kind} PROPERTIES OUTPUT_NAME mdscale LINKER_LANGUAGE C
    ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib" LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
  target_include_directories(mdscale_${kind} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(mdscale_${kind} PRIVATE Threads::Threads m)
endforeach()
set_target_properties(mdscale_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${MDSCALE_SOVERSION})
if(NOT FLAMESCALE_FUZZ) # clang leaves the sanitizers' symbols to the program that loads the library
  target_link_options(mdscale_shared PRIVATE LINKER:--no-undefined)
endif()

file(RELATIVE_PATH MDSCALE_PC_TO_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(mdscale.pc.in mdscale.pc @ONLY)
install(TARGETS mdscale_static mdscale_shared
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES "${PROJECT_SOURCE_DIR}/include/mdscale.h" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/mdscale.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
