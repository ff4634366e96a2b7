# The fuzz targets as tests, of some seconds each. They run from this build if it has them, and else from one of their own.

set(fuzz_dir ${CMAKE_CURRENT_BINARY_DIR}/fuzz)
if(XGRAD_BUILD_FUZZERS)
    set(programs_dir ${fuzz_dir}) # see the CMakeLists.txt of the project
elseif(XGRAD_SANITIZE OR NOT XGRAD_BUILD_EXAMPLES OR NOT XGRAD_INSTALL)
    return() # the library of this build would not go with the sanitizers of the targets, or is not there as a whole
else()
    find_program(XGRAD_CLANG NAMES clang++ clang++-14 clang++-15 clang++-16 clang++-17 clang++-18 clang++-19)
    mark_as_advanced(XGRAD_CLANG)
    if(NOT XGRAD_CLANG)
        set(XGRAD_CLANG "")
    endif()
    set(programs_dir ${fuzz_dir}/build)
    add_test(NAME fuzz/build COMMAND ${CMAKE_COMMAND}
             -D CLANG=${XGRAD_CLANG} -D CONFIG=$<CONFIG> -D CORES=${cores}
             -D BUILD_DIR=${PROJECT_BINARY_DIR} -D WORK_DIR=${fuzz_dir} -D GENERATOR=${CMAKE_GENERATOR}
             -P ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/build.cmake)
    set_tests_properties(fuzz/build PROPERTIES PROCESSORS ${cores} FIXTURES_SETUP fuzz
                         SKIP_REGULAR_EXPRESSION "(^|\n)skipped: ")
endif()

foreach(name npz npy safetensors json idx npy_set cifar cifar100 csv gz command_line)
    add_test(NAME fuzz/${name} COMMAND ${CMAKE_COMMAND} -D NAME=${name} -D PROGRAM=${programs_dir}/fuzz_${name}
             -P ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/run.cmake)
    set_tests_properties(fuzz/${name} PROPERTIES FIXTURES_REQUIRED fuzz SKIP_REGULAR_EXPRESSION "(^|\n)skipped: ")
endforeach()
