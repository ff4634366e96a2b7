# Programs that must not compile: each .cpp here is one, and says in its first line what the compiler must say of it.

file(GLOB wrong_programs CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cpp)
foreach(program IN LISTS wrong_programs)
    get_filename_component(name ${program} NAME_WE)
    add_test(NAME compile_errors/${name}
             COMMAND ${CMAKE_CURRENT_LIST_DIR}/check.sh ${program} ${CMAKE_CXX_COMPILER}
                     "-I$<JOIN:$<TARGET_PROPERTY:xgrad,INCLUDE_DIRECTORIES>,;-I>"
             COMMAND_EXPAND_LISTS)
endforeach()
