# What the library needs, for emscripten. Its compiler must not see the headers of the system, so those libraries of
# which headers are enough are given by a folder that holds links to them and nothing else. Whoever has them for
# emscripten, or elsewhere, names a folder with them: -DXGRAD_HEADERS=...

set(XGRAD_HEADERS "" CACHE PATH "A folder with xtensor, xtl, fmt, xtensor-blas and xflens; empty: the system's")
set(headers ${XGRAD_HEADERS})
if(NOT headers)
    set(headers ${PROJECT_BINARY_DIR}/headers)
    file(MAKE_DIRECTORY ${headers})
    foreach(library xtensor xtl fmt xtensor-blas xflens)
        find_path(folder ${library} PATHS /usr/include /usr/local/include NO_DEFAULT_PATH
                  NO_CMAKE_FIND_ROOT_PATH NO_CACHE)
        if(folder)
            file(CREATE_LINK ${folder}/${library} ${headers}/${library} SYMBOLIC)
        endif()
        unset(folder)
    endforeach()
endif()

if(NOT TARGET xtensor AND EXISTS ${headers}/xtensor AND EXISTS ${headers}/xtl)
    add_library(xtensor INTERFACE IMPORTED)
    target_include_directories(xtensor SYSTEM INTERFACE ${headers})
endif()
if(NOT TARGET fmt::fmt AND EXISTS ${headers}/fmt)
    add_library(fmt::fmt INTERFACE IMPORTED)
    target_include_directories(fmt::fmt SYSTEM INTERFACE ${headers})
    # The locale would bring in all of the streams.
    target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY FMT_STATIC_THOUSANDS_SEPARATOR=',')
endif()
if(NOT DEFINED XGRAD_XTENSOR_BLAS_INCLUDE_DIR AND EXISTS ${headers}/xtensor-blas)
    set(XGRAD_XTENSOR_BLAS_INCLUDE_DIR ${headers})
endif()
