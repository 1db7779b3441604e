// The `surface` object of the report, and what discovery says about coverage.
#pragma once

#include "proof.h"

#include <ringfence/base/value.h>
#include <ringfence/driver/driver.h>
#include <ringfence/facts/image_facts.h>
#include <ringfence/facts/surface_facts.h>
#include <ringfence/image/image.h>
#include <ringfence/pdb/pdb.h>
#include <ringfence/report/report.h>
#include <ringfence/subject/access.h>

#include <string>

namespace ringfence::audit {

/// Why the code of a driver is not followed (its machine, or because it runs in user mode); empty when nothing speaks
/// against it.
std::string why_no_surface(const image::Image &image);

/// True when there is code to follow.
bool has_surface(const image::Image &image);

/// The contract's object. `pdb` names routines; null when there is none. `prover` judges the evidence of each
/// primitive.
Value surface_value(const driver::Driver &driver, const subject::Access &access, const image::Image &image,
                    const pdb::Pdb *pdb, Prover *prover);

/// Adds what was reachable and not analysed, sorted and capped, routes that were not followed first; the coverage
/// becomes partial then.
void say_gaps(const driver::Driver &driver, const facts::SurfaceFacts &facts, report::Coverage &coverage);

/// Corrects the image's framework by what the code registers: a driver that is linked with WDF but fills the driver
/// object itself is WDM.
void say_framework(const driver::Driver &driver, const facts::ImageFacts &facts, Value &image);

} // namespace ringfence::audit
