# LLVM 19, for the rooms that use it. Sets RINGFENCE_LLVM_FOUND.
#
#   ringfence_link_llvm(TARGET component...)
#
# The static components are linked, not the shared library: a program that needs two of them grows by 1.5 MB, while the
# shared library (129 MB) costs every run of the program 20 ms of relocations, PDB or not.
set(RINGFENCE_LLVM_FOUND OFF)
if(RINGFENCE_WITH_LLVM)
  find_package(LLVM 19.1 CONFIG QUIET)
  find_package(ZLIB QUIET)  # LLVMSupport computes checksums with it
  if(LLVM_FOUND AND ZLIB_FOUND)
    set(RINGFENCE_LLVM_FOUND ON)
  else()
    message(STATUS "LLVM 19 or zlib not found: program databases are not read (Debian: apt install llvm-19-dev zlib1g-dev)")
  endif()
endif()

set(RINGFENCE_LLVM_FOUND ${RINGFENCE_LLVM_FOUND} CACHE INTERNAL "LLVM 19 is there and wanted")  # for tests, in other directories

# LLVMSupport also names a compression library that nothing here calls; its development package need not be there.
if(RINGFENCE_LLVM_FOUND)
  foreach(target zstd::libzstd_shared zstd::libzstd_static)
    if(NOT TARGET ${target})
      add_library(${target} INTERFACE IMPORTED GLOBAL)
    endif()
  endforeach()
endif()

function(ringfence_link_llvm TARGET)
  llvm_map_components_to_libnames(libraries ${ARGN})
  target_link_libraries(${TARGET} PRIVATE ${libraries})
  target_include_directories(${TARGET} SYSTEM PRIVATE ${LLVM_INCLUDE_DIRS})
  separate_arguments(definitions NATIVE_COMMAND "${LLVM_DEFINITIONS}")
  target_compile_definitions(${TARGET} PRIVATE ${definitions})
endfunction()
