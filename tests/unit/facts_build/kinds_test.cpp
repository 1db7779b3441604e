#include <ringfence/facts_build/image_facts.h>

#include "pe_builder.h"

#include <gmock/gmock.h>

namespace ringfence::facts_build {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

pe_builder::Description plain() {
  pe_builder::Description d;
  d.imports = {{"ntoskrnl.exe", {"IoCreateDevice", "IofCompleteRequest", "IoDeleteDevice", "RtlInitUnicodeString"}}};
  return d;
}

facts::ImageFacts facts_of(const pe_builder::Description &d) {
  const auto image = image::load(pe_builder::build_pe(d));
  EXPECT_TRUE(image.ok()) << image.error().what;
  image::Hasher hasher;
  return build_image_facts(*image, hasher.hash(*image));
}

TEST(Kinds, NameTheFrameworkFirstAndItsVersion) {
  auto d = plain();
  d.imports.push_back({"WDFLDR.SYS", {"WdfVersionBind", "WdfVersionUnbind"}});
  d.imports.push_back({"fwpkclnt.sys", {"FwpsCalloutRegister2"}});
  d.wdf.emplace();
  d.wdf->version = "1.31.0";
  const auto facts = facts_of(d);
  EXPECT_EQ(facts.framework, "KMDF");
  EXPECT_THAT(facts.kinds, ElementsAre("KMDF 1.31", "WFP callout"));
}

TEST(Kinds, GiveNoVersionThatNoRecordStates) {
  auto d = plain();
  d.imports.push_back({"WDFLDR.SYS", {"WdfVersionBind"}});
  EXPECT_THAT(facts_of(d).kinds, ElementsAre("KMDF"));
  EXPECT_THAT(facts_of(plain()).kinds, ElementsAre("WDM"));
}

TEST(Kinds, SayNothingOfAnImageThatIsNoDriver) {
  pe_builder::Description d;
  d.subsystem = 3;
  d.imports = {{"kernel32.dll", {"ExitProcess"}}};
  const auto facts = facts_of(d);
  EXPECT_EQ(facts.framework, "");
  EXPECT_THAT(facts.kinds, IsEmpty());
}

TEST(Packing, IsAReasonNotToBelieveTheCode) {
  EXPECT_THAT(facts_of(plain()).not_analysable, IsEmpty());
  auto d = plain();
  d.sections = {{".text", 0x68000020, std::vector<std::byte>(512, std::byte{0xC3}), {}, {}, {}, {}},
                {"UPX0", 0x68000020, std::vector<std::byte>(512, std::byte{0xC3}), {}, {}, {}, {}}};
  EXPECT_THAT(facts_of(d).not_analysable, ElementsAre(HasSubstr("UPX0")));
}

} // namespace
} // namespace ringfence::facts_build
