# Uses xgrad from the project beside this file, in the way that FROM says.

cmake_policy(VERSION 3.22)

function(run)
    execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

set(arguments -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK_DIR}/build -G ${GENERATOR}
    -D CMAKE_CXX_COMPILER=${CXX} -D FROM=${FROM})
if(SANITIZE)
    list(APPEND arguments -D CMAKE_CXX_FLAGS=-fsanitize=${SANITIZE})
endif()

if(NOT FROM STREQUAL "package")
    list(APPEND arguments -D XGRAD_SOURCE=${SOURCE_DIR})
endif()

if(FROM STREQUAL "package")
    # Moved after the installation: nothing may remember where it stood, or where it was built.
    file(REMOVE_RECURSE ${WORK_DIR})
    run(${CMAKE_COMMAND} --install ${BUILD_DIR} --config ${CONFIG} --prefix ${WORK_DIR}/installed)
    file(RENAME ${WORK_DIR}/installed ${WORK_DIR}/prefix)
    file(GLOB_RECURSE files ${WORK_DIR}/prefix/*.cmake)
    foreach(file IN LISTS files)
        file(READ ${file} text)
        foreach(path ${SOURCE_DIR} ${BUILD_DIR})
            string(FIND "${text}" "${path}/" position)
            if(NOT position EQUAL -1)
                message(FATAL_ERROR "${file} names ${path}")
            endif()
        endforeach()
    endforeach()
    file(GLOB_RECURSE headers RELATIVE ${WORK_DIR}/prefix/include/xgrad ${WORK_DIR}/prefix/include/xgrad/*)
    foreach(needed xgrad.hpp core/tape.hpp core/graph/op_info.hpp core/simd/simd.hpp ops/arithmetic.hpp models/data/batches.hpp
            datasets/cifar.hpp datasets/load.hpp)
        if(NOT needed IN_LIST headers)
            message(FATAL_ERROR "${needed} is not installed")
        endif()
    endforeach()
    foreach(private core/graph/graph.hpp core/compiler/ir.hpp ops/arithmetic_ops.hpp models/json.hpp models/data/prefetch.hpp
            datasets/stroke_font.hpp)
        if(private IN_LIST headers)
            message(FATAL_ERROR "${private} is installed, and no public header needs it")
        endif()
    endforeach()
    list(APPEND arguments -D CMAKE_PREFIX_PATH=${WORK_DIR}/prefix -D CMAKE_BUILD_TYPE=${CONFIG})
elseif(FROM STREQUAL "subdirectory")
    # A second build of the library, a shared one, so without optimization and without the kernels for larger registers.
    list(APPEND arguments -D XGRAD_ONLY_BASELINE=ON -D BUILD_SHARED_LIBS=ON
         -D CMAKE_BUILD_TYPE=Debug -D CMAKE_CXX_FLAGS_DEBUG=-O0)
endif()

run(${CMAKE_COMMAND} ${arguments})
if(NOT FROM STREQUAL "fetchcontent")
    run(${CMAKE_COMMAND} --build ${WORK_DIR}/build --config ${CONFIG} -j ${CORES})
    foreach(program consumer datasets)
        find_program(${program} ${program} PATHS ${WORK_DIR}/build ${WORK_DIR}/build/Debug ${WORK_DIR}/build/${CONFIG}
                     NO_DEFAULT_PATH NO_CACHE REQUIRED)
        run(${${program}})
    endforeach()
endif()

if(FROM STREQUAL "subdirectory")
    file(GLOB_RECURSE library ${WORK_DIR}/build/libxgrad.so)
    run(${CMAKE_CURRENT_LIST_DIR}/exported_symbols.sh ${library})
endif()

# The same without CMake.
find_program(pkg_config pkg-config NO_CACHE)
if(FROM STREQUAL "package" AND pkg_config)
    file(GLOB_RECURSE file ${WORK_DIR}/prefix/*/xgrad.pc)
    get_filename_component(folder ${file} DIRECTORY)
    set(ENV{PKG_CONFIG_PATH} ${folder})
    execute_process(COMMAND ${pkg_config} --cflags --libs xgrad OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE
                    COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(flags UNIX_COMMAND "${flags}")
    set(sanitizer "")
    if(SANITIZE)
        set(sanitizer -fsanitize=${SANITIZE})
    endif()
    run(${CXX} -std=c++20 ${sanitizer} ${CMAKE_CURRENT_LIST_DIR}/main.cpp -o ${WORK_DIR}/by_pkg_config ${flags})
    run(${WORK_DIR}/by_pkg_config)
endif()
