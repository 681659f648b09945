# Installs the libraries, then builds and runs the C++ example of README.md, exactly as it stands there, as a project of
# its own that knows malmoi by find_package alone.
# Run: cmake -DROOT=<repository> -DBUILD=<its build> -DSCRATCH=<folder to write into> -DGENERATOR=<of CMake>
#            -DCOMPILER=<for C++> -P tests/install_test.cmake
cmake_minimum_required(VERSION 3.25)

# The first block of code in a language within the part of FILE that begins with HEADING.
function(code_block file heading language result)
  file(READ "${ROOT}/${file}" text)
  string(FIND "${text}" "\n## ${heading}\n" begin)
  string(SUBSTRING "${text}" ${begin} -1 text)
  if(begin EQUAL -1 OR NOT text MATCHES "\n```${language}\n([^`]+)```\n")
    message(FATAL_ERROR "${file}: no ${language} below '## ${heading}'")
  endif()
  set(${result} "${CMAKE_MATCH_1}" PARENT_SCOPE)
endfunction()

function(run)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY "${SCRATCH}" OUTPUT_VARIABLE output ERROR_VARIABLE output
                  RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\n  ${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

foreach(language cmake cpp console)
  code_block(README.md "In C++" ${language} ${language})
  code_block(apps/README.ko.md "C++에서" ${language} korean)
  if(NOT korean STREQUAL ${language})
    message(FATAL_ERROR "README.md and apps/README.ko.md have different ${language}")
  endif()
endforeach()
string(REGEX REPLACE "^[$][^\n]*\n" "" expected "${console}")

file(REMOVE_RECURSE "${SCRATCH}")
file(WRITE "${SCRATCH}/CMakeLists.txt" "${cmake}")
file(WRITE "${SCRATCH}/reviews.cpp" "${cpp}")
run(${CMAKE_COMMAND} --install "${BUILD}" --component development --prefix "${SCRATCH}/installed")
run(${CMAKE_COMMAND} -B build -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_BUILD_TYPE=Debug
    -DCMAKE_PREFIX_PATH=${SCRATCH}/installed -DCMAKE_CXX_FLAGS=-Werror\ -Wall\ -Wextra)
run(${CMAKE_COMMAND} --build build)
run(build/reviews)
if(NOT output STREQUAL expected)
  message(FATAL_ERROR "the example printed\n${output}\nREADME.md says\n${expected}")
endif()
