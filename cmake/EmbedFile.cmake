# Files become bytes in a program, so that what a writer needs (scripts, style sheets) travels inside it.
#
#   flamescale_embed(TARGET SYMBOL FILE...)
#
# adds to TARGET a source that defines `const char SYMBOL[]` (the files one after another, then a NUL that is
# not counted) and `const size_t SYMBOL_length`. Declare both as extern where they are used. The source is made
# anew when one of the files changes.
function(flamescale_embed target symbol)
  set(files "")
  foreach(file IN LISTS ARGN)
    list(APPEND files "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
  endforeach()
  set(made "${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c")
  string(REPLACE ";" "|" joined "${files}")
  add_custom_command(
    OUTPUT "${made}"
    COMMAND "${CMAKE_COMMAND}" "-DSYMBOL=${symbol}" "-DFILES=${joined}" "-DMADE=${made}"
            -P "${PROJECT_SOURCE_DIR}/cmake/EmbedFile.cmake"
    DEPENDS ${files} "${PROJECT_SOURCE_DIR}/cmake/EmbedFile.cmake"
    COMMENT "Embedding ${symbol}"
    VERBATIM)
  target_sources(${target} PRIVATE "${made}")
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  string(REPLACE "|" ";" FILES "${FILES}")
  set(bytes "")
  foreach(file IN LISTS FILES)
    file(READ "${file}" hex HEX)
    string(APPEND bytes "${hex}")
  endforeach()
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "(char)0x\\1," bytes "${bytes}")
  file(WRITE "${MADE}" "#include <stddef.h>\nextern const char ${SYMBOL}[];\nextern const size_t ${SYMBOL}_length;\n"
       "const char ${SYMBOL}[] = {\n${bytes} 0};\nconst size_t ${SYMBOL}_length = sizeof ${SYMBOL} - 1;\n")
endif()
