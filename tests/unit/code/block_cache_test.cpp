#include <ringfence/code/program.h>
#include <gtest/gtest.h>
TEST(X, Y) {}
