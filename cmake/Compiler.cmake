# Warnings, sanitizers, compiler cache, and the one way a library of this project is declared.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

# The build directory must not leak into objects, so that ccache serves every clone.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion)
# Nobody asks errno after rounding, which is then one instruction.
add_compile_options(-fno-math-errno)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # GCC bug 105651: false positives in std::string concatenation at -O2 and above.
  add_compile_options(-Wno-restrict)
endif()
if(TIDEMARK_WERROR)
  add_compile_options(-Werror)
endif()

if(TIDEMARK_SANITIZE)
  add_compile_options(-fsanitize=${TIDEMARK_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${TIDEMARK_SANITIZE})
endif()
if(TIDEMARK_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(LLD_PROGRAM ld.lld)
if(LLD_PROGRAM AND CMAKE_CXX_COMPILER_ID MATCHES Clang)
  add_link_options(-fuse-ld=lld)
endif()

# tidemark_library(<folder name> SOURCES ... [PUBLIC ...] [PRIVATE ...]): the static library tidemark_<folder name>.
function(tidemark_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(tidemark_${name} STATIC ${ARG_SOURCES})
  target_include_directories(tidemark_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(tidemark_${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# All symbols are looked up at the start and the tables of them are read-only from then on: nobody who can write memory
# can bend a call, and a first call years later needs no tables of all libraries in memory again.
add_link_options(-Wl,-z,relro,-z,now)
