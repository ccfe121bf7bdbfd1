# Compilers of the build system, headers and libraries of an older one: FLAMESCALE_SYSROOT holds Debian 11, so that
# the wheel asks for no newer C library than 2.31. FLAMESCALE_TRIPLET is x86_64-linux-gnu or aarch64-linux-gnu.
set(triplet $ENV{FLAMESCALE_TRIPLET})
set(CMAKE_SYSROOT $ENV{FLAMESCALE_SYSROOT})
set(CMAKE_C_COMPILER /usr/bin/${triplet}-gcc)
# -B: before the compiler's own folders, which hold the build system's C library.
set(CMAKE_C_FLAGS_INIT -B$ENV{FLAMESCALE_SYSROOT}/usr/lib/${triplet})
set(CMAKE_LIBRARY_ARCHITECTURE ${triplet})
if(triplet STREQUAL aarch64-linux-gnu)
  set(CMAKE_SYSTEM_NAME Linux)
  set(CMAKE_SYSTEM_PROCESSOR aarch64)
  set(CMAKE_CROSSCOMPILING_EMULATOR /usr/bin/qemu-aarch64-static -L ${CMAKE_SYSROOT})
endif()
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE BOTH) # Python's headers are the build system's
