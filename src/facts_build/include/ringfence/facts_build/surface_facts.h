// Driver and who gets to it -> SurfaceFacts: plain copies for the rules.
#pragma once

#include <ringfence/driver/driver.h>
#include <ringfence/facts/image_facts.h>
#include <ringfence/facts/surface_facts.h>
#include <ringfence/subject/access.h>

namespace ringfence::facts_build {

/// `access` is subject::judge_access of `driver`. Never fails: what was not followed stands in SurfaceFacts::missing.
facts::SurfaceFacts build_surface_facts(const facts::ImageFacts &image, const driver::Driver &driver,
                                        const subject::Access &access);

} // namespace ringfence::facts_build
