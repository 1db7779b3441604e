# A room is one static library with its own include root, so that an include of a room that is not
# declared as a dependency does not compile, and one unit-test executable that links only that room.
#
#   ringfence_room(NAME DEPENDS room... SOURCES file... [LIBRARIES target...] [PRIVATE_INCLUDES dir...])
#
# DEPENDS names rooms; LIBRARIES names outside libraries, which are private: their headers never leak upstream.
function(ringfence_room NAME)
  cmake_parse_arguments(ROOM "" "" "DEPENDS;SOURCES;LIBRARIES;PRIVATE_INCLUDES" ${ARGN})
  add_library(rf_${NAME} STATIC ${ROOM_SOURCES})
  target_include_directories(rf_${NAME} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include
                                        PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${ROOM_PRIVATE_INCLUDES})
  foreach(dependency IN LISTS ROOM_DEPENDS)
    target_link_libraries(rf_${NAME} PUBLIC rf_${dependency})
  endforeach()
  target_link_libraries(rf_${NAME} PRIVATE ringfence_flags ${ROOM_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY RINGFENCE_ROOMS ${NAME})
endfunction()

#   ringfence_unit_test(ROOM [DEPENDS room...] [DEFINITIONS ...])
#
# tests/unit/ROOM/*.cpp becomes the executable ROOM_test, labelled `unit`; the ASan run takes that label.
function(ringfence_unit_test ROOM)
  cmake_parse_arguments(TEST "" "" "DEPENDS;LIBRARIES;DEFINITIONS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${ROOM}/*.cpp)
  add_executable(${ROOM}_test ${sources})
  target_link_libraries(${ROOM}_test PRIVATE rf_${ROOM} ringfence_flags GTest::gmock_main ${TEST_LIBRARIES})
  foreach(dependency IN LISTS TEST_DEPENDS)
    target_link_libraries(${ROOM}_test PRIVATE rf_${dependency})
  endforeach()
  target_compile_definitions(${ROOM}_test PRIVATE
    RINGFENCE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" RINGFENCE_BINARY_DIR="${CMAKE_BINARY_DIR}" ${TEST_DEFINITIONS})
  add_dependencies(unit_tests ${ROOM}_test)
  add_test(NAME unit.${ROOM} COMMAND ${ROOM}_test)
  set_tests_properties(unit.${ROOM} PROPERTIES LABELS unit)
endfunction()

#   ringfence_fuzzer(NAME SOURCE file DEPENDS room... [LIBRARIES target...])
#
# A libFuzzer executable (preset `fuzz`). Where there are tests, the same source becomes the executable replay_NAME,
# which the test regression.NAME runs over the inputs in tests/regression/NAME.
function(ringfence_fuzzer NAME)
  cmake_parse_arguments(FUZZ "" "SOURCE" "DEPENDS;LIBRARIES" ${ARGN})
  set(inputs ${CMAKE_SOURCE_DIR}/tests/regression/${NAME})
  if(RINGFENCE_FUZZ)
    set(target fuzz_${NAME})
    add_executable(${target} ${FUZZ_SOURCE})
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  elseif(RINGFENCE_TESTS AND EXISTS ${inputs})
    set(target replay_${NAME})
    add_executable(${target} ${FUZZ_SOURCE} ${CMAKE_SOURCE_DIR}/tests/regression/replay.cpp)
    target_link_libraries(${target} PRIVATE rf_base)
    add_dependencies(unit_tests ${target})
    add_test(NAME regression.${NAME} COMMAND ${target} ${inputs})
    set_tests_properties(regression.${NAME} PROPERTIES LABELS unit)
  else()
    return()
  endif()
  foreach(dependency IN LISTS FUZZ_DEPENDS)
    target_link_libraries(${target} PRIVATE rf_${dependency})
  endforeach()
  target_link_libraries(${target} PRIVATE ringfence_flags ${FUZZ_LIBRARIES})
endfunction()
