# Cross-building for AArch64 with Debian's compiler. The libraries are those of a folder that
# cmake/make_sysroot.sh fills (FLAMESCALE_SYSROOT); what is built runs under qemu's user-mode emulation.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)

set(FLAMESCALE_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/../build/aarch64-sysroot" CACHE PATH "Headers and libraries for AArch64")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES FLAMESCALE_SYSROOT)
cmake_path(ABSOLUTE_PATH FLAMESCALE_SYSROOT NORMALIZE OUTPUT_VARIABLE CMAKE_SYSROOT)

find_program(FLAMESCALE_QEMU NAMES qemu-aarch64-static qemu-aarch64)
if(FLAMESCALE_QEMU)
  set(CMAKE_CROSSCOMPILING_EMULATOR "${FLAMESCALE_QEMU};-L;${CMAKE_SYSROOT}")
endif()

# Libraries and headers are the target's alone, programs this host's.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
# pkg-config reads the target's files. The folders that they name are those which the compiler and find_library look
# into by themselves, below the sysroot; so pkg-config leaves them out. (PKG_CONFIG_SYSROOT_DIR would put the sysroot in
# front, but CMake 3.25 splits what pkg-config says at blanks.)
set(ENV{PKG_CONFIG_LIBDIR} "${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig")
set(ENV{PKG_CONFIG_SYSTEM_INCLUDE_PATH} "/usr/include:/usr/include/cjson")
set(ENV{PKG_CONFIG_SYSTEM_LIBRARY_PATH} "/usr/lib/aarch64-linux-gnu")
