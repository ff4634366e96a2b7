# Builds the fuzz targets with clang for a project that another compiler builds: installs the library, and compiles the loaders.

file(REMOVE_RECURSE ${WORK_DIR}/prefix)
if(NOT CLANG)
    message("skipped: there is no clang++, by which the fuzz targets are built; Debian 12 has it in clang and libclang-rt-14-dev")
    return()
endif()
function(run)
    execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD_DIR} --config ${CONFIG} --prefix ${WORK_DIR}/prefix)
execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK_DIR}/build -G ${GENERATOR}
    -D CMAKE_CXX_COMPILER=${CLANG} -D CMAKE_BUILD_TYPE=None -D CMAKE_PREFIX_PATH=${WORK_DIR}/prefix
    -D XGRAD_FUZZ_INCLUDE_DIR=${BUILD_DIR}/include
    RESULT_VARIABLE failed ERROR_VARIABLE errors)
if(errors MATCHES "libraries for fuzzing are missing")
    message("skipped: ${CLANG} is there without its libraries for fuzzing; Debian 12 has them in libclang-rt-14-dev")
    return()
elseif(failed)
    message(FATAL_ERROR "${errors}")
endif()
run(${CMAKE_COMMAND} --build ${WORK_DIR}/build --config ${CONFIG} -j ${CORES})
