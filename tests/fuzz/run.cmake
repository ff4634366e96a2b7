# Runs a fuzz target for XGRAD_FUZZ_SECONDS, starting from the corpus here; what it finds is kept beside the program. The limits
# are those of a loader: bad input costs no more memory than its size explains, and little time.

if(NOT EXISTS ${PROGRAM})
    message("skipped: the fuzz targets are not built, see the test fuzz/build")
    return()
endif()
set(seconds 5)
if(DEFINED ENV{XGRAD_FUZZ_SECONDS})
    set(seconds $ENV{XGRAD_FUZZ_SECONDS})
endif()
get_filename_component(folder ${PROGRAM} DIRECTORY)
file(MAKE_DIRECTORY ${folder}/found/${NAME} ${folder}/found/corpus_${NAME})
set(dictionary "")
if(EXISTS ${CMAKE_CURRENT_LIST_DIR}/dictionaries/${NAME})
    set(dictionary -dict=${CMAKE_CURRENT_LIST_DIR}/dictionaries/${NAME})
endif()
# New inputs go into the first folder.
execute_process(COMMAND ${PROGRAM} ${folder}/found/corpus_${NAME} ${CMAKE_CURRENT_LIST_DIR}/corpus/${NAME} ${dictionary}
    -max_total_time=${seconds} -max_len=8192 -timeout=5 -rss_limit_mb=1024 -malloc_limit_mb=64 -close_fd_mask=1
    -print_final_stats=1 -artifact_prefix=${folder}/found/${NAME}/
    RESULT_VARIABLE failed)
if(failed)
    message(FATAL_ERROR "fuzz_${NAME} found an input that breaks its loader (status ${failed}); it is kept in "
            "${folder}/found/${NAME}, and the same program runs it again: ${PROGRAM} FILE")
endif()
